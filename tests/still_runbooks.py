"""A runbook, and a walker that answers from memory: checks come out as they were told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.alert import Alert
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.log_query import LogQuery
from opsconsole.domain.operation import OperationKind, Order
from opsconsole.domain.runbook import (
    ActStep,
    AskStep,
    CheckStep,
    Comparison,
    Condition,
    DecideStep,
    Lint,
    LogCheck,
    MetricCheck,
    NoteStep,
    OperationAct,
    Runbook,
    RunbookInput,
    RunbookMatch,
    RunbookOffer,
    RunbookStep,
)
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Unit
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult, Verdict, Walk
from opsconsole.runbooks.protocols import Answer, RunbookChangedError, WalkError

T = SafeText
ABOVE_ONE_PERCENT = Condition(Comparison.ABOVE, 0.01)
ERRORS = MetricCheck('rate(http_requests_total{service=$service,code=~"5.."}[5m])', ABOVE_ONE_PERCENT, Unit.RATIO)
POOL = LogCheck(LogQuery(words=T("pool wait")), Condition(Comparison.AT_LEAST, 1), "$service", 900.0)


def _step(number: int, title: str, does: object, prose: str = "") -> RunbookStep:
    return RunbookStep(number, T(title), number * 10, T(prose), does)  # type: ignore[arg-type]


BAD_RELEASE = Runbook(
    name=T("bad-release"),
    path="/runbooks/bad-release.md",
    title=T("Bad release"),
    sha256="1a2b3c4d" * 8,
    matches=RunbookMatch(("ErrorRateHigh",)),
    summary=T("Errors that began with a rollout."),
    inputs=(RunbookInput("service", T("Service in trouble"), label=T("service")),),
    steps=(
        _step(1, "Errors are above one per cent", CheckStep(ERRORS, T("there is trouble"), T("nothing is wrong"))),
        _step(2, "Lines speak of the pool", CheckStep(POOL)),
        _step(3, "Which way", DecideStep(1, holds=4, fails=7)),
        _step(4, "Does the owner agree", AskStep(T("Does the owner agree?"), (T("yes"), T("no")))),
        _step(
            5,
            "Roll back",
            ActStep(OperationAct(OperationKind.ROLL_BACK, "workload", "$service")),
            "The release before was healthy.",
        ),
        _step(6, "It was the release", NoteStep(Verdict.CAUSE, T("the release of $service broke it"))),
        _step(7, "It is not this", NoteStep(Verdict.NOT_THIS)),
    ),
)
SLOW_START = msgspec.structs.replace(
    BAD_RELEASE,
    name=T("slow-start"),
    path="/runbooks/slow-start.md",
    title=T("Slow start"),
    inputs=(),
    steps=(
        _step(1, "Look at the clock", NoteStep(), "Slow is not broken."),
        _step(2, "Say what you saw", AskStep(T(""))),
    ),
)
WORKLOAD = ObjectRef(Kind.DEPLOYMENT, T("shop"), T("checkout"), T("dep-1"), T("4711"))


class StillWalker:
    """Walks `runbook`; `outcomes` are what checks come out as, by step, HOLDS where nothing is said."""

    def __init__(self, shelf: StillRunbooks, runbook: Runbook, walk: Walk) -> None:
        self.shelf = shelf
        self._runbook = runbook
        self._walk = walk
        self._running = False
        self.stopped = T("")
        self.tell: Callable[[], object] = lambda: None
        self.operations: list[str] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def runbook(self) -> Runbook:
        return self._runbook

    @property
    def walk(self) -> Walk:
        return self._walk

    @property
    def step(self) -> RunbookStep | None:
        at = self._walk.position
        return None if at is None else self._runbook.steps[at - 1]

    @property
    def running(self) -> bool:
        return self._running

    def listen(self, changed: Callable[[], object]) -> None:
        self.tell = changed

    def words(self, text: SafeText) -> SafeText:
        for name, value in self._walk.inputs.items():
            text = T(text.replace(f"${name}", value))
        return text

    def question(self, step: CheckStep) -> CheckStep:
        asked = step.question
        service = self._walk.inputs.get("service", T(""))
        if isinstance(asked, MetricCheck):
            query = asked.query.replace("$service", f'"{service}"')
            return msgspec.structs.replace(step, question=msgspec.structs.replace(asked, query=query))
        return msgspec.structs.replace(step, question=msgspec.structs.replace(asked, service=str(service)))

    def answers(self) -> tuple[Answer, ...]:
        step = self.step
        if step is not None and isinstance(step.does, AskStep):
            return tuple(Answer(str(one), one) for one in step.does.choices)
        return ()

    async def order(self) -> Order:
        return Order(OperationKind.ROLL_BACK, WORKLOAD, revision=7)

    async def begin(self) -> None:
        self.shelf.begun.append(self._walk.id)
        self._arrive(self._walk.position)

    async def go_on(self) -> None:
        self._look_at_file()
        step = self.step
        if step is None:
            return
        if isinstance(step.does, CheckStep):
            self._ask()
        elif isinstance(step.does, ActStep):
            self._tell(step, StepOutcome.DONE, step.number + 1, output="verified, as the record tells")
        elif isinstance(step.does, DecideStep):
            came = next(one.outcome for one in reversed(self._walk.results) if one.number == step.does.of)
            self._tell(step, StepOutcome.DONE, step.does.holds if came is StepOutcome.HOLDS else step.does.fails)
        elif isinstance(step.does, NoteStep):
            verdict = step.does.verdict
            last = verdict is not None or step.number == len(self._runbook.steps)
            following = None if last else step.number + 1
            self._tell(step, StepOutcome.DONE, following, verdict=verdict)

    async def skip(self, reason: SafeText) -> None:
        step = self.step
        if step is not None:
            self._tell(step, StepOutcome.SKIPPED, step.number + 1, reason=reason)

    async def back(self) -> None:
        if not self._walk.results:
            raise WalkError("this is the first step")
        before = self._walk.results[-1].number
        kept = tuple(one for one in self._walk.results if one.number != before)
        self._walk = msgspec.structs.replace(self._walk, position=before, results=kept)
        self.tell()

    async def answer(self, value: str) -> None:
        self._look_at_file()
        step = self.step
        if step is not None:
            last = step.number == len(self._runbook.steps)
            self._tell(step, StepOutcome.DONE, None if last else step.number + 1, output=value)

    async def acting(self, operation: str) -> None:
        if self.shelf.failing is not None:
            raise self.shelf.failing
        self.operations.append(operation)
        step = self.step
        assert step is not None
        self._tell(step, StepOutcome.UNDER_WAY, step.number, operation=operation)

    async def acted(
        self, operation: str, outcome: StepOutcome, words: SafeText, output: SafeText = SafeText("")
    ) -> None:
        del output
        step = self.step
        assert step is not None
        following = step.number + 1 if outcome is StepOutcome.DONE else step.number
        self._tell(step, outcome, following, output=words, operation=operation)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _look_at_file(self) -> None:
        if self.shelf.changed:
            self.stopped = T("the file was changed: this walk ends here")
            self.tell()
            raise RunbookChangedError(self.stopped)

    def _ask(self) -> None:
        self._running = True
        self.tell()
        self._task = asyncio.create_task(self._asked())

    async def _asked(self) -> None:
        await self.shelf.answering.wait()
        step = self.step
        self._running = False
        if step is not None:
            outcome = self.shelf.outcomes.get(step.number, StepOutcome.HOLDS)
            following = step.number if outcome is StepOutcome.UNKNOWN else step.number + 1
            self._tell(step, outcome, following, shown="8.1 % > 1 %")

    def _tell(
        self,
        step: RunbookStep,
        outcome: StepOutcome,
        following: int | None,
        *,
        shown: str = "",
        output: str = "",
        reason: str = "",
        operation: str = "",
        verdict: Verdict | None = None,
    ) -> None:
        result = StepResult(
            number=step.number,
            title=step.title,
            kind=step.does.kind,
            outcome=outcome,
            at=self.shelf.clock.now(),
            shown=T(shown),
            output=T(output),
            reason=T(reason),
            operation=operation,
            verdict=verdict,
        )
        kept = tuple(one for one in self._walk.results if one.number != step.number)
        same = following == self._walk.position
        self._walk = msgspec.structs.replace(self._walk, position=following, results=(*kept, result))
        self.tell()
        if not same:
            self._arrive(following)

    def _arrive(self, number: int | None) -> None:
        if number is not None and self._runbook.steps[number - 1].does.kind is StepKind.CHECK:
            self._ask()
        else:
            self.tell()


class StillRunbooks:
    """Offers `runbooks`; `walks` are those that were not finished."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.runbooks = [BAD_RELEASE, SLOW_START]
        self.lints: tuple[Lint, ...] = ()
        self.walks: tuple[Walk, ...] = ()
        self.outcomes: dict[int, StepOutcome] = {}
        self.answering = asyncio.Event()
        self.answering.set()
        self.changed = False
        self.looked = 0
        self.failing: Exception | None = None
        self.incident = ""
        self.begun: list[str] = []
        self.given_up: list[tuple[str, str]] = []
        self.walkers: list[StillWalker] = []
        self.asked: list[tuple[Alert | None, Selection]] = []

    async def offers(
        self, alert: Alert | None, selection: Selection, others: Sequence[Alert] = ()
    ) -> tuple[RunbookOffer, ...]:
        del others
        self.asked.append((alert, selection))
        fits = alert is not None and alert.name == "ErrorRateHigh"
        return tuple(
            RunbookOffer(one, 10 * (fits and one is self.runbooks[0]), T("for ErrorRateHigh" if fits else ""))
            for one in self.runbooks
        )

    async def refused(self) -> tuple[Lint, ...]:
        return self.lints

    def prefilled(self, runbook: Runbook, alert: Alert | None, selection: Selection) -> dict[str, SafeText]:
        del alert
        return {one.name: selection.service or one.default for one in runbook.inputs}

    def complaints(self, runbook: Runbook, inputs: Mapping[str, str]) -> dict[str, SafeText]:
        wrong = {name: T("write a name: letters, digits, - and .") for name, value in inputs.items() if " " in value}
        return wrong if runbook.inputs else {}

    async def begin(self, runbook: Runbook, inputs: Mapping[str, str]) -> StillWalker:
        walk = Walk(
            id=f"walk-{len(self.walkers)}",
            incident=self.incident,
            runbook=runbook.name,
            title=runbook.title,
            sha256=runbook.sha256,
            path=runbook.path,
            begun_at=self.clock.now(),
            position=1,
            inputs={name: T(value) for name, value in inputs.items()},
        )
        self.changed = False
        return self._walker(runbook, walk)

    async def unfinished(self) -> tuple[Walk, ...]:
        self.looked += 1
        return self.walks

    async def give_up(self, walk: Walk, reason: str) -> None:
        if self.failing is not None:
            raise self.failing
        self.given_up.append((walk.id, reason))
        self.walks = tuple(one for one in self.walks if one.id != walk.id)

    async def resume(self, walk: Walk) -> StillWalker:
        if self.changed:
            raise RunbookChangedError("the file was changed since; begin anew")
        return self._walker(next(one for one in self.runbooks if one.path == walk.path), walk)

    def _walker(self, runbook: Runbook, walk: Walk) -> StillWalker:
        walker = StillWalker(self, runbook, walk)
        self.walkers.append(walker)
        return walker
