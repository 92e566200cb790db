"""An operation under way, watched until its effect is seen."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from opsconsole.clock import Clock
from opsconsole.domain.operation import OperationState, Order
from opsconsole.domain.time_range import format_duration
from opsconsole.screens.operations.running import RunningOperation
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.operations.progress_page import STATE_WORDS, progress_page

_TICK = 1.0
"""Seconds between two looks at the clock."""


class ProgressScreen(StillDialog[Order | None]):
    """The steps as they happen. Esc goes back to the panes and lets it go on.

    Once it has ended, a digit goes on with what is offered: the way back, or what would help.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "back", id="progress.close"),
        *(Binding(str(n), f"advise({n})", f"offer {n}", show=False, id=f"progress.offer_{n}") for n in range(1, 6)),
    ]

    def __init__(self, running: RunningOperation, *, zone: tzinfo, glyphs: Glyphs, clock: Clock) -> None:
        """Shows `running` from its first step on."""
        super().__init__()
        self._operation = running
        self._zone = zone
        self._glyphs = glyphs
        self._clock = clock
        self._steps_shown = -1
        self._page = DetailView(glyphs=glyphs)
        # Held, not looked up: the operation may end while the dialog is being closed.
        self._question = Static(id="question", markup=False)
        self._frame = Vertical(classes="dialog wide")

    def compose(self) -> ComposeResult:
        """The page, and a line that says how to leave."""
        with self._frame:
            yield self._page
            yield self._question

    def on_mount(self) -> None:
        """Follow it."""
        self._page.focus()
        self._operation.on_step = self._show
        self._show()
        self.set_interval(_TICK, self.tick)
        self.run_worker(self._until_ended(), group="ended")

    def on_unmount(self) -> None:
        """Stop looking; it goes on."""
        self._operation.on_step = None
        self._operation.watched = False

    async def _until_ended(self) -> None:
        await self._operation.ended()
        self._show()

    def _show(self) -> None:
        running = self._operation
        self._page.show(
            progress_page(running.plan, running.steps, zone=self._zone, glyphs=self._glyphs), key=running.plan.id
        )
        if len(running.steps) != self._steps_shown:
            # Only what is new moves the page: a reader who scrolled up is left alone.
            self._steps_shown = len(running.steps)
            self._page.action_bottom()
        last = running.last
        state = STATE_WORDS[last.state] if running.done and last is not None else "under way"
        self._frame.border_title = Content(f"Operation {self._glyphs.dot} {state}")
        self.tick()

    def tick(self) -> None:
        """A rollout may say nothing new for minutes: that it is still being watched has to show."""
        self._question.update(Content(self._words()))

    def _words(self) -> str:
        last = self._operation.last
        if not self._operation.done:
            steps = self._operation.steps
            past = format_duration(self._clock.now() - steps[0].at) if steps else "0s"
            return f"Under way for {past}. Esc goes back to the panes; it goes on, and its end is told there."
        if last is not None and last.advice:
            return "A digit goes on with what is offered, Esc goes back."
        if last is not None and last.state is OperationState.UNKNOWN:
            return "Nobody knows yet whether it took effect. The record stays open. Esc goes back."
        return "Esc goes back."

    def action_advise(self, number: int) -> None:
        """Go on with offer `number`."""
        last = self._operation.last
        if self._operation.done and last is not None and 0 < number <= len(last.advice):
            self.dismiss(last.advice[number - 1])
