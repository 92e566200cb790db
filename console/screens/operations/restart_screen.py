"""Which way to restart a container."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import OperationKind, Order, Plan
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.operations.plan_page import plan_page

WAYS: dict[OperationKind, str] = {
    OperationKind.RESTART_CONTAINER: "kill 1 in the container",
    OperationKind.EVICT_POD: "evict the pod",
    OperationKind.ROLLING_RESTART: "restart all pods of the workload",
}
"""The ways in few words: what they are gone on stands in the title and in the plan."""


class RestartScreen(StillDialog[Order | None]):
    """The ways there are, best first, each with its plan below; those that can't be gone say why."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "back", id="restart.close"),
        Binding("pageup", "page(-1)", "page up", show=False, id="restart.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="restart.page_down"),
    ]

    def __init__(self, title: str, choices: Callable[[], Awaitable[tuple[Plan, ...]]], *, glyphs: Glyphs) -> None:
        """`title` names the container; `choices` checks every way."""
        super().__init__()
        self._heading = title
        self._ask = choices
        self._glyphs = glyphs
        self._plans: tuple[Plan, ...] = ()
        self._page = DetailView(glyphs=glyphs)
        # Held, not looked up: an answer may come while the dialog is being closed.
        looked_at = "the pod, its owner, its disruption budget and your rights"
        self._question = Static(Content(f"looking at {looked_at}"), id="question")
        self._options = OptionList(id="choices")

    def compose(self) -> ComposeResult:
        """The ways on top, the plan of the one under the cursor below."""
        with Vertical(classes="dialog wide") as frame:
            frame.border_title = Content(self._heading)
            frame.border_subtitle = Content(f"Enter choose {self._glyphs.dot} PgDn scroll {self._glyphs.dot} Esc back")
            yield self._question
            yield self._options
            yield self._page

    def on_mount(self) -> None:
        """Check all ways."""
        self._options.focus()
        self.run_worker(self._checking(), exclusive=True, group="check")

    async def _checking(self) -> None:
        question = self._question
        try:
            self._plans = await self._ask()
        except SourceError as error:
            question.update(Content(error.sentence))
            return
        question.display = False
        options = self._options
        options.clear_options()
        options.add_options(Option(self._line(plan)) for plan in self._plans)
        if self._plans:
            options.highlighted = next((at for at, plan in enumerate(self._plans) if not plan.blocked), 0)

    def _line(self, plan: Plan) -> Content:
        """The way, and why it can't be gone; a line too long is cut, the plan below has all of it."""
        way = WAYS.get(plan.order.kind, plan.summary)
        if plan.blocked:
            return Content.assemble(
                (f"{self._glyphs.failing} ", "$probe-failing"),
                (way, "$muted"),
                (f"  can't be: {plan.blocked[0].words}", "$probe-failing"),
            )
        sign = (self._glyphs.about, "$severity-warning") if plan.warnings else (self._glyphs.passing, "$probe-passing")
        return Content.assemble((f"{sign[0]} ", sign[1]), (way, "bold"), (f"  {plan.cost}", "$muted"))

    def action_page(self, pages: int) -> None:
        """Scroll the plan."""
        self._page.action_page(pages)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show its plan."""
        plan = self._plans[event.option_index]
        self._page.show(plan_page(plan, self._glyphs), key=plan.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go on with it; its plan is checked afresh where it is confirmed."""
        self.dismiss(self._plans[event.option_index].order)
