"""The lines of a step, of what stands over the steps and of what stands below them."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading, paragraph
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.runbooks.step_view import StepView, WalkView
from opsconsole.widgets.wrapping import wrap

HASH_DIGITS = 8
"""Of a hash of 64: enough to tell two versions of one file apart."""

_INDENT = "    "
_STYLES = {
    StepOutcome.HOLDS: "$probe-passing",
    StepOutcome.FAILS: "$severity-warning",
    StepOutcome.UNKNOWN: "$severity-warning bold",
    StepOutcome.DONE: "$probe-passing",
    StepOutcome.NOT_DONE: "$probe-failing bold",
    StepOutcome.UNDER_WAY: "$primary",
    StepOutcome.SKIPPED: "$muted",
    StepOutcome.TAKEN_BACK: "$muted",
}
_WORDLESS = frozenset({StepKind.NOTE, StepKind.DECIDE, StepKind.ASK})
"""Kinds whose DONE needs no word: their sign and what was said tell it."""


def sign_of(step: StepView, glyphs: Glyphs) -> tuple[str, str]:
    """The sign of how a step stands, and its style."""
    if step.running:
        return glyphs.stale, "$primary"
    if step.result is not None:
        signs = {
            StepOutcome.HOLDS: glyphs.passing,
            StepOutcome.FAILS: glyphs.failing,
            StepOutcome.UNKNOWN: glyphs.unknown,
            StepOutcome.DONE: glyphs.passing,
            StepOutcome.NOT_DONE: glyphs.failing,
            StepOutcome.UNDER_WAY: glyphs.stale,
            StepOutcome.SKIPPED: glyphs.suspended,
            StepOutcome.TAKEN_BACK: glyphs.unset,
        }
        return signs[step.result.outcome], _STYLES[step.result.outcome]
    return (glyphs.path, "$primary bold") if step.here else (glyphs.unset, "$muted")


def result_words(result: StepResult) -> SafeText:
    """`holds: 8.1 % > 1 %`, `skipped: asleep`, or for a question what was answered."""
    verdict = result.verdict.value if result.verdict is not None else ""
    told = [part for part in (verdict, result.shown, result.output, result.reason) if part]
    plain = result.outcome is StepOutcome.DONE and result.kind in _WORDLESS
    word = "" if plain else result.outcome.value
    return SafeText(": ".join([*([word] if word else []), *([", ".join(told)] if told else [])]))


def step_lines(step: StepView, glyphs: Glyphs, width: int) -> list[Content]:
    """The step in lines of at most `width` cells: one for what is done or still to come, all of the one at hand."""
    sign, style = sign_of(step, glyphs)
    quiet = "$muted" if step.result is None and not step.here else ""
    head = Content.assemble(
        (f"{sign} ", style), (f"{step.number} ", quiet), (step.title, "bold" if step.here else quiet)
    )
    lines = wrap(head, width, hang=len(_INDENT))
    for part in (*_outcome(step, glyphs), *(_opened(step, glyphs) if step.here else ())):
        lines.extend(wrap(part, width, hang=len(_INDENT)))
    return lines


def _outcome(step: StepView, glyphs: Glyphs) -> Iterator[Content]:
    if step.running:
        yield Content.assemble(_INDENT, (f"asking now{glyphs.cut}", "$primary"))
        return
    result = step.result
    if result is None:
        return
    if result.kind is StepKind.DECIDE and result.outcome is StepOutcome.DONE and not result.output:
        return  # the step it led to is the next one with a sign
    if words := result_words(result):
        yield Content.assemble(_INDENT, (words, _STYLES[result.outcome]))
    if step.means:
        yield Content.assemble(_INDENT, step.means)


def _opened(step: StepView, glyphs: Glyphs) -> Iterator[Content]:
    """What stands below the step at hand."""
    if step.trouble:
        yield Content.assemble(_INDENT, (step.trouble, "$severity-warning"))
    if step.prose:
        for line in step.prose.split("\u240a"):
            yield Content.assemble(_INDENT, line.strip())
    # A conclusion and a question are for people; queries and programs are there to be checked.
    quiet = "$muted" if step.kind in (StepKind.CHECK, StepKind.ACT) else ""
    for asked in step.asks:
        yield Content.assemble(_INDENT, (asked, quiet))
    for one in step.said:
        yield Content.assemble(_INDENT, (f"{one.digit} ", "$primary bold"), one.title)
    if step.keys:
        yield Content.assemble(_INDENT, (f"{glyphs.path} {step.keys}", "$primary"))


def head_lines(walk: WalkView, glyphs: Glyphs, width: int) -> list[Content]:
    """The runbook, the hash of its file, the inputs; whether it is recorded and why it stopped, in words."""
    inputs = f" {glyphs.dot} ".join(f"{name} {value}" for name, value in walk.inputs)
    parts = [
        Content.assemble((walk.title, "bold")),
        Content.assemble((f"file {walk.sha256[:HASH_DIGITS]}", "$muted")),
        *([Content.assemble((inputs, "$muted"))] if inputs else []),
        *([Content.assemble((walk.unrecorded, "$severity-warning"))] if walk.unrecorded else []),
        *([Content.assemble((walk.stopped, "$probe-failing bold"))] if walk.stopped else []),
        BLANK,
    ]
    return [line for part in parts for line in wrap(part, width)]


def foot_lines(walk: WalkView, width: int) -> list[Content]:
    """How the walk ended, and what the keys do then; none while it goes on."""
    if not walk.ending:
        return []
    return [BLANK, *wrap(Content.assemble((walk.ending, "$primary")), width)]


def step_page(step: StepView) -> tuple[Content, ...]:
    """A step whole, for its own page: what it is about, what it asks, how it came out and what was printed."""
    result = step.result
    told = facts(
        [
            ("outcome", result.outcome.value if result is not None else "not reached"),
            ("found", result.shown if result is not None else ""),
            ("means", step.means),
            ("reason", result.reason if result is not None else ""),
            ("operation", result.operation if result is not None else ""),
        ]
    )
    output = result.output if result is not None else SafeText("")
    return (
        heading(f"{step.number} {step.title}"),
        fact("step", step.kind.value),
        *told,
        *((BLANK, *paragraph(step.prose)) if step.prose else ()),
        *((BLANK, heading("asks"), *(fact("", one) for one in step.asks)) if step.asks else ()),
        *((BLANK, heading("output"), *paragraph(output)) if output else ()),
    )
