"""Takes the values of one YAML block apart, and says of each wrong one what to write instead."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping as AnyMapping
from typing import TypeVar

from opsconsole.domain.text import SafeText
from opsconsole.runbooks.faults import Faults, quoted, unknown
from opsconsole.runbooks.marked_yaml import Items, Mapping, Node, Text, strangers
from opsconsole.runbooks.quantities import duration
from opsconsole.safe_text import safe_text

E = TypeVar("E", bound=enum.Enum)

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")

LONGEST_TEXT = 2000
LONGEST_LIST = 64


class Fields:
    """The keys of `node`, which are `where` (in words). Whatever is wrong goes to `faults`."""

    def __init__(self, node: Mapping, known: tuple[str, ...], where: str, faults: Faults) -> None:
        """Keys that are not `known` are faults at once."""
        self._node = node
        self._where = where
        self.faults = faults
        strangers(node, known, where, faults)

    def __contains__(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._node.values

    @property
    def line(self) -> int:
        """Where the block begins."""
        return self._node.line

    def line_of(self, key: str) -> int:
        """Where the key stands, else where the block begins."""
        return self._node.key_lines.get(key, self._node.line)

    def wrong(self, key: str, words: str) -> None:
        """A fault at the key."""
        self.faults.add(self.line_of(key), words)

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        """The text of `key` as it stands there."""
        node = self._node.values.get(key)
        if node is None or (isinstance(node, Text) and not node.value):
            if needed:
                self.wrong(key, f"{self._where} needs {quoted(key)}; add it")
            return default
        if not isinstance(node, Text):
            self.wrong(key, f"{quoted(key)} is one text, neither a list nor a mapping")
            return default
        if len(node.value) > LONGEST_TEXT:
            self.wrong(key, f"{quoted(key)} is longer than {LONGEST_TEXT} characters; shorten it")
            return default
        return node.value

    def words(self, key: str, *, needed: bool = False) -> SafeText:
        """A text to be shown, on one line."""
        return safe_text(" ".join(self.text(key, needed=needed).split()), LONGEST_TEXT)

    def seconds(self, key: str, default: float, *, longest: float = 30 * 86_400.0) -> float:
        """A duration in seconds."""
        written = self.text(key)
        if not written:
            return default
        found = duration(written)
        if found is None or found > longest:
            most = f", at most {longest:.0f}s" if found is not None else ""
            self.wrong(key, f"{quoted(key)} is a duration such as `90s`, `15m` or `2h`{most}")
            return default
        return found

    def number(self, key: str) -> float | None:
        """A number; None where the key is not there, or is wrong."""
        written = self.text(key)
        if not written:
            return None
        if not _NUMBER.fullmatch(written):
            self.wrong(key, f"{quoted(key)} is a number such as `0` or `1.5`")
            return None
        return float(written)

    def choice(self, key: str, kind: type[E], default: E) -> E:
        """A member of an enum by its value; blanks and dashes are the same."""
        written = self.text(key)
        if not written:
            return default
        known = {str(one.value).replace(" ", "-").lower(): one for one in kind}
        found = known.get(written.strip().replace(" ", "-").lower())
        if found is None:
            self.wrong(key, f"{quoted(written)} is no {quoted(key)}; {unknown(written, known)}")
            return default
        return found

    def texts(self, key: str) -> tuple[Text, ...]:
        """A list of texts with their lines; one text alone is a list of one."""
        node = self._node.values.get(key)
        if node is None:
            return ()
        items = node.values if isinstance(node, Items) else (node,)
        found = tuple(item for item in items if isinstance(item, Text))
        if len(found) != len(items):
            self.wrong(key, f"{quoted(key)} is a list of texts")
        if len(found) > LONGEST_LIST:
            self.wrong(key, f"{quoted(key)} has more than {LONGEST_LIST} entries")
            return ()
        return found

    def node(self, key: str) -> Node | None:
        """Whatever stands there."""
        return self._node.values.get(key)

    def inner(self, key: str) -> Mapping | None:
        """The mapping of `key`; None where there is none."""
        node = self._node.values.get(key)
        if node is None or (isinstance(node, Text) and not node.value):
            return None
        if not isinstance(node, Mapping):
            self.wrong(key, f"{quoted(key)} has `key: value` lines below it")
            return None
        return node

    def pairs(self, key: str) -> AnyMapping[str, Text]:
        """A mapping of texts."""
        node = self.inner(key)
        if node is None:
            return {}
        for name, value in node.values.items():
            if not isinstance(value, Text):
                self.faults.add(node.key_lines[name], f"{quoted(name)} is one text")
        return {name: value for name, value in node.values.items() if isinstance(value, Text)}
