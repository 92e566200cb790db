"""Headings and facts: the building stones of a detail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.problem_note import clock_text

_NAME_CELLS = 13
_NEWLINE = "␊"

BLANK = Content("")


def heading(text: str) -> Content:
    """A heading in the detail."""
    return Content.assemble((text, "bold $text"))


def fact(name: str, value: str, style: str = "") -> Content:
    """`name` in its column, then `value` in `style`; a name longer than the column pushes on."""
    return Content.assemble((f"  {name:<{_NAME_CELLS}} ", "$muted"), (value, style))


def facts(pairs: Iterable[tuple[str, str]]) -> tuple[Content, ...]:
    """Facts of those `pairs` whose value is not empty."""
    return tuple(fact(name, value) for name, value in pairs if value)


def mapping(title: str, values: Iterable[tuple[SafeText, SafeText]]) -> tuple[Content, ...]:
    """A heading and every pair below it, empty values shown as such; nothing for no pairs."""
    pairs = [fact(name, value or '""') for name, value in values]
    return (BLANK, heading(title), *pairs) if pairs else ()


def paragraph(text: SafeText, style: str = "") -> tuple[Content, ...]:
    """`text` with its line ends, which `safe_text` turned into pictures, as lines again."""
    return tuple(Content.assemble((f"  {line}", style)) for line in text.split(_NEWLINE))


def moment(time: float | None, now: float, zone: tzinfo) -> SafeText:
    """`2026-03-02 14:11:58 UTC, 2s ago`; "no time" where there is none."""
    text = clock_text(time, zone, "%Y-%m-%d %H:%M:%S %Z")
    if time is None or text == "no time":
        return SafeText("no time")
    return SafeText(f"{text}, {format_duration(now - time)} ago")
