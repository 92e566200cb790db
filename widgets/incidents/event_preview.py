"""The event under the cursor, below the timeline: where there is room, nothing has to be opened to be read."""

from __future__ import annotations

from datetime import tzinfo

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from opsconsole.domain.event_words import group_of
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.widgets.details.detail_view import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.incidents.event_page import whole_event

SCREEN_ROWS = 32
"""Lines of a screen from which there is room for it."""

_LEAST_CHART = 6


class EventPreview(Vertical):
    """As much of `whole_event` as there is room for. The keys stay with the timeline; Enter opens the page."""

    DEFAULT_CSS = """
    EventPreview {
        height: 45%;
        border-top: solid $panel;
        border-title-color: $muted;
        padding: 0 1;
    }
    """

    def __init__(self, *, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing to show yet; times are shown in `zone`."""
        super().__init__()
        self._glyphs = glyphs
        self._zone = zone
        self._page = DetailView(glyphs=glyphs)
        self._page.can_focus = False
        self._event: IncidentEvent | None = None
        self._now = 0.0

    def compose(self) -> ComposeResult:
        """The page."""
        yield self._page

    def look_at(self, event: IncidentEvent | None, now: float) -> None:
        """Show `event`, or nothing; ages are told as of `now` (unix seconds)."""
        self._event, self._now = event, now
        self._draw()

    def on_resize(self) -> None:
        """Draw for the width there is now, once it is known."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        event = self._event
        if not self.display:
            return
        if event is None:
            self.border_title = ""
            self._page.show(())
            return
        dot = self._glyphs.dot
        self.border_title = Content(f"{group_of(event.what).value} {dot} Enter opens it whole")
        rows = max(_LEAST_CHART, self.content_size.height)
        lines = whole_event(
            event, self._page.text_width, now=self._now, zone=self._zone, glyphs=self._glyphs, rows=rows
        )
        self._page.show(lines, key=event.id)
