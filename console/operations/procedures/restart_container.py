"""Restarting one container: Kubernetes has no call for it, so its first process is asked to end.

`kill 1` inside the container keeps the pod with its name, address and emptyDir volumes; the kubelet starts the
container anew. It works where the image has a `kill` or a shell, and where process 1 takes the signal: from inside
its own PID namespace a process without a handler gets neither SIGTERM nor SIGKILL (pid_namespaces(7)).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Check, OperationKind, OperationState, Order, Step, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.json_path import objects_at, text_at, true_at
from opsconsole.operations.pod_shape import (
    ContainerState,
    container_names,
    container_spec,
    container_state,
    grace_seconds,
    is_ending,
    is_over,
    restart_policy,
)
from opsconsole.operations.procedure import Command, Draft, Intent
from opsconsole.operations.procedures.marks import blocked, warning
from opsconsole.operations.procedures.replacing import anew
from opsconsole.safe_text import safe_text

ATTEMPTS = (("kill", "1"), ("/bin/sh", "-c", "kill 1"))
"""A program `kill`, or a shell that has it built in."""

POLL = 1.0

MARGIN = 15.0
"""Seconds beyond the grace period within which the kubelet has noticed and told that a container ended."""

READY_WITHIN = 180.0
"""Seconds until a container that was started anew should be ready."""

BACK_OFF_FIRST, BACK_OFF_MOST, BACK_OFF_FORGOTTEN = 10, 300, 600
"""Seconds: the kubelet's first back-off before a restart, doubled each time up to the most, forgotten after so long
a run (Kubernetes, "Pod lifecycle", container restarts)."""


class RestartContainer:
    """`kill 1` by exec, verified by the container's id and restart count."""

    kind = OperationKind.RESTART_CONTAINER
    targets = frozenset((Kind.POD,))

    def __init__(self, clock: Clock) -> None:
        """The clock tells how long the container has been running."""
        self._clock = clock

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """One command; whether it can be run there is known only once it is tried."""
        del control, operation
        names = container_names(live.body)
        name = str(order.container) or (names[0] if len(names) == 1 else "")
        shown = safe_text(name or "?", 256)
        state = container_state(live.body, name)
        checks = _checks(live.body, name, state)
        forbidden = any(check.verdict is Verdict.BLOCKED for check in checks)
        return Draft(
            act=None
            if forbidden
            else Command(live.ref, SafeText(shown), ATTEMPTS, (Order(OperationKind.EVICT_POD, anew(live.ref)),)),
            summary=SafeText(f"Send kill 1 in container {shown} of {live.ref.words}"),
            cost=_cost(state, self._clock.now()),
            undo=SafeText(""),
            checks=checks,
            before=SafeText(f"{state.restarts} restarts" if state is not None else ""),
            after=SafeText(f"{state.restarts + 1} restarts" if state is not None else ""),
            baseline=_baseline(live.body, name, state),
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """Whether the container is another one by now; None once the whole pod is gone."""
        try:
            live = await control.read(intent.target)
        except SourceError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise
        state = container_state(live.body, intent.baseline.get("container", ""))
        return state is not None and _restarted(state, intent)

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """Until the new container is ready. An unchanged one past the grace period ignored the signal."""
        started, said = clock.monotonic(), ""
        while True:
            try:
                live = await control.read(intent.target)
            except SourceError as error:
                if error.kind is not ErrorKind.NOT_FOUND:
                    raise
                words = SafeText("the whole pod is gone: someone or something else ended it")
                yield Step(OperationState.UNVERIFIED, clock.now(), words)
                return
            step = _step(live, intent, clock, clock.monotonic() - started)
            if step.state.final or step.words != said:
                said = step.words
                yield step
            if step.state.final:
                return
            await clock.sleep(POLL)


def _step(live: LiveObject, intent: Intent, clock: Clock, waited: float) -> Step:
    state = container_state(live.body, intent.baseline.get("container", ""))
    evict = (Order(OperationKind.EVICT_POD, anew(live.ref)),)
    if state is None or not _restarted(state, intent):
        grace = float(intent.baseline.get("grace", "30"))
        if waited > grace + MARGIN:
            words = f"signal ignored: after {waited:.0f} s it is still the same container; evict the pod instead"
            return Step(OperationState.UNVERIFIED, clock.now(), SafeText(words), None, evict)
        return Step(
            OperationState.APPLIED, clock.now(), SafeText("the signal was sent; it is still the same container")
        )
    ended = safe_text(state.last_exit, 200)
    if state.ready:
        words = f"another container runs and is ready; the one before: {ended}; restarts {state.restarts}"
        return Step(OperationState.VERIFIED, clock.now(), SafeText(words), 1.0)
    waiting = f"waiting ({safe_text(state.waiting, 60)})" if state.waiting else "not ready yet"
    words = f"the container has ended: {ended}; the new one is {'not ready yet' if state.running else waiting}"
    if waited > READY_WITHIN:
        words = f"restarted, yet after {waited:.0f} s {words}"
        return Step(OperationState.UNVERIFIED, clock.now(), SafeText(words), None, evict)
    return Step(OperationState.APPLIED, clock.now(), SafeText(words), 0.5)


def _restarted(state: ContainerState, intent: Intent) -> bool:
    """The restart count and the id are written together; a container that only ended has neither changed."""
    before = intent.baseline
    return state.restarts > int(before.get("restarts", "0")) or bool(
        state.identity and before.get("identity") and state.identity != before["identity"]
    )


def _baseline(pod: JsonObject, name: str, state: ContainerState | None) -> dict[str, str]:
    if state is None:
        return {}
    return {
        "container": name,
        "identity": state.identity,
        "restarts": str(state.restarts),
        "grace": str(grace_seconds(pod)),
    }


def _cost(state: ContainerState | None, now: float) -> SafeText:
    words = "the container is away while it restarts; the pod keeps its name, address and disks"
    if state is None or state.restarts == 0:
        return SafeText(words)
    if state.started_at is not None and now - state.started_at > BACK_OFF_FORGOTTEN:
        return SafeText(words)
    wait = min(BACK_OFF_MOST, BACK_OFF_FIRST * 2 ** min(state.restarts - 1, 5))
    return SafeText(f"{words}; it has restarted before, so the kubelet may wait up to {wait} s (back-off)")


def _checks(pod: JsonObject, name: str, state: ContainerState | None) -> tuple[Check, ...]:
    hindrance = _hindrance_of_pod(pod) or _hindrance_of_container(pod, name, state)
    if hindrance is not None:
        return (hindrance,)
    words = (
        "needs a `kill` program or /bin/sh in the image, and a process 1 that handles SIGTERM; not known until it is"
        " tried. Without them nothing happens: then evict"
    )
    found = [warning("Signal", words)]
    if restart_policy(pod, name) == "OnFailure":
        words = "restartPolicy is OnFailure: it starts again only if it ends with an exit code other than 0"
        found.append(warning("Restart policy", words))
    return tuple(found)


def _hindrance_of_pod(pod: JsonObject) -> Check | None:
    if is_ending(pod):
        return blocked("Ending", "the pod is on its way out already")
    if is_over(pod):
        return blocked("Ended", "the pod's containers have ended for good")
    if true_at(pod, "spec", "hostPID"):
        return blocked("Process 1", "the pod shares the node's processes (hostPID): process 1 is the node's own init")
    if true_at(pod, "spec", "shareProcessNamespace"):
        words = "its containers share one process namespace: process 1 is the pause process, not the container's; evict"
        return blocked("Process 1", words)
    if text_at(pod, "spec", "os", "name") == "windows":
        return blocked("Process 1", "a Windows pod has no signals; evict")
    return None


def _hindrance_of_container(pod: JsonObject, name: str, state: ContainerState | None) -> Check | None:
    if not container_spec(pod, name):
        names = ", ".join(safe_text(one, 256) for one in container_names(pod))
        passing = any(text_at(one, "name") == name for one in objects_at(pod, "spec", "initContainers"))
        words = "an init container runs once, before the others" if passing and name else f"say which: {names}"
        return blocked("Container", words)
    if restart_policy(pod, name) == "Never":
        return blocked("Restart policy", "restartPolicy is Never: the container would end and not start again")
    if state is None or not state.running:
        waiting = f" ({safe_text(state.waiting, 60)})" if state is not None and state.waiting else ""
        words = f"it is not running{waiting}; the kubelet starts it by itself, evict or delete the pod to start over"
        return blocked("Container", words)
    return None
