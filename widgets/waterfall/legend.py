"""Which colour is whose, and what the signs of the bars mean."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_shape import ServiceShare, TraceShape
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import OneLine
from opsconsole.widgets.waterfall.times import precise


class Legend(OneLine):
    """The services of a trace with their spans and errors, and the length of the critical path.

    Services that don't fit are counted.
    """

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """Nothing yet."""
        super().__init__(id=id)
        self._glyphs = glyphs
        self._shape: TraceShape | None = None
        self._colours: Mapping[SafeText, str] = {}

    def show(self, shape: TraceShape, colours: Mapping[SafeText, str]) -> None:
        """About `shape`."""
        self._shape, self._colours = shape, colours
        self.changed()

    def longest(self) -> Content:
        """All of it."""
        return self.line(10_000)

    def line(self, width: int) -> Content:
        """As many services as fit in `width` cells, then the signs."""
        if self._shape is None:
            return Content("")
        glyphs, shape = self._glyphs, self._shape
        services = [self._service(share) for share in shape.services]
        signs = Content.assemble(
            (f"{glyphs.bar} critical path {precise(shape.critical_time, glyphs.micro)}", "$muted"),
            (f"  {glyphs.event} event", "$muted"),
        )
        gap = width - sum(part.cell_length for part in services) - signs.cell_length
        if gap >= 0:
            return Content.assemble(*services, " " * gap, signs)
        shown: list[Content] = []
        room = width
        for number, part in enumerate(services):
            more = f"+{len(services) - number} services"
            last = number == len(services) - 1
            if part.cell_length + (0 if last else len(more)) > room and shown:
                return Content.assemble(*shown, (more, "$muted"))
            shown.append(part)
            room -= part.cell_length
        return Content.assemble(*shown)

    def _service(self, share: ServiceShare) -> Content:
        glyphs = self._glyphs
        failed = f" {glyphs.error}{share.errors:,}" if share.errors else ""
        return Content.assemble(
            (glyphs.span_line, self._colours.get(share.service, "")),
            (f" {share.service}", f"{self._colours.get(share.service, '')} bold"),
            (f" {share.spans:,}", "$muted"),
            (failed, "$level-error bold"),
            "  ",
        )
