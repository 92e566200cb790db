"""Two incidents about one alert: two machines opened them without having seen each other's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from opsconsole.domain.incident import Incident, LinkedAlert
from opsconsole.domain.incident_event import AlertFired, DuplicateOf, Fact, Noted, ServiceAdded
from opsconsole.domain.text import SafeText
from opsconsole.incidents.cancelling import cancel
from opsconsole.incidents.protocols import IncidentQuery
from opsconsole.incidents.records import Records


class Pair(msgspec.Struct, frozen=True):
    """Two open incidents that share `alert`; the one that was opened first counts."""

    older: Incident
    younger: Incident
    alert: LinkedAlert

    def other(self, incident: str) -> Incident:
        """The one that is not `incident`."""
        return self.younger if incident == self.older.id else self.older


def pair_of(incident: Incident, others: Iterable[Incident]) -> Pair | None:
    """`incident` with the oldest of `others` that has the same alert; None without one, and in a drill.

    Ids decide where times agree.
    """
    if incident.state.over or incident.drill:
        return None
    alerts = {one.fingerprint: one for one in incident.alerts}
    for other in sorted(others, key=_age):
        shared = next((alerts[one.fingerprint] for one in other.alerts if one.fingerprint in alerts), None)
        possible = other.cluster == incident.cluster and not other.drill
        if shared is not None and possible and other.id != incident.id and not other.state.over:
            older, younger = sorted((incident, other), key=_age)
            return Pair(older, younger, shared)
    return None


def _age(incident: Incident) -> tuple[float, str]:
    return incident.opened_at, incident.id


async def find_pair(records: Records, incident: Incident) -> Pair | None:
    """`incident` and another open one about the same alert. Raises `StoreError`."""
    query = IncidentQuery(open_only=True, cluster=incident.cluster)
    return pair_of(incident, await records.store.incidents(query))


async def close_duplicate(records: Records, pair: Pair) -> Incident:
    """Go on with the older one alone: it gets alerts and services of the younger one, which is cancelled.

    The older one is worked on from now on; returned as it stands. Its record names the other, whose own stays as it
    is. Two who do this at once, or one who was killed in between and does it again, write it once.
    Raises what the store raises.
    """
    older, younger = pair.older, pair.younger
    key = f"duplicate/{younger.id}"
    told = Noted(SafeText(f"{younger.name} is the same, and was closed as a duplicate of this one"))
    facts = [*_alerts(older, younger.alerts), *_services(older, younger), Fact(told, key=key)]
    await records.book.write_facts(facts, incident=older.id)
    await records.book.write_facts([Fact(DuplicateOf(older.id, older.name), key=key)], incident=younger.id)
    words = SafeText(f"a duplicate of {older.name}")
    await cancel(records.book, await records.store.incident(younger.id), words)
    attached = await records.book.attach(older.id)
    return attached or older


def _alerts(older: Incident, alerts: Sequence[LinkedAlert]) -> list[Fact]:
    known = {one.fingerprint for one in older.alerts}
    return [
        Fact(
            AlertFired(one.fingerprint, one.name, one.severity, one.labels, one.summary),
            one.started_at,
            key=f"duplicate/alert/{one.fingerprint}",
        )
        for one in alerts
        if one.fingerprint not in known
    ]


def _services(older: Incident, younger: Incident) -> list[Fact]:
    new = (one for one in younger.services if one not in older.services)
    return [Fact(ServiceAdded(one), key=f"duplicate/service/{one}") for one in new]
