"""The footer: which keys do what, as many as fit."""

from __future__ import annotations

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.widgets.one_line import OneLine

_GAP = "  "


class KeyLine(OneLine):
    """Pairs of key and title, the most important first. What does not fit is left out whole."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """No keys yet."""
        super().__init__(id=id, classes=classes)
        self._keys: tuple[tuple[SafeText, SafeText], ...] = ()

    def show(self, keys: tuple[tuple[SafeText, SafeText], ...]) -> None:
        """Show `keys` as (key, title)."""
        if keys != self._keys:
            self._keys = keys
            self.changed()

    def longest(self) -> Content:
        """All of them."""
        return self.line(10_000)

    def line(self, width: int) -> Content:
        """As many pairs as fit in `width` cells; one that is too long does not stop a shorter one."""
        shown: list[Content] = []
        left = width
        for key, title in self._keys:
            pair = Content.assemble((_GAP if shown else "", ""), (key, "$text bold"), (f" {title}", "$muted"))
            if pair.cell_length <= left:
                left -= pair.cell_length
                shown.append(pair)
        return Content.assemble(*shown)
