"""What can only be seen of a runbook as a whole: where its steps lead, and what becomes of its inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from opsconsole.domain.log_query import LogSyntax
from opsconsole.domain.runbook import (
    ActStep,
    AskStep,
    CheckStep,
    DecideStep,
    LogCheck,
    MetricCheck,
    NoteStep,
    OperationAct,
    Runbook,
    RunbookStep,
)
from opsconsole.panels.template import fill_strings, names_in
from opsconsole.runbooks.faults import Faults, quoted, unknown
from opsconsole.runbooks.front_matter import NAMESPACE
from opsconsole.runbooks.input_values import complete
from opsconsole.runbooks.ways import goes_on_by, looping, reachable

_INPUT = re.compile(r"\$([a-z][a-z0-9_]*)")


class Lines(msgspec.Struct, frozen=True):
    """Where things stand in the file: inputs by name, and for each step with a block its keys, the block as ""."""

    inputs: dict[str, int]
    blocks: dict[int, dict[str, int]]


def lint(runbook: Runbook, lines: Lines, faults: Faults) -> None:
    """Add what is wrong to `faults`."""
    _Linting(runbook, lines, faults).look()


class _Linting:
    def __init__(self, runbook: Runbook, lines: Lines, faults: Faults) -> None:
        self._runbook = runbook
        self._lines = lines
        self._faults = faults
        self._known = {asked.name: asked for asked in runbook.inputs}
        self._used: set[str] = set()

    def look(self) -> None:
        for step in self._runbook.steps:
            self._step(step)
        for name, line in self._lines.inputs.items():
            if name not in self._used and name != NAMESPACE.name:
                self._faults.add(line, f"the input {quoted(name)} is asked for and not used; take it out")
        self._look_at_ways()

    def _line(self, step: RunbookStep, *keys: str) -> int:
        """Of the first of `keys` that is there, else of the block, else of the heading."""
        known = self._lines.blocks.get(step.number, {})
        return next((known[key] for key in (*keys, "") if key in known), step.line)

    def _step(self, step: RunbookStep) -> None:
        does = step.does
        if isinstance(does, CheckStep):
            self._check(does, step)
        elif isinstance(does, ActStep):
            self._act(does, step)
        elif isinstance(does, AskStep):
            self._ask(does, self._line(step, "into"))
        elif isinstance(does, DecideStep):
            self._decide(does, self._line(step, "answers", "of"))

    def _check(self, check: CheckStep, step: RunbookStep) -> None:
        question = check.question
        if isinstance(question, MetricCheck):
            self._promql(question.query, self._line(step, "promql"))
            return
        self._whole("service", question.service, self._line(step, "service"))
        if isinstance(question, LogCheck):
            query, line = question.query, self._line(step, "logs")
            if query.syntax is LogSyntax.RAW and _INPUT.search(query.words):
                self._faults.add(line, "an input can't be part of a `raw` query; put it under `where`")
            else:
                self._whole("words", query.words, line)
            for one in query.filters:
                self._whole(str(one.field), one.value, line)

    def _promql(self, query: str, line: int) -> None:
        import promql_parser  # noqa: PLC0415 - slow to load, and only lint needs it

        inside, outside = names_in(query)
        for name in sorted(outside):
            self._faults.add(
                line,
                f'{quoted("$" + name)} stands outside a string; inputs are label values: write {{label="${name}"}}',
            )
        for name in sorted(inside):
            self._use(name, line)
        if outside:
            return
        try:
            promql_parser.parse(fill_strings(query, dict.fromkeys(inside, "x")))
        except ValueError as error:
            self._faults.add(line, f"this is no PromQL: {error}")

    def _act(self, does: ActStep, step: RunbookStep) -> None:
        act = does.act
        if isinstance(act, OperationAct):
            self._whole("name", act.name, self._line(step, "name"))
            for key, value in act.parameters.items():
                self._whole(key, value, self._line(step, "parameters"))
            return
        line = self._line(step, "argv")
        for argument in act.argv:
            name = self._whole("argv", argument, line)
            if name in self._known and self._known[name].type.value == "text":
                words = f"the input {quoted(name)} is free text, which is never part of a command; give it another type"
                self._faults.add(line, words)

    def _ask(self, ask: AskStep, line: int) -> None:
        if not ask.into:
            return
        self._use(ask.into, line)
        asked = self._known.get(ask.into)
        for choice in ask.choices if asked is not None else ():
            values = complete((asked,), {ask.into: choice}) if asked is not None else ()
            if values:
                self._faults.add(line, f"the choice {quoted(choice)} would be refused: {values[0]}")

    def _decide(self, decide: DecideStep, line: int) -> None:
        of = self._runbook.steps[decide.of - 1]
        if isinstance(of.does, CheckStep):
            if decide.answers or decide.holds is None or decide.fails is None:
                self._faults.add(line, f"{quoted(of.title)} is a check; go by `holds` and `fails`")
        elif isinstance(of.does, AskStep):
            missing = [choice for choice in of.does.choices if choice not in decide.answers]
            if not of.does.choices:
                self._faults.add(line, f"{quoted(of.title)} has no `choices` to decide by; add them there")
            elif missing:
                self._faults.add(line, f"nothing is said for the answer {quoted(missing[0])}; add it below `answers`")
            for answer in decide.answers:
                if answer not in of.does.choices and of.does.choices:
                    known = unknown(answer, of.does.choices)
                    self._faults.add(line, f"{quoted(answer)} is no choice of {quoted(of.title)}; {known}")
        else:
            self._faults.add(line, f"{quoted(of.title)} is neither a check nor a question; `of` names one")

    def _whole(self, key: str, text: str, line: int) -> str:
        """The input that `text` is. One that is only a part of it is refused: it could become a flag, or two values."""
        if (whole := _INPUT.fullmatch(text)) is not None:
            self._use(whole.group(1), line)
            return whole.group(1)
        if (part := _INPUT.search(text)) is not None:
            words = (
                f"{key}: {quoted('$' + part.group(1))} is only a part of {quoted(text)}; an input is a whole argument"
            )
            self._faults.add(line, words)
        return ""

    def _use(self, name: str, line: int) -> None:
        self._used.add(name)
        known = tuple(f"${one}" for one in self._known)
        if f"${name}" not in known:
            self._faults.add(line, f"{quoted('$' + name)} is no input; {unknown(f'${name}', known)}, or declare it")

    def _look_at_ways(self) -> None:
        runbook = self._runbook
        reached = reachable(runbook)
        for step in runbook.steps:
            if step.number not in reached:
                self._faults.add(
                    step.line, f"no way leads to the step {quoted(step.title)}; name it in a decision or a `next`"
                )
        for number in looping(runbook):
            step = runbook.steps[number - 1]
            self._faults.add(
                self._line(step), f"the way from {quoted(step.title)} leads back to it without an `ask` between"
            )
        if not any(_concludes(step) for step in runbook.steps if step.number in reached):
            self._faults.add(1, "no way leads to a conclusion; end with notes that have a `verdict`")
        for step in runbook.steps:
            if isinstance(step.does, DecideStep) and step.number in reached:
                before = set(_before(runbook, step.number))
                if step.does.of not in before:
                    of = runbook.steps[step.does.of - 1]
                    self._faults.add(self._line(step), f"{quoted(of.title)} has not come out yet when this is decided")


def _concludes(step: RunbookStep) -> bool:
    return isinstance(step.does, NoteStep) and step.does.verdict is not None


def _before(runbook: Runbook, number: int) -> Iterator[int]:
    """Steps from which a way leads to `number`."""
    found, open_ones = set[int](), [number]
    while open_ones:
        here = open_ones.pop()
        for step in runbook.steps:
            if here in goes_on_by(runbook, step.number) and step.number not in found:
                found.add(step.number)
                open_ones.append(step.number)
                yield step.number
