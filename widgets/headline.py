"""The one sentence that says what is wrong."""

from __future__ import annotations

import msgspec
from textual.content import Content

from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import OneLine, truncated

_STYLES = {
    Severity.CRITICAL: "$severity-critical bold",
    Severity.WARNING: "$severity-warning bold",
    Severity.INFO: "$severity-info",
    Severity.UNKNOWN: "$text",
}


class Headline(msgspec.Struct, frozen=True):
    """Phrases in the order of their weight, and how bad it is; None for nothing bad."""

    phrases: tuple[SafeText, ...]
    severity: Severity | None = None


class HeadlineBar(OneLine):
    """A `Headline` in one line, its severity in a word as well as in colour."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """Nothing to say yet."""
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._headline = Headline(())

    def show(self, headline: Headline) -> None:
        """Show `headline`."""
        if headline != self._headline:
            self._headline = headline
            self.changed()

    def longest(self) -> Content:
        """The whole sentence."""
        severity = self._headline.severity
        text = f" {self._glyphs.dot} ".join(self._headline.phrases)
        if severity is None:
            return Content.assemble((text, "$muted"))
        word = "" if severity is Severity.UNKNOWN else f"{severity.value.upper()} "
        sign = f"{self._glyphs.firing} {word}"
        return Content.assemble((sign, _STYLES[severity]), (text, ""))

    def line(self, width: int) -> Content:
        """As much of it as fits."""
        return truncated(self.longest(), width, self._glyphs.cut)
