"""What a field of `tables` looks like to somebody who walks a tree of written values."""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from opsconsole.config.tables import SourceTable, Table
from opsconsole.config.values import Parsed


class Leaf(msgspec.Struct, frozen=True):
    """A single value: the type it is written in, and how it is read (None: as it is)."""

    takes: Any
    parsed: Parsed | None = None

    def read(self, value: object, base: Path, *, from_text: bool = False) -> object:
        """What `value` means. Raises `ValueError` in words when it has another type or means nothing.

        `from_text` accepts the text of an environment variable for any type.
        """
        if from_text:
            value = _untexted(str(value), self.takes)
        try:
            written = msgspec.convert(value, self.takes, strict=not from_text)
        except msgspec.ValidationError:
            raise ValueError(f"expected {_expected(self.takes)}, got {kind_of(value)}") from None
        return written if self.parsed is None else self.parsed.parse(written, base)


class Inner(msgspec.Struct, frozen=True):
    """A table inside a table."""

    table: type[Table]

    @property
    def is_source(self) -> bool:
        """Whether a bare string may stand for it."""
        return issubclass(self.table, SourceTable)


class Named(msgspec.Struct, frozen=True):
    """A table whose keys are names: of tables (`item` is an `Inner`) or of values (a `Leaf`)."""

    item: Inner | Leaf


class Listed(msgspec.Struct, frozen=True):
    """An array of tables."""

    table: type[Table]


Shape = Leaf | Inner | Named | Listed


@cache
def shapes_of(table: type[Table]) -> Mapping[str, Shape]:
    """The keys of `table` and what each holds."""
    return {field.name: _shape(field.type) for field in msgspec.structs.fields(table)}


def _shape(annotation: Any) -> Shape:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType) and len(members := [one for one in inside if one is not type(None)]) == 1:
        return _shape(members[0])
    if origin is Annotated:
        parsed = next(one for one in inside if isinstance(one, Parsed))
        return Leaf(parsed.takes, parsed)
    if origin is tuple and _is_table(inside[0]):
        return Listed(inside[0])
    if origin is dict:
        return Named(Inner(inside[1]) if _is_table(inside[1]) else Leaf(str))
    return Inner(annotation) if _is_table(annotation) else Leaf(annotation)


def _is_table(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Table)


def kind_of(value: object) -> str:
    """The type of `value` in words, without the value."""
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def _expected(takes: object) -> str:
    words: dict[object, str] = {
        str: "text in quotes",
        bool: "true or false",
        float: "a number",
        int: "a whole number",
        float | str: "a duration such as 15m or a number of seconds",
        int | str: "a number or text in quotes",
        tuple[str, ...]: "a list of texts",
    }
    return words[takes]


def _untexted(text: str, takes: object) -> object:
    if takes is bool:
        return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    if takes == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
