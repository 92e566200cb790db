"""What changed around a moment, and what each rollout brought; read-only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import Revision
from opsconsole.domain.pod import Change
from opsconsole.domain.text import SafeText
from opsconsole.screens.jumps.rollouts import brought, rollout_of
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.operations.rollout_page import change_line, change_page, rollout_page, waiting_page

Revisions = Callable[[ObjectRef], Awaitable[tuple[Revision, ...]]]


class ChangesAsked(msgspec.Struct, frozen=True):
    """The changes to list, newest first, and the one that `moment` (unix seconds) is about."""

    title: SafeText
    changes: tuple[Change, ...]
    chosen: Change
    moment: float


class ChangeScreen(StillDialog[None]):
    """Changes on top, below the page of the one under the cursor. Revisions are read when they are first shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,h,q,enter", "dismiss", "back", id="change.close"),
        Binding("pageup", "page(-1)", "page up", show=False, id="change.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="change.page_down"),
        Binding("y", "copy", "copy", id="change.copy"),
    ]

    def __init__(
        self,
        asked: ChangesAsked,
        revisions: Revisions | None,
        *,
        now: Callable[[], float],
        zone: tzinfo,
        glyphs: Glyphs,
    ) -> None:
        """`revisions` reads those of a workload; None where nobody can be asked."""
        super().__init__()
        self._asked = asked
        self._read = revisions
        self._now = now
        self._zone = zone
        self._glyphs = glyphs
        self._page = DetailView(glyphs=glyphs)
        self._known: dict[ObjectRef, tuple[Revision, ...] | SafeText] = {}
        self._reading: set[ObjectRef] = set()

    def compose(self) -> ComposeResult:
        """Changes on top, the page below."""
        with Vertical(classes="dialog wide") as frame:
            frame.border_title = Content(self._asked.title)
            dash = self._glyphs.dash
            frame.border_subtitle = Content(f"up, down choose {dash} PgDn scroll {dash} y copy {dash} Esc back")
            about = self._asked.moment
            yield OptionList(
                *(Option(change_line(one, about, self._zone)) for one in self._asked.changes), id="choices"
            )
            yield self._page

    def on_mount(self) -> None:
        """Start on the change that was asked about."""
        options = self.query_one(OptionList)
        options.highlighted = self._asked.changes.index(self._asked.chosen)
        options.focus()

    @property
    def _change(self) -> Change:
        return self._asked.changes[self.query_one(OptionList).highlighted or 0]

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show that one, and read the revisions of its workload if they are not known yet."""
        event.stop()
        workload = self._change.workload
        if (
            workload is not None
            and self._read is not None
            and workload not in self._known | dict.fromkeys(self._reading)
        ):
            self._reading.add(workload)
            self.run_worker(self._ask(self._read, workload), group="read")
        self._show()

    async def _ask(self, read: Revisions, workload: ObjectRef) -> None:
        try:
            self._known[workload] = await read(workload)
        except SourceError as error:
            self._known[workload] = error.sentence
        self._show()

    def _show(self) -> None:
        change = self._change
        lines = (*change_page(change, self._now(), self._zone), *self._rollout(change))
        self._page.show(lines, key=(change.time, change.title))

    def _rollout(self, change: Change) -> tuple[Content, ...]:
        if change.workload is None:
            return ()
        if self._read is None:
            return waiting_page(SafeText("Kubernetes can't be asked for the difference"))
        known = self._known.get(change.workload)
        if known is None:
            return waiting_page(SafeText(f"asking kubernetes for the revisions{self._glyphs.more}"))
        if not isinstance(known, tuple):
            return waiting_page(known)
        made, replaced = rollout_of(known, change.revision)
        return rollout_page(made, replaced, brought(made, replaced) if made and replaced else (), self._glyphs)

    def on_option_list_option_selected(self) -> None:
        """Enter goes back."""
        self.dismiss()

    def action_page(self, pages: int) -> None:
        """Scroll the page."""
        self._page.action_page(pages)

    def action_copy(self) -> None:
        """Copy the page as plain text."""
        self.app.copy_to_clipboard(self._page.text)
        self.notify("copied, if the terminal allows it (OSC 52)", markup=False)
