"""Ending a pod so that its controller makes another: by eviction, which asks disruption budgets, or by deletion."""

from __future__ import annotations

from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Check, OperationKind, OperationState, Order, Step, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl, Mutation, Verb
from opsconsole.operations.json_path import text_at
from opsconsole.operations.ownership import controller_of, controller_ref, is_controlled_by, selector_of
from opsconsole.operations.pod_shape import grace_seconds, is_ending, is_mirror, is_over
from opsconsole.operations.procedure import Draft, Intent
from opsconsole.operations.procedures.marks import blocked, warning
from opsconsole.operations.revisions import is_ready
from opsconsole.safe_text import safe_text

POLL = 1.0

REPLACED_WITHIN = 180.0
"""Seconds beyond the grace period until the pod that takes its place should be ready."""

REPLACING = frozenset((Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.DAEMON_SET))
"""Controllers that always make another pod."""


class PodRemoval:
    """Eviction or deletion, guarded by the pod's uid; its name may be another pod's by then."""

    targets = frozenset((Kind.POD,))

    def __init__(self, kind: OperationKind) -> None:
        """EVICT_POD or DELETE_POD."""
        self.kind = kind

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """One request; a pod has no room for the operation's id, its absence is the proof."""
        del order, operation
        evicts = self.kind is OperationKind.EVICT_POD
        checks = _checks(live, evicts=evicts)
        forbidden = any(check.verdict is Verdict.BLOCKED for check in checks)
        return Draft(
            act=None if forbidden else _mutation(live, evicts=evicts),
            summary=SafeText(f"{'Evict' if evicts else 'Delete'} {live.ref.words}"),
            cost=_cost(live, evicts=evicts),
            undo=SafeText(""),
            checks=checks,
            before=SafeText(live.ref.uid),
            after=SafeText("gone"),
            baseline=await _baseline(control, live) if not forbidden else {},
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """True once the pod of that uid is gone or on its way out."""
        try:
            return is_ending((await control.read(intent.target)).body)
        except SourceError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return True
            raise

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """Until it is gone and the pod that takes its place is ready."""
        started, said = clock.monotonic(), ""
        patience = float(intent.baseline.get("grace", "30")) + REPLACED_WITHIN
        while True:
            state, words, done = await _progress(control, intent)
            if state is OperationState.APPLIED and clock.monotonic() - started > patience:
                state, words = OperationState.UNVERIFIED, SafeText(f"after {patience:.0f} s: {words}")
            if state.final or words != said:
                said = words
                yield Step(state, clock.now(), words, done)
            if state.final:
                return
            await clock.sleep(POLL)


async def _progress(control: ClusterControl, intent: Intent) -> tuple[OperationState, SafeText, float]:
    try:
        live = await control.read(intent.target)
    except SourceError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    else:
        word = "is ending" if is_ending(live.body) else "is still there"
        return OperationState.APPLIED, SafeText(f"{live.ref.name} {word}"), 0.0
    successor = await _successor(control, intent)
    if successor is None:
        return _gone(intent)
    if not is_ready(successor.body):
        return OperationState.APPLIED, SafeText(f"{successor.ref.name} takes its place and is not ready yet"), 0.5
    return OperationState.VERIFIED, SafeText(f"{successor.ref.name} has taken its place and is ready"), 1.0


def _gone(intent: Intent) -> tuple[OperationState, SafeText, float]:
    if intent.baseline.get("replaced") == "yes":
        return OperationState.APPLIED, SafeText("it is gone; no other pod has taken its place yet"), 0.5
    return OperationState.VERIFIED, SafeText("it is gone"), 1.0


async def _baseline(control: ClusterControl, live: LiveObject) -> dict[str, str]:
    """Its controller, and the time of the controller's newest pod: what is made later takes a place."""
    found = {"grace": str(grace_seconds(live.body))}
    owner = controller_ref(live)
    if owner is None or owner.kind not in REPLACING:
        return found
    newest = max((_born(pod) for pod in await _siblings(control, owner)), default="")
    return {
        **found,
        "replaced": "yes",
        "kind": owner.kind.value,
        "name": owner.name,
        "uid": owner.uid,
        "newest": newest,
    }


async def _successor(control: ClusterControl, intent: Intent) -> LiveObject | None:
    """The newest pod that its controller has made since."""
    if intent.baseline.get("replaced") != "yes":
        return None
    name, uid = safe_text(intent.baseline["name"], 256), safe_text(intent.baseline["uid"], 128)
    owner = ObjectRef(Kind(intent.baseline["kind"]), intent.target.namespace, name, uid)
    try:
        siblings = await _siblings(control, owner)
    except SourceError as error:
        if error.kind is ErrorKind.NOT_FOUND:  # the controller is gone: nobody makes another
            return None
        raise
    later = [pod for pod in siblings if _born(pod) > intent.baseline["newest"] and pod.ref.uid != intent.target.uid]
    return max(later, key=lambda pod: (is_ready(pod.body), _born(pod)), default=None)


async def _siblings(control: ClusterControl, owner: ObjectRef) -> list[LiveObject]:
    selector = selector_of((await control.read(owner)).body)
    pods = await control.find(Kind.POD, owner.namespace, selector)
    return [pod for pod in pods if is_controlled_by(pod, owner) and not is_ending(pod.body)]


def _born(pod: LiveObject) -> str:
    """RFC 3339 in UTC, as the server writes it, sorts as text."""
    return text_at(pod.body, "metadata", "creationTimestamp")


def _mutation(live: LiveObject, *, evicts: bool) -> Mutation:
    guard = {"preconditions": {"uid": str(live.ref.uid)}}
    if not evicts:
        return Mutation(Verb.DELETE, live.ref, {"apiVersion": "v1", "kind": "DeleteOptions", **guard})
    metadata = {"name": str(live.ref.name), "namespace": str(live.ref.namespace)}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, "deleteOptions": guard}
    return Mutation(Verb.CREATE, live.ref, body, "eviction")


def _cost(live: LiveObject, *, evicts: bool) -> SafeText:
    owner = text_at(controller_of(live.body), "kind")
    name = "the name stays" if owner == "StatefulSet" else "the name is new"
    words = f"another pod takes its place; {name}, the address and emptyDir volumes are new"
    budget = "a disruption budget may refuse" if evicts else "disruption budgets are not asked"
    return SafeText(f"{words}; it has {grace_seconds(live.body)} s to end; {budget}")


def _checks(live: LiveObject, *, evicts: bool) -> tuple[Check, ...]:
    body = live.body
    if is_mirror(body):
        words = "a static pod: its node's kubelet runs it from a file and would only show it anew; send kill 1 instead"
        return (blocked("Static pod", words),)
    if is_ending(body):
        return (
            blocked(
                "Ending", f"it was asked to end at {safe_text(text_at(body, 'metadata', 'deletionTimestamp'), 40)}"
            ),
        )
    owner = text_at(controller_of(body), "kind")
    if not owner:
        words = "no controller made this pod, so nothing makes another: IT WOULD BE GONE FOR EVER"
        return (blocked("Controller", words),) if evicts else (warning("Controller", words),)
    if is_over(body):
        return (warning("Ended", "its containers have ended already; only its record and logs would go"),)
    if owner == "Job":
        return (warning("Controller", "its Job counts it as failed (backoffLimit) and may give up"),)
    return ()
