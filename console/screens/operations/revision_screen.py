"""Which revision to go back to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import Revision
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.operations.revision_page import revision_line, revision_page


class RevisionScreen(StillDialog[int | None]):
    """Revisions by date and image with the health of their pods, and the difference of the one under the cursor.

    Returns the chosen number. The cursor starts on the newest revision that would run otherwise than now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "back", id="revision.close"),
        Binding("pageup", "page(-1)", "page up", show=False, id="revision.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="revision.page_down"),
    ]

    def __init__(
        self, title: str, revisions: Callable[[], Awaitable[tuple[Revision, ...]]], *, glyphs: Glyphs, clock: Clock
    ) -> None:
        """`title` names the workload; `revisions` reads them."""
        super().__init__()
        self._heading = title
        self._ask = revisions
        self._glyphs = glyphs
        self._clock = clock
        self._revisions: tuple[Revision, ...] = ()
        self._page = DetailView(glyphs=glyphs)
        # Held, not looked up: an answer may come while the dialog is being closed.
        self._question = Static(Content("reading the revisions and their pods"), id="question")
        self._options = OptionList(id="choices")

    def compose(self) -> ComposeResult:
        """Revisions on top, the difference below."""
        with Vertical(classes="dialog wide") as frame:
            frame.border_title = Content(self._heading)
            frame.border_subtitle = Content(f"Enter choose {self._glyphs.dot} PgDn scroll {self._glyphs.dot} Esc back")
            yield self._question
            yield self._options
            yield self._page

    def on_mount(self) -> None:
        """Read them."""
        self._options.focus()
        self.run_worker(self._reading(), exclusive=True, group="read")

    async def _reading(self) -> None:
        question = self._question
        try:
            self._revisions = await self._ask()
        except SourceError as error:
            question.update(Content(error.sentence))
            return
        if not self._revisions:
            question.update(Content("no revision is kept (revisionHistoryLimit 0): there is nothing to go back to"))
            return
        question.display = False
        now = self._clock.now()
        options = self._options
        options.clear_options()
        options.add_options(Option(revision_line(revision, now, self._glyphs)) for revision in self._revisions)
        options.highlighted = first_other(self._revisions)

    def action_page(self, pages: int) -> None:
        """Scroll the difference."""
        self._page.action_page(pages)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show how it differs."""
        revision = self._revisions[event.option_index]
        self._page.show(revision_page(revision, self._glyphs), key=revision.number)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose it, unless it is in force."""
        revision = self._revisions[event.option_index]
        if not revision.current:
            self.dismiss(revision.number)


def first_other(revisions: tuple[Revision, ...]) -> int:
    """Place of the newest revision that would run otherwise than the one in force, else of the newest not in force.

    One that differs in labels and annotations alone was made by a rolling restart: going back to it changes nothing.
    """
    others = [place for place, one in enumerate(revisions) if not one.current]
    return next((place for place in others if _runs_otherwise(revisions[place])), others[0] if others else 0)


def _runs_otherwise(revision: Revision) -> bool:
    return any(not change.path.startswith(("labels[", "annotations[")) for change in revision.changes)
