"""YAML of which every value knows its line. What a runbook has no need of is refused: anchors, aliases, tags.

Values are texts, lists and mappings; no text becomes a date, a number or `true` behind the author's back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import msgspec

from opsconsole.runbooks.faults import Faults, quoted, unknown

if TYPE_CHECKING:
    import yaml

DEEPEST = 6
"""Levels of lists and mappings within each other; a runbook needs four."""

MOST_VALUES = 2000
"""Values of one block."""


class Text(msgspec.Struct, frozen=True):
    """A scalar as it was written, quotes taken off."""

    value: str
    line: int


class Items(msgspec.Struct, frozen=True):
    """A list."""

    values: tuple[Node, ...]
    line: int


class Mapping(msgspec.Struct, frozen=True):
    """Keys with their values, in the order of the file."""

    values: dict[str, Node]
    line: int
    key_lines: dict[str, int]


Node = Text | Items | Mapping


class _Mark(Protocol):
    line: int


class _RefusedError(Exception):
    """The fault was added; nothing of the block can be used."""


def compose(source: str, first_line: int, faults: Faults) -> Mapping | None:
    """The mapping that `source` holds, whose first line is `first_line` of the file. None: `faults` say why."""
    import yaml  # noqa: PLC0415 - a console without runbooks in view does not pay for it

    events = yaml.parse(source, Loader=yaml.SafeLoader)
    reader = _Reader(events, first_line, faults)
    try:
        node = reader.document()
    except yaml.MarkedYAMLError as error:
        faults.add(reader.line_of(error.problem_mark), _yaml_words(error))
    except yaml.YAMLError:  # pragma: no cover - control characters, which the file was already searched for
        faults.add(first_line, "this is no YAML")
    except _RefusedError:
        pass
    else:
        if node is None or isinstance(node, Mapping):
            return node or Mapping({}, first_line, {})
        faults.add(node.line, "here `key: value` lines are expected")
    return None


def _yaml_words(error: yaml.MarkedYAMLError) -> str:
    said = error.problem or "it can't be read"
    if "block scalar" in (error.context or ""):
        return "a value that begins with `>` or `|` stands in quotes, or in words: `expect: above 5%`"
    if "'%'" in said or "'@'" in said or "'`'" in said:
        return f"no YAML: {said}; put the value in quotes"
    if "mapping values are not allowed" in said:
        return "no YAML: a value with `: ` in it stands in quotes"
    return f"no YAML: {said}"


class _Reader:
    """Makes nodes of events. PyYAML's own composer would follow any depth, and aliases."""

    def __init__(self, events: Iterator[yaml.Event], first_line: int, faults: Faults) -> None:
        self._events = events
        self._first = first_line
        self._faults = faults
        self._count = 0

    def line_of(self, mark: _Mark | None) -> int:
        return self._first + (mark.line if mark is not None else 0)

    def document(self) -> Node | None:
        import yaml  # noqa: PLC0415

        found: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and found is not None:
                self._refuse(event, "a second YAML document; take the `---` out")
            if isinstance(event, yaml.NodeEvent):
                found = self._node(event, 1)
        return found

    def _node(self, event: yaml.Event, depth: int) -> Node:
        import yaml  # noqa: PLC0415

        self._count += 1
        if self._count > MOST_VALUES:
            self._refuse(event, f"more than {MOST_VALUES} values in one block")
        if depth > DEEPEST:
            self._refuse(event, f"nested deeper than {DEEPEST} levels; no key of a runbook needs that")
        self._plain_only(event)
        line = self.line_of(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            return Text(event.value, line)
        if isinstance(event, yaml.SequenceStartEvent):
            values = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                values.append(self._node(inner, depth + 1))
            return Items(tuple(values), line)
        return self._mapping(line, depth)

    def _mapping(self, line: int, depth: int) -> Mapping:
        import yaml  # noqa: PLC0415

        found = Mapping({}, line, {})
        while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
            key = self._node(inner, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Text):
                self._refuse(inner, "a key is a plain word")
            elif key.value in found.values:
                self._faults.add(key.line, f"{quoted(key.value)} stands here twice; leave one of them")
            else:
                found.values[key.value] = value
                found.key_lines[key.value] = key.line
        return found

    def _plain_only(self, event: yaml.Event) -> None:
        import yaml  # noqa: PLC0415

        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                event, f"aliases are not read; write out what `*{event.anchor}` stands for, or put it in quotes"
            )
        if (anchor := getattr(event, "anchor", None)) is not None:
            self._refuse(event, f"anchors are not read; take `&{anchor}` out, or put it in quotes")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, f"tags are not read; take {quoted(str(tag))} out, or put it in quotes")

    def _refuse(self, event: yaml.Event, words: str) -> None:
        self._faults.add(self.line_of(event.start_mark), words)
        raise _RefusedError


def strangers(node: Mapping, known: tuple[str, ...], where: str, faults: Faults) -> None:
    """A fault for each key of `node` that is not `known`, with the nearest that is."""
    for key, line in node.key_lines.items():
        if key not in known:
            faults.add(line, f"{quoted(key)} is no key of {where}; {unknown(key, known)}")
