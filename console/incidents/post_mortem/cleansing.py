"""A record as it may leave the console: without secrets, and with nothing in it that a terminal obeys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from opsconsole.domain.secret_shapes import HIDDEN, looks_secret, without_secrets
from opsconsole.safe_text import safe_text

T = TypeVar("T")

_LONGEST = 200_000
"""Characters of one text; the record keeps none that long."""


def cleansed(value: T, kind: type[T]) -> T:
    """A copy of `value`, a struct of type `kind`, with every text in it made safe and its secrets hidden.

    Texts are looked at for their own shape, and for the name they stand beside: of a label, an attribute, a field.
    Made safe again because what is shared by a team may have been written by anybody.
    """
    return msgspec.convert(_clean(msgspec.to_builtins(value)), type=kind)


def cleansed_all(values: Sequence[T], kind: type[T]) -> tuple[T, ...]:
    """`cleansed` for each of `values`."""
    return tuple(cleansed(one, kind) for one in values)


def _clean(value: object, name: str = "") -> object:
    if isinstance(value, str):
        return HIDDEN if value and looks_secret(name) else safe_text(without_secrets(value), _LONGEST)
    if isinstance(value, (list, tuple)):
        return [_pair(one) if name == "fields" else _clean(one) for one in value]
    if isinstance(value, dict):
        # A filter, a variable, an attribute: two entries, of which one names the other.
        named = next((str(value[key]) for key in ("name", "field") if isinstance(value.get(key), str)), "")
        return {_clean(key): _clean(item, named if key == "value" else str(key)) for key, item in value.items()}
    return value


def _pair(value: object) -> object:
    """A field of a log line: its name, then its value."""
    match value:
        case [str() as name, str() as said] | (str() as name, str() as said):
            return [_clean(name), _clean(said, name)]
    return _clean(value)
