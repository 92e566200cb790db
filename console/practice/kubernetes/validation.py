"""What may stand in an object that is written, and what it wishes of the shop."""

from __future__ import annotations

import json
from typing import Any

from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import Refusal, invalid
from opsconsole.practice.kubernetes.writes import Writable
from opsconsole.practice.shop.changes import Change, SetNode, SetPod, SetWorkload
from opsconsole.practice.shop.topology import WorkloadKind

_IMMUTABLE = "Invalid value: field is immutable"
_KNOWN = frozenset(("template", "replicas", "paused", "selector"))
"""Fields of a workload's spec that the shop keeps by themselves."""


def _workload(kind: WorkloadKind) -> Writable:
    def check(before: Item, after: Item) -> None:
        _check_workload(kind.value, before, after)

    def change(before: Item, after: Item) -> Change | None:
        spec, metadata = after["spec"], after["metadata"]
        spec["template"].setdefault("metadata", {}).pop("creationTimestamp", None)
        if spec == before["spec"] and metadata == before["metadata"]:
            return None
        return SetWorkload(
            kind,
            before["metadata"]["namespace"],
            before["metadata"]["name"],
            template=spec["template"],
            replicas=spec.get("replicas", 1) if kind is not WorkloadKind.DAEMON_SET else None,
            paused=bool(spec.get("paused", False)),
            annotations=metadata.get("annotations") or {},
            labels=metadata.get("labels") or {},
            settings={name: value for name, value in spec.items() if name not in _KNOWN},
        )

    return Writable(f"{kind.value.lower()}s", check, change)


def _check_workload(kind: str, before: Item, after: Item) -> None:
    """Raises `Refusal` 422 for a Deployment, StatefulSet or DaemonSet that can't be."""
    name, spec = before["metadata"]["name"], after.get("spec") or {}
    if spec.get("selector") != before["spec"]["selector"]:
        raise invalid(kind, name, "spec.selector", _IMMUTABLE)
    if kind != WorkloadKind.DAEMON_SET.value:
        check_replicas(kind, name, spec.get("replicas", 1), "apps")
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    wanted = before["spec"]["selector"]["matchLabels"]
    if any(labels.get(key) != value for key, value in wanted.items()):
        told = json.dumps(labels, separators=(",", ":"))
        words = f"Invalid value: {told}: `selector` does not match template `labels`"
        raise invalid(kind, name, "spec.template.metadata.labels", words)
    containers = (template.get("spec") or {}).get("containers") or []
    if not containers:
        raise _required(kind, name, "spec.template.spec.containers")
    for index, container in enumerate(containers):
        if not container.get("image"):
            raise _required(kind, name, f"spec.template.spec.containers[{index}].image")


def check_replicas(kind: str, name: str, replicas: Any, group: str) -> None:
    """Raises `Refusal` for a number of replicas that can't be."""
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise Refusal(400, f'{kind} in version "v1" cannot be handled: spec.replicas is no number')
    if replicas < 0:
        words = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid(kind, name, "spec.replicas", words, group)


def _check_pod(before: Item, after: Item) -> None:
    if after.get("spec") != before["spec"]:
        words = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
            "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
            "previously negative)"
        )
        raise invalid("Pod", before["metadata"]["name"], "spec", words, "", "FieldValueForbidden")


def _pod_change(before: Item, after: Item) -> Change:
    metadata = after["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return SetPod(before["metadata"]["namespace"], before["metadata"]["name"], labels, annotations)


def _check_node(before: Item, after: Item) -> None:
    kept, made = before["spec"].get("podCIDR"), (after.get("spec") or {}).get("podCIDR")
    if made != kept:
        words = 'Forbidden: node updates may not change podCIDR except from "" to valid'
        raise invalid("Node", before["metadata"]["name"], "spec.podCIDRs", words, "", "FieldValueForbidden")


def _node_change(before: Item, after: Item) -> Change:
    metadata = after["metadata"]
    schedulable = not (after.get("spec") or {}).get("unschedulable", False)
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return SetNode(before["metadata"]["name"], schedulable, labels, annotations)


def _required(kind: str, name: str, field: str) -> Refusal:
    return invalid(kind, name, field, "Required value", reason="FieldValueRequired")


WRITABLE = {
    one.plural: one
    for one in (
        *(_workload(kind) for kind in WorkloadKind),
        Writable("pods", _check_pod, _pod_change, generation=False),
        Writable("nodes", _check_node, _node_change, generation=False),
    )
}
"""How each kind is written, by plural."""
