"""A panel of a metric: header, plot, axes and legend in whatever room there is."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from opsconsole.widgets.chart.figures import Figure, SeriesKey
from opsconsole.widgets.chart.lines import Line, Role, line_width, piece
from opsconsole.widgets.chart.picture import Options, Painter
from opsconsole.widgets.chart.view import ChartView
from opsconsole.widgets.glyphs import UNICODE, Glyphs

_DIMMED = frozenset(role for role in Role if role.value.startswith("series"))


class MetricChart(Widget):
    """Draws what `show` is given, and repaints the lines that read otherwise than before.

    Hidden series and the scale are the reader's own choice and outlive new answers of the same panel.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"chart--{role.value}" for role in Role}

    DEFAULT_CSS = """
    MetricChart {
        height: 1fr;
        min-height: 3;
        color: $text;
        & > .chart--text { color: $text; }
        & > .chart--title { color: $text; text-style: bold; }
        & > .chart--muted { color: $muted; }
        & > .chart--hidden { color: $muted; text-style: strike; }
        & > .chart--series-1 { color: $series-1; }
        & > .chart--series-2 { color: $series-2; }
        & > .chart--series-3 { color: $series-3; }
        & > .chart--series-4 { color: $series-4; }
        & > .chart--series-5 { color: $series-5; }
        & > .chart--series-6 { color: $series-6; }
        & > .chart--critical { color: $severity-critical; text-style: bold; }
        & > .chart--warning { color: $severity-warning; }
        & > .chart--info { color: $severity-info; }
        & > .chart--threshold { color: $threshold; }
        & > .chart--marker { color: $marker; }
        & > .chart--cursor { color: $cursor-line; }
    }
    """

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """A chart that was given nothing yet."""
        super().__init__(id=id, classes=classes)
        self._view: ChartView | None = None
        self._hidden: frozenset[SeriesKey] = frozenset()
        self._foremost: SeriesKey | None = None
        self._log: bool | None = None
        self._painter = Painter(glyphs)
        self._strips: list[Strip] = []
        self._styles: dict[tuple[Role, bool], Style] = {}

    @property
    def view(self) -> ChartView | None:
        """What was last shown."""
        return self._view

    @property
    def logarithmic(self) -> bool:
        """Whether the vertical axis is logarithmic: as toggled, else as the panel asks."""
        if self._log is not None:
            return self._log
        return self._view is not None and self._view.panel.y_axis.logarithmic

    def show(self, view: ChartView) -> None:
        """Draw `view`; another panel than before starts with all its series and its own scale."""
        if self._view is not None and self._view.panel.id != view.panel.id:
            self._forget_choices()
        self._view = view
        self._repaint()

    def legend(self) -> tuple[Figure, ...]:
        """The listed series, worst six at most, by their numbers; empty without an answer."""
        return () if self._view is None else self._painter.figures(self._view, self._options(), self.content_size.width)

    def toggle_series(self, index: int) -> bool:
        """Hide or show the series with number `index` + 1; False when there is none."""
        figure = self._numbered(index)
        if figure is None:
            return False
        self._hidden ^= {figure.key}
        self._repaint()
        return True

    def bring_forward(self, index: int | None) -> bool:
        """Draw the series with number `index` + 1 over the others; None leaves that to the worst one."""
        figure = None if index is None else self._numbered(index)
        if index is not None and figure is None:
            return False
        self._foremost = None if figure is None else figure.key
        self._repaint()
        return True

    def toggle_log_scale(self) -> bool:
        """Change between a linear and a logarithmic axis; returns whether it is logarithmic now."""
        self._log = not self.logarithmic
        self._repaint()
        return self._log

    def _numbered(self, index: int) -> Figure | None:
        return next((figure for figure in self.legend() if figure.number == index + 1), None)

    def _forget_choices(self) -> None:
        self._hidden, self._foremost, self._log = frozenset(), None, None

    def _options(self) -> Options:
        return Options(self._hidden, self._foremost, self.logarithmic)

    # --- drawing

    def render_line(self, y: int) -> Strip:
        """Line `y` of the chart."""
        width, height = self.content_size
        if len(self._strips) != height or (self._strips and self._strips[0].cell_length != width):
            self._strips = self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, self.visual_style.rich_style)

    def notify_style_update(self) -> None:
        """Forget lines in the old colours."""
        super().notify_style_update()
        self._styles.clear()
        self._strips = []

    def _repaint(self) -> None:
        """Send the lines that changed."""
        if not self.is_mounted or not self._strips:
            self.refresh()
            return
        before, self._strips = self._strips, self._draw()
        if len(before) != len(self._strips):
            self.refresh()
            return
        width = self.content_size.width
        changed = [y for y, strip in enumerate(self._strips) if strip != before[y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _draw(self) -> list[Strip]:
        width, height = self.content_size
        if not width or not height:
            return []
        if self._view is None:
            lines: list[Line] = [(piece(" nothing asked yet"[:width], Role.MUTED),)]
            dimmed = False
        else:
            lines, dimmed = self._painter.lines(self._view, self._options(), width, height)
        lines = [*lines, *[()] * (height - len(lines))]
        return [self._strip(line, width, dimmed=dimmed) for line in lines[:height]]

    def _strip(self, line: Line, width: int, *, dimmed: bool) -> Strip:
        segments = [
            Segment(text, self._style(role, dimmed=dimmed and role in _DIMMED).rich_style) for text, role in line
        ]
        return Strip(segments, line_width(line)).adjust_cell_length(width, self.visual_style.rich_style)

    def _style(self, role: Role, *, dimmed: bool) -> Style:
        style = self._styles.get((role, dimmed))
        if style is None:
            style = self.get_visual_style(f"chart--{role.value}")
            if dimmed:
                style += Style(dim=True)
            self._styles[role, dimmed] = style
        return style
