"""How two states of one object differ, in fields that an operator decides by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opsconsole.domain.cluster_object import JsonObject
from opsconsole.domain.operation import FieldChange
from opsconsole.domain.text import SafeText
from opsconsole.operations.json_path import mapping_at
from opsconsole.safe_text import safe_text

LONGEST_VALUE = 120
"""Characters of one value that are shown."""

MOST_CHANGES = 50

_BOOKKEEPING = frozenset({"managedFields", "resourceVersion", "generation"})
# What `kubectl apply` keeps of a manifest repeats all of it, values of the environment included.
_SECRET = re.compile(r"secret|token|passw|credential|api[-_.]?key|private[-_.]?key|auth|last-applied", re.IGNORECASE)
_HIDDEN = SafeText("(not shown)")
_ABSENT = SafeText("")


def object_changes(before: JsonObject, after: JsonObject) -> tuple[FieldChange, ...]:
    """Fields that differ, in the order of their paths; status and the server's own bookkeeping left out.

    Members of lists with a `name` are told by it. A value whose name looks secret is hidden. What is over
    `MOST_CHANGES` is counted in a last change.
    """
    found = list(_differing(_decisive(before), _decisive(after), ""))
    if len(found) > MOST_CHANGES:
        rest = FieldChange(SafeText("…"), _ABSENT, SafeText(f"and {len(found) - MOST_CHANGES} fields more"))
        found = [*found[:MOST_CHANGES], rest]
    return tuple(found)


def _decisive(body: JsonObject) -> JsonObject:
    kept = {key: value for key, value in mapping_at(body, "metadata").items() if key not in _BOOKKEEPING}
    return {**{key: value for key, value in body.items() if key != "status"}, "metadata": kept}


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _differing(before: object, after: object, path: str, name: str = "") -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, dict) or isinstance(after, dict):
        left, right = _members(before), _members(after)
    elif (named_before := _by_name(before)) is not None and (named_after := _by_name(after)) is not None:
        left, right = named_before, named_after
    else:
        hidden = any(
            _SECRET.search(text) for text in (path, name, *(str(one) for one in (before, after) if _is_list(one)))
        )
        yield FieldChange(safe_text(path, 200), _shown(before, hidden), _shown(after, hidden))
        return
    for key in sorted({*left, *right}, key=str):
        inner = f"{path}{key}" if str(key).startswith("[") else f"{path}.{key}" if path else str(key)
        yield from _differing(left.get(key), right.get(key), inner, _name_of(before, after))


def _members(value: object) -> dict[object, object]:
    return value if isinstance(value, dict) else {}


def _by_name(value: object) -> dict[object, object] | None:
    """The members of a list whose members all have names; nothing counts as an empty one."""
    members = [] if value is None else value
    if not isinstance(members, list) or not all(isinstance(one, dict) and "name" in one for one in members):
        return None
    found: dict[object, object] = {f"[{one['name']}]": one for one in members}
    return found if len(found) == len(members) else None


def _name_of(before: object, after: object) -> str:
    """The name of an environment variable, whose `value` is what differs."""
    for one in (before, after):
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            return str(one["name"])
    return ""


def _shown(value: object, hidden: bool) -> SafeText:
    if value is None:
        return _ABSENT
    return _HIDDEN if hidden else safe_text(value, LONGEST_VALUE)
