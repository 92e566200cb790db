"""Addresses of objects below the API server's base path."""

from __future__ import annotations

import re
from urllib.parse import quote

from opsconsole.domain.cluster_object import JsonObject, Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.operations.json_path import list_at, mapping_at, objects_at, text_at
from opsconsole.safe_text import safe_text

_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_OPERATORS = {"In": "in", "NotIn": "notin"}


def collection_path(kind: Kind, namespace: str) -> str:
    """Where objects of `kind` are listed; an empty namespace means all of them."""
    place = f"/namespaces/{quote(namespace, safe='')}" if namespace and kind.namespaced else ""
    return f"{kind.api_path}{place}/{kind.plural}"


def object_path(ref: ObjectRef, subresource: str = "") -> str:
    """Where the object, or its `subresource`, is."""
    tail = f"/{subresource}" if subresource else ""
    return f"{collection_path(ref.kind, ref.namespace)}/{quote(ref.name, safe='')}{tail}"


def selector_text(selector: JsonObject, source: str) -> str:
    """A LabelSelector as the `labelSelector` parameter writes it (Kubernetes, "Labels and selectors").

    Raises `SourceError` of kind MALFORMED for one that no API server would have accepted: a value that is no
    label's must not turn into another requirement.
    """
    parts = [
        f"{_key(key, source)}={_value(value, source)}" for key, value in mapping_at(selector, "matchLabels").items()
    ]
    for expression in objects_at(selector, "matchExpressions"):
        key, operator = _key(text_at(expression, "key"), source), text_at(expression, "operator")
        values = ",".join(_value(value, source) for value in list_at(expression, "values"))
        if operator in _OPERATORS and values:
            parts.append(f"{key} {_OPERATORS[operator]} ({values})")
        elif operator in ("Exists", "DoesNotExist"):
            parts.append(key if operator == "Exists" else f"!{key}")
        else:
            raise _malformed(operator, source)
    return ",".join(parts)


def _key(key: str, source: str) -> str:
    if not _KEY.fullmatch(key):
        raise _malformed(key, source)
    return key


def _value(value: object, source: str) -> str:
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise _malformed(value, source)
    return value


def _malformed(what: object, source: str) -> SourceError:
    return SourceError(
        ErrorKind.MALFORMED, source, safe_text(f"no label selector: {safe_text(what, 100)}", 200), sent=False
    )
