"""Looks at what the panes show, and writes what is new of it to the incident that is worked on."""

from __future__ import annotations

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import Fact
from opsconsole.incidents.naming import fact_id
from opsconsole.incidents.recording.alerts import alert_facts
from opsconsole.incidents.recording.changes import Replicas, calm, change_facts, replicas_of, scaling_facts
from opsconsole.incidents.recording.probes import Flips, probe_facts
from opsconsole.incidents.recording.sight import Sight
from opsconsole.incidents.recording.silences import Muted, muted, silence_facts
from opsconsole.incidents.recording.told import Told
from opsconsole.incidents.records import Records


class Recorder:
    """One for each console; what it has seen of an incident counts from when that one is worked on."""

    def __init__(self, records: Records) -> None:
        """Reads from the store, and writes by the book."""
        self._records = records
        self._incident = ""
        self._begin("")

    async def look(self, sight: Sight) -> tuple[Fact, ...]:
        """Write down what `sight` tells and the record does not: what was written. Raises `StoreError`.

        What could not be written is told by the next look.
        """
        incident = await self._records.book.refresh()
        if incident is None:
            return ()
        if incident.id != self._incident:
            self._begin(incident.id)
        told = await self._told_by(incident)
        self._flips.note(incident, sight.pods)
        facts = self._news(incident, told, sight)
        if facts:
            await self._records.book.write_facts(facts, incident=incident.id)
        for fact in facts:
            self._flips.told(fact)
        self._remember(incident, sight)
        return facts

    def _begin(self, incident: str) -> None:
        self._incident = incident
        self._flips = Flips()
        self._muted: Muted | None = None
        self._replicas: Replicas = {}
        self._digest: tuple[int, float, Told] | None = None

    async def _told_by(self, incident: Incident) -> Told:
        """The digest of the record, made anew when it grew."""
        digest = self._digest
        if digest is None or digest[:2] != (incident.events, incident.changed_at):
            told = Told(await self._records.store.events(incident.id))
            self._digest = digest = (incident.events, incident.changed_at, told)
        return digest[2]

    def _news(self, incident: Incident, told: Told, sight: Sight) -> tuple[Fact, ...]:
        def is_new(fact: Fact) -> bool:
            return fact_id(incident.id, fact.key, fact.place) not in told.ids

        changes = tuple(fact for fact in change_facts(incident, sight.changes) if is_new(fact))
        facts = (
            *alert_facts(incident, told, sight.alerts),
            *silence_facts(incident, self._muted, sight.alerts),
            *calm(changes, told),
            *scaling_facts(incident, told, self._replicas, sight.workloads),
            *probe_facts(incident, told, sight.pods, self._flips.counts),
        )
        return tuple(fact for fact in facts if is_new(fact))

    def _remember(self, incident: Incident, sight: Sight) -> None:
        now = muted(incident, sight.alerts)
        if now is not None:
            self._muted = now
        if replicas := replicas_of(sight.workloads):
            self._replicas = {**self._replicas, **replicas}
