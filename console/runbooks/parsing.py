"""A runbook's file in, a `Runbook` out, or what is wrong with it. The format is in `docs/runbooks.md`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from opsconsole.domain.runbook import (
    ActStep,
    AskStep,
    CheckStep,
    DecideStep,
    Lint,
    NoteStep,
    Runbook,
    RunbookStep,
)
from opsconsole.domain.walk import StepKind
from opsconsole.runbooks.blocks.act_block import act_step
from opsconsole.runbooks.blocks.check_block import check_step
from opsconsole.runbooks.blocks.places import Places
from opsconsole.runbooks.blocks.plain_blocks import NOTHING_MORE, ask_step, decide_step, note_step
from opsconsole.runbooks.faults import Faults, RunbookError
from opsconsole.runbooks.file_reading import RunbookFile, read_file
from opsconsole.runbooks.front_matter import front_matter
from opsconsole.runbooks.linting import Lines, lint
from opsconsole.runbooks.marked_yaml import Mapping, compose
from opsconsole.runbooks.outline import outline
from opsconsole.safe_text import safe_text

Does = CheckStep | ActStep | AskStep | NoteStep | DecideStep


class Parsed(msgspec.Struct, frozen=True):
    """`runbook` None: some of `faults` are grave, and it can't be walked."""

    runbook: Runbook | None
    faults: tuple[Lint, ...] = ()


def load(path: Path) -> Runbook:
    """The runbook in the file at `path`. Raises `RunbookError`."""
    parsed = examine(path)
    if parsed.runbook is None:
        raise RunbookError(parsed.faults)
    return parsed.runbook


def examine(path: Path) -> Parsed:
    """The file at `path` with everything that is wrong with it; never raises."""
    try:
        return parse(read_file(path))
    except RunbookError as error:
        return Parsed(None, error.faults)


def parse(file: RunbookFile) -> Parsed:
    """The runbook that the file's text holds."""
    faults = Faults(file.path)
    parts = outline(file.text, faults)
    if parts is None:
        return Parsed(None, faults.all)
    front = front_matter(parts.front, faults)
    numbers = {section.name: at for at, section in reversed(tuple(enumerate(parts.sections, start=1)))}
    steps: list[RunbookStep] = []
    lines: dict[int, dict[str, int]] = {}
    for number, section in enumerate(parts.sections, start=1):
        does: Does | None = NOTHING_MORE
        if section.block is not None:
            node = compose(section.block.source, section.block.line, faults)
            does = None if node is None else _does(section.block.kind, node, Places(numbers, number), faults)
            lines[number] = {"": section.block.line, **(node.key_lines if node is not None else {})}
        prose = safe_text("\n".join(section.prose))
        steps.append(RunbookStep(number, section.title, section.line, prose, does or NOTHING_MORE))
    runbook = Runbook(
        name=file.name,
        path=file.path,
        title=front.title,
        sha256=file.sha256,
        matches=front.matches,
        steps=tuple(steps),
        summary=front.summary,
        inputs=front.inputs,
    )
    if not faults.grave:  # what is missing would be told as another fault of the whole
        lint(runbook, Lines(front.input_lines, lines), faults)
    return Parsed(None if faults.grave else runbook, faults.all)


def _does(kind: StepKind, node: Mapping, places: Places, faults: Faults) -> Does | None:
    if kind is StepKind.CHECK:
        return check_step(node, faults)
    if kind is StepKind.ACT:
        return act_step(node, faults)
    if kind is StepKind.ASK:
        return ask_step(node, faults)
    if kind is StepKind.NOTE:
        return note_step(node, places, faults)
    return decide_step(node, places, faults)
