"""Names of panes that a small terminal can't all show."""

from __future__ import annotations

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.widgets.one_line import OneLine


class TabStrip(OneLine):
    """`1 Alerts  2 Metrics  …`, those on screen underlined and bold."""

    def __init__(
        self,
        tabs: tuple[tuple[str, SafeText], ...],
        *,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """`tabs` are pairs of key and name."""
        super().__init__(id=id, classes=classes)
        self._tabs = tabs
        self._visible: frozenset[str] = frozenset()

    def show(self, visible: frozenset[str]) -> None:
        """Mark the tabs whose key is in `visible`."""
        if visible != self._visible:
            self._visible = visible
            self.changed()

    def longest(self) -> Content:
        """All names."""
        parts = [
            Content.assemble((f"{key} {name}", "bold underline" if key in self._visible else "$muted"))
            for key, name in self._tabs
        ]
        return Content("  ").join(parts)

    def line(self, width: int) -> Content:
        """As much of it as fits."""
        return self.longest().truncate(width)
