"""Points in time: what could be searched at one moment, kept for as long as somebody asks for."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from opsconsole.practice.elasticsearch.moments import SECONDS
from opsconsole.practice.elasticsearch.refusal import Refusal, error_body

_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_PREFIX = b"practice-pit:"


class PointInTime(NamedTuple):
    """The indices and the lines up to `moment` (unix seconds) that it holds, until it expires."""

    indices: tuple[str, ...]
    moment: float
    expires: float


class PointsInTime:
    """Those that are open. `now` tells unix seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        """None is open."""
        self._now = now
        self._open: dict[str, PointInTime] = {}
        self._opened = 0

    def open(self, indices: list[str], keep_alive: str | None) -> dict[str, Any]:
        """The answer to opening one. Raises `Refusal` 400 without a time to keep it."""
        if keep_alive is None:
            raise invalid("[keep_alive] is not specified")
        self._opened += 1
        name = base64.urlsafe_b64encode(_PREFIX + str(self._opened).encode()).decode()
        now = self._now()
        self._open[name] = PointInTime(tuple(indices), now, now + seconds(keep_alive))
        shards = {"total": len(indices), "successful": len(indices), "skipped": 0, "failed": 0}
        return {"id": name, "_shards": shards}

    def used(self, pit: Any) -> tuple[str, PointInTime]:
        """The one that a search names, kept for as long as the search says. Raises `Refusal` 404 when it is gone."""
        if not isinstance(pit, dict) or not isinstance(pit.get("id"), str):
            raise Refusal(400, "illegal_argument_exception", "Required [id]")
        name = str(pit["id"])
        known = self._open.get(name)
        if known is None or known.expires <= self._now():
            self._open.pop(name, None)
            raise forgotten(name)
        if "keep_alive" in pit:
            known = known._replace(expires=max(known.expires, self._now() + seconds(pit["keep_alive"])))
            self._open[name] = known
        return name, known

    def close(self, name: Any) -> bool:
        """Whether there was one of that id; there is none any more."""
        known = self._open.pop(str(name), None)
        return known is not None and known.expires > self._now()


def seconds(text: Any) -> float:
    """Of a time value such as `5m`. Raises `Refusal` 400."""
    found = _DURATION.fullmatch(str(text))
    if not found:
        words = (
            f"failed to parse setting [keep_alive] with value [{text}] as a time value: unit is missing or unrecognized"
        )
        raise Refusal(400, "illegal_argument_exception", words)
    return int(found.group(1)) * SECONDS[found.group(2)]


def invalid(words: str) -> Refusal:
    """A request that contradicts itself."""
    return Refusal(400, "action_request_validation_exception", f"Validation Failed: 1: {words};")


def forgotten(name: str) -> Refusal:
    """What a search in a point in time that is gone is answered with: every shard failed."""
    number = _number(name)
    if number is None:
        return Refusal(400, "illegal_argument_exception", f"invalid id: [{name}]")
    kind, reason = "search_context_missing_exception", f"No search context found for id [{number}]"
    made = Refusal(404, kind, reason)
    made.body = error_body(404, kind, reason)
    made.body["error"] |= {
        "type": "search_phase_execution_exception",
        "reason": "all shards failed",
        "phase": "query",
        "grouped": True,
        "failed_shards": [{"shard": 0, "reason": {"type": kind, "reason": reason}}],
    }
    return made


def _number(name: str) -> int | None:
    try:
        plain = base64.urlsafe_b64decode(name.encode())
        return int(plain.removeprefix(_PREFIX)) if plain.startswith(_PREFIX) else None
    except ValueError:
        return None
