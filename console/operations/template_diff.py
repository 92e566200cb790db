"""How two pod templates differ, in few and readable lines: `containers[app].resources.limits.memory`.

Lists are compared by what names their members. Values that may be secret are never shown, only that they differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from opsconsole.domain.cluster_object import JsonObject
from opsconsole.domain.operation import FieldChange
from opsconsole.domain.text import SafeText
from opsconsole.operations.json_path import mapping_at, objects_at, text_at
from opsconsole.safe_text import safe_text

CHANGES_KEPT = 60
VALUE_LIMIT = 200
HIDDEN = "(hidden)"
ANOTHER = "(another value)"
HASH_LABEL = "pod-template-hash"

_NAMED_BY = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "ports": ("name", "containerPort"),
    "imagePullSecrets": ("name",),
    "httpHeaders": ("name",),
    "hostAliases": ("ip",),
    "resizePolicy": ("resourceName",),
}
"""What tells the members of a list apart; the first that is there."""

_FREE_KEYS = frozenset(("labels", "annotations", "nodeSelector", "matchLabels"))
"""Objects whose keys are names of the user's own."""

_SECRETIVE = ("env[", "annotations[", "labels[")
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?(?![a-z])|secret|token|credential|private|api[-_]?key|access[-_]?key|auth(?!or(?!iz))|cookie"
    r"|dsn|(^|[-_.\[])(key|pwd|salt|cert)($|[-_.\]])",
    re.IGNORECASE,
)
_USER_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_ASSIGNED = re.compile(r"(--?[\w.-]+|\b[\w.-]+)([=: ]\s*)((?:Bearer |Basic )?\S+)")
_FIRST = ("image", "env", "envFrom", "resources", "readinessProbe", "livenessProbe", "startupProbe", "command", "args")

Path = tuple[str, ...]


@dataclass(frozen=True)
class _Reference:
    """Where an environment variable's value comes from, which is no secret."""

    source: object

    @property
    def words(self) -> str:
        for field, kind in (("secretKeyRef", "secret"), ("configMapKeyRef", "config map")):
            if found := mapping_at(self.source, field):
                return f"from {kind} {text_at(found, 'name')}, key {text_at(found, 'key')}"
        return f"from {msgspec.json.encode(self.source).decode()}"


def template_changes(before: JsonObject, after: JsonObject) -> tuple[FieldChange, ...]:
    """What going from pod template `before` to `after` changes: images first, then environment, resources, probes.

    The label that the Deployment controller adds is left out. At most `CHANGES_KEPT` and a count of the rest.
    """
    old, new = dict(_leaves((), _comparable(before))), dict(_leaves((), _comparable(after)))
    differing = sorted((path for path in {**old, **new} if old.get(path) != new.get(path)), key=_order)
    changes = [_change(path, old.get(path), new.get(path)) for path in differing]
    rest = len(changes) - CHANGES_KEPT
    if rest > 0:
        more = FieldChange(SafeText(f"… and {rest} more fields"), SafeText(""), SafeText(""))
        return (*changes[:CHANGES_KEPT], more)
    return tuple(changes)


def same_template(one: JsonObject, other: JsonObject) -> bool:
    """Whether two pod templates are equal but for the label `pod-template-hash`, as kubectl compares them."""
    return _comparable(one) == _comparable(other)


def without_hash(template: JsonObject) -> JsonObject:
    """`template` without the label `pod-template-hash`, which belongs to one ReplicaSet."""
    metadata = mapping_at(template, "metadata")
    labels = {key: value for key, value in mapping_at(metadata, "labels").items() if key != HASH_LABEL}
    return {**template, "metadata": {**metadata, "labels": labels}}


def images_of(template: JsonObject) -> tuple[tuple[SafeText, SafeText], ...]:
    """Name and image of each container, init containers last."""
    members = [one for field in ("containers", "initContainers") for one in objects_at(template, "spec", field)]
    return tuple((safe_text(text_at(one, "name"), 256), safe_text(text_at(one, "image"), 512)) for one in members)


def _comparable(template: JsonObject) -> object:
    """Without what says nothing: the hash, the marker of a raw patch, nulls and empty parts."""
    plain = {key: value for key, value in without_hash(template).items() if key != "$patch"}
    metadata = {key: value for key, value in mapping_at(plain, "metadata").items() if key != "creationTimestamp"}
    return _pruned({**plain, "metadata": metadata})


def _pruned(value: object) -> object:
    if isinstance(value, Mapping):
        kept = {key: _pruned(one) for key, one in value.items()}
        # An empty volume source such as `emptyDir: {}` is a statement; an absent one and null are none.
        return {key: one for key, one in kept.items() if one is not None and (one != {} or key == "emptyDir")}
    return [_pruned(one) for one in value] if isinstance(value, list) else value


def _leaves(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    """Every value that has no parts, by where it stands."""
    last = path[-1] if path else ""
    if isinstance(value, Mapping):
        if last.startswith("env["):
            yield path, _Reference(value["valueFrom"]) if "valueFrom" in value else value.get("value", "")
            return
        if path and not value:
            yield path, value
        for key, one in value.items():
            if last in _FREE_KEYS:
                yield (*path[:-1], f"{last}[{key}]"), one
            else:
                yield from _leaves(path if not path and key in ("spec", "metadata") else (*path, str(key)), one)
    elif isinstance(value, list) and (field := _named_by(last, value)):
        for one in value:
            rest = {key: part for key, part in one.items() if key != field}
            # A member that is nothing but its name is there, or is not.
            yield from _leaves((*path[:-1], f"{last}[{one[field]}]"), rest or one[field])
    else:
        yield path, value


def _named_by(last: str, members: list[Any]) -> str:
    """The field that tells these members apart, empty where there is none."""
    for field in _NAMED_BY.get(last, ()):
        names = [one.get(field) if isinstance(one, Mapping) else None for one in members]
        if members and None not in names and len(set(map(str, names))) == len(names):
            return field
    return ""


def _change(path: Path, before: object, after: object) -> FieldChange:
    where = safe_text(".".join(path), 300)
    secret = path[-1].startswith(_SECRETIVE) and _SECRET_NAME.search(path[-1].partition("[")[2])
    if not secret:
        secret = len(path) > 1 and path[-2].startswith("httpHeaders[") and _SECRET_NAME.search(path[-2])
    old, new = (_hidden(before), _hidden(after)) if secret else (_shown(before), _shown(after))
    return FieldChange(where, old, SafeText(f"{new} {ANOTHER}") if old == new else new)


def _hidden(value: object) -> SafeText:
    """A value that may be secret; one that only says where the secret is may be seen."""
    if value is None or isinstance(value, _Reference):
        return _shown(value)
    return SafeText(HIDDEN)


def _shown(value: object) -> SafeText:
    if value is None:
        return SafeText("")
    if isinstance(value, _Reference):
        text = value.words
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = _masked(" ".join(map(str, value)))
    else:
        text = _masked(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    return safe_text(text, VALUE_LIMIT)


def _masked(text: str) -> str:
    """`text` without passwords in URLs and after names such as `--token`."""
    without_users = _USER_IN_URL.sub(HIDDEN, text)
    return _ASSIGNED.sub(
        lambda found: f"{found[1]}{found[2]}{HIDDEN}" if _SECRET_NAME.search(found[1]) else found[0], without_users
    )


def _order(path: Path) -> tuple[int, Path]:
    """Containers' images first, then what else decides what they do, labels and annotations last."""
    if path[0].startswith(("labels[", "annotations[")):
        return len(_FIRST) + 1, path
    field = path[1].partition("[")[0] if len(path) > 1 else ""
    return (_FIRST.index(field) if field in _FIRST else len(_FIRST)), path
