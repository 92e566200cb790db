"""Hits and buckets as log records and bars. Nothing in a document can raise here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec

from opsconsole.domain.log_record import LogBucket, LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.patterns import matches
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.answers import Bars, LevelCounts
from opsconsole.sources.elasticsearch.fields import (
    CANDIDATES,
    OTEL_NUMBER,
    TIMESTAMP,
    Candidates,
    Concept,
    FieldMap,
)
from opsconsole.sources.elasticsearch.levels import parse_level
from opsconsole.sources.elasticsearch.query import level_names
from opsconsole.sources.lenient_json import decode_loosely, json_text
from opsconsole.sources.moments import parse_moment, valid_moment

DECODED_AT_ONCE = 50
"""Hits decoded in one go, about 1 ms."""

FIELDS_KEPT = 200
"""Fields of one document that are shown."""

MORE_FIELDS = "\u2026"
"""The name under which fields that are not shown are counted."""

DEPTH_KEPT = 8
"""Levels of objects that become dotted names; what lies deeper stays JSON."""

_MALFORMED = SafeText("malformed log document")

Values = dict[str, Any]


async def records_aside(hits: Sequence[msgspec.Raw], candidates: Candidates = CANDIDATES) -> tuple[LogRecord, ...]:
    """`records`, decoded in a thread, `DECODED_AT_ONCE` at a time: what waits in the event loop comes in between.

    A thread alone would not do: it gives the interpreter away every 5 ms only, and a key needs it several times.
    """
    lines: list[LogRecord] = []
    for first in range(0, len(hits), DECODED_AT_ONCE):
        portion = hits[first : first + DECODED_AT_ONCE]
        lines += await asyncio.to_thread(records, portion, candidates, first)
    return tuple(lines)


def records(hits: Sequence[msgspec.Raw], candidates: Candidates = CANDIDATES, first: int = 0) -> tuple[LogRecord, ...]:
    """One record a hit, in the server's order; each concept's value is that of its first field that has one.

    `first` is the place of the first hit in its page, by which a hit without a name is told from others.
    """
    elsewhere = frozenset({TIMESTAMP, *candidates[Concept.MESSAGE]})
    return tuple(_record(bytes(hit), number, candidates, elsewhere) for number, hit in enumerate(hits, first))


def _record(raw: bytes, number: int, candidates: Candidates, elsewhere: frozenset[str]) -> LogRecord:
    hit = decode_loosely(raw)
    if not isinstance(hit, dict):
        name = SafeText(f"malformed-{number}-{crc32(raw):08x}")
        return LogRecord(name, None, LogLevel.UNKNOWN, SafeText(""), _MALFORMED)
    source = hit.get("_source")
    document = flattened(source) if isinstance(source, dict) else {}
    itself = document or source or ""
    asked = hit.get("fields")
    values = (
        {**document, **{name: _first(value) for name, value in asked.items()}} if isinstance(asked, dict) else document
    )
    sort = hit.get("sort")

    def text(concept: Concept) -> SafeText:
        return _text(values, candidates[concept])

    time = _moment(values.get(TIMESTAMP, _first(sort)))
    # A time that is none is kept among the fields, where it can be read.
    hidden = elsewhere if time is not None else elsewhere - {TIMESTAMP}
    return LogRecord(
        id=safe_text(f"{hit.get('_index', '')}/{hit.get('_id', number)}", 512),
        time=time,
        level=_level(values, candidates[Concept.LEVEL]),
        service=text(Concept.SERVICE),
        message=text(Concept.MESSAGE) or shown(itself),
        pod=text(Concept.POD),
        namespace=text(Concept.NAMESPACE),
        container=text(Concept.CONTAINER),
        trace_id=text(Concept.TRACE),
        span_id=text(Concept.SPAN),
        fields=tuple((safe_text(name, 256), shown(value)) for name, value in document.items() if name not in hidden),
    )


def flattened(document: Values) -> Values:
    """Nested objects as dotted names, in the document's order: `FIELDS_KEPT` at most, and a count of the rest."""
    flat: Values = {}
    stack: list[tuple[str, Any, int]] = [(str(name), value, 1) for name, value in reversed(document.items())]
    while stack and len(flat) < FIELDS_KEPT:
        name, value, depth = stack.pop()
        if isinstance(value, dict) and value and depth < DEPTH_KEPT:
            stack.extend((f"{name}.{key}", inner, depth + 1) for key, inner in reversed(value.items()))
        else:
            flat[name] = value
    if stack:
        flat[MORE_FIELDS] = f"+{len(stack):,} more fields, not shown"
    return flat


def shown(value: Any) -> SafeText:
    """A JSON value as text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        return safe_text(value)
    return safe_text(json_text(value))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value


def _found(values: Values, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name in names:
        value = _first(values.get(name))
        if value is not None and not isinstance(value, dict):
            yield name, value


def _text(values: Values, names: tuple[str, ...]) -> SafeText:
    for _, value in _found(values, names):
        return shown(value)
    return SafeText("")


def _level(values: Values, names: tuple[str, ...]) -> LogLevel:
    for name, value in _found(values, names):
        level = parse_level(value, otel_number=name == OTEL_NUMBER)
        if level is not LogLevel.UNKNOWN:
            return level
    return LogLevel.UNKNOWN


def _moment(raw: Any) -> float | None:
    if isinstance(raw, str):
        moment = parse_moment(raw)
        if moment is None and raw.lstrip("-").isdecimal() and len(raw) < 20:
            return valid_moment(int(raw) / 1000)
        return moment
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return valid_moment(raw / 1000)
    return None


def histogram_buckets(bars: Bars, fields: FieldMap) -> tuple[LogBucket, ...]:
    """Bars by level, ascending in time.

    A document without a known level counts as UNKNOWN. Where indices of several shapes are searched, their
    level fields add up; where one is an alias of the other, the larger count stands for both.
    """
    aliases = len(level_names(fields))
    return tuple(bar for raw in bars.buckets if (bar := _bucket(raw, aliases, fields)) is not None)


def _bucket(raw: dict[str, msgspec.Raw], count: int, fields: FieldMap) -> LogBucket | None:
    start, total = _number(raw.get("key")), _number(raw.get("doc_count"))
    if start is None or total is None or (moment := valid_moment(start / 1000)) is None:
        return None
    names = level_names(fields)
    counted = [_by_level(raw.get(f"level_{number}"), names[number]) for number in range(count)]
    counts = {level: sum(by_level.get(level, 0) for by_level in counted) for level in LogLevel}
    if sum(counts.values()) > total:
        counts = {level: max((by_level.get(level, 0) for by_level in counted), default=0) for level in LogLevel}
    rest = int(total) - sum(counts.values())
    counts[LogLevel.UNKNOWN] += max(0, rest)
    return LogBucket(moment, {level: number for level, number in counts.items() if number})


def _by_level(raw: msgspec.Raw | None, name: str) -> dict[LogLevel, int]:
    if raw is None:
        return {}
    try:
        terms = msgspec.json.decode(raw, type=LevelCounts)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    counts: dict[LogLevel, int] = {}
    for term in terms.buckets:
        level = parse_level(term.key, otel_number=name == OTEL_NUMBER)
        counts[level] = counts.get(level, 0) + term.doc_count
    return counts


def _number(raw: msgspec.Raw | None) -> float | None:
    try:
        return None if raw is None else msgspec.json.decode(raw, type=float)
    except msgspec.DecodeError:
        return None


def passes(line: LogRecord, pattern: SafeText | None) -> bool:
    """Whether the template `pattern` stands for the line; without one, every line passes."""
    return pattern is None or matches(pattern, line.message)


def milliseconds_of(time: str) -> int | None:
    """Unix milliseconds of an RFC 3339 time in UTC, what is less than one cut off; None when it is no time."""
    try:
        seconds = int(datetime.fromisoformat(f"{time[:19]}+00:00").timestamp())
        return seconds * 1000 + int(time[20:-1].ljust(3, "0")[:3] if time[19] == "." else 0)
    except (ValueError, IndexError, OverflowError):
        return None
