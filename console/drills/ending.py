"""The end of a drill, written into its incident."""

from __future__ import annotations

import msgspec

from opsconsole.domain.drill import DrillEnding
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import Fact
from opsconsole.domain.text import SafeText
from opsconsole.drills.drill import Drill
from opsconsole.incidents.protocols import IncidentBook
from opsconsole.incidents.records import Records

UNATTENDED = SafeText("a drill in which no incident was opened")
ENDED = SafeText("the drill is over")

_TO_CANCELLED = {
    IncidentState.TRIAGE: (IncidentState.CANCELLED,),
    IncidentState.STARTED: (IncidentState.CANCELLED,),
    IncidentState.MITIGATED: (IncidentState.STARTED, IncidentState.CANCELLED),
}
"""By which states an incident that nobody goes on with comes to its end."""


async def end_drill(records: Records, drill: Drill, ending: DrillEnding, incident: Incident | None) -> None:
    """Write what is known of `drill` into `incident`, and cancel it unless it is over; nothing where nothing broke.

    Where no incident was opened one is, so that the drill is kept. Raises what the store raises.
    """
    ended = drill.ended(ending)
    if ended is None:
        return
    book = records.book
    if incident is None:
        incident = await book.open(
            [msgspec.structs.replace(ended, attended=False)], title=UNATTENDED, severity=IncidentSeverity.P4
        )
    else:
        await book.write_facts([Fact(ended)], incident=incident.id)
    drill.incident = incident.id
    await _cancel(book, await records.store.incident(incident.id))


async def _cancel(book: IncidentBook, incident: Incident) -> None:
    for state in _TO_CANCELLED.get(incident.state, ()):
        incident = await book.set_field(IncidentField.STATE, SafeText(state.value), ENDED, shown=incident)
