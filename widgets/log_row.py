"""One log record as lines: its columns, and its fields when it is opened."""

from __future__ import annotations

from datetime import UTC, tzinfo

import msgspec
from textual.content import Content

from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.log_levels import LEVEL_CELLS, LEVEL_STYLES, is_loud, level_word
from opsconsole.widgets.marking import marked
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import fit, pad, width_of
from opsconsole.widgets.wrapping import wrap

_TRACE_CELLS = 8
_POD_CELLS = 6
_SERVICE_FROM = 110
"""Cells from which the service is written even where all lines have the same."""
_NEWLINE = "␊"
_LINES_OF_VALUE = 12
"""Lines that one field may take; what is left is counted and can be copied."""
_LONGEST_NAME = 28


class RecordLook(msgspec.Struct, frozen=True):
    """How records are drawn; the same for all, so that columns line up.

    `service_cells` is the longest name of a service; `alike` records are of one service, which the screen's header
    names: its column gives way to the message. `marked` are words to underline, casefolded.
    """

    zone: tzinfo = UTC
    glyphs: Glyphs = UNICODE
    wrapped: bool = False
    service_cells: int = 0
    traced: bool = False
    alike: bool = False
    marked: tuple[str, ...] = ()


class FieldRow(msgspec.Struct, frozen=True):
    """One field of an opened record, by the name a `LogFilter` takes."""

    name: SafeText
    value: SafeText


def record_lines(record: LogRecord, look: RecordLook, width: int) -> list[Content]:
    """`14:11:03.120 ERROR checkout pool wait timeout 4bf92f35`; narrow panes drop columns, never the message.

    One line, cut at `width` cells, or, wrapped, as many as the message needs.
    """
    columns = _columns(record, look, width)
    used = sum(width_of(text) for text, _ in columns)
    loud = "$level-error" if is_loud(record.level) else ""
    if look.wrapped:
        # A stack trace keeps its lines: `safe_text` made pictures of their ends.
        first, *others = record.message.split(_NEWLINE)
        lines = wrap(_marked(Content.assemble(*columns, (first, loud)), look), width, min(used, width // 3))
        for one in others:
            lines += wrap(_marked(Content.assemble("  ", (one, loud)), look), width, 4)
        return lines
    trace = ""
    if look.traced and width >= 80:
        trace = f" {record.trace_id[:_TRACE_CELLS]:<{_TRACE_CELLS}}"
    room, cut = max(1, width - used - width_of(trace)), look.glyphs.cut
    message = pad(record.message, room, cut) if trace else fit(record.message, room, cut)
    return [_marked(Content.assemble(*columns, (message, loud), (trace, "$muted")), look)]


def _columns(record: LogRecord, look: RecordLook, width: int) -> list[tuple[str, str]]:
    """Each column brings its own gap: fewer changes of style are fewer bytes over SSH."""
    wide, middling, cut = width >= 64, width >= 44, look.glyphs.cut
    columns: list[tuple[str, str]] = [(f"{_time(record.time, look.zone, milliseconds=wide)} ", "$muted")]
    word = level_word(record.level)
    columns.append((f"{pad(word, LEVEL_CELLS if middling else 1, SafeText(word[:1]))} ", LEVEL_STYLES[record.level]))
    if look.service_cells and middling and not (look.alike and width < _SERVICE_FROM):
        cells = min(look.service_cells, 16 if width >= 90 else 9)
        columns.append((f"{pad(record.service, cells, cut)} ", ""))
    if width >= _SERVICE_FROM:
        columns.append((f"{pad(pod_suffix(record.pod), _POD_CELLS, cut)} ", "$muted"))
    return columns


def _marked(content: Content, look: RecordLook) -> Content:
    return marked(content, look.marked) if look.marked else content


def pod_suffix(pod: SafeText) -> SafeText:
    """The part of a pod's name that tells it from its siblings."""
    return SafeText(pod.rsplit("-", 1)[-1])


def _time(time: float | None, zone: tzinfo, *, milliseconds: bool) -> SafeText:
    text = clock_text(time, zone)
    if not milliseconds:
        return SafeText(f"{text:<8}")
    if time is None or text == "no time":
        return SafeText(f"{text:<12}")
    return SafeText(f"{text}.{int(time % 1 * 1000):03d}")


def field_rows(record: LogRecord) -> tuple[FieldRow, ...]:
    """What an opened record shows: where it came from, then its own fields; nothing twice."""
    told = {value for _, value in record.fields}
    names = {name for name, _ in record.fields}
    origin = (
        ("service", record.service),
        ("namespace", record.namespace),
        ("pod", record.pod),
        ("container", record.container),
        ("trace", record.trace_id),
        ("span", record.span_id),
    )
    first = (
        FieldRow(SafeText(name), value) for name, value in origin if value and value not in told and name not in names
    )
    return (*first, *(FieldRow(name, value) for name, value in record.fields))


def field_lines(row: FieldRow, look: RecordLook, width: int, *, last: bool) -> list[Content]:
    """`  ├ http.status 503`; a long value is wrapped, a very long one counted."""
    glyphs = look.glyphs
    branch = glyphs.branch_last if last else glyphs.branch
    name = fit(row.name, min(_LONGEST_NAME, width // 3), glyphs.cut)
    text = row.value.replace(_NEWLINE, f"{_NEWLINE} ")
    most = max(1, (width - width_of(name) - 6) * _LINES_OF_VALUE)
    rest = "" if len(text) <= most else f"{glyphs.more} +{len(text) - most:,} characters, y copies the line whole"
    content = Content.assemble((f"  {branch} ", "$muted"), (name, "$primary"), "  ", text[:most], (rest, "$muted"))
    return wrap(_marked(content, look), width, 6)
