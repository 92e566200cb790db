"""Nodes of the API as nodes of the domain."""

from __future__ import annotations

from opsconsole.domain.node import Node
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.sharing import shared_text
from opsconsole.sources.kubernetes.workload_objects import NodeObject
from opsconsole.sources.moments import parse_moment

_READINESS = {"True": True, "False": False}


def domain_node(item: NodeObject) -> Node:
    """The node. Its Ready condition turns Unknown when the kubelet no longer reports (node lifecycle controller)."""
    conditions = {condition.type: condition for condition in item.status.conditions or ()}
    ready = conditions.get("Ready")
    is_ready = _READINESS.get(ready.status) if ready else False
    words = (ready.message or ready.reason or "") if ready and ready.status != "True" else ""
    pressures = tuple(
        shared_text(kind, 128) for kind, found in conditions.items() if kind != "Ready" and found.status == "True"
    )
    return Node(
        name=shared_text(item.metadata.name, 256),
        ready=is_ready,
        since=parse_moment(ready.last_transition_time or "") if ready else None,
        message=safe_text(words, 512) if words else SafeText(""),
        cordoned=item.spec.unschedulable,
        pressures=pressures,
        version=shared_text(item.status.node_info.kubelet_version, 64),
        created_at=parse_moment(item.metadata.creation_timestamp or "") or 0.0,
    )


def node_order(node: Node) -> tuple[bool, bool, str]:
    """Sorts nodes in trouble first."""
    return (node.ready is True, node.well, node.name)
