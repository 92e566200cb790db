"""How fresh every source is, in one line."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size

from opsconsole.domain.snapshot import FeedState, SourceFreshness
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import SIDES, OneLine
from opsconsole.widgets.problem_note import STATE_STYLES, state_sign
from opsconsole.widgets.rows import fit

_WORDS: dict[FeedState, str] = {
    FeedState.CONNECTING: "asking",
    FeedState.LIVE: "live",
    FeedState.PARTIAL: "partial",
    FeedState.STALE: "old",
    FeedState.DOWN: "down",
    FeedState.NO_ACCESS: "no access",
    FeedState.THROTTLED: "limited",
    FeedState.PAUSED: "paused",
    FeedState.NOT_CONFIGURED: "not set",
}


class FreshnessLine(OneLine):
    """`k8s ● prom ◐ 12s es ◔ 3/5 jaeger ✘`, with words where there is room for them."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """No sources yet."""
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._sources: tuple[SourceFreshness, ...] = ()
        self._now = 0.0

    def show(self, sources: tuple[SourceFreshness, ...], *, now: float) -> None:
        """Show `sources` in the order given, ages as of `now` (unix seconds)."""
        self._sources, self._now = sources, now
        self.changed()

    def longest(self) -> Content:
        """Signs, figures and words."""
        return self._joined(words=True, gap="  ")

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002  - Textual's signature
        """Cells of the form with words where that is at most half the line; the keys need the rest."""
        wanted = self.longest().cell_length + SIDES
        if wanted * 2 > container.width:
            wanted = self._joined(words=False, gap=" ").cell_length + SIDES
        return min(container.width, wanted)

    def line(self, width: int) -> Content:
        """The longest form that fits `width` cells; the shortest names only who is not well."""
        for form in (self.longest(), self._joined(words=False, gap=" ")):
            if form.cell_length <= width:
                return form
        unwell = [source for source in self._sources if source.state is not FeedState.LIVE]
        for kept in (unwell, unwell[:2], unwell[:1]):
            rest = len(self._sources) - len(kept)
            parts = [self._source(source, words=False) for source in kept]
            form = Content(" ").join([*parts, Content(f"+{rest}")] if rest else parts)
            if form.cell_length <= width:
                return form
        signs = Content.assemble(
            *((state_sign(source.state, self._glyphs), STATE_STYLES[source.state]) for source in self._sources)
        )
        return signs if signs.cell_length <= width else Content(fit(self._glyphs.down, width, self._glyphs.cut))

    def _joined(self, *, words: bool, gap: str) -> Content:
        return Content(gap).join([self._source(source, words=words) for source in self._sources])

    def _source(self, source: SourceFreshness, *, words: bool) -> Content:
        style = STATE_STYLES[source.state]
        figure = self._figure(source)
        word = _WORDS[source.state] if words else ""
        told = " ".join(text for text in (state_sign(source.state, self._glyphs), figure, word) if text)
        return Content.assemble((f"{source.source.short} ", "$muted"), (told, style))

    def _figure(self, source: SourceFreshness) -> str:
        """The age of what is not live, the parts of what is partial."""
        whole = source.completeness
        if source.state is FeedState.PARTIAL:
            return f"{whole.got}/{whole.wanted}" if whole.got < whole.wanted else ""
        if source.state in (FeedState.STALE, FeedState.DOWN, FeedState.THROTTLED, FeedState.PAUSED):
            return "" if source.as_of is None else format_duration(self._now - source.as_of)
        return ""
