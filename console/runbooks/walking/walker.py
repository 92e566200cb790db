"""One walk through one runbook."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.operation import Order
from opsconsole.domain.runbook import ActStep, AskStep, CheckStep, DecideStep, NoteStep, Runbook, RunbookStep
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, StepResult, Verdict, Walk
from opsconsole.runbooks.checking.asking import Asking, found
from opsconsole.runbooks.checking.judging import Finding, nobody_knows
from opsconsole.runbooks.protocols import Answer, WalkError
from opsconsole.runbooks.putting_in import UnansweredError, put_in, shown_question, words_with
from opsconsole.runbooks.walking.deciding import (
    after,
    answerable,
    answers_to,
    came_out,
    decided,
    result_of,
    stepped,
    values_of,
    ways,
)
from opsconsole.runbooks.walking.file_guard import FileGuard
from opsconsole.runbooks.walking.ordering import Ordering
from opsconsole.runbooks.walking.record import WalkRecord
from opsconsole.safe_text import safe_text
from opsconsole.sources.protocols import Sources

_O = StepOutcome


class Ground(msgspec.Struct, frozen=True):
    """What a walk stands on. `since` is when its incident began (unix seconds), None without one."""

    sources: Sources
    clock: Clock
    cluster: SafeText
    record: WalkRecord
    since: float | None = None


class RunbookWalker:
    """Implements `Walker`."""

    def __init__(self, runbook: Runbook, walk: Walk, ground: Ground, *, resumed: bool = False) -> None:
        """`resumed`: the record has its beginning already."""
        self._runbook = runbook
        self._walk = walk
        self._ground = ground
        self._resumed = resumed
        self._check: asyncio.Task[None] | None = None
        self._unwritten: StepResult | None = None
        self._file = FileGuard(runbook.path, walk.sha256)
        self._trouble = SafeText("")
        self._listeners: list[Callable[[], object]] = []
        self._writing = asyncio.Lock()

    # -- how it stands ---------------------------------------------------------------------------

    @property
    def runbook(self) -> Runbook:
        """As `Walker.runbook`."""
        return self._runbook

    @property
    def walk(self) -> Walk:
        """As `Walker.walk`."""
        return self._walk

    @property
    def step(self) -> RunbookStep | None:
        """As `Walker.step`."""
        position = self._walk.position
        return None if position is None else self._runbook.steps[position - 1]

    @property
    def running(self) -> bool:
        """As `Walker.running`."""
        return self._check is not None and not self._check.done()

    @property
    def stopped(self) -> SafeText:
        """As `Walker.stopped`."""
        return self._file.stopped

    @property
    def trouble(self) -> SafeText:
        """What kept a check that ran by itself from being recorded; empty when nothing did."""
        return self._trouble

    def listen(self, changed: Callable[[], object]) -> None:
        """As `Walker.listen`."""
        self._listeners.append(changed)

    def words(self, text: SafeText) -> SafeText:
        """As `Walker.words`."""
        return words_with(text, self._values)

    def question(self, step: CheckStep) -> CheckStep:
        """As `Walker.question`."""
        return shown_question(step, self._values)

    def answers(self) -> tuple[Answer, ...]:
        """As `Walker.answers`."""
        step = self.step
        return () if step is None else answers_to(self._runbook, self._walk, step)

    async def order(self) -> Order:
        """As `Walker.order`."""
        step = self._at_hand()
        if not isinstance(step.does, ActStep):
            raise WalkError(f"step {step.number} does nothing that could be ordered")
        ordering = Ordering(self._runbook, self._values, self._ground.cluster, self._ground.sources.workloads)
        return await ordering.order(step, step.does.act)

    @property
    def _now(self) -> float:
        return self._ground.clock.now()

    @property
    def _values(self) -> dict[str, str]:
        return values_of(self._runbook, self._walk)

    # -- going on --------------------------------------------------------------------------------

    async def begin(self) -> None:
        """As `Walker.begin`."""
        await self._file.unchanged()
        if not self._resumed:
            await self._ground.record.begun(self._walk)
            self._resumed = True
        self._arrive()

    async def go_on(self) -> None:
        """As `Walker.go_on`."""
        step = self._at_hand()
        does = step.does
        if isinstance(does, CheckStep):
            await self._check_again(step)
        elif isinstance(does, ActStep):
            await self._look_up(step)
        elif isinstance(does, NoteStep):
            # Who reads the record has no file: what was concluded stands there in words.
            cause = self.words(does.cause) if does.verdict is Verdict.CAUSE else SafeText("")
            result = came_out(step, self._now, _O.DONE, shown=cause, verdict=does.verdict)
            await self._note(result, after(self._runbook, step.number))
        elif isinstance(does, DecideStep):
            way = decided(self._walk, does)
            if way is None:
                raise WalkError("nobody but you can tell: say which way it goes on")
            await self._decide(step, does, way)
        else:
            raise WalkError("answer the question, or skip it with a reason")

    async def skip(self, reason: SafeText) -> None:
        """As `Walker.skip`."""
        step = self._at_hand()
        words = safe_text(" ".join(reason.split()), 500)
        if not words:
            raise WalkError("say why it is skipped; the reason goes to the record")
        if isinstance(step.does, DecideStep):
            raise WalkError("a decision can't be skipped; say which way it goes on")
        await self._leave_check()
        known = result_of(self._walk, step.number)
        operation = known.operation if known is not None else ""
        result = came_out(step, self._now, _O.SKIPPED, reason=words, operation=operation)
        await self._note(result, after(self._runbook, step.number))

    async def back(self) -> None:
        """As `Walker.back`."""
        self._file.permit()
        earlier = [one for one in self._walk.results if one.number != self._walk.position]
        if not earlier:
            raise WalkError("this is where the walk began")
        last = earlier[-1]
        if last.outcome is _O.UNDER_WAY:
            raise WalkError("its operation is under way; look what becomes of it first")
        await self._leave_check()
        step = self._runbook.steps[last.number - 1]
        # A check that ran anew at once would lead straight back here.
        await self._note(came_out(step, self._now, _O.TAKEN_BACK), step.number, arrive=False)

    async def answer(self, value: str) -> None:
        """As `Walker.answer`."""
        step = self._at_hand()
        does = step.does
        if isinstance(does, AskStep):
            answerable(self._runbook, does, value)
            result = came_out(step, self._now, _O.DONE, output=SafeText(value))
            await self._note(result, after(self._runbook, step.number))
        elif isinstance(does, DecideStep) and self.answers():
            way = ways(does).get(value)
            if way is None:
                raise WalkError(f"say one of {', '.join(ways(does))}")
            await self._decide(step, does, way, said=SafeText(value))
        else:
            raise WalkError("nothing is asked here")

    # -- acts ------------------------------------------------------------------------------------

    async def acting(self, operation: str) -> None:
        """As `Walker.acting`."""
        step = self._at_hand()
        if not isinstance(step.does, ActStep):
            raise WalkError(f"step {step.number} does nothing")
        if self._under_way(step) is not None:
            raise WalkError("an operation of this step is under way; look what becomes of it first")
        shown = SafeText("confirmed; how it comes out is not known yet")
        await self._note(came_out(step, self._now, _O.UNDER_WAY, shown=shown, operation=operation), step.number)

    async def acted(
        self, operation: str, outcome: StepOutcome, words: SafeText, output: SafeText = SafeText("")
    ) -> None:
        """As `Walker.acted`. Written whatever became of the file: it has happened."""
        known = next((one for one in self._walk.results if one.operation == operation), None)
        if known is None:
            raise WalkError(f"no step of this walk ordered {operation}")
        step = self._runbook.steps[known.number - 1]
        here = self._walk.position == step.number
        following = after(self._runbook, step.number) if here and outcome is _O.DONE else self._walk.position
        if not here and known.outcome is not _O.UNDER_WAY:
            outcome = known.outcome  # it was skipped meanwhile, and stays so
        result = came_out(
            step, self._now, outcome, shown=words, output=output, operation=operation, reason=known.reason
        )
        await self._note(result, following, any_file=True)

    async def _look_up(self, step: RunbookStep) -> None:
        under_way = self._under_way(step)
        if under_way is None:
            raise WalkError("this step changes something: confirm it, or skip it with a reason")
        outcome, words = await self._ground.record.outcome(self._walk, under_way, self._now)
        if outcome is _O.UNDER_WAY:
            raise WalkError(words)
        await self.acted(under_way.operation, outcome, words)

    def _under_way(self, step: RunbookStep) -> StepResult | None:
        known = result_of(self._walk, step.number)
        return known if known is not None and known.outcome is _O.UNDER_WAY else None

    # -- checks ----------------------------------------------------------------------------------

    def _arrive(self) -> None:
        """Run the step at hand if it is a check."""
        step = self.step
        if step is not None and isinstance(step.does, CheckStep) and not self._file.stopped and not self.running:
            self._check = asyncio.create_task(self._ask(step, step.does), name=f"check {step.number}")
        self._changed()

    async def _check_again(self, step: RunbookStep) -> None:
        if self.running:
            return
        if self._unwritten is not None and self._unwritten.number == step.number:
            await self._note_finding(self._unwritten)
            if self.step is step:
                return
        await self._file.unchanged()
        self._arrive()

    async def _ask(self, step: RunbookStep, check: CheckStep) -> None:
        try:
            await self._file.unchanged()
            finding = await self._found(check)
            await self._note_finding(came_out(step, self._now, finding.outcome, shown=finding.shown))
        except OpsConsoleError as error:
            self._trouble = safe_text(error)
        finally:
            self._check = None
            self._changed()
        # Only now is it not running any more, so that a check that follows can.
        if self.step is not step:
            self._arrive()

    async def _found(self, check: CheckStep) -> Finding:
        values = self._values
        try:
            question = put_in(check.question, values)
        except UnansweredError as error:
            return nobody_knows(str(error))
        ground = self._ground
        namespace = safe_text(values.get("namespace", ""), 253)
        return await found(ground.sources, ground.clock, question, Asking(ground.cluster, namespace, ground.since))

    async def _note_finding(self, result: StepResult) -> None:
        """What nobody could judge stays at hand, to be asked again or skipped."""
        self._unwritten = result
        known = result.outcome in (_O.HOLDS, _O.FAILS)
        await self._note(result, after(self._runbook, result.number) if known else result.number, arrive=False)

    async def _leave_check(self) -> None:
        task, self._check = self._check, None
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def close(self) -> None:
        """As `Walker.close`."""
        self._listeners.clear()
        await self._leave_check()

    # -- writing ---------------------------------------------------------------------------------

    async def _note(
        self, result: StepResult, following: int | None, *, arrive: bool = True, any_file: bool = False
    ) -> None:
        """Write `result`, then go on at `following`."""
        position = self._walk.position
        async with self._writing:
            if self._walk.position != position:
                raise WalkError("the walk has gone on in between; look again")
            if not any_file:
                await self._file.unchanged()
            await self._ground.record.stepped(self._walk, result, following)
            self._walk = stepped(self._walk, result, following)
            self._unwritten = None
            self._trouble = SafeText("")
        if arrive and following != position:
            self._arrive()
        else:
            self._changed()

    async def _decide(self, step: RunbookStep, decide: DecideStep, way: int, said: SafeText = SafeText("")) -> None:
        of, to = self._runbook.steps[decide.of - 1], self._runbook.steps[way - 1]
        known = result_of(self._walk, decide.of)
        how = said or (known.output or SafeText(known.outcome.value) if known is not None else _O.UNKNOWN.value)
        shown = safe_text(f"{of.title}: {how}; on to {to.title}", 600)
        await self._note(came_out(step, self._now, _O.DONE, shown=shown, output=said), way)

    def _at_hand(self) -> RunbookStep:
        self._file.permit()
        step = self.step
        if step is None:
            raise WalkError("the walk is over")
        return step

    def _changed(self) -> None:
        for changed in tuple(self._listeners):
            changed()
