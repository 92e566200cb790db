"""Pane 6: the walk through a runbook, beside the panes it speaks of."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from opsconsole.actions import PaneName
from opsconsole.domain.text import SafeText
from opsconsole.screens.messages import DetailAsked
from opsconsole.screens.pane import Pane, PaneView, pane_bindings
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.runbooks.step_lines import step_page
from opsconsole.widgets.runbooks.step_view import StepView, WalkView
from opsconsole.widgets.runbooks.walk_steps import WalkSteps


class WalkAsked(Message):
    """A key of the walk; `what` is the action's id, `show` for a step before, `say` for a digit."""

    def __init__(self, what: str, number: int = 0) -> None:
        """`number` is the step's, or the digit."""
        super().__init__()
        self.what = what
        self.number = number


class WalkPane(Pane):
    """Draws the walk it is given and passes its keys on. There only while a runbook is walked."""

    pane_name = PaneName.RUNBOOK
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.RUNBOOK)

    def __init__(self, glyphs: Glyphs) -> None:
        """No walk yet."""
        super().__init__(glyphs)
        self._steps = WalkSteps(glyphs=glyphs)
        self._walk: WalkView | None = None

    def compose(self) -> ComposeResult:
        """The steps alone."""
        yield self._steps

    @property
    def walking(self) -> bool:
        """Whether there is a walk."""
        return self._walk is not None

    @property
    def focus_target(self) -> Widget:
        """The steps."""
        return self._steps

    @property
    def current(self) -> StepView | None:
        """The step under the cursor."""
        return self._steps.current if self._walk is not None else None

    def show(self, walk: WalkView | None) -> None:
        """Draw `walk`; None: there is none any more."""
        self._walk = walk
        if walk is None:
            return
        self._steps.show(walk)
        here = walk.here
        at = f"step {walk.steps[here].number} of {len(walk.steps)}" if here is not None else "over"
        self.set_title(SafeText("stopped" if walk.stopped else at), SafeText("not recorded" if walk.unrecorded else ""))

    def _draw(self, view: PaneView) -> None:
        """Nothing in it grows older by itself."""

    # -- keys ------------------------------------------------------------------------------------

    def action_walk_on(self) -> None:
        """Go on with the step at hand; for another one show what it speaks of."""
        walk, step = self._walk, self.current
        if walk is not None and step is not None and walk.here is not None and not step.here:
            self.post_message(WalkAsked("show", step.number))
        else:
            self.post_message(WalkAsked("walk_on"))

    def action_skip_step(self) -> None:
        """Leave the step at hand undone."""
        self.post_message(WalkAsked("skip_step"))

    def action_walk_back(self) -> None:
        """Go to the step before."""
        self.post_message(WalkAsked("walk_back"))

    def action_name_cause(self) -> None:
        """Name what was found as the incident's cause."""
        self.post_message(WalkAsked("name_cause"))

    def action_next_runbook(self) -> None:
        """Look at the next one."""
        self.post_message(WalkAsked("next_runbook"))

    def action_put_away(self) -> None:
        """Close the pane, keep the walk."""
        self.post_message(WalkAsked("put_away"))

    def on_walk_steps_said(self, event: WalkSteps.Said) -> None:
        """A digit answers."""
        event.stop()
        self.post_message(WalkAsked("say", event.digit))

    def action_open(self) -> None:
        """Show the step under the cursor whole."""
        step = self.current
        if step is not None:
            self.post_message(DetailAsked(step.title, lambda width, now: self._page(step, width, now)))

    @staticmethod
    def _page(step: StepView, width: int, now: float) -> tuple[Content, ...]:
        del width, now
        return step_page(step)

    def action_copy(self) -> None:
        """Copy the step under the cursor, whole, as plain text."""
        step = self.current
        if step is not None:
            self.app.copy_to_clipboard("\n".join(line.plain for line in step_page(step)))
            self.notify("copied, if the terminal allows it (OSC 52)", markup=False)
