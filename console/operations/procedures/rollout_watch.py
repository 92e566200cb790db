"""Watching a rollout to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import OperationKind, OperationState, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.json_path import text_at, whole_number_at
from opsconsole.operations.ownership import is_controlled_by, selector_of
from opsconsole.operations.pod_shape import is_ending
from opsconsole.operations.procedure import Intent
from opsconsole.operations.procedures.marks import baseline
from opsconsole.operations.procedures.replacing import anew
from opsconsole.operations.revisions import REVISION_HASH, is_ready, present_template
from opsconsole.operations.rollout import failure_mark, is_paused, rollout_status
from opsconsole.operations.template_diff import images_of

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"

POLL = 1.0
"""Seconds between two looks at the workload."""

PATIENCE = 900.0
"""Seconds until a rollout that neither ends nor fails is left."""

DEADLINE_MARGIN = 60.0
"""Seconds beyond a Deployment's progress deadline, which the controller itself should have noticed."""

HELD_UP = 10.0
"""Seconds without any progress before a StatefulSet's broken pod is named as what holds the rollout up."""


def rollout_baseline(live: LiveObject, wanted: JsonObject) -> dict[str, str]:
    """What watching needs of the time before; `wanted` is the pod template that is to be rolled out."""
    return {**baseline(live), "failure": failure_mark(live.body), "wanted": signature(wanted)}


def signature(template: JsonObject) -> str:
    """Images and time of restart: enough to tell that someone rolled out something else meanwhile."""
    images = " ".join(f"{name}={image}" for name, image in images_of(template))
    restarted = text_at(template, "metadata", "annotations", RESTARTED_AT)
    return f"{images} {restarted}".strip()


async def watch_rollout(
    control: ClusterControl, intent: Intent, clock: Clock, advice: tuple[Order, ...] = ()
) -> AsyncIterator[Step]:
    """Steps until the rollout is done, has failed, or was overtaken; `advice` goes with the last one."""

    def step(state: OperationState, words: str, done: float | None, advised: tuple[Order, ...] = ()) -> Step:
        return Step(state, clock.now(), SafeText(words), done, advised)

    started = moved = clock.monotonic()
    said: tuple[str, tuple[Order, ...]] = ("", ())
    progress = ""
    while True:
        try:
            live = await control.read(intent.target)
        except SourceError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            yield step(OperationState.UNVERIFIED, "it was deleted while it was being watched", None)
            return
        status = rollout_status(live.ref.kind, live.body, intent.baseline.get("failure", ""))
        if overtaken := _overtaken(live, intent):
            yield step(OperationState.UNVERIFIED, overtaken, status.ratio, advice)
            return
        if status.done or status.failed:
            state = OperationState.VERIFIED if status.done else OperationState.UNVERIFIED
            yield step(state, status.words, status.ratio, advice)
            return
        now = clock.monotonic()
        if status.words != progress:
            progress, moved = status.words, now
        words, advised = (status.words, ()) if now - moved < HELD_UP else await _held_up(control, live, status.words)
        if now - started > _patience(live):
            yield step(
                OperationState.UNVERIFIED,
                f"not finished in {_patience(live):.0f} s: {words}",
                status.ratio,
                (*advised, *advice),
            )
            return
        if (words, advised) != said:
            said = (words, advised)
            yield step(OperationState.APPLIED, words, status.ratio, advised)
        await clock.sleep(POLL)


def _patience(live: LiveObject) -> float:
    if live.ref.kind is not Kind.DEPLOYMENT:
        return PATIENCE
    # The controller's default is 600 s; 2147483647 stands for "never".
    deadline = whole_number_at(live.body, "spec", "progressDeadlineSeconds", default=600)
    return min(deadline + DEADLINE_MARGIN, 4 * PATIENCE)


def _overtaken(live: LiveObject, intent: Intent) -> str:
    """In words, that what is rolled out now is no longer what was ordered; empty while it is."""
    if live.ref.kind is Kind.DEPLOYMENT and is_paused(live.body):
        return "the rollout was paused: nothing moves until it is resumed"
    wanted = intent.baseline.get("wanted")
    if wanted is None or signature(present_template(live)) == wanted:
        return ""
    before = int(intent.baseline.get("generation", "0"))
    # One generation on is our own change, as an admission webhook may have altered it.
    if whole_number_at(live.body, "metadata", "generation") <= before + 1:
        return ""
    return "someone else, perhaps what manages it, has rolled out something else meanwhile; look again"


async def _held_up(control: ClusterControl, live: LiveObject, words: SafeText) -> tuple[SafeText, tuple[Order, ...]]:
    """For a StatefulSet: the broken pod of another version that its controller waits for (kubernetes#67250)."""
    if live.ref.kind is not Kind.STATEFUL_SET:
        return words, ()
    pod = await broken_pod(control, live, text_at(live.body, "status", "updateRevision"))
    if pod is None:
        return words, ()
    told = SafeText(f"{words}; {pod.ref.name} of another version is not ready and holds it up until it is deleted")
    return told, (Order(OperationKind.DELETE_POD, anew(pod.ref)),)


async def broken_pod(control: ClusterControl, stateful_set: LiveObject, wanted: str) -> LiveObject | None:
    """The last pod of a StatefulSet (not Parallel) that is not ready and not of the revision called `wanted`."""
    if text_at(stateful_set.body, "spec", "podManagementPolicy") == "Parallel":
        return None
    pods = await control.find(Kind.POD, stateful_set.ref.namespace, selector_of(stateful_set.body))
    broken = [
        pod
        for pod in pods
        if is_controlled_by(pod, stateful_set.ref)
        and not is_ready(pod.body)
        and not is_ending(pod.body)
        and text_at(pod.body, "metadata", "labels", REVISION_HASH) != wanted
    ]
    return max(broken, key=lambda pod: (len(pod.ref.name), pod.ref.name), default=None)
