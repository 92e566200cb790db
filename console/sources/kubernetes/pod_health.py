"""What is wrong with a pod, since when and why: one judgement of all that its API object and its events tell.

The first rule that applies wins, from what makes all else moot to what merely draws attention:

1.  it is leaving (`deletionTimestamp`), and what holds it when it should be gone;
2.  the cluster has given it up (`status.reason`: Evicted, NodeAffinity, DeadlineExceeded, …);
3.  its node no longer reports, so nothing else it says is of now;
4.  it has no node (`PodScheduled` False), with the scheduler's own words;
5.  a container can't be started: back-off, image, configuration;
6.  a container has ended and will not be started again;
7.  what starts a container takes long or fails (volumes, network, sandbox), told by warnings alone;
8.  a container was killed for memory less than ten minutes ago;
9.  its containers are ready and it is not: a readiness gate;
10. it is not ready, and which probe says so;
11. it waits for the kubelet;
12. a probe fails below its threshold: no trouble yet, but a reason to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from opsconsole.domain.node import Node
from opsconsole.domain.pod import Container, Probe, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import Condition, PodObject
from opsconsole.sources.moments import parse_moment

RECENT = 600.0
"""Seconds for which an end for memory stays trouble; the kubelet forgets a container's crashes after the same time."""

LATE = 30.0
"""Seconds after its grace at which a leaving pod is late, and after which a pod that is being made takes long."""

WARNING_KEPT = 300.0
"""Seconds for which a warning about making a pod explains that it is not running; the kubelet repeats it sooner."""

_BEING_MADE = ("", "ContainerCreating", "PodInitializing")
_IMAGE = frozenset({"ImagePullBackOff", "ErrImagePull", "RegistryUnavailable", "ErrImageNeverPull", "InvalidImageName"})
_MAKING_FAILED = frozenset(
    {"FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedMapVolume", "NetworkNotReady"}
)
_ONE_GIBIBYTE = 1024.0**3


@dataclass(frozen=True)
class PodWarning:
    """The newest warning event of one reason about a pod; `at` in unix seconds."""

    reason: str
    message: SafeText
    at: float
    count: int = 1


@dataclass(frozen=True)
class Judgement:
    """`word` is empty for a pod that is well. `since` and `review_at` are unix seconds.

    At `review_at` time alone may change the judgement.
    """

    word: SafeText = SafeText("")
    why: SafeText = SafeText("")
    since: float | None = None
    review_at: float | None = None


@dataclass(frozen=True)
class Case:
    """Everything a judgement needs; `warnings` newest first, `now` the server's unix seconds."""

    pod: PodObject
    containers: tuple[Container, ...]
    conditions: Mapping[str, Condition]
    warnings: tuple[PodWarning, ...]
    node: Node | None
    now: float

    def is_condition(self, kind: str, status: str) -> bool:
        """Whether the condition is there with that status."""
        condition = self.conditions.get(kind)
        return condition is not None and condition.status == status

    def since(self, *kinds: str) -> float | None:
        """When the first of these conditions that is not True last changed."""
        for kind in kinds:
            condition = self.conditions.get(kind)
            if condition is not None and condition.status != "True":
                return parse_moment(condition.last_transition_time or "")
        return None

    def warned(self, reasons: Iterable[str]) -> PodWarning | None:
        """The newest warning with one of `reasons` that is not too old to matter."""
        wanted = frozenset(reasons)
        return next((w for w in self.warnings if w.reason in wanted and self.now - w.at <= WARNING_KEPT), None)


def judged(case: Case) -> Judgement:
    """The first rule that applies to the pod, by the order at the head of this module."""
    for rule in _RULES:
        found = rule(case)
        if found is not None:
            return found
    return Judgement()


def conditions_of(pod: PodObject) -> dict[str, Condition]:
    """The pod's conditions by type."""
    return {condition.type: condition for condition in pod.status.conditions or ()}


def _leaving(case: Case) -> Judgement | None:
    metadata = case.pod.metadata
    if not metadata.deletion_timestamp:
        return None
    grace = float(metadata.deletion_grace_period_seconds or 0)
    until = parse_moment(metadata.deletion_timestamp) or case.now
    if case.now <= until + LATE:
        return Judgement(SafeText("Terminating"), safe_text(case.pod.status.message), until - grace, until + LATE + 1)
    late = f"should have been gone {format_duration(case.now - until)} ago"
    if metadata.finalizers:
        held = f"held by finalizer {', '.join(metadata.finalizers)}"
    elif case.node is not None and case.node.ready is not True:
        held = f"node {case.node.name} does not answer"
    else:
        held = "its containers do not end"
    return Judgement(SafeText("Terminating"), safe_text(f"{late}: {held}", 512), until - grace, case.now + LATE)


def _given_up(case: Case) -> Judgement | None:
    status = case.pod.status
    if not status.reason:
        return None
    since = case.since("Ready", "ContainersReady", "PodScheduled", "DisruptionTarget")
    return Judgement(safe_text(status.reason, 128), safe_text(status.message), since)


def _node_lost(case: Case) -> Judgement | None:
    node = case.node
    if node is None or node.ready is True or case.pod.status.phase in ("Succeeded", "Failed"):
        return None
    if node.ready is None:
        words = f"node {node.name} has stopped reporting; what is shown of this pod is what it said last"
        return Judgement(SafeText("NodeLost"), safe_text(words, 512), node.since)
    if case.is_condition("Ready", "True"):
        return None
    words = f"node {node.name} is not ready: {node.message}" if node.message else f"node {node.name} is not ready"
    return Judgement(SafeText("NodeNotReady"), safe_text(words, 512), node.since)


def _unscheduled(case: Case) -> Judgement | None:
    condition = case.conditions.get("PodScheduled")
    if condition is None or condition.status != "False":
        return None
    warning = case.warned(("FailedScheduling",))
    why = safe_text(condition.message or (warning.message if warning else ""))
    return Judgement(safe_text(condition.reason or "Unschedulable", 128), why, case.since("PodScheduled"))


def _not_startable(case: Case) -> Judgement | None:
    for container in case.containers:
        if container.state != "waiting" or container.reason in _BEING_MADE:
            continue
        since = case.since("Ready", "ContainersReady", "Initialized")
        if container.reason == "CrashLoopBackOff":
            return Judgement(container.reason, _crash_words(container), since or container.last_finished_at)
        return Judgement(container.reason, _waiting_words(case, container), since)
    return None


def _crash_words(container: Container) -> SafeText:
    ended = f"{container.name} ended with exit code {container.last_exit_code}"
    if container.last_exit_code is None:
        ended = f"{container.name} keeps ending"
    if container.last_reason == "OOMKilled":
        ended = f"{container.name} was killed for memory{_limit_words(container)}"
    elif container.last_reason not in ("", "Error", "Completed"):
        ended += f" ({container.last_reason})"
    times = f", {container.restarts} restarts" if container.restarts else ""
    return safe_text(f"{ended}{times}", 512)


def _waiting_words(case: Case, container: Container) -> SafeText:
    """The kubelet's message; a back-off alone says nothing, the registry's answer stands in an event then."""
    message = container.message
    if container.reason in _IMAGE and ("Back-off" in message or not message):
        told = next((w.message for w in case.warnings if w.reason == "Failed" and "ull image" in w.message), None)
        message = told or message
    return safe_text(f"{container.name}: {message}" if message else f"{container.name} can't be started", 1024)


def _ended(case: Case) -> Judgement | None:
    if case.pod.status.phase == "Succeeded":
        return None
    for container in case.containers:
        if container.state != "terminated" or container.ended_well:
            continue
        code = "" if container.exit_code is None else f" with exit code {container.exit_code}"
        limit = _limit_words(container) if container.reason == "OOMKilled" else ""
        said = f": {container.message}" if container.message else ""
        why = safe_text(f"{container.name} ended{code}{limit}{said}", 1024)
        return Judgement(container.reason or SafeText("Error"), why, case.since("Ready", "ContainersReady"))
    if case.pod.status.phase != "Failed":
        return None
    return Judgement(SafeText("Failed"), safe_text(case.pod.status.message), case.since("Ready", "ContainersReady"))


def _being_made(case: Case) -> Judgement | None:
    waiting = [one for one in case.containers if one.state == "waiting" and one.reason in _BEING_MADE]
    if not waiting or case.pod.status.phase != "Pending" or not case.pod.spec.node_name:
        return None
    since = case.since("PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready")
    warning = case.warned(_MAKING_FAILED)
    if warning is not None:
        word, until = safe_text(warning.reason, 128), warning.at + WARNING_KEPT + 1
        return Judgement(word, warning.message, since, until)
    began = since or parse_moment(case.pod.metadata.creation_timestamp or "") or case.now
    init = next((one for one in case.containers if one.init and one.state == "running"), None)
    if init is not None and case.now - began > LATE:
        return Judgement(SafeText("Pending"), SafeText(f"init container {init.name} is still running"), since)
    if case.now - began > LATE:
        word = waiting[0].reason or SafeText("Pending")
        return Judgement(word, SafeText(f"{waiting[0].name} is still being made on {case.pod.spec.node_name}"), since)
    return Judgement(SafeText("Pending"), SafeText(""), since, began + LATE + 1)


def _out_of_memory(case: Case) -> Judgement | None:
    for container in case.containers:
        if container.last_reason != "OOMKilled" or container.state != "running":
            continue
        at = container.last_finished_at
        if at is not None and case.now - at >= RECENT:
            continue
        why = f"{container.name} was killed for memory{_limit_words(container)}, {container.restarts} restarts"
        return Judgement(SafeText("OOMKilled"), safe_text(why, 512), at, None if at is None else at + RECENT)
    return None


def _limit_words(container: Container) -> str:
    limit = container.memory_limit
    if limit is None:
        return "; it has no limit"
    unit, size = ("GiB", _ONE_GIBIBYTE) if limit >= _ONE_GIBIBYTE else ("MiB", 1024.0**2)
    return f" at its limit of {limit / size:.4g} {unit}"


def _gate(case: Case) -> Judgement | None:
    if not (case.is_condition("ContainersReady", "True") and case.is_condition("Ready", "False")):
        return None
    ready = case.conditions["Ready"]
    return Judgement(safe_text(ready.reason or "NotReady", 128), safe_text(ready.message or ""), case.since("Ready"))


def _not_ready(case: Case) -> Judgement | None:
    if case.pod.status.phase != "Running" or case.is_condition("Ready", "True"):
        return None
    since = case.since("ContainersReady", "Ready")
    for container in case.containers:
        if container.ready or container.state != "running":
            continue
        for probe in container.probes:
            if (words := _probe_words(container, probe)) is not None:
                return Judgement(SafeText("NotReady"), words, since)
    ready = case.conditions.get("Ready")
    return Judgement(SafeText("NotReady"), safe_text((ready and ready.message) or "", 512), since)


def _probe_words(container: Container, probe: Probe) -> SafeText | None:
    """What an unready container's probe says of it; a liveness probe that fails has no say in readiness."""
    if probe.kind is ProbeKind.STARTUP and probe.state is not ProbeState.PASSING:
        said = f": {probe.last_failure}" if probe.last_failure else ""
        return safe_text(f"startup probe of {container.name} has not succeeded yet{said}", 1024)
    if probe.kind is ProbeKind.READINESS and probe.state is ProbeState.FAILING:
        return safe_text(f"readiness probe of {container.name} fails: {probe.last_failure or probe.handler}", 1024)
    if probe.kind is ProbeKind.READINESS and probe.state is ProbeState.UNKNOWN:
        return safe_text(f"readiness probe of {container.name} has not succeeded yet", 512)
    return None


def _waiting_for_kubelet(case: Case) -> Judgement | None:
    phase = case.pod.status.phase
    if phase in ("Running", "Succeeded"):
        return None
    return Judgement(safe_text(phase, 64), safe_text(case.pod.status.message), case.since("Initialized", "Ready"))


def _probe_failing(case: Case) -> Judgement | None:
    for container in case.containers:
        for probe in container.probes:
            if probe.state is ProbeState.FAILING:
                words = f"{probe.kind.value} probe of {container.name} fails: {probe.last_failure or probe.handler}"
                return Judgement(SafeText(""), safe_text(words, 1024), probe.last_failure_at)
    return None


_RULES = (
    _leaving,
    _given_up,
    _node_lost,
    _unscheduled,
    _not_startable,
    _ended,
    _being_made,
    _out_of_memory,
    _gate,
    _not_ready,
    _waiting_for_kubelet,
    _probe_failing,
)
