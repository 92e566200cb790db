"""Points in time as backends write them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

LATEST = 253_402_300_799.0
"""The last second of the year 9999; later ones can't be shown as a date."""


def valid_moment(seconds: float) -> float | None:
    """`seconds` (unix) when it is a date between 1970 and 9999, else None."""
    return seconds if math.isfinite(seconds) and 0 <= seconds <= LATEST else None


def parse_moment(text: str) -> float | None:
    """Unix seconds of an RFC 3339 time, or None when it is none. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return valid_moment((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def rfc3339(seconds: float) -> str:
    """Unix seconds as RFC 3339 in UTC with microseconds, as Jaeger's and Kubernetes' APIs take it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
