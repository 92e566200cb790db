"""The same search in a browser: the address, shown and copied."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from opsconsole.domain.text import SafeText
from opsconsole.screens.upper_screens import StillDialog

_COPIED = "copied, if the terminal allows it (OSC 52); open it where your browser is"
_UNKNOWN = "it is not known where this search can be seen in a browser"
_ADVICE = "name Kibana's address as `kibana` of the cluster's Elasticsearch, see docs/configuration.md"


class LinkScreen(StillDialog[None]):
    """An address, or how one is configured; any of Esc, K, q and Enter goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,K,q,enter", "dismiss", "back", id="link.close")]

    def __init__(self, link: SafeText | None) -> None:
        """`link` was copied already; None when there is none."""
        super().__init__()
        self._link = link

    def compose(self) -> ComposeResult:
        """A frame with the address in it; it is text, never live."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content("This search in Kibana")
            frame.border_subtitle = Content("Esc back")
            yield Static(self._page())

    def _page(self) -> Content:
        said, advice = (self._link, _COPIED) if self._link is not None else (_UNKNOWN, _ADVICE)
        return Content.assemble(said, "\n\n", (advice, "$muted"))
