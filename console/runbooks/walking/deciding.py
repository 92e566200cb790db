"""Where a walk goes on, and how it stands after a result: pure, the same as what is folded from the record."""

from __future__ import annotations

import msgspec

from opsconsole.domain.runbook import AskStep, CheckStep, DecideStep, NoteStep, Runbook, RunbookStep
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, StepResult, Verdict, Walk
from opsconsole.runbooks.input_values import objection
from opsconsole.runbooks.protocols import Answer, WalkError
from opsconsole.safe_text import safe_text

LONGEST_ANSWER = 2000

HOLDS, FAILS = "holds", "fails"


def result_of(walk: Walk, number: int) -> StepResult | None:
    """The result of step `number` that counts."""
    return next((one for one in walk.results if one.number == number), None)


def after(runbook: Runbook, number: int) -> int | None:
    """The step that follows `number` by the file's order, or by its own `next`; None at the end."""
    does = runbook.steps[number - 1].does
    if isinstance(does, NoteStep):
        if does.next is not None:
            return does.next
        if does.verdict is not None:
            return None
    return number + 1 if number < len(runbook.steps) else None


def decided(walk: Walk, decide: DecideStep) -> int | None:
    """The step that `decide` leads to; None where a person has to say."""
    result = result_of(walk, decide.of)
    if result is None:
        return decide.unknown
    if decide.answers:
        return decide.answers.get(result.output) if result.outcome is StepOutcome.DONE else None
    known = {StepOutcome.HOLDS: decide.holds, StepOutcome.FAILS: decide.fails}
    return known.get(result.outcome, decide.unknown)


def ways(decide: DecideStep) -> dict[str, int]:
    """What a person may say where it is not decided, with the step that each leads to."""
    if decide.answers:
        return dict(decide.answers)
    found = {HOLDS: decide.holds, FAILS: decide.fails}
    return {word: number for word, number in found.items() if number is not None}


def answers_to(runbook: Runbook, walk: Walk, step: RunbookStep) -> tuple[Answer, ...]:
    """As `Walker.answers`."""
    does = step.does
    if isinstance(does, AskStep):
        return tuple(Answer(choice, choice) for choice in does.choices)
    if not isinstance(does, DecideStep) or decided(walk, does) is not None:
        return ()
    of = runbook.steps[does.of - 1]
    said = {HOLDS: "it holds", FAILS: "it does not hold"} if isinstance(of.does, CheckStep) else {}
    return tuple(
        Answer(word, SafeText(f"{said.get(word, word)}: {runbook.steps[number - 1].title}"))
        for word, number in ways(does).items()
    )


def stepped(walk: Walk, result: StepResult, following: int | None) -> Walk:
    """`walk` after `result`, as `opsconsole.incidents.folding` folds it."""
    others = tuple(one for one in walk.results if one.number != result.number)
    kept = others if result.outcome is StepOutcome.TAKEN_BACK else (*others, result)
    return msgspec.structs.replace(walk, position=following, results=kept)


def values_of(runbook: Runbook, walk: Walk) -> dict[str, str]:
    """What the inputs are answered with: at the beginning, and by the questions since."""
    values = {name: str(value) for name, value in walk.inputs.items()}
    for result in walk.results:
        does = runbook.steps[result.number - 1].does
        if isinstance(does, AskStep) and does.into and result.outcome is StepOutcome.DONE:
            values[does.into] = str(result.output)
    return values


def answerable(runbook: Runbook, ask: AskStep, value: str) -> None:
    """Raises `WalkError` where `value` is no answer to `ask`."""
    if ask.choices and value not in ask.choices:
        raise WalkError(f"answer one of {', '.join(ask.choices)}")
    if not value.strip() or len(value) > LONGEST_ANSWER or safe_text(value) != value:
        raise WalkError(f"answer one line of at most {LONGEST_ANSWER} characters, all of which can be seen")
    asked = next((one for one in runbook.inputs if one.name == ask.into), None)
    refusal = objection(asked, value) if asked is not None else None
    if refusal is not None:
        raise WalkError(refusal)


def came_out(
    step: RunbookStep,
    at: float,
    outcome: StepOutcome,
    *,
    shown: SafeText = SafeText(""),
    output: SafeText = SafeText(""),
    reason: SafeText = SafeText(""),
    operation: str = "",
    verdict: Verdict | None = None,
) -> StepResult:
    """How `step` came out at `at` (unix seconds)."""
    return StepResult(
        number=step.number,
        title=step.title,
        kind=step.does.kind,
        outcome=outcome,
        at=at,
        shown=shown,
        output=output,
        reason=reason,
        operation=operation,
        verdict=verdict,
    )


def asked_on_the_way(runbook: Runbook) -> frozenset[str]:
    """Inputs that a question of the runbook answers, so that they need no answer before."""
    return frozenset(step.does.into for step in runbook.steps if isinstance(step.does, AskStep) and step.does.into)
