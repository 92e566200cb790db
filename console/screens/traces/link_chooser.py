"""Which of a span's links to follow."""

from __future__ import annotations

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import SpanLink
from opsconsole.screens.choice_screen import Choice, ChoiceScreen


def link_chooser(links: tuple[SpanLink, ...]) -> ChoiceScreen:
    """Offers `links`; returns the place of the chosen one."""
    choices = tuple(
        Choice(str(place), SafeText(f"span {link.span_id} of trace {link.trace_id}"))
        for place, link in enumerate(links)
    )
    return ChoiceScreen(SafeText("Follow a link to"), choices, "part of an id")
