"""Log lines with the search that found them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from opsconsole.domain.evidence import LinesEvidence
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.incidents.pinning.standpoint import joined
from opsconsole.safe_text import safe_text

AROUND = 5
"""Lines kept on either side of the one under the cursor."""
MOST_LINES = 200
MOST_BYTES = 256_000
"""Of all lines together, as `LogRecord.size` counts."""

_LARGE = 32_000
"""Bytes from which on one line's fields are shortened."""
_MOST_FIELDS = 60
_LONGEST_VALUE = 500
_TITLE = 80


class LinesSeen(msgspec.Struct, frozen=True):
    """Lines at hand, oldest first, and where they came from.

    `marked` are the ones that were marked, `current` is the one under the cursor. `total` counts the matches on the
    server, `words` say what was missing, `source` is the backend's name, `link` the same search in a browser.
    """

    search: LogSearch
    records: Sequence[LogRecord]
    source: SafeText
    current: LogRecord | None = None
    marked: Sequence[LogRecord] = ()
    total: int = 0
    total_is_exact: bool = True
    words: tuple[str, ...] = ()
    link: SafeText = SafeText("")


def pinned_lines(seen: LinesSeen, now: float) -> LinesEvidence | None:
    """The marked lines, else the one under the cursor with five on either side; None when there is none."""
    said = list(seen.words)
    if seen.marked:
        chosen, kept = tuple(seen.marked), tuple(seen.marked)
    elif seen.current is not None:
        chosen, kept = (seen.current,), _around(seen.records, seen.current)
    else:
        return None
    slim = [_slim(one) for one in kept]
    if any(one is not old for one, old in zip(slim, kept, strict=True)):
        said.append("long fields are cut")
    middle = next((place for place, one in enumerate(slim) if one.id == chosen[0].id), 0)
    records = _fitting(slim, middle)
    if len(records) < len(slim):
        said.append(f"{len(records):,} of {len(slim):,} lines, the rest was too much to keep")
    known = {one.id for one in records}
    timed = [one.time for one in (*chosen, *records) if one.time is not None]
    return LinesEvidence(
        title=_title(chosen),
        span=seen.search.span,
        at=timed[0] if timed else seen.search.span.end,
        captured_at=now,
        source=seen.source,
        completeness=joined(said),
        link=seen.link,
        search=seen.search,
        records=records,
        total=max(seen.total, len(records)),
        total_is_exact=seen.total_is_exact,
        chosen=tuple(one.id for one in chosen if one.id in known),
    )


def time_of(records: Sequence[LogRecord], now: float) -> TimeRange:
    """The time that `records` cover; the moment `now` for none that tells a time."""
    times = [one.time for one in records if one.time is not None] or [now]
    return TimeRange(min(times), max(times))


def _around(records: Sequence[LogRecord], current: LogRecord) -> tuple[LogRecord, ...]:
    place = next((place for place, one in enumerate(records) if one.id == current.id), None)
    if place is None:
        return (current,)
    return tuple(records[max(0, place - AROUND) : place + AROUND + 1])


def _fitting(records: Sequence[LogRecord], middle: int) -> tuple[LogRecord, ...]:
    """As many as fit, those nearest to `middle` first, in their order."""
    places = sorted(range(len(records)), key=lambda place: abs(place - middle))[:MOST_LINES]
    kept, room = set[int](), MOST_BYTES
    for place in places:
        room -= records[place].size
        if room < 0 and kept:
            break
        kept.add(place)
    return tuple(records[place] for place in sorted(kept))


def _slim(record: LogRecord) -> LogRecord:
    """`record` itself, or, when it is very large, with short fields and fewer of them."""
    if record.size <= _LARGE:
        return record
    fields = tuple((name, safe_text(value, _LONGEST_VALUE)) for name, value in record.fields[:_MOST_FIELDS])
    return msgspec.structs.replace(record, fields=fields)


def _title(chosen: Sequence[LogRecord]) -> SafeText:
    """`ERROR checkout: pool wait timeout`, or how many of which services."""
    if len(chosen) == 1:
        one = chosen[0]
        level = "" if one.level.value == "unknown" else one.level.value.upper()
        who = " ".join(part for part in (level, one.service) if part)
        return safe_text(f"{who}: {one.message}" if who else one.message, _TITLE)
    services = tuple(dict.fromkeys(one.service for one in chosen if one.service))
    whose = f" of {', '.join(services[:3])}{' and others' if len(services) > 3 else ''}" if services else ""
    return safe_text(f"{len(chosen):,} log lines{whose}", _TITLE)
