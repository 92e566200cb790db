"""Incidents in a list."""

from __future__ import annotations

import msgspec
from textual.content import Content

from opsconsole.domain.incident import Incident
from opsconsole.domain.text import SafeText
from opsconsole.widgets.incidents.elapsed import clock_of
from opsconsole.widgets.incidents.header_tag import SEVERITY_STYLES
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import RowView, fit, pad, width_of

_STATE_CELLS = 9
_CLOCK_CELLS = 8


class IncidentRow(msgspec.Struct, frozen=True):
    """`P1 started   INC-7kq4  28 Nov 14:03     04:31  checkout: ErrorRateHigh  healed by …`."""

    key: str
    incident: Incident
    reasons: tuple[SafeText, ...] = ()
    """What it has in common with another one; empty in the list of all."""

    @property
    def height(self) -> int:
        """A second line where there is something to say of it."""
        return 2 if self._more else 1

    @property
    def _more(self) -> SafeText:
        """What healed it, else its cause; before that what it has in common."""
        incident = self.incident
        healed = f"healed by: {incident.healing}" if incident.healing else ""
        cause = f"cause: {incident.cause}" if incident.cause else ""
        same = f"same {', '.join(self.reasons)}" if self.reasons else ""
        return SafeText("; ".join(text for text in (same, healed, cause) if text))

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """How bad, how far, which, when, how long, what; then what healed it."""
        one, cut = self.incident, view.glyphs.cut
        form = "%d %b %H:%M" if abs(view.now - one.opened_at) < 300 * 86_400 else "%d %b %Y"
        opened = clock_text(one.opened_at, view.zone, form)
        front = Content.assemble(
            (one.severity.value, SEVERITY_STYLES[one.severity]),
            (f" {one.state.value:<{_STATE_CELLS}} ", "$muted" if one.state.over else "bold"),
            (f"{one.name} ", "bold"),
            (f"{pad(opened, 12, cut)} ", "$muted"),
            (f"{pad(clock_of(one, view.now), _CLOCK_CELLS, cut, right=True)}  ", "$muted" if one.state.over else ""),
            ("DRILL " if one.drill else "", "$primary bold"),
        )
        services = SafeText(", ".join(one.services))
        room = view.width - front.cell_length
        title = fit(one.title, room, cut)
        left = room - width_of(title) - 2
        about = fit(services, left, cut) if left >= 8 and services not in one.title else ""
        first = Content.assemble(front, title, (f"  {about}" if about else "", "$muted"))
        if not self._more:
            return (first,)
        return first, Content.assemble((f"   {fit(self._more, max(1, view.width - 3), cut)}", "$muted"))
