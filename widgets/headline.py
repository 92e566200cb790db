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

_KEPT = 2
"""Phrases that are shown whatever it costs: what is wrong, and what changed."""
_LEAST_PART = 24
"""Cells that a phrase which does not fit must have to be worth beginning."""


class Phrase(msgspec.Struct, frozen=True):
    """A part of the sentence, and the few words that it comes down to where there is little room."""

    text: SafeText
    short: SafeText = SafeText("")
    least: SafeText = SafeText("")


class Headline(msgspec.Struct, frozen=True):
    """Phrases in the order of their weight, and how bad it is; None for nothing bad."""

    phrases: tuple[Phrase, ...]
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
        return self._written([phrase.text for phrase in self._headline.phrases])

    def line(self, width: int) -> Content:
        """As much as fits: the first two phrases, in few words if need be, and then more of them."""
        phrases = self._headline.phrases
        whole = [phrase.text for phrase in phrases]
        short = [phrase.short or phrase.text for phrase in phrases]
        least = [phrase.least or phrase.short or phrase.text for phrase in phrases]
        mixed = [*whole[:1], *short[1:_KEPT]], [*short[:1], *whole[1:_KEPT]]
        for first in (whole[:_KEPT], *mixed, short[:_KEPT], least[:_KEPT]):
            if self._written(first).cell_length <= width:
                return self._filled(first, short[_KEPT:], width)
        return truncated(self._written(least), width, self._glyphs.cut)

    def _filled(self, shown: list[SafeText], rest: list[SafeText], width: int) -> Content:
        """`shown`, with as much of `rest` behind it as there is room for."""
        for text in rest:
            longer = self._written([*shown, text])
            if longer.cell_length > width:
                if width - self._written(shown).cell_length >= _LEAST_PART:
                    return truncated(longer, width, self._glyphs.cut)
                break
            shown = [*shown, text]
        return self._written(shown)

    def _written(self, phrases: list[SafeText]) -> Content:
        severity = self._headline.severity
        text = f" {self._glyphs.dot} ".join(phrases)
        if severity is None:
            return Content.assemble((text, "$muted"))
        word = "" if severity is Severity.UNKNOWN else f"{severity.value.upper()} "
        sign = f"{self._glyphs.firing} {word}"
        return Content.assemble((sign, _STYLES[severity]), (text, ""))
