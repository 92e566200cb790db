"""Reading decoded JSON of which nothing is known: every function is total and falls back to something empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from opsconsole.domain.cluster_object import JsonObject


def at(body: object, *keys: str) -> object:
    """What stands under `keys`, one below the other; None where one of them is missing."""
    for key in keys:
        if not isinstance(body, Mapping):
            return None
        body = body.get(key)
    return body


def mapping_at(body: object, *keys: str) -> JsonObject:
    """The object under `keys`, or an empty one."""
    found = at(body, *keys)
    return cast("JsonObject", found) if isinstance(found, dict) else {}


def list_at(body: object, *keys: str) -> list[object]:
    """The list under `keys`, or an empty one."""
    found = at(body, *keys)
    return found if isinstance(found, list) else []


def objects_at(body: object, *keys: str) -> list[JsonObject]:
    """Those members of the list under `keys` that are objects."""
    return [cast("JsonObject", one) for one in list_at(body, *keys) if isinstance(one, dict)]


def text_at(body: object, *keys: str) -> str:
    """The text under `keys`, or an empty one."""
    found = at(body, *keys)
    return found if isinstance(found, str) else ""


def whole_number_at(body: object, *keys: str, default: int = 0) -> int:
    """The whole number under `keys`, or `default`."""
    found = at(body, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def true_at(body: object, *keys: str) -> bool:
    """Whether `true` itself stands under `keys`."""
    return at(body, *keys) is True
