"""Workloads of the API as workloads of the domain."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import RolloutState, Workload, WorkloadCondition
from opsconsole.operations.label_selector import selects
from opsconsole.operations.rollout import rollout_status
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.changes import REVISION
from opsconsole.sources.kubernetes.pods import service_of
from opsconsole.sources.kubernetes.sharing import shared_text
from opsconsole.sources.kubernetes.workload_objects import AutoscalerObject, BudgetObject, WorkloadObject
from opsconsole.sources.moments import parse_moment

_MARKS = (
    ("argocd.argoproj.io/tracking-id", "Argo CD"),
    ("argocd.argoproj.io/instance", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux kustomization"),
    ("helm.toolkit.fluxcd.io/name", "Flux Helm release"),
    ("meta.helm.sh/release-name", "Helm release"),
)
"""Labels and annotations by which tools mark what is theirs (their documentation on resource tracking)."""


def domain_workload(
    kind: Kind,
    item: WorkloadObject,
    autoscalers: Iterable[AutoscalerObject] = (),
    budgets: Iterable[BudgetObject] = (),
) -> Workload:
    """The workload, with what `autoscalers` and `budgets` of its namespace mean to it."""
    metadata, status = item.metadata, item.status
    desired, updated, ready, available = _counts(kind, item)
    state, words = _rollout(kind, item)
    scaler = next((one for one in autoscalers if _scales(one, kind, metadata.name)), None)
    labels = item.spec.template.metadata.labels or {}
    allowed = [one.status.disruptions_allowed for one in budgets if selects(_selector(one), labels)]
    annotations = metadata.annotations or {}
    return Workload(
        ref=ObjectRef(
            kind,
            shared_text(metadata.namespace, 256),
            safe_text(metadata.name, 256),
            safe_text(metadata.uid, 128),
            safe_text(metadata.resource_version, 64),
        ),
        service=service_of(metadata),
        desired=desired,
        updated=updated,
        ready=ready,
        available=available,
        rollout=state,
        rollout_words=words,
        created_at=parse_moment(metadata.creation_timestamp or "") or 0.0,
        paused=item.spec.paused or bool(item.spec.suspend),
        revision=safe_text(annotations.get(REVISION) or status.update_revision or status.current_revision, 256),
        images=tuple(shared_text(container.image, 512) for container in item.spec.template.spec.containers),
        conditions=tuple(
            WorkloadCondition(
                shared_text(one.type, 128),
                shared_text(one.status, 32),
                shared_text(one.reason or "", 128),
                safe_text(one.message or "", 512),
                parse_moment(one.last_transition_time or ""),
            )
            for one in status.conditions or ()
        ),
        managed_by=_managed_by(item),
        min_replicas=scaler.spec.min_replicas if scaler else None,
        max_replicas=scaler.spec.max_replicas if scaler else None,
        disruptions_allowed=min(allowed, default=None),
    )


def workload_order(workload: Workload) -> tuple[bool, bool, str, str]:
    """Sorts workloads in trouble first, then those rolling out."""
    return (workload.well, workload.rollout is RolloutState.DONE, workload.ref.namespace, workload.ref.name)


def _counts(kind: Kind, item: WorkloadObject) -> tuple[int, int, int, int]:
    """Replicas desired, updated, ready and available."""
    spec, status = item.spec, item.status
    if kind is Kind.DAEMON_SET:
        counts = (status.updated_number_scheduled, status.number_ready, status.number_available)
        return (status.desired_number_scheduled, *counts)
    if kind is Kind.JOB:
        wanted = 0 if _job_is_over(item) or spec.suspend else (spec.completions or 1) - status.succeeded
        return (max(0, wanted), status.active, status.ready or 0, status.active)
    return (spec.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas)


def _job_is_over(item: WorkloadObject) -> str:
    """`Complete` or `Failed`, or nothing while it runs."""
    conditions = item.status.conditions or ()
    return next((one.type for one in conditions if one.status == "True" and one.type in ("Complete", "Failed")), "")


def _rollout(kind: Kind, item: WorkloadObject) -> tuple[RolloutState, SafeText]:
    if kind is Kind.JOB:
        return _job_progress(item)
    status = rollout_status(kind, msgspec.to_builtins(item))
    if status.failed:
        return RolloutState.STUCK, status.words
    if status.done:
        return RolloutState.DONE, status.words
    return (RolloutState.PAUSED if item.spec.paused else RolloutState.PROGRESSING), status.words


def _job_progress(item: WorkloadObject) -> tuple[RolloutState, SafeText]:
    over, status = _job_is_over(item), item.status
    if over == "Failed":
        reason = next((one.message or one.reason or "" for one in status.conditions or () if one.type == over), "")
        return RolloutState.STUCK, safe_text(f"failed: {reason}", 300)
    if over:
        return RolloutState.DONE, SafeText(f"complete, {status.succeeded} succeeded")
    words = SafeText(f"{status.succeeded} of {item.spec.completions or 1} succeeded, {status.failed} failed")
    return (RolloutState.PAUSED if item.spec.suspend else RolloutState.PROGRESSING), words


def _managed_by(item: WorkloadObject) -> tuple[SafeText, ...]:
    marks = {**(item.metadata.labels or {}), **(item.metadata.annotations or {})}
    tools = {tool: marks[key].partition(":")[0] for key, tool in _MARKS if marks.get(key)}
    owner = item.metadata.controller
    owned = (safe_text(f"{owner.kind} {owner.name}", 256),) if owner else ()
    return (*(safe_text(f"{tool} {name}", 256) for tool, name in tools.items()), *owned)


def _scales(scaler: AutoscalerObject, kind: Kind, name: str) -> bool:
    target = scaler.spec.scale_target_ref
    return target.kind == kind.value and target.name == name


def _selector(budget: BudgetObject) -> object:
    return msgspec.to_builtins(budget.spec.selector) if budget.spec.selector else {"matchLabels": {"": ""}}
