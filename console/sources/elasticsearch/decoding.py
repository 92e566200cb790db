"""Hits and buckets as log records and bars. Nothing in a document can raise here."""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.domain.log_record import LogBucket, LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.answers import Bars, LevelCounts
from opsconsole.sources.elasticsearch.fields import CANDIDATES, TIMESTAMP, Concept, FieldMap
from opsconsole.sources.elasticsearch.levels import parse_level
from opsconsole.sources.elasticsearch.query import level_names
from opsconsole.sources.lenient_json import decode_loosely, json_text
from opsconsole.sources.moments import parse_moment, valid_moment

FIELDS_KEPT = 200
"""Fields of one document that are shown."""

DEPTH_KEPT = 8
"""Levels of objects that become dotted names; what lies deeper stays JSON."""

_OTEL_NUMBER = "severity_number"
_MALFORMED = SafeText("malformed log document")

Values = dict[str, Any]


def records(hits: list[msgspec.Raw]) -> tuple[LogRecord, ...]:
    """One record a hit, in the server's order."""
    return tuple(_record(bytes(hit), number) for number, hit in enumerate(hits))


def _record(raw: bytes, number: int) -> LogRecord:
    hit = decode_loosely(raw)
    if not isinstance(hit, dict):
        return LogRecord(SafeText(f"malformed-{number}"), None, LogLevel.UNKNOWN, SafeText(""), _MALFORMED)
    source = hit.get("_source")
    document = flattened(source) if isinstance(source, dict) else {}
    asked = hit.get("fields")
    values = (
        {**document, **{name: _first(value) for name, value in asked.items()}} if isinstance(asked, dict) else document
    )
    sort = hit.get("sort")
    return LogRecord(
        id=safe_text(f"{hit.get('_index', '')}/{hit.get('_id', number)}", 512),
        time=_moment(values.get(TIMESTAMP, _first(sort))),
        level=_level(values),
        service=_text(values, Concept.SERVICE),
        message=_message(values, document),
        pod=_text(values, Concept.POD),
        namespace=_text(values, Concept.NAMESPACE),
        trace_id=_text(values, Concept.TRACE),
        span_id=_text(values, Concept.SPAN),
        fields=tuple(
            (safe_text(name, 256), shown(value)) for name, value in document.items() if name not in _SHOWN_ELSEWHERE
        ),
    )


_SHOWN_ELSEWHERE = frozenset({TIMESTAMP, *CANDIDATES[Concept.MESSAGE]})


def flattened(document: Values) -> Values:
    """Nested objects as dotted names, in the document's order; at most `FIELDS_KEPT` of them."""
    flat: Values = {}
    stack: list[tuple[str, Any, int]] = [(str(name), value, 1) for name, value in reversed(document.items())]
    while stack and len(flat) < FIELDS_KEPT:
        name, value, depth = stack.pop()
        if isinstance(value, dict) and value and depth < DEPTH_KEPT:
            stack.extend((f"{name}.{key}", inner, depth + 1) for key, inner in reversed(value.items()))
        else:
            flat[name] = value
    return flat


def shown(value: Any) -> SafeText:
    """A JSON value as text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        return safe_text(value)
    return safe_text(json_text(value))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value


def _candidates(values: Values, concept: Concept) -> list[tuple[str, Any]]:
    found = ((name, _first(values.get(name))) for name in CANDIDATES[concept])
    return [(name, value) for name, value in found if value is not None and not isinstance(value, dict)]


def _text(values: Values, concept: Concept) -> SafeText:
    for _, value in _candidates(values, concept):
        return shown(value)
    return SafeText("")


def _message(values: Values, document: Values) -> SafeText:
    return _text(values, Concept.MESSAGE) or shown(document or "")


def _level(values: Values) -> LogLevel:
    for name, value in _candidates(values, Concept.LEVEL):
        level = parse_level(value, otel_number=name == _OTEL_NUMBER)
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
        level = parse_level(term.key, otel_number=name == _OTEL_NUMBER)
        counts[level] = counts.get(level, 0) + term.doc_count
    return counts


def _number(raw: msgspec.Raw | None) -> float | None:
    try:
        return None if raw is None else msgspec.json.decode(raw, type=float)
    except msgspec.DecodeError:
        return None
