"""How far a rollout is: the rules of `kubectl rollout status` as pure functions of the object.

Source: kubectl `pkg/polymorphichelpers/rollout_status.go`.
"""

from __future__ import annotations

import msgspec

from opsconsole.domain.cluster_object import JsonObject, Kind
from opsconsole.domain.text import SafeText
from opsconsole.operations.json_path import at, mapping_at, objects_at, text_at, true_at, whole_number_at
from opsconsole.safe_text import safe_text

DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
ROLLING_UPDATE = "RollingUpdate"
ON_DELETE = "OnDelete"


class RolloutStatus(msgspec.Struct, frozen=True):
    """Where a rollout stands. At most one of `done` and `failed`; `ratio` (0 to 1) of the wanted pods are new ones."""

    done: bool
    failed: bool
    words: SafeText
    ratio: float


def rollout_status(kind: Kind, body: JsonObject, known_failure: str = "") -> RolloutStatus:
    """The status of the Deployment, StatefulSet or DaemonSet `body`.

    `known_failure` is what `failure_mark` said before the change: the controller leaves the condition of a
    rollout that failed in place until the next one makes progress, so that one says nothing about this one.
    """
    if kind is Kind.DEPLOYMENT:
        return _deployment(body, known_failure)
    return _stateful_set(body) if kind is Kind.STATEFUL_SET else _daemon_set(body)


def failure_mark(body: JsonObject) -> str:
    """What tells the present failure of a Deployment's rollout from a later one; empty when it has not failed."""
    condition = _progressing(body)
    if text_at(condition, "reason") != DEADLINE_EXCEEDED:
        return ""
    return f"{text_at(condition, 'lastTransitionTime')} {text_at(condition, 'lastUpdateTime')}"


def update_strategy(kind: Kind, body: JsonObject) -> str:
    """`RollingUpdate`, `Recreate` or `OnDelete`."""
    field = "strategy" if kind is Kind.DEPLOYMENT else "updateStrategy"
    return text_at(body, "spec", field, "type") or ROLLING_UPDATE


def wanted_replicas(body: JsonObject) -> int:
    """Replicas asked for; 1 when the field is not set."""
    return whole_number_at(body, "spec", "replicas", default=1)


def is_observed(body: JsonObject) -> bool:
    """Whether the controller has seen the newest spec; before that its status tells of an older one."""
    observed = whole_number_at(body, "status", "observedGeneration")
    return observed > 0 and whole_number_at(body, "metadata", "generation") <= observed


def _deployment(body: JsonObject, known_failure: str) -> RolloutStatus:
    if hindrance := _hindrance(Kind.DEPLOYMENT, body):
        return _waiting(hindrance, 0.0)
    wanted = wanted_replicas(body)
    total, updated, available = (
        whole_number_at(body, "status", name) for name in ("replicas", "updatedReplicas", "availableReplicas")
    )
    ratio = _ratio(min(updated, available - (total - updated)), wanted)
    failure = failure_mark(body)
    if failure and failure != known_failure:
        deadline = whole_number_at(body, "spec", "progressDeadlineSeconds", default=600)
        said = safe_text(text_at(_progressing(body), "message"), 300)
        words = f"no progress for {deadline} s (its progressDeadlineSeconds): {said}"
        return RolloutStatus(done=False, failed=True, words=SafeText(words), ratio=ratio)
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} new pods are made", ratio)
    if total > updated:
        return _waiting(f"{counted(total - updated, 'old pod')} still to end", ratio)
    if available < updated:
        return _waiting(f"{available} of {updated} new pods are available", ratio)
    return _done(
        f"all {counted(updated, 'pod')} of the new version are available" if updated else "no pods are asked for"
    )


def _stateful_set(body: JsonObject) -> RolloutStatus:
    if hindrance := _hindrance(Kind.STATEFUL_SET, body):
        return _waiting(hindrance, 0.0)
    wanted = wanted_replicas(body)
    ready, updated = (whole_number_at(body, "status", name) for name in ("readyReplicas", "updatedReplicas"))
    partition = whole_number_at(body, "spec", "updateStrategy", "rollingUpdate", "partition")
    due = max(0, wanted - partition)
    ratio = _ratio(min(updated, ready), due)
    if ready < wanted:
        return _waiting(f"{ready} of {wanted} pods are ready", ratio)
    partitioned = at(body, "spec", "updateStrategy", "rollingUpdate") is not None
    behind = text_at(body, "status", "updateRevision") != text_at(body, "status", "currentRevision")
    if updated < due if partitioned else behind:
        return _waiting(f"{updated} of {due} pods run the new version", ratio)
    rest = f", {wanted - due} stay below the partition" if wanted > due else ""
    return _done(
        f"{due} of {wanted} pods run the new version{rest}" if rest else f"all {wanted} pods run the new version"
    )


def _daemon_set(body: JsonObject) -> RolloutStatus:
    if hindrance := _hindrance(Kind.DAEMON_SET, body):
        return _waiting(hindrance, 0.0)
    status = mapping_at(body, "status")
    wanted, updated, available = (
        whole_number_at(status, name)
        for name in ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    )
    ratio = _ratio(min(updated, available), wanted)
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} pods run the new version", ratio)
    if available < wanted:
        return _waiting(f"{available} of {wanted} new pods are available", ratio)
    return _done(f"all {counted(wanted, 'pod')} of the new version are available")


def _hindrance(kind: Kind, body: JsonObject) -> str:
    """Why the status says nothing yet; empty when it does."""
    if update_strategy(kind, body) == ON_DELETE:
        return "its update strategy is OnDelete: a pod changes when it is deleted"
    return "" if is_observed(body) else "the controller has not seen the change yet"


def is_paused(body: JsonObject) -> bool:
    """Whether the Deployment's rollout is paused."""
    return true_at(body, "spec", "paused")


def _progressing(body: JsonObject) -> JsonObject:
    conditions = objects_at(body, "status", "conditions")
    return next((one for one in conditions if text_at(one, "type") == "Progressing"), {})


def counted(count: int, what: str) -> str:
    """`1 old pod`, `2 old pods`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _ratio(part: int, whole: int) -> float:
    return max(0.0, min(1.0, part / whole)) if whole > 0 else 1.0


def _waiting(words: str, ratio: float) -> RolloutStatus:
    return RolloutStatus(done=False, failed=False, words=SafeText(words), ratio=ratio)


def _done(words: str) -> RolloutStatus:
    return RolloutStatus(done=True, failed=False, words=SafeText(words), ratio=1.0)
