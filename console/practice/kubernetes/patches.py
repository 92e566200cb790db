"""The three ways of patching: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7396), strategic merge.

Strategic merge as Kubernetes' API conventions describe it: maps merge, `null` removes, lists of
objects merge by the key the API declares for the field, other lists are replaced; `$patch` of
`replace` or `delete` overrides that.
"""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.kubernetes.status import Refusal

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

_REJECTED = "the server rejected our request due to an error in our request"
_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
    "imagePullSecrets": "name",
    "ownerReferences": "uid",
    "conditions": "type",
}


def patched(media_type: str, current: dict[str, Any], patch: Any) -> dict[str, Any]:
    """A copy of `current` with `patch` applied. Raises `Refusal` 400, 415 or 422."""
    if media_type == JSON_PATCH:
        if not isinstance(patch, list):
            words = "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
            raise Refusal(400, words)
        changed: Any = copy.deepcopy(current)
        for operation in patch:
            changed = _operate(changed, operation)
        return dict(changed)
    if media_type not in (MERGE_PATCH, STRATEGIC_PATCH):
        raise Refusal(415, "415: Unsupported Media Type", {})
    if not isinstance(patch, dict):
        raise Refusal(
            400, "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    return dict(_merged(copy.deepcopy(current), patch, strategic=media_type == STRATEGIC_PATCH))


def _merged(current: Any, patch: Any, *, strategic: bool, field: str = "") -> Any:
    if isinstance(patch, dict):
        if strategic and patch.get("$patch") == "replace":
            return {key: value for key, value in patch.items() if key != "$patch"}
        made = dict(current) if isinstance(current, dict) else {}
        for key, value in patch.items():
            if key.startswith("$") and strategic:
                continue
            if value is None:
                made.pop(key, None)
            else:
                made[key] = _merged(made.get(key), value, strategic=strategic, field=key)
        return made
    key = _MERGE_KEYS.get(field, "") if strategic else ""
    if key and isinstance(patch, list) and isinstance(current, list):
        return _merged_list(current, patch, key)
    return copy.deepcopy(patch)


def _merged_list(current: list[Any], patch: list[Any], key: str) -> list[Any]:
    made = [copy.deepcopy(entry) for entry in current]
    for entry in patch:
        if not isinstance(entry, dict):
            continue
        if entry.get("$patch") == "replace":
            return [one for one in patch if isinstance(one, dict) and "$patch" not in one]
        if key not in entry:
            raise Refusal(400, f"map: {entry} does not contain declared merge key: {key}")
        at = next((index for index, one in enumerate(made) if one.get(key) == entry[key]), None)
        if entry.get("$patch") == "delete":
            if at is not None:
                del made[at]
        elif at is None:
            made.append(copy.deepcopy(entry))
        else:
            made[at] = _merged(made[at], entry, strategic=True)
    return made


def _operate(document: Any, operation: Any) -> Any:
    try:
        kind, path = operation["op"], operation["path"]
        if kind in ("move", "copy"):
            value = copy.deepcopy(_found(document, operation["from"]))
            if kind == "move":
                document = _placed(document, operation["from"], "remove", None)
            return _placed(document, path, "add", value)
        if kind == "test":
            if _tested(document, path) != operation.get("value"):
                raise Refusal(422, _REJECTED, {})
            return document
        if kind not in ("add", "remove", "replace"):
            raise Refusal(400, f"unexpected kind: {kind}")
        return _placed(document, path, kind, copy.deepcopy(operation.get("value")))
    except (KeyError, IndexError, TypeError, ValueError):
        raise Refusal(422, _REJECTED, {}) from None


def _steps(path: str) -> list[str]:
    if path and not path.startswith("/"):
        raise ValueError(path)
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _found(document: Any, path: str) -> Any:
    for step in _steps(path):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _tested(document: Any, path: str) -> Any:
    """What stands there. A missing member of an object that is there counts as null, as in evanphx/json-patch."""
    holder, _, last = path.rpartition("/")
    found = _found(document, holder) if path else None
    return found.get(_steps(f"/{last}")[0]) if isinstance(found, dict) else _found(document, path)


def _placed(document: Any, path: str, kind: str, value: Any) -> Any:
    steps = _steps(path)
    if not steps:
        return value
    parent = document
    for step in steps[:-1]:
        parent = parent[int(step)] if isinstance(parent, list) else parent[step]
    last = steps[-1]
    if isinstance(parent, list):
        if kind == "add":
            parent.insert(len(parent) if last == "-" else int(last), value)
        elif kind == "remove":
            del parent[int(last)]
        else:
            parent[int(last)] = value
    elif kind == "add":
        parent[last] = value
    elif kind == "remove":
        del parent[last]
    else:
        _ = parent[last]
        parent[last] = value
    return document
