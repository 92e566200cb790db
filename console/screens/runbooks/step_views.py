"""A walk as its pane draws it: what each step asks, how it came out, and what the keys do now."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from opsconsole.domain.incident import Incident
from opsconsole.domain.runbook import (
    ActStep,
    AskStep,
    ChangeCheck,
    CheckStep,
    CommandAct,
    DecideStep,
    LogCheck,
    MetricCheck,
    NoteStep,
    PodCheck,
    Question,
    RunbookStep,
)
from opsconsole.domain.series import Unit
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.domain.walk import StepOutcome, StepResult, Verdict
from opsconsole.runbooks.protocols import Walker
from opsconsole.widgets.chart.units import format_value
from opsconsole.widgets.runbooks.step_view import NOTHING, Said, StepView, WalkView

KeyOf = Callable[[str], str]
"""The key of an action of the registry, as it is printed."""


def walk_view(walker: Walker, incident: Incident | None, trouble: SafeText, key: KeyOf) -> WalkView:
    """The walk now. `incident` is the one that is worked on.

    `trouble` is what kept the step at hand from going on, as the walker said it last.
    """
    runbook, walk = walker.runbook, walker.walk
    unrecorded = "" if walk.incident else "not recorded: no incident was open when it began"
    return WalkView(
        title=runbook.title,
        sha256=walk.sha256,
        steps=tuple(_step_view(walker, step, incident, trouble, key) for step in runbook.steps),
        inputs=tuple((SafeText(name), value) for name, value in walk.inputs.items()),
        unrecorded=SafeText(unrecorded),
        stopped=walker.stopped,
        ending=_ending(walker, incident, key),
    )


def _step_view(walker: Walker, step: RunbookStep, incident: Incident | None, trouble: SafeText, key: KeyOf) -> StepView:
    here = walker.step is not None and walker.step.number == step.number and not walker.stopped
    result = result_of(walker, step.number)
    return StepView(
        number=step.number,
        title=walker.words(step.title),
        kind=step.does.kind,
        here=here,
        running=here and walker.running,
        result=result,
        prose=walker.words(step.prose),
        asks=asked(walker, step),
        means=_meaning(walker, step, result),
        said=tuple(Said(at, one.title) for at, one in enumerate(walker.answers(), start=1)) if here else (),
        keys=_keys(walker, step, result, incident, key) if here else NOTHING,
        trouble=trouble if here else NOTHING,
    )


def result_of(walker: Walker, number: int) -> StepResult | None:
    """The result of step `number` that counts, None where there is none."""
    return next((one for one in reversed(walker.walk.results) if one.number == number), None)


def cause_of(walker: Walker) -> SafeText:
    """The cause that the walk found, or that the step at hand says; empty while there is none."""
    concluded = [one.number for one in walker.walk.results if one.verdict is Verdict.CAUSE]
    if walker.step is not None:
        concluded.append(walker.step.number)
    steps = {one.number: one for one in walker.runbook.steps}
    for number in reversed(concluded):
        step = steps[number]
        if isinstance(step.does, NoteStep) and step.does.verdict is Verdict.CAUSE:
            return walker.words(step.does.cause or step.title)
    return NOTHING


def denied(walker: Walker) -> bool:
    """Whether the walk, or the step at hand, says that it is not this."""
    if walker.step is not None and isinstance(walker.step.does, NoteStep):
        return walker.step.does.verdict is Verdict.NOT_THIS
    return walker.walk.over and walker.walk.verdict is Verdict.NOT_THIS


# -- what a step asks --------------------------------------------------------------------------------


def asked(walker: Walker, step: RunbookStep) -> tuple[SafeText, ...]:
    """What a check looks at and expects, what an act would do, what a question asks, inputs put in."""
    does = step.does
    if isinstance(does, CheckStep):
        return _question_lines(walker.question(does).question)
    if isinstance(does, ActStep):
        return _act_lines(walker, does)
    if isinstance(does, AskStep):
        return (walker.words(does.question),) if does.question else ()
    if isinstance(does, NoteStep):
        labelled = (("cause", does.cause), ("heals", does.healing))
        return tuple(SafeText(f"{label}: {walker.words(words)}") for label, words in labelled if words)
    return ()


def _question_lines(question: Question) -> tuple[SafeText, ...]:
    unit = question.unit if isinstance(question, MetricCheck) else Unit.NUMBER
    expected = f"holds if {question.expect.comparison.value} {format_value(question.expect.value, unit)}"
    if isinstance(question, MetricCheck):
        ago = f", as of {format_duration(question.ago)} ago" if question.ago else ""
        return (SafeText(question.query), SafeText(expected + ago))
    within = f"{expected}, within {format_duration(question.within)}"
    return (SafeText(_sought(question)), SafeText(within))


def _sought(question: LogCheck | PodCheck | ChangeCheck) -> str:
    match question:
        case LogCheck():
            query = question.query
            level = f"{query.level.value} and worse" if query.level else ""
            filters = (f"{one.field}{' not' if one.exclude else ''} {one.value}" for one in query.filters)
            narrowed = ", ".join(one for one in (query.words, level, *filters) if one)
            return f"lines{_of(question.service)}{f': {narrowed}' if narrowed else ''}"
        case PodCheck():
            return f"pods{_of(question.service)}: {question.finding.value}"
        case ChangeCheck():
            named = f" with {question.words}" if question.words else ""
            return f"changes{_of(question.service)}{named}"


def _of(service: str) -> str:
    return f" of {service}" if service else ""


def _act_lines(walker: Walker, does: ActStep) -> tuple[SafeText, ...]:
    act = does.act
    if isinstance(act, CommandAct):
        argv = [walker.words(SafeText(one)) for one in act.argv]
        changes = (walker.words(act.changes),) if act.changes else ()
        # Quoted so that one sees where an argument ends; no shell ever reads it.
        return (SafeText(shlex.join(argv)), *changes)
    parameters = "".join(f", {name} {value}" for name, value in act.parameters.items())
    return (walker.words(SafeText(f"{act.operation.value} {act.target} {act.name}{parameters}")),)


def _meaning(walker: Walker, step: RunbookStep, result: StepResult | None) -> SafeText:
    if result is None or not isinstance(step.does, CheckStep):
        return NOTHING
    means = {StepOutcome.HOLDS: step.does.holds, StepOutcome.FAILS: step.does.fails}
    return walker.words(means.get(result.outcome, NOTHING))


# -- what the keys do --------------------------------------------------------------------------------


def _keys(
    walker: Walker, step: RunbookStep, result: StepResult | None, incident: Incident | None, key: KeyOf
) -> SafeText:
    on, skip = key("walk_on"), key("skip_step")
    does = step.does
    outcome = result.outcome if result is not None else None
    if isinstance(does, CheckStep):
        again = " again" if outcome is not None else ""
        words = "" if walker.running else f"{on} asks{again}, {skip} goes on without it"
    elif isinstance(does, ActStep):
        words = {
            None: f"{on} shows the plan, {skip} skips it",
            StepOutcome.UNDER_WAY: f"{on} looks what became of it",
        }.get(outcome, f"{on} shows the plan again, {skip} goes on without it")
    elif isinstance(does, NoteStep):
        words = _note_keys(does, cause_of(walker), incident, key)
    elif walker.answers():
        words = f"a digit answers, {skip} skips it"
    elif isinstance(does, DecideStep):
        words = f"{on} goes on"
    else:
        words = f"{on} asks for one line, {skip} skips it"
    return SafeText(words)


def _naming(cause: SafeText, incident: Incident, key: KeyOf) -> str:
    if incident.cause == cause:
        return f"named the cause of {incident.name}"
    return f"{key('name_cause')} names it the cause of {incident.name}"


def _note_keys(note: NoteStep, cause: SafeText, incident: Incident | None, key: KeyOf) -> str:
    on = key("walk_on")
    goes_on = f"{on} goes on" if note.verdict is None or note.next is not None else f"{on} ends the walk"
    if note.verdict is Verdict.CAUSE and incident is not None:
        return f"{_naming(cause, incident, key)}, {goes_on}"
    if note.verdict is Verdict.NOT_THIS:
        return f"{key('next_runbook')} looks at the next runbook, {goes_on}"
    return goes_on


def _ending(walker: Walker, incident: Incident | None, key: KeyOf) -> SafeText:
    away = f"{key('put_away')} puts the walk away"
    if walker.stopped:
        return SafeText(f"{key('walk_on')} begins anew, {away}.")
    if not walker.walk.over:
        return NOTHING
    match walker.walk.verdict:
        case Verdict.CAUSE:
            cause = cause_of(walker)
            named = f" ({_naming(cause, incident, key)})" if incident is not None else ""
            return SafeText(f"Found: {cause}{named}. {away}.")
        case Verdict.NOT_THIS:
            return SafeText(f"It is not this. {key('next_runbook')} looks at the next runbook, {away}.")
        case Verdict.UNDECIDED:
            return SafeText(f"Undecided: something could not be had. {key('walk_back')} goes back, {away}.")
        case _:
            return SafeText(f"The end of the runbook. {away}.")
