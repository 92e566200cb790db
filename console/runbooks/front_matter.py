"""The front matter: what a runbook is for, and what it has to know."""

from __future__ import annotations

import re

import msgspec

from opsconsole.domain.runbook import InputType, RunbookInput, RunbookMatch
from opsconsole.domain.text import SafeText
from opsconsole.runbooks.faults import Faults, quoted
from opsconsole.runbooks.fields import Fields
from opsconsole.runbooks.input_values import objection
from opsconsole.runbooks.marked_yaml import Items, Mapping, compose
from opsconsole.runbooks.safe_pattern import unsafe
from opsconsole.safe_text import safe_text

MOST_INPUTS = 20

INPUT_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")

NAMESPACE = RunbookInput("namespace", SafeText("Namespace"), label=SafeText("namespace"))
"""What every runbook has to know, declared or not."""

_KEYS = ("title", "summary", "matches", "inputs")
_INPUT_KEYS = ("name", "title", "type", "pattern", "choices", "default", "label")
_ALERT = re.compile(r"[\w:.*-]{1,200}")


class FrontMatter(msgspec.Struct, frozen=True):
    """`input_lines` tells where each input is declared."""

    title: SafeText = SafeText("")
    summary: SafeText = SafeText("")
    matches: RunbookMatch = RunbookMatch()
    inputs: tuple[RunbookInput, ...] = ()
    input_lines: dict[str, int] = {}


def front_matter(source: str, faults: Faults) -> FrontMatter:
    """What `source`, which begins at line 2, says."""
    node = compose(source, 2, faults)
    if node is None:
        return FrontMatter()
    fields = Fields(node, _KEYS, "the front matter", faults)
    inputs, lines = _inputs(fields)
    return FrontMatter(
        title=fields.words("title", needed=True),
        summary=fields.words("summary"),
        matches=_matches(fields),
        inputs=inputs if NAMESPACE.name in lines else (*inputs, NAMESPACE),
        input_lines=lines,
    )


def _matches(fields: Fields) -> RunbookMatch:
    node = fields.inner("matches")
    if node is None:
        return RunbookMatch()
    inner = Fields(node, ("alerts", "services"), "`matches`", fields.faults)
    for text in (*inner.texts("alerts"), *inner.texts("services")):
        if not _ALERT.fullmatch(text.value):
            fields.faults.add(text.line, f"{quoted(text.value)} is no name, nor one with `*` for any characters")
    return RunbookMatch(
        tuple(str(safe_text(text.value, 200)) for text in inner.texts("alerts")),
        tuple(str(safe_text(text.value, 200)) for text in inner.texts("services")),
    )


def _inputs(fields: Fields) -> tuple[tuple[RunbookInput, ...], dict[str, int]]:
    node = fields.node("inputs")
    if node is None:
        return (), {}
    if not isinstance(node, Items):
        fields.wrong("inputs", "`inputs` is a list; begin each with `- name: …`")
        return (), {}
    if len(node.values) > MOST_INPUTS:
        fields.wrong("inputs", f"more than {MOST_INPUTS} inputs; nobody answers so many at night")
    found: list[RunbookInput] = []
    lines: dict[str, int] = {}
    for entry in node.values[:MOST_INPUTS]:
        if not isinstance(entry, Mapping):
            fields.faults.add(entry.line, "an input has `name: …`, and below it its other keys")
            continue
        asked = _input(Fields(entry, _INPUT_KEYS, "an input", fields.faults))
        if asked.name in lines:
            fields.faults.add(entry.line, f"the input {quoted(asked.name)} is declared twice; rename one")
        lines.setdefault(asked.name, entry.line)
        found.append(asked)
    return tuple(found), lines


def _input(fields: Fields) -> RunbookInput:
    name = fields.text("name", needed=True)
    if name and not INPUT_NAME.fullmatch(name):
        fields.wrong("name", f"{quoted(name)} is no name of an input; write lower case letters, digits and `_`")
    choices = tuple(safe_text(text.value, 200) for text in fields.texts("choices"))
    kind = fields.choice("type", InputType, InputType.CHOICE if choices else InputType.NAME)
    if kind is InputType.CHOICE and not choices:
        fields.wrong("type", "a choice needs `choices`; add them")
    if choices and kind is not InputType.CHOICE:
        fields.wrong("choices", "an input with `choices` is of type `choice`; take the other type out")
    pattern = fields.text("pattern")
    problem = unsafe(pattern) if pattern else None
    if problem is not None:
        fields.wrong("pattern", problem)
        pattern = ""
    asked = RunbookInput(
        name,
        fields.words("title") or safe_text(name, 100),
        kind,
        pattern,
        choices,
        safe_text(fields.text("default"), 300),
        safe_text(fields.text("label"), 200),
    )
    if asked.default and (words := objection(asked, asked.default)) is not None:
        fields.wrong("default", f"the default would be refused: {words}")
    return asked
