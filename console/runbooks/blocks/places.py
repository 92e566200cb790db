"""Names of steps, as blocks refer to each other, and their numbers."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from opsconsole.runbooks.faults import quoted, unknown
from opsconsole.runbooks.fields import Fields


class Places(msgspec.Struct, frozen=True):
    """`numbers` of the steps by name; `here` the step whose block is read."""

    numbers: Mapping[str, int]
    here: int

    def number(self, fields: Fields, key: str, *, needed: bool = False) -> int | None:
        """The step that `key` names; None where it names none, which is a fault unless the key is not there."""
        return self.named(fields, key, fields.text(key, needed=needed), fields.line_of(key))

    def named(self, fields: Fields, key: str, name: str, line: int) -> int | None:
        """The step called `name`, written at `line`."""
        if not name:
            return None
        found = self.numbers.get(name)
        if found is None:
            words = f"no step is called {quoted(name)}; {unknown(name, self.numbers)}"
            fields.faults.add(line, f"{key}: {words}, the words of its heading joined by `-`")
        return found
