"""What it costs to replace a workload's pods."""

from __future__ import annotations

import msgspec

from opsconsole.domain.cluster_object import JsonObject, Kind, ObjectRef
from opsconsole.domain.text import SafeText
from opsconsole.operations.json_path import at, text_at, whole_number_at
from opsconsole.operations.rollout import ON_DELETE, update_strategy, wanted_replicas
from opsconsole.safe_text import safe_text


def replacing_cost(kind: Kind, body: JsonObject) -> SafeText:
    """In plain words, how the pods of the workload `body` are replaced and what is missing meanwhile."""
    strategy = update_strategy(kind, body)
    if strategy == ON_DELETE:
        return SafeText("nothing by itself: a pod changes when it is deleted")
    if kind is Kind.DAEMON_SET:
        pods = whole_number_at(body, "status", "desiredNumberScheduled")
        share = _share(at(body, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), "1")
        return safe_text(f"{_replaced(pods)}, at most {share} at a time, each node without one meanwhile", 300)
    pods = wanted_replicas(body)
    if kind is Kind.STATEFUL_SET:
        if text_at(body, "spec", "podManagementPolicy") == "Parallel":
            return SafeText(f"{_replaced(pods)}; names and volumes stay, addresses change")
        return SafeText(f"{_replaced(pods)} one after the other, the highest number first; volumes stay")
    if strategy == "Recreate":
        return SafeText(f"AN OUTAGE: all of {_pods(pods)} end before the first new one starts (strategy Recreate)")
    missing = _share(at(body, "spec", "strategy", "rollingUpdate", "maxUnavailable"), "25%")
    more = _share(at(body, "spec", "strategy", "rollingUpdate", "maxSurge"), "25%")
    words = f"{_replaced(pods)} step by step, at most {missing} missing and {more} more than asked for"
    return safe_text(f"{words}; addresses and emptyDir volumes are new", 300)


def anew(ref: ObjectRef) -> ObjectRef:
    """The same object, in whatever state it is by then."""
    return msgspec.structs.replace(ref, resource_version=SafeText(""))


def _replaced(count: int) -> str:
    return f"{_pods(count)} {'is' if count == 1 else 'are'} replaced"


def _pods(count: int) -> str:
    return "1 pod" if count == 1 else f"{count} pods"


def _share(value: object, default: str) -> str:
    """An IntOrString of the API."""
    return str(value) if isinstance(value, int | str) and value != "" else default
