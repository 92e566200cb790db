"""Which runbook to walk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.runbook import Lint, RunbookOffer
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import Verdict, Walk
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.runbooks.offer_page import offer_line, offer_page, refused_words, walk_line, walk_page


class Offered(msgspec.Struct, frozen=True):
    """What may be chosen: walks that were not finished, then runbooks, best first; `refused` files can't be.

    `tried` are runbooks that were walked already, by their path, with what they found.
    """

    walks: tuple[Walk, ...]
    offers: tuple[RunbookOffer, ...]
    refused: tuple[Lint, ...] = ()
    tried: Mapping[str, Verdict] = {}

    @property
    def entries(self) -> tuple[Walk | RunbookOffer, ...]:
        """All of them in their order."""
        return (*self.walks, *self.offers)

    @property
    def first(self) -> int:
        """Where the cursor begins: on a walk to resume, else on the best that did not say `not this`."""
        if self.walks:
            return 0
        denied = Verdict.NOT_THIS
        return next((at for at, one in enumerate(self.offers) if self.tried.get(one.runbook.path) is not denied), 0)


class GivingUp(msgspec.Struct, frozen=True):
    """What was chosen is not to be gone on with."""

    walk: Walk


class OfferScreen(StillDialog[Walk | GivingUp | RunbookOffer | None]):
    """Runbooks and walks in lines, the one under the cursor told below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "back", id="offer.close"),
        Binding("x", "give_up", "give up", id="offer.give_up"),
        Binding("pageup", "page(-1)", "page up", show=False, id="offer.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="offer.page_down"),
    ]

    def __init__(self, about: SafeText, offered: Callable[[], Awaitable[Offered]], *, glyphs: Glyphs) -> None:
        """`about` names what they are offered for; `offered` reads them."""
        super().__init__()
        self._about = about
        self._ask = offered
        self._glyphs = glyphs
        self._offered = Offered((), ())
        self._page = DetailView(glyphs=glyphs)
        # Held, not looked up: an answer may come while the dialog is being closed.
        self._question = Static(Content("reading the runbooks"), id="question")
        self._options = OptionList(id="choices")

    def compose(self) -> ComposeResult:
        """The runbooks on top, the one under the cursor below."""
        with Vertical(classes="dialog wide") as frame:
            frame.border_title = Content(f"Runbooks for {self._about}")
            yield self._question
            yield self._options
            yield self._page

    def on_mount(self) -> None:
        """Read them."""
        self._tell_keys()
        self._options.focus()
        self.run_worker(self._reading(), exclusive=True, group="offers")

    async def _reading(self) -> None:
        try:
            offered = await self._ask()
        except OpsConsoleError as error:
            self._question.update(Content(str(error)))
            return
        self._offered = offered
        self._tell_keys()
        words = refused_words(offered.refused)
        if not offered.entries:
            words = words or SafeText("there is no runbook: name their folder in the configuration")
        self._question.update(Content(words))
        self._question.display = bool(words)
        self._options.clear_options()
        self._options.add_options(Option(self._line(one)) for one in offered.entries)
        if offered.entries:
            self._options.highlighted = offered.first

    def _line(self, entry: Walk | RunbookOffer) -> Content:
        if isinstance(entry, Walk):
            return walk_line(entry, self._glyphs)
        return offer_line(entry, self._offered.tried.get(entry.runbook.path), self._glyphs)

    def _tell_keys(self) -> None:
        """Giving up is a key where there is a walk to give up."""
        keys = ("Enter walk", *(("x give up",) if self._offered.walks else ()), "PgDn scroll", "Esc back")
        self.query_one(".dialog").border_subtitle = Content(f" {self._glyphs.dot} ".join(keys))

    def action_give_up(self) -> None:
        """Not to go on with the walk under the cursor; nothing for a runbook that was not begun."""
        at = self._options.highlighted
        entry = self._offered.entries[at] if at is not None and at < len(self._offered.entries) else None
        if isinstance(entry, Walk):
            self.dismiss(GivingUp(entry))

    def action_page(self, pages: int) -> None:
        """Scroll the page."""
        self._page.action_page(pages)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell what it is."""
        entry = self._offered.entries[event.option_index]
        page = walk_page(entry) if isinstance(entry, Walk) else offer_page(entry)
        self._page.show(page, key=entry)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go on with it."""
        self.dismiss(self._offered.entries[event.option_index])
