"""A plan, and the operator's yes or no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import Confirmation, Plan
from opsconsole.domain.text import SafeText
from opsconsole.screens.operations.typed_name import TypedName
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.operations.plan_page import plan_page
from opsconsole.write_mode import WriteMode

ARMING = 0.3
"""Seconds after a plan appears in which no key confirms it: the key may have been meant for what was there before."""

PLAN_AGE = 60.0
"""Seconds after which a plan has to be checked again before it may be confirmed."""


class Confirmed:
    """The operator's yes to `plan`; `typed` is the name that was typed, empty where a key was enough."""

    def __init__(self, plan: Plan, typed: str) -> None:
        """Both as they stood when it was confirmed."""
        self.plan = plan
        self.typed = typed


class PlanScreen(StillDialog[Confirmed | None]):
    """Shows what `check` finds, then asks. Focus starts on Cancel; Esc is no.

    While the console is read-only everything but the yes can be had.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "back", id="plan.close"),
        Binding("up", "scroll(-1)", "up", show=False, id="plan.up"),
        Binding("down", "scroll(1)", "down", show=False, id="plan.down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="plan.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="plan.page_down"),
        Binding("f5", "check", "check again", id="plan.check"),
        Binding("W", "write_mode", "allow changes", id="plan.write_mode"),
        Binding("y", "yes_by_key", "yes", show=False, id="plan.yes"),
    ]

    def __init__(
        self, check: Callable[[], Awaitable[Plan]], write_mode: WriteMode, *, glyphs: Glyphs, clock: Clock
    ) -> None:
        """`check` is asked once the dialog is there, and again when the plan has grown old."""
        super().__init__()
        self._ask_plan = check
        self._write_mode = write_mode
        self._glyphs = glyphs
        self._clock = clock
        self._plan: Plan | None = None
        self._armed_at = 0.0
        self._page = DetailView(glyphs=glyphs)
        self._complaint = Static(id="complaint", markup=False)
        self._question = Static(id="question", markup=False)
        self._line = TypedName(clock, "the target's name")
        self._yes = Button(Content("Do it"), id="yes", compact=True)

    def compose(self) -> ComposeResult:
        """The plan's page, a line that says how to answer, and the answers."""
        with Vertical(classes="dialog wide plan") as frame:
            frame.border_title = Content("Look before you act")
            frame.border_subtitle = Content(f"Esc back {self._glyphs.dot} F5 check again")
            yield self._page
            yield self._complaint
            yield self._question
            with Horizontal(id="answers"):
                yield Button(Content("Cancel"), id="no", compact=True)
                yield self._line
                yield self._yes

    def on_mount(self) -> None:
        """Focus on Cancel, and start checking."""
        self.query_one("#no", Button).focus()
        self._line.display = False
        self._yes.display = False
        self.action_check()

    def action_check(self) -> None:
        """Ask the cluster, anew if it was asked before."""
        self._plan = None
        self._say("")
        self._question.update(Content("reading the target, asking for the right to do it, rehearsing"))
        self._yes.display = self._line.display = False
        self.run_worker(self._checking(), exclusive=True, group="check")

    async def _checking(self) -> None:
        try:
            plan = await self._ask_plan()
        except SourceError as error:
            self._question.update(Content("Nothing was sent. F5 tries again."))
            self._say(error.sentence)
            return
        self._plan = plan
        self._armed_at = self._clock.monotonic() + ARMING
        self._page.show(plan_page(plan, self._glyphs), key=plan.order)
        self._ask()

    def _ask(self) -> None:
        """Offer the yes that this plan, and this console, allow."""
        plan = self._plan
        if plan is None:
            return
        may = not plan.blocked and self._write_mode.is_open
        named = plan.confirmation is Confirmation.NAME
        self._line.display = may and named
        self._yes.display = may
        if plan.blocked:
            question = "It can't be done as it is: see the checks marked blocked."
        elif not self._write_mode.is_open:
            question = "READ-ONLY: W allows changes for 15 minutes."
        elif named:
            question = f"Production. Type {ascii_name(plan)} to do it (Tab goes to the line)."
        else:
            question = "y does it, Esc does not."
        self._question.update(Content(question))

    def action_write_mode(self) -> None:
        """Allow changes, for a while."""
        self._write_mode.open()
        self._ask()

    def action_scroll(self, lines: int) -> None:
        """Scroll the page while the focus is on an answer."""
        self._page.action_scroll_by(lines)

    def action_page(self, pages: int) -> None:
        """Scroll the page by pages."""
        self._page.action_page(pages)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Cancel, or do it."""
        if event.button.id == "no":
            self.dismiss(None)
        else:
            self.action_yes()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter on the line is a yes."""
        event.stop()
        self.action_yes()

    def on_typed_name_pasted(self) -> None:
        """Say why it is gone."""
        self._say("A pasted name is not taken: type it, so that you have read it.")

    def action_yes_by_key(self) -> None:
        """Confirm where a key is enough."""
        if self._plan is not None and self._plan.confirmation is Confirmation.KEY:
            self.action_yes()

    def action_yes(self) -> None:
        """Confirm, if everything asked for is there."""
        plan = self._plan
        if plan is None or plan.blocked or not self._write_mode.is_open or self._clock.monotonic() < self._armed_at:
            return
        if self._clock.now() - plan.checked_at > PLAN_AGE:
            self.action_check()
            self._say("The plan had grown old and was checked again. Look at it, then confirm.")
            return
        typed = ""
        if plan.confirmation is Confirmation.NAME:
            typed = self._line.value
            if typed != plan.target.name:
                self._say(f"That is not the name. Type {ascii_name(plan)}, or Esc.")
                self._line.focus()
                return
            if not self._line.typed:
                self._line.value = ""
                self.on_typed_name_pasted()
                return
        self.dismiss(Confirmed(plan, typed))

    def _say(self, sentence: str) -> None:
        self._complaint.update(Content(sentence))


def ascii_name(plan: Plan) -> SafeText:
    """The name to type, escaped where it holds anything but ASCII: look-alikes show."""
    return SafeText(plan.target.name.encode("ascii", "backslashreplace").decode("ascii"))
