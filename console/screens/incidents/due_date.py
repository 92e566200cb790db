"""When something is due, as people write it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

HINT = "fri, tomorrow, 3d, 2w, 2026-12-01; empty for no date"

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FROM_NOW = re.compile(r"(\d{1,4}) ?(d|day|days|w|week|weeks)")
_END_OF_DAY = time(23, 59)


def parse_due(text: str, now: float, zone: tzinfo) -> float | None:
    """The end of the day that `text` names, in unix seconds; None for an empty one.

    A weekday is the next one after today, `now` (unix seconds) being today in `zone`. Raises `ValueError` with a
    sentence for what is no date, and for a day that has passed.
    """
    words = text.strip().lower()
    if not words:
        return None
    today = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    try:
        day = _day(words, today)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text.strip()!r} is no date: write fri, tomorrow, 3d, 2w or 2026-12-01") from error
    if day < today:
        raise ValueError(f"{day.isoformat()} has passed: write a day from today on")
    return datetime.combine(day, _END_OF_DAY, zone).timestamp()


def _day(words: str, today: date) -> date:
    """Raises `ValueError` and `OverflowError`."""
    if words in ("today", "tomorrow"):
        return today + timedelta(days=int(words == "tomorrow"))
    if (given := _FROM_NOW.fullmatch(words)) is not None:
        return today + timedelta(days=int(given[1]) * (7 if given[2].startswith("w") else 1))
    weekday = next((place for place, day in enumerate(_DAYS) if _is_day(words, day)), None)
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return date.fromisoformat(words)


_WHOLE = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _is_day(words: str, day: str) -> bool:
    """`fri`, `frid`, `friday`."""
    return words.startswith(day) and any(whole.startswith(words) for whole in _WHOLE)
