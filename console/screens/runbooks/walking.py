"""One walk on the screen: its keys, and what the panes show beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from textual.screen import Screen

from opsconsole.actions import PaneName
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import IncidentField, IncidentState
from opsconsole.domain.runbook import ActStep, AskStep, CheckStep, DecideStep, RunbookStep
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Walk
from opsconsole.runbooks.protocols import Walker, WalkError
from opsconsole.safe_text import safe_text
from opsconsole.screens.operations.desk import OperationDesk
from opsconsole.screens.runbooks.acting import ActWitness
from opsconsole.screens.runbooks.reason_screen import LINE, reason_screen
from opsconsole.screens.runbooks.speaking import subject_of
from opsconsole.screens.runbooks.stage import Incidents, Stage
from opsconsole.screens.runbooks.step_views import cause_of, denied, result_of, walk_view
from opsconsole.screens.runbooks.walk_pane import WalkAsked
from opsconsole.widgets.runbooks.step_view import NOTHING


class Office(Protocol):
    """The desk that a walk belongs to."""

    screen: Screen[None]
    stage: Stage
    incidents: Incidents
    operations: OperationDesk

    def key(self, action: str) -> str:
        """The key of an action, as it is printed."""
        ...

    def say(self, words: SafeText) -> None:
        """Tell the operator something for a while."""
        ...

    def is_shown(self, walking: Walking) -> bool:
        """Whether it is the walk beside the panes."""
        ...

    def note_verdict(self, walk: Walk) -> None:
        """What a runbook found."""
        ...

    def choose_next(self) -> None:
        """Offer other runbooks."""
        ...

    def put_away(self) -> None:
        """Close the pane of the walk that is shown."""
        ...

    async def anew(self, walk: Walk) -> None:
        """Walk the same file from its first step."""
        ...


class Walking:
    """A walker with the screen around it. One key is carried out at a time; `busy` while one is."""

    def __init__(self, walker: Walker, office: Office) -> None:
        """Drawn once `draw` is called, begun by `begin`."""
        self.walker = walker
        self.busy = False
        self._office = office
        self._trouble = NOTHING
        self._at: int | None = None
        self._followed: int | None = None
        walker.listen(self._changed)

    async def begin(self) -> None:
        """Write that it has begun, or go on where it was left."""
        await self._do(WalkAsked("begin"))

    def draw(self) -> None:
        """Show it as it stands, if it is the one that is shown."""
        if self._office.is_shown(self):
            incident = self._office.incidents.current
            self._office.stage.show_walk(walk_view(self.walker, incident, self._trouble, self._office.key))

    def _changed(self) -> None:
        step = self.walker.step
        at = step.number if step is not None else None
        if at != self._at:
            self._at, self._trouble = at, NOTHING
        self._office.note_verdict(self.walker.walk)
        self.draw()
        watched = self._office.stage.focused_pane is PaneName.RUNBOOK and not self.walker.stopped
        if watched and step is not None and at != self._followed and isinstance(step.does, CheckStep):
            self._followed = at
            self._follow(step, wanted=False)

    def _complain(self, words: SafeText) -> None:
        self._trouble = words
        self.draw()

    # -- keys ------------------------------------------------------------------------------------

    async def do(self, asked: WalkAsked) -> None:
        """Carry out a key; what keeps the step from going on is shown with it."""
        self.busy = True
        try:
            await self._do(asked)
        finally:
            self.busy = False

    async def _do(self, asked: WalkAsked) -> None:
        self._trouble = NOTHING
        keys: dict[str, Callable[[], Awaitable[None]]] = {
            "begin": self.walker.begin,
            "walk_on": self._go_on,
            "skip_step": self._skip,
            "walk_back": self.walker.back,
            "name_cause": self._name_cause,
        }
        try:
            if asked.what in keys:
                await keys[asked.what]()
            elif asked.what == "say":
                await self._say(asked.number)
            elif asked.what == "show":
                self._show(asked.number)
            elif asked.what == "next_runbook":
                if denied(self.walker) and not self.walker.walk.over:
                    await self.walker.go_on()  # so the record has it, and this one is not offered first again
                self._office.choose_next()
            else:
                self._office.put_away()
        except OpsConsoleError as error:
            self._trouble = safe_text(error, 400)
        self.draw()

    async def _go_on(self) -> None:
        walker = self.walker
        if walker.stopped:
            self._office.put_away()
            await self._office.anew(walker.walk)
            return
        step = walker.step
        if step is None or walker.running:
            return
        if isinstance(step.does, ActStep):
            await self._act(step)
        elif walker.answers():
            raise WalkError("a digit answers this step")
        elif isinstance(step.does, AskStep):
            words = await self._line(step.does.question or step.title, "one line; it goes to the record")
            if words is not None:
                await walker.answer(words)
        else:
            await walker.go_on()

    async def _act(self, step: RunbookStep) -> None:
        result = result_of(self.walker, step.number)
        operations = self._office.operations
        if result is not None and result.outcome is StepOutcome.UNDER_WAY:
            if not await operations.watch(result.operation):
                await self.walker.go_on()
            return
        if operations.revisions is None:
            raise WalkError("there is nothing to do it to: Kubernetes is not configured")
        witness = ActWitness(
            self.walker, lambda work: self._office.screen.run_worker(work, group="walk act"), self._complain
        )
        await operations.place(await self.walker.order(), witness)

    async def _say(self, digit: int) -> None:
        answers = self.walker.answers()
        if 0 < digit <= len(answers):
            step = self.walker.step
            await self.walker.answer(answers[digit - 1].value)
            await self._decide_by_answer(step)

    async def _decide_by_answer(self, asked: RunbookStep | None) -> None:
        """Go the way of an answer at once: who gave it has decided, and would only be asked for Enter."""
        step = self.walker.step
        if step is None or asked is None or not isinstance(step.does, DecideStep) or self.walker.answers():
            return
        if step.does.of == asked.number:
            await self.walker.go_on()

    async def _skip(self) -> None:
        step = self.walker.step
        if step is None or self.walker.stopped:
            return
        reason = await self._line(SafeText(f"Why is this skipped: {step.title}"), "the reason; it goes to the record")
        if reason is not None:
            await self.walker.skip(safe_text(reason, LINE))

    async def _line(self, title: SafeText, hint: str) -> str | None:
        """One line, not empty; None on Esc."""
        return await self._office.screen.app.push_screen_wait(reason_screen(self.walker.words(title), hint))

    async def _name_cause(self) -> None:
        cause = cause_of(self.walker)
        if not cause:
            raise WalkError("this walk has not found a cause")
        incident = self._office.incidents.current
        if incident is None:
            raise WalkError(f"no incident is open; {self._office.key('incident')} opens one")
        records = await self._office.incidents.records()
        words = SafeText(f"found by the runbook {self.walker.runbook.name}")
        if incident.state is IncidentState.TRIAGE:
            # Whoever knows the cause says that it is an incident.
            await records.book.set_field(IncidentField.STATE, SafeText(IncidentState.STARTED.value))
        await records.book.set_field(IncidentField.CAUSE, cause, words)
        self._office.say(SafeText(f"{cause}: named the cause of {incident.name}"))

    # -- what the panes show ---------------------------------------------------------------------

    def _show(self, number: int) -> None:
        """Let the panes show what step `number` speaks of."""
        steps = {one.number: one for one in self.walker.runbook.steps}
        step = steps[number]
        if isinstance(step.does, DecideStep):
            step = steps.get(step.does.of, step)
        if not isinstance(step.does, CheckStep):
            raise WalkError("that step speaks of nothing the panes could show")
        self._follow(step, wanted=True)

    def _follow(self, step: RunbookStep, *, wanted: bool) -> None:
        if not isinstance(step.does, CheckStep) or not self._office.is_shown(self):
            return
        stage = self._office.stage
        subject = subject_of(self.walker.question(step.does), self.walker.walk.inputs, stage.scope)
        stage.show_beside(subject.scope, subject.pane, subject.spot, wanted=wanted)
