"""The desks of a console: what carries its keys on into dialogs and engines."""

from __future__ import annotations

import msgspec

from opsconsole.screens.drills.drill_desk import DrillDesk
from opsconsole.screens.incidents.incident_desk import IncidentDesk
from opsconsole.screens.incidents.timeline_keeper import TimelineKeeper
from opsconsole.screens.operations.desk import OperationDesk
from opsconsole.screens.runbooks.runbook_desk import RunbookDesk
from opsconsole.widgets.incidents.header_tag import IncidentStanding


class Desks(msgspec.Struct, frozen=True):
    """One desk for each kind of work, and what keeps the record of it."""

    operations: OperationDesk
    incidents: IncidentDesk
    runbooks: RunbookDesk
    timeline: TimelineKeeper
    drill: DrillDesk

    @property
    def standing(self) -> IncidentStanding:
        """What the header tells of the incident, and of a drill."""
        return msgspec.structs.replace(self.incidents.watch.standing, drill=self.drill.word)
