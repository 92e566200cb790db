"""The end of an incident that nobody goes on with."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.domain.incident import Incident, IncidentField, IncidentState
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import IncidentBook

_BY_WAY_OF: Mapping[IncidentState, tuple[IncidentState, ...]] = {
    IncidentState.TRIAGE: (IncidentState.CANCELLED,),
    IncidentState.STARTED: (IncidentState.CANCELLED,),
    IncidentState.MITIGATED: (IncidentState.STARTED, IncidentState.CANCELLED),
}
"""By which states it comes there; one that is over stays as it is."""


async def cancel(book: IncidentBook, incident: Incident, words: SafeText, *, at: float | None = None) -> Incident:
    """Cancel `incident`, as it was read last, for the reason in `words`, `at` (unix seconds, None: now).

    Raises what the store raises.
    """
    for state in _BY_WAY_OF.get(incident.state, ()):
        incident = await book.set_field(IncidentField.STATE, SafeText(state.value), words, shown=incident, at=at)
    return incident
