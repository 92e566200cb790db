"""A log line shown whole."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.widgets.details.facts import BLANK, facts, heading, mapping, paragraph
from opsconsole.widgets.log_levels import LEVEL_STYLES, level_word
from opsconsole.widgets.problem_note import clock_text


def log_detail(record: LogRecord, *, zone: tzinfo) -> tuple[Content, ...]:
    """Lines: time and level, the whole message with its line ends, where it came from, every field."""
    return (
        Content.assemble(
            (_exact_time(record.time, zone), "bold"),
            "  ",
            (level_word(record.level), LEVEL_STYLES[record.level]),
            (f"  {record.service}", "bold"),
        ),
        BLANK,
        *paragraph(record.message),
        BLANK,
        heading("from"),
        *facts(
            [
                ("namespace", record.namespace),
                ("pod", record.pod),
                ("trace", record.trace_id),
                ("span", record.span_id),
                ("document", record.id),
            ]
        ),
        *mapping("fields", record.fields),
    )


def _exact_time(time: float | None, zone: tzinfo) -> SafeText:
    text = clock_text(time, zone, "%Y-%m-%d %H:%M:%S.%f %Z")
    return SafeText("no time that could be read") if text == "no time" else text
