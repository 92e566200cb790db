"""What an input's value may be, checked whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from opsconsole.domain.runbook import InputType, RunbookInput
from opsconsole.domain.text import SafeText
from opsconsole.runbooks.faults import quoted
from opsconsole.safe_text import safe_text

LONGEST_VALUE = 253
"""Characters: a DNS name has no more (RFC 1123)."""

_TYPES = {
    InputType.NAME: re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"),
    InputType.NUMBER: re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII),
    InputType.DURATION: re.compile(r"\d{1,6}[smhd]", re.ASCII),
}
_IN_WORDS = {
    InputType.NAME: "a name of lower case letters, digits, `-` and `.`",
    InputType.NUMBER: "a number such as `3` or `0.5`",
    InputType.DURATION: "a duration such as `90s`, `5m` or `1h`",
}


def objection(asked: RunbookInput, value: str) -> SafeText | None:
    """Why `value` is no answer to `asked`, and what is; None when it is one. Nothing of it is ever put right."""
    title = asked.title or asked.name
    if not value:
        return SafeText(f"{title}: a value is needed")
    if len(value) > LONGEST_VALUE or safe_text(value, LONGEST_VALUE + 32) != value:
        return SafeText(
            f"{title}: at most {LONGEST_VALUE} characters, all of which can be seen; this is {quoted(value)}"
        )
    if asked.type is InputType.CHOICE or asked.choices:
        if value not in asked.choices:
            return SafeText(f"{title}: {quoted(value)} is none of {', '.join(asked.choices)}")
    elif asked.type in _TYPES and not _TYPES[asked.type].fullmatch(value):
        return SafeText(f"{title}: {quoted(value)} is not {_IN_WORDS[asked.type]}")
    if asked.pattern and not re.fullmatch(asked.pattern, value):
        return SafeText(f"{title}: {quoted(value)} does not match {quoted(asked.pattern)}")
    return None


def complete(inputs: Sequence[RunbookInput], values: dict[str, str]) -> tuple[SafeText, ...]:
    """What is wrong with `values` as answers to `inputs`; empty when a walk can begin."""
    names = {asked.name for asked in inputs}
    strangers = tuple(safe_text(f"no input is called {quoted(name)}") for name in values if name not in names)
    found = (objection(asked, values.get(asked.name, "")) for asked in inputs)
    return (*strangers, *(words for words in found if words is not None))
