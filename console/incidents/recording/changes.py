"""What was changed around an incident: rollouts, restarts and scalings of its namespace."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import ChangeKind, ChangeSeen, Fact
from opsconsole.domain.pod import Change, ChangeList
from opsconsole.domain.pod import ChangeKind as ClusterChange
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import WorkloadList
from opsconsole.incidents.recording.reach import Reach
from opsconsole.incidents.recording.sight import tells_what_is_there
from opsconsole.incidents.recording.told import FLAP_SECONDS, ONE_BY_ONE, Told, change_key

KUBERNETES = SafeText("kubernetes")

BEFORE_KEPT = 50
"""Changes that happened before an incident was opened, the newest ones, that are told in it."""

SEEN_TWICE = 300.0
"""Seconds within which two consoles that tell of the same scaling saw the same one."""

Replicas = Mapping[ObjectRef, int]
"""How many replicas each workload, by name alone, is to have."""

_KINDS = {
    ClusterChange.DEPLOY: ChangeKind.ROLLOUT,
    ClusterChange.RESTART: ChangeKind.RESTART,
    ClusterChange.SCALE: ChangeKind.SCALING,
    ClusterChange.JOB: ChangeKind.OTHER,
}
_SCALED = (Kind.DEPLOYMENT, Kind.STATEFUL_SET)


def change_facts(incident: Incident, changes: Snapshot[ChangeList]) -> tuple[Fact, ...]:
    """Changes of the incident's namespace from an hour before it began on, oldest first.

    Jobs come and go on their own, so only those of its services are told. Containers that restart again and again are
    told now and then; each change says how often they did.
    """
    if not tells_what_is_there(changes) or changes.value is None:
        return ()
    reach = Reach(incident)
    found = sorted((one for one in changes.value.changes if _belongs(one, reach)), key=lambda one: one.time)
    before = [one for one in found if one.time < incident.opened_at][-BEFORE_KEPT:]
    kept = (*before, *(one for one in found if one.time >= incident.opened_at))
    return tuple(_fact(one) for one in kept)


def _belongs(change: Change, reach: Reach) -> bool:
    if not reach.holds_namespace(change.namespace) or not reach.covers(change.time):
        return False
    return change.kind is not ClusterChange.JOB or reach.holds(change.namespace, change.service)


def _fact(change: Change) -> Fact:
    rolled_out = change.kind is ClusterChange.DEPLOY or change.workload is not None
    target = change.workload.words if change.workload is not None else f"{change.namespace}/{change.service}"
    # The cause of a rollout is whatever its `kubernetes.io/change-cause` says, seldom who did it.
    why = f" ({change.cause})" if rolled_out else f": {change.cause}"
    what = ChangeSeen(_KINDS[change.kind], SafeText(target), SafeText(f"{change.title}{why if change.cause else ''}"))
    # What a revision changed is told from the one before, which a roll back takes away: its number stays what it was.
    which = f"revision {change.revision}" if rolled_out and change.revision else change.title
    key = f"change/{change.kind.value}/{target}/{change.time:.0f}/{which}"
    return Fact(what, change.time, KUBERNETES, key)


def calm(facts: tuple[Fact, ...], told: Told) -> tuple[Fact, ...]:
    """`facts` about changes without those that only repeat what the record tells of the same thing again and again."""
    counts: dict[object, int] = {}
    newest: dict[object, float] = {}
    kept = []
    for fact in facts:
        if not isinstance(fact.what, ChangeSeen) or fact.what.kind is not ChangeKind.RESTART or fact.at is None:
            kept.append(fact)
            continue
        about = change_key(fact.what.kind, fact.what.target)
        soon = about in newest and fact.at < newest[about] + FLAP_SECONDS and counts[about] >= ONE_BY_ONE
        if soon or told.too_soon(about, fact.at):
            continue
        counts[about] = counts.get(about, 0) + 1
        newest[about] = fact.at
        kept.append(fact)
    return tuple(kept)


def replicas_of(workloads: Snapshot[WorkloadList]) -> Replicas:
    """What `scaling_facts` compares with the next time."""
    if not tells_what_is_there(workloads) or workloads.value is None:
        return {}
    scaled = ((one.ref, one.desired) for one in workloads.value.workloads if one.ref.kind in _SCALED)
    return {ObjectRef(ref.kind, ref.namespace, ref.name): desired for ref, desired in scaled}


def scaling_facts(
    incident: Incident, told: Told, before: Replicas, workloads: Snapshot[WorkloadList]
) -> tuple[Fact, ...]:
    """Workloads of the incident's namespace that are to have another number of replicas than `before`.

    The cluster does not tell when it was scaled, so the time is that of the answer that showed it first.
    """
    at, reach, facts = workloads.as_of, Reach(incident), []
    if at is None or workloads.value is None or not reach.covers(at):
        return ()
    for ref, now in replicas_of(workloads).items():
        then = before.get(ref, now)
        if then == now or not reach.holds_namespace(ref.namespace):
            continue
        words = SafeText(f"scaled from {then} to {now}")
        about = change_key(ChangeKind.SCALING, ref.words)
        last = told.last(about)
        same = last is not None and isinstance(last.what, ChangeSeen) and last.what.words == words
        if (last is not None and same and abs(at - last.at) < SEEN_TWICE) or told.too_soon(about, at):
            continue
        key = f"scaling/{ref.words}/{now}/after {told.after(about)}"
        facts.append(Fact(ChangeSeen(ChangeKind.SCALING, ref.words, words), at, KUBERNETES, key))
    return tuple(facts)
