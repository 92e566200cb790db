"""Traces as points over time: where each lies, what covers what, and which one is lit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Trace
from opsconsole.widgets.chart.raster import Grid
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.trace_scatter import Plot, Point, TraceScatter, points_of, scale_of
from widget_samples import FAST_TRACE, NOW, SLOW_TRACE, TRACE_ID
from widget_stage import Stage, screen_text, shown

HOUR = TimeRange(NOW - 3600, NOW)


def point(key: str, ago: float, duration: float, *, failed: bool = False) -> Point:
    return Point(key, NOW - ago, duration, failed)


async def picture(points: tuple[Point, ...], *, size: tuple[int, int] = (60, 8), **more: object) -> list[str]:
    scatter = TraceScatter()
    app = Stage(scatter)
    async with app.run_test(size=size, notifications=True) as pilot:
        scatter.styles.height = size[1]
        scatter.show(points, span=HOUR, **more)  # type: ignore[arg-type]
        await pilot.pause()
        return shown(app)


async def test_time_goes_across_and_duration_up_on_a_logarithmic_axis_with_units() -> None:
    lines = await picture((point("a", 3540, 0.01), point("b", 1800, 0.1), point("c", 30, 1.0)))
    places = [(line.index("●"), y) for y, line in enumerate(lines) if "●" in line]
    assert [x for x, _ in places] == sorted((x for x, _ in places), reverse=True)
    assert places[1][1] - places[0][1] == places[2][1] - places[1][1]
    text = "\n".join(lines)
    assert "10 ms│" in text
    assert "1 s│" in text
    assert "14:00" in lines[-1]


async def test_errors_have_a_sign_of_their_own_and_cover_what_is_fine() -> None:
    lines = await picture((point("bad", 600, 0.5, failed=True), point("good", 600, 0.5)))
    assert sum(line.count("✘") for line in lines) == 1
    assert sum(line.count("●") for line in lines) == 0


async def test_the_cursor_stands_at_the_same_moment_as_in_the_charts() -> None:
    lines = await picture((point("a", 600, 0.5),), cursor=NOW - 1800)
    column = lines[0].index("│", lines[0].index("│") + 1)
    gutter = lines[0].index("│") + 1
    assert column - gutter == (60 - gutter) // 2
    assert "13:42:00" in lines[-1]


async def test_the_lit_point_shows_without_colour() -> None:
    scatter = TraceScatter()
    app = Stage(scatter)
    async with app.run_test(size=(60, 8), notifications=True) as pilot:
        for lit in ("good", "bad"):
            scatter.show((point("bad", 600, 0.5, failed=True), point("good", 600, 0.5)), span=HOUR, lit=lit)
            await pilot.pause()
            reversed_ones = [
                segment.text
                for y in range(6)
                for segment in scatter.render_line(y)
                if segment.style and segment.style.reverse
            ]
            assert reversed_ones == [{"good": "●", "bad": "✘"}[lit]]


async def test_a_click_near_a_point_names_it() -> None:
    picked: list[str] = []

    class Heard(Stage):
        def on_trace_scatter_picked(self, message: TraceScatter.Picked) -> None:
            picked.append(message.key)

    scatter = TraceScatter()
    app = Heard(scatter)
    async with app.run_test(size=(60, 8), notifications=True) as pilot:
        scatter.show((point("a", 600, 0.5), point("b", 3000, 5.0)), span=HOUR)
        await pilot.pause()
        y = next(y for y, line in enumerate(shown(app)) if "●" in line)
        await pilot.click(offset=(shown(app)[y].index("●") + 1, y))
        await pilot.pause()
    assert picked == ["b"]


def test_traces_become_points_and_those_without_spans_none() -> None:
    made = points_of((SLOW_TRACE, FAST_TRACE, Trace(SafeText("x"), ())))
    assert [(one.key, one.failed) for one in made] == [(TRACE_ID, True), (FAST_TRACE.trace_id, False)]
    assert made[0].duration == pytest.approx(0.812)


@given(
    st.lists(
        st.builds(Point, st.text(max_size=3), st.floats(), st.floats(), st.booleans()),
        max_size=8,
    ),
    st.integers(1, 60),
    st.integers(1, 20),
)
def test_whatever_comes_points_lie_on_the_grid_or_nowhere(points: list[Point], columns: int, rows: int) -> None:
    plot = Plot(Grid(columns, rows, 1, 1), HOUR, scale_of(points, HOUR))
    for one in points:
        place = plot.place(one)
        if place is not None:
            assert 0 <= place[0] < columns
            assert 0 <= place[1] < rows
    cells = plot.cells(points, "", None, UNICODE)
    assert [len(row) for row in cells] == [columns] * rows


@pytest.mark.parametrize("size", [(8, 3), (20, 2), (38, 5), (120, 14)])
async def test_any_size_is_filled_and_not_exceeded(size: tuple[int, int]) -> None:
    scatter = TraceScatter(glyphs=ASCII)
    app = Stage(scatter)
    async with app.run_test(size=size, notifications=True) as pilot:
        scatter.styles.height = size[1]
        scatter.show((point("a", 600, 2.5e-5), point("b", 5, 300.0, failed=True)), span=HOUR, cursor=NOW - 60)
        await pilot.pause()
        assert all(cell_len(line) <= size[0] for line in shown(app))
        assert screen_text(app).isascii()
