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
        self._offered = frozenset(key for key, _ in tabs)

    def show(self, visible: frozenset[str], offered: frozenset[str] | None = None) -> None:
        """Mark the tabs whose key is in `visible`, and leave out those that are not `offered` now (None: none)."""
        offered = self._offered if offered is None else offered
        if (visible, offered) != (self._visible, self._offered):
            self._visible, self._offered = visible, offered
            self.changed()

    def longest(self) -> Content:
        """All names."""
        parts = [
            Content.assemble((f"{key} {name}", "bold underline" if key in self._visible else "$muted"))
            for key, name in self._tabs
            if key in self._offered
        ]
        return Content("  ").join(parts)

    def line(self, width: int) -> Content:
        """As much of it as fits."""
        return self.longest().truncate(width)
