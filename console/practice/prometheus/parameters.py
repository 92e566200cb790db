"""Parameters of a request, from its query string and its form body, read as Prometheus reads them."""

from __future__ import annotations

import datetime as dt
import math
import urllib.parse

from starlette.requests import Request

from opsconsole.practice.promql.errors import PromQLError, bad_data
from opsconsole.practice.promql.parsing import LATEST, duration_seconds


def parse_time(text: str) -> float | None:
    """Unix seconds of a number or an RFC 3339 moment; None for anything else."""
    try:
        moment = float(text)
    except ValueError:
        try:
            parsed = dt.datetime.fromisoformat(text)
        except ValueError:
            return None
        moment = parsed.timestamp() if parsed.tzinfo is not None else math.nan
    return moment if abs(moment) < LATEST else None


def parse_duration(text: str) -> float | None:
    """Seconds of a number or a duration such as `5m`; None for anything else."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = duration_seconds(text)
        except ValueError:
            return None
    return seconds if abs(seconds) < LATEST else None


class Parameters:
    """All values by name, those of the body before those of the URL."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        """Hold `values`."""
        self._values = values

    @classmethod
    async def of(cls, request: Request) -> Parameters:
        """Those of `request`."""
        merged: dict[str, list[str]] = {}
        pairs: list[tuple[str, str]] = []
        if request.method == "POST":
            body = (await request.body()).decode("utf-8", "replace")
            pairs = urllib.parse.parse_qsl(body, keep_blank_values=True)
        pairs += urllib.parse.parse_qsl(request.url.query, keep_blank_values=True)
        for name, value in pairs:
            merged.setdefault(name, []).append(value)
        return cls(merged)

    def text(self, name: str, default: str = "") -> str:
        """The first value."""
        return self._values.get(name, [default])[0]

    def texts(self, name: str) -> list[str]:
        """Every value."""
        return self._values.get(name, [])

    def needed_time(self, name: str) -> float:
        """A moment that must be given. Raises PromQLError (bad_data)."""
        moment = parse_time(self.text(name))
        if moment is None:
            raise _invalid(name, f'cannot parse "{self.text(name)}" to a valid timestamp')
        return moment

    def time(self, name: str, default: float) -> float:
        """A moment, or `default` when none is given. Raises PromQLError (bad_data)."""
        if not (text := self.text(name)):
            return default
        moment = parse_time(text)
        if moment is None:
            raise _invalid(name, f"Invalid time value for '{name}': cannot parse \"{text}\" to a valid timestamp")
        return moment

    def duration(self, name: str) -> float:
        """A duration in seconds that must be given. Raises PromQLError (bad_data)."""
        seconds = parse_duration(self.text(name))
        if seconds is None:
            raise _invalid(name, f'cannot parse "{self.text(name)}" to a valid duration')
        return seconds

    def check_timeout(self) -> None:
        """Refuse a `timeout` that is none; queries here never take long enough to need it."""
        if self.text("timeout"):
            self.duration("timeout")

    def limit(self, name: str = "limit") -> int:
        """A count, 0 for no limit. Raises PromQLError (bad_data)."""
        text = self.text(name) or "0"
        if not text.isascii() or not text.isdigit():
            reason = "limit must be non-negative" if text.startswith("-") else f'cannot parse "{text}" to a number'
            raise _invalid(name, reason)
        return int(text)


def _invalid(name: str, reason: str) -> PromQLError:
    return bad_data(f'invalid parameter "{name}": {reason}')


def invalid_query(error: PromQLError) -> PromQLError:
    """`error` of an expression, with the parameter it came in."""
    return _invalid("query", str(error)) if error.kind == "bad_data" else error
