"""Checks a tree of written values against the tables, and turns it into entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from opsconsole.config import values
from opsconsole.config.layers import Entry, KeyPath, Layer, Origin, dotted
from opsconsole.config.shapes import Inner, Leaf, Listed, Named, Shape, kind_of, shapes_of
from opsconsole.config.tables import ClusterTable, FileTable, Table
from opsconsole.domain.errors import ConfigError
from opsconsole.safe_text import safe_text


class MisreadError(Exception):
    """A key that can't be used; `words` say why and what to write."""

    def __init__(self, path: KeyPath, words: str) -> None:
        """`path` is the full path of the key."""
        self.path = path
        self.words = words
        super().__init__(f"{dotted(path)}: {words}")


def entries_of(tree: Mapping[str, object], layer: Layer, place: str, base: Path) -> dict[KeyPath, Entry]:
    """The values of `tree`, each checked and with its origin.

    `place` names the file for messages; relative paths start at `base`. Raises `ConfigError` naming
    the full path of the first key that is unknown or holds what it can't.
    """

    def origin(path: KeyPath) -> Origin:
        return Origin(layer, f"{place}: {dotted(path)}")

    try:
        return {path: Entry(value, origin(path)) for path, value in _table(tree, FileTable, (), base)}
    except MisreadError as error:
        raise ConfigError(safe_text(f"{place}: {error}")) from None


def unknown_key(path: KeyPath, table: type[Table]) -> MisreadError:
    """The error for a key that `table` does not have, with the key that was probably meant."""
    known = shapes_of(table)
    near = values.nearest(path[-1], known)
    if near is not None:
        return MisreadError(path, f'unknown key, did you mean "{near}"?')
    if table is FileTable and path[-1] in shapes_of(ClusterTable):
        return MisreadError(path, "unknown key here; it belongs to a cluster: write it below [clusters.NAME]")
    return MisreadError(path, f"unknown key; known here are {', '.join(sorted(known))}")


def check_name(path: KeyPath) -> None:
    """Raise `MisreadError` when the last key of `path` can't be the name of a cluster, header or action."""
    name = path[-1]
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > values.NAME_LIMIT:
        raise MisreadError(path, "is no name; write letters, digits, dashes and dots")


Found = Iterator[tuple[KeyPath, object]]


def _table(tree: Mapping[str, object], table: type[Table], path: KeyPath, base: Path) -> Found:
    shapes = shapes_of(table)
    for key, value in tree.items():
        here = (*path, key)
        if key not in shapes:
            raise unknown_key(here, table)
        yield from _value(value, shapes[key], here, base)


def _value(value: object, shape: Shape, path: KeyPath, base: Path) -> Found:
    match shape:
        case Leaf():
            yield path, _leaf(path, lambda: shape.read(value, base))
        case Listed(table):
            yield path, _items(value, table, path, base)
        case Inner(table):
            written = {"url": value} if shape.is_source and isinstance(value, str) else value
            if not isinstance(written, dict):
                also = ' or a URL such as "http://127.0.0.1:9090"' if shape.is_source else ""
                raise MisreadError(path, f"expected a table{also}, got {kind_of(value)}")
            if not written:
                raise MisreadError(path, "is empty; write its keys, or leave it out")
            yield from _table(written, table, path, base)
        case Named(item):
            if not isinstance(value, dict):
                raise MisreadError(path, f"expected a table, got {kind_of(value)}")
            yield from _named(value, item, path, base)


def _named(tree: Mapping[str, object], item: Inner | Leaf, path: KeyPath, base: Path) -> Found:
    for key, value in tree.items():
        here = (*path, key)
        check_name(here)
        if isinstance(item, Inner) and isinstance(value, dict) and not value:
            yield (*here, ""), None  # an empty table still names its cluster
        elif path[-1] == "headers":
            yield here, _leaf(here, lambda key=key, value=value: header(key, value, base))  # type: ignore[misc]
        else:
            yield from _value(value, item, here, base)


def header(key: str, value: object, base: Path) -> object:
    """A header's value. Raises `ValueError` in words."""
    return values.header(key, Leaf(str).read(value, base), base)


def _leaf(path: KeyPath, read: Callable[[], object]) -> object:
    try:
        return read()
    except ValueError as error:
        raise MisreadError(path, str(error)) from None


def _items(value: object, table: type[Table], path: KeyPath, base: Path) -> tuple[Table, ...]:
    """An array of tables, whole: it is one value, and a higher layer replaces all of it."""
    if not isinstance(value, list):
        raise MisreadError(path, f"expected a list of tables, got {kind_of(value)}")
    built = []
    for number, item in enumerate(value, 1):
        here = (*path[:-1], f"{path[-1]}[{number}]")
        if not isinstance(item, dict):
            raise MisreadError(here, f"expected a table, got {kind_of(item)}")
        built.append(build(table, {found[len(here) :]: one for found, one in _table(item, table, here, base)}))
    return tuple(built)


def build(table: type[Table], found: Mapping[KeyPath, object]) -> Table:
    """A table out of checked values by their paths within it."""
    fields: dict[str, object] = {}
    for key, shape in shapes_of(table).items():
        below = {path[1:]: value for path, value in found.items() if path[0] == key}
        if below:
            fields[key] = _built(shape, below)
    return table(**fields)


def _built(shape: Shape, below: Mapping[KeyPath, object]) -> object:
    match shape:
        case Leaf() | Listed():
            return below[()]
        case Inner(table):
            return build(table, below)
        case Named(item):
            names = dict.fromkeys(path[0] for path in below)
            return {
                name: _built(item, {path[1:]: value for path, value in below.items() if path[0] == name})
                for name in names
            }
