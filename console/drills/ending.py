"""The end of a drill, written into its incident."""

from __future__ import annotations

import msgspec

from opsconsole.domain.drill import DrillEnding
from opsconsole.domain.incident import Incident, IncidentSeverity
from opsconsole.domain.incident_event import Fact
from opsconsole.domain.text import SafeText
from opsconsole.drills.drill import Drill
from opsconsole.incidents.cancelling import cancel
from opsconsole.incidents.records import Records

UNATTENDED = SafeText("a drill in which no incident was opened")
ENDED = SafeText("the drill is over")


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
    await cancel(book, await records.store.incident(incident.id), ENDED)
