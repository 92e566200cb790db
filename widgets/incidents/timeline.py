"""The timeline of an incident: one row an event, the newest on top."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual.content import Content

from opsconsole.domain.event_words import EventGroup, group_of, said_by, told
from opsconsole.domain.incident import IncidentField, IncidentState
from opsconsole.domain.incident_event import AlertFired, FieldSet, IncidentEvent, OperationTold, ProbeFlipped
from opsconsole.domain.operation import OperationState
from opsconsole.domain.pod import ProbeState
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import RowView, fit, pad, width_of

_GROUP_CELLS = 9
_BY_FROM = 60
"""Cells from which the row says who or where from."""
_LONGEST_BY = 24

_STYLES: dict[EventGroup, str] = {
    EventGroup.ALERT: "$severity-warning",
    EventGroup.CHANGE: "$series-4",
    EventGroup.OPERATION: "$primary bold",
    EventGroup.EVIDENCE: "$series-2",
    EventGroup.NOTE: "$text",
}
_OPERATION_TROUBLE = (OperationState.REFUSED, OperationState.UNKNOWN, OperationState.UNVERIFIED)


class EventRow(msgspec.Struct, frozen=True):
    """One event, `14:03:12 alert     ErrorRateHigh fires (critical)      alertmanager`."""

    key: str
    event: IncidentEvent
    group: EventGroup
    words: SafeText
    by: SafeText

    @property
    def text(self) -> str:
        """What a search looks at."""
        return f"{self.group.value} {self.words} {self.by}"

    @property
    def height(self) -> int:
        """One line; Enter shows the whole event."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """When, what kind, what, and who says so."""
        same_day = abs(view.now - self.event.at) < 43_200
        time = clock_text(self.event.at, view.zone, "%H:%M:%S" if same_day else "%d %b %H:%M")
        by = ""
        room = view.width - width_of(time) - 1 - _GROUP_CELLS - 1
        if view.width >= _BY_FROM:
            most = min(_LONGEST_BY, view.width // 6)
            # The machine a person sat at stands in the event itself; there is room for the name.
            by = fit(SafeText(self.by.partition("@")[0]), most, view.glyphs.cut)
            room -= most + 2
        words = pad(self.words, max(1, room), view.glyphs.cut)
        return (
            Content.assemble(
                (f"{time} ", "$muted"),
                (f"{self.group.value:<{_GROUP_CELLS}} ", _STYLES.get(self.group, "$muted")),
                (words, _style(self.event)),
                (f"  {by}" if by else "", "$muted"),
            ),
        )


def event_rows(events: Sequence[IncidentEvent], groups: frozenset[EventGroup] = frozenset()) -> tuple[EventRow, ...]:
    """Rows of `events`, which are given oldest first, the newest on top; of `groups` alone unless there are none."""
    rows = (EventRow(one.id, one, group_of(one.what), told(one.what), said_by(one)) for one in reversed(events))
    return tuple(row for row in rows if not groups or row.group in groups)


def _style(event: IncidentEvent) -> str:
    match event.what:
        case AlertFired(severity=Severity.CRITICAL):
            return "bold"
        case OperationTold(state=state) if state in _OPERATION_TROUBLE:
            return "$level-error bold"
        case ProbeFlipped(state=ProbeState.FAILING):
            return "$level-error"
        case FieldSet(field=IncidentField.STATE, value=value) if value in _GOOD:
            return "$state-live bold"
        case FieldSet(field=IncidentField.STATE):
            return "bold"
    return ""


_GOOD = (IncidentState.MITIGATED.value, IncidentState.RESOLVED.value, IncidentState.CLOSED.value)
