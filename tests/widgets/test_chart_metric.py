"""The metric chart as a reader sees it, in every size and state."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.marker import Marker, MarkerKind
from opsconsole.domain.series import Exemplar, Panel, PanelReading, Series, Severity, Threshold, Unit, YAxis
from opsconsole.domain.snapshot import Completeness, FeedState, Problem, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text
from opsconsole.widgets.chart import ChartView, MetricChart
from opsconsole.widgets.glyphs import ASCII, UNICODE, Glyphs
from widget_samples import NOW
from widget_stage import Stage, shown

SIZES = [(20, 3), (24, 6), (40, 8), (60, 12), (80, 24), (120, 30), (240, 60)]
STEP = 15.0
SPAN = TimeRange(NOW - 3600.0, NOW)
PANEL = Panel(
    "errors", SafeText("errors"), "sum by (pod) (…)", Unit.RATIO, thresholds=(Threshold(0.05, Severity.CRITICAL),)
)
REFUSED = Problem.of(SourceError(ErrorKind.UNREACHABLE, "prometheus", SafeText("connection refused at 10.0.0.3:9090")))
HOSTILE = "[red]\x1b[2J\x1b]0;owned\x07[@click=app.quit]x[/] \u202eevil\x9b\u200b"


def line(name: str, value: Callable[[float], float], *, until: float = NOW) -> Series:
    """`value` of the share of the last hour that has passed, sampled every 15 s."""
    times = tuple(SPAN.start + STEP * index for index in range(241) if SPAN.start + STEP * index <= until)
    return Series(
        {SafeText("pod"): safe_text(name)},
        times,
        tuple(value((time - SPAN.start) / 3600.0) for time in times),
        safe_text(name),
    )


def surge(base: float, top: float, at: float = 0.86) -> Callable[[float], float]:
    return lambda share: base if share < at else top


SURGE = (
    line("checkout-7d9f8b6c5-abcde", surge(0.004, 0.081)),
    line("checkout-7d9f8b6c5-fghij", surge(0.003, 0.006)),
    line("checkout-7d9f8b6c5-klmno", surge(0.002, 0.031)),
)
MARKERS = (
    Marker(NOW - 540.0, MarkerKind.DEPLOY, SafeText("checkout 1.4.2 → 1.5.0")),
    Marker(NOW - 120.0, MarkerKind.RESTART, SafeText("checkout-7d9f8b6c5-abcde")),
)


def snapshot(
    *series: Series,
    state: FeedState = FeedState.LIVE,
    age: float = 0.0,
    completeness: Completeness | None = None,
    problem: Problem | None = None,
    exemplars: tuple[Exemplar, ...] = (),
    panel: Panel = PANEL,
) -> Snapshot[PanelReading]:
    return Snapshot(
        state,
        PanelReading(panel, series, STEP, SafeText("sum by (pod) (errors)"), exemplars),
        NOW - age,
        completeness=completeness or Completeness(),
        problem=problem,
    )


def view(
    snap: Snapshot[PanelReading],
    *,
    panel: Panel = PANEL,
    cursor: float | None = None,
    markers: tuple[Marker, ...] = (),
    span: TimeRange = SPAN,
    now: float = NOW,
    selected: bool = False,
) -> ChartView:
    return ChartView(snap, panel, span, now, cursor, markers, selected)


@asynccontextmanager
async def staged(
    first: ChartView, size: tuple[int, int] = (60, 12), glyphs: Glyphs = UNICODE, theme: str = "dark"
) -> AsyncIterator[tuple[MetricChart, Pilot[None]]]:
    chart = MetricChart(glyphs=glyphs)
    async with Stage(chart, theme).run_test(size=size) as pilot:
        chart.show(first)
        await pilot.pause(0)
        yield chart, pilot


async def text_of(first: ChartView, size: tuple[int, int] = (60, 12), glyphs: Glyphs = UNICODE) -> list[str]:
    async with staged(first, size, glyphs) as (_, pilot):
        return shown(pilot.app)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_every_size_says_the_worst_value_and_its_severity(size: tuple[int, int], glyphs: Glyphs) -> None:
    lines = await text_of(view(snapshot(*SURGE), markers=MARKERS), size, glyphs)
    assert f"8.1 % {glyphs.above} crit" in lines[0]
    assert all(text.strip() for text in lines[1:]), "no line is blank"


async def test_a_large_chart_has_axes_labels_markers_and_a_table() -> None:
    text = "\n".join(await text_of(view(snapshot(*SURGE), markers=MARKERS), (120, 30)))
    for wanted in (
        "▲5 %│",
        "13:30",
        "UTC",
        "D 14:03 checkout 1.4.2 → 1.5.0",
        "R 14:10 checkout-7d9f8b6c5-abcde",
        "since 14:03",
    ):
        assert wanted in text
    row = next(text for text in text.splitlines() if text.startswith("1━checkout-7d9f8b6c5-abcde"))
    assert row.split() == ["1━checkout-7d9f8b6c5-abcde", "0.4", "%", "8.1", "%", "8.1", "%", "▲", "critical"]


async def test_marker_letters_stand_on_the_axis_under_their_line() -> None:
    lines = await text_of(view(snapshot(line("", lambda _: 0.01)), markers=MARKERS), (60, 12))
    axis = lines[-1]
    assert axis.startswith("UTC")
    for letter in "DR":
        column = axis.index(letter, 4)
        assert all(text[column] == "┊" for text in lines[2:7])


async def test_markers_and_thresholds_leave_the_dots_of_a_series_alone() -> None:
    flat = snapshot(line("", lambda _: 0.05))
    plain = await text_of(view(flat), (60, 12))
    marked = await text_of(view(flat, markers=MARKERS), (60, 12))
    row = next(text for text in plain if "⠒⠒" in text or "⠤⠤" in text or "⠉⠉" in text or "⣀⣀" in text)
    assert row in marked


async def test_a_new_answer_of_the_same_extent_is_drawn_anew() -> None:
    async with staged(view(snapshot(line("", surge(0.01, 0.08, 0.3))))) as (chart, pilot):
        before = shown(pilot.app)
        chart.show(view(snapshot(line("", surge(0.01, 0.08, 0.6)))))
        await pilot.pause(0)
        after = shown(pilot.app)
        assert before[2:9] != after[2:9]


async def test_the_series_brought_forward_owns_shared_cells() -> None:
    def colors(chart: MetricChart) -> set[object]:
        segments = [segment for y in range(1, 9) for segment in chart.render_line(y)]
        braille = [segment for segment in segments if any(0x2800 < ord(char) < 0x2900 for char in segment.text)]
        return {segment.style.color for segment in braille if segment.style is not None}

    panel = Panel("flat", SafeText("flat"), "q")
    twins = (line("a", lambda _: 1.0), line("b", lambda _: 1.0))
    async with staged(view(snapshot(*twins, panel=panel), panel=panel)) as (chart, _):
        first = colors(chart)
        assert chart.bring_forward(1)
        second = colors(chart)
        assert len(first) == len(second) == 1
        assert first != second
        assert not chart.bring_forward(5)
        assert chart.bring_forward(None)
        assert colors(chart) == first


async def test_how_long_a_threshold_is_crossed_is_not_guessed_beyond_the_samples() -> None:
    lines = await text_of(view(snapshot(line("", lambda _: 0.5))), (80, 12))
    assert "▲ critical since before 13:12" in lines[0]
    gap = line("", lambda share: math.nan if 0.4 < share < 0.5 else 0.5)
    assert "since before 13:42" in (await text_of(view(snapshot(gap)), (80, 12)))[0]


async def test_an_error_too_long_for_its_panel_ends_in_a_sign() -> None:
    never: Snapshot[PanelReading] = Snapshot(FeedState.DOWN, problem=REFUSED)
    assert (await text_of(view(never), (20, 3)))[2].endswith("…")


async def test_dots_stop_where_samples_stop() -> None:
    lines = await text_of(view(snapshot(line("", lambda share: math.nan if 0.4 < share < 0.6 else 0.01))), (60, 12))
    plot = [text[text.index("│") + 1 :].ljust(60) for text in lines if "│" in text]
    columns = [any(ord(row[column]) > 0x2800 for row in plot if "⠤ ⠤" not in row) for column in range(54)]
    gap = [index for index, drawn in enumerate(columns[:52]) if not drawn]
    assert gap == list(range(gap[0], gap[-1] + 1))
    assert 8 <= len(gap) <= 13


async def test_a_small_chart_under_the_cursor_keeps_its_title_and_value() -> None:
    lines = await text_of(view(snapshot(*SURGE), cursor=NOW - 60.0), (26, 6))
    assert lines[0].split() == ["errors", "@8.1", "%", "▲", "critical"]


async def test_the_axis_leaves_out_the_words_of_the_unit() -> None:
    panel = Panel("cpu", SafeText("CPU"), "…", Unit.CORES, thresholds=(Threshold(0.85),))
    lines = await text_of(view(snapshot(line("a", surge(0.2, 0.95)), panel=panel), panel=panel), (26, 8))
    assert "0.95 cores" in lines[0]
    assert not any("cores" in text for text in lines[1:])
    assert any(text.startswith("▲0.85│") for text in lines)


async def test_the_legend_of_a_small_chart_names_the_worst_series_that_still_goes_on() -> None:
    gone = line("gone-pod-aaaaa", surge(0.5, 0.5), until=NOW - 1200.0)
    others = [line(f"checkout-7d9f8b6c5-{name}", surge(0.01, 0.02)) for name in ("fghij", "klmno")]
    worst = line("checkout-7d9f8b6c5-abcde", surge(0.004, 0.081))
    lines = await text_of(view(snapshot(gone, *others, worst)), (26, 7))
    assert "8.1 %▲" in lines[-1]
    assert "abcde" in lines[-1] or "…" in lines[-1]
    assert "gone" not in lines[-1]


async def test_alerts_side_by_side_are_marked_once_where_they_began() -> None:
    markers = tuple(Marker(NOW - 900.0 + 60.0 * index, MarkerKind.ALERT, SafeText("E")) for index in range(4))
    lines = await text_of(view(snapshot(SURGE[0]), markers=markers), (30, 8))
    assert lines[-1].count("A") == 1


async def test_the_cursor_reads_every_series_at_its_moment() -> None:
    at = NOW - 1800.0
    lines = await text_of(view(snapshot(*SURGE), cursor=at, selected=True), (80, 12))
    assert lines[0].startswith("▌errors  0.4 % at 13:42:00")
    assert lines[-1].split("  ") == ["1━…abcde 0.4 %", "2━…fghij 0.3 %", "3━…klmno 0.2 %"]
    assert "13:42:00" in lines[-2]
    column = lines[2].index("│", 8)
    assert lines[3][column] == "│"


async def test_the_cursor_in_a_gap_reads_no_sample_instead_of_a_neighbour() -> None:
    gap = line("", lambda share: math.nan if 0.4 < share < 0.6 else 0.01)
    lines = await text_of(view(snapshot(gap), cursor=NOW - 1800.0))
    assert "no sample at 13:42:00" in lines[0]


async def test_a_series_that_ended_has_no_value_now() -> None:
    ended = line("old", lambda _: 0.9, until=NOW - 600.0)
    lines = await text_of(view(snapshot(ended, line("new", lambda _: 0.01))))
    assert "errors  1 %" in lines[0]
    alone = await text_of(view(snapshot(ended)))
    assert "no value now" in alone[0]


async def test_a_window_in_the_past_names_its_moment() -> None:
    past = TimeRange(NOW - 3600.0, NOW - 1800.0)
    lines = await text_of(view(snapshot(*SURGE), span=past))
    assert "0.4 % at 13:42" in lines[0]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (FeedState.STALE, "◐ stale 12s"),
        (FeedState.DOWN, "✘ down 12s"),
        (FeedState.NO_ACCESS, "⚿ no access 12s"),
        (FeedState.THROTTLED, "◐ limited 12s"),
        (FeedState.PAUSED, "‖ paused"),
    ],
)
async def test_what_is_not_live_says_so_with_its_age_and_keeps_its_data(state: FeedState, words: str) -> None:
    lines = await text_of(view(snapshot(*SURGE, state=state, age=12.0, problem=REFUSED)), (80, 12))
    assert lines[0].endswith(words)
    assert "8.1 %" in lines[0]
    assert sum(any(0x2800 < ord(char) < 0x2900 for char in text) for text in lines) >= 3
    if state is not FeedState.PAUSED:
        assert "prometheus can't be reached: connection refused" in lines[1]


async def test_old_series_are_dimmed_and_live_ones_are_not() -> None:
    def dimness(chart: MetricChart) -> set[object]:
        strips = [chart.render_line(y) for y in range(1, 8)]
        return {
            segment.style.dim
            for strip in strips
            for segment in strip
            if segment.style is not None and any(0x2840 < ord(char) < 0x2900 for char in segment.text)
        }

    async with staged(view(snapshot(*SURGE))) as (chart, pilot):
        assert True not in dimness(chart)
        chart.show(view(snapshot(*SURGE, state=FeedState.STALE, age=60.0)))
        await pilot.pause(0)
        assert True in dimness(chart)


async def test_a_partial_answer_carries_the_backends_words() -> None:
    missing = Completeness(2, 3, (SafeText("store thanos-eu-1 unavailable"),))
    lines = await text_of(view(snapshot(*SURGE, state=FeedState.PARTIAL, completeness=missing)), (80, 12))
    assert lines[0].endswith("◔ partial")
    assert lines[1].strip() == "partial: 2 of 3 parts answered; store thanos-eu-1 unavailable"
    # A live feed whose answer came with a warning is no less partial.
    warned = Completeness(1, 1, (SafeText("store thanos-eu-1 unavailable"),))
    lines = await text_of(view(snapshot(*SURGE, completeness=warned)), (80, 12))
    assert lines[0].endswith("◔ partial")


@pytest.mark.parametrize("size", SIZES)
async def test_a_panel_that_never_had_a_value_shows_the_error(size: tuple[int, int]) -> None:
    never: Snapshot[PanelReading] = Snapshot(FeedState.DOWN, problem=REFUSED, next_try=NOW + 8.0)
    lines = await text_of(view(never), size)
    text = " ".join(text.strip() for text in lines)
    assert "errors" in lines[0]
    assert "down: prometheus" in text
    if size[1] >= 8:
        assert "connection refused at 10.0.0.3:9090; check its URL and the network or tunnel" in text
        assert "asks again at 14:12:08" in text


@pytest.mark.parametrize(
    ("snap", "words"),
    [
        (Snapshot[PanelReading](FeedState.CONNECTING), "asking prometheus"),
        (Snapshot[PanelReading](FeedState.NOT_CONFIGURED), "see docs/configuration.md"),
        (snapshot(), "no data: the query found no samples"),
        (snapshot(line("", lambda _: math.nan)), "no data: the query found no samples"),
    ],
)
async def test_a_panel_without_samples_is_never_blank(snap: Snapshot[PanelReading], words: str) -> None:
    assert words in " ".join(text.strip() for text in await text_of(view(snap)))


async def test_hidden_series_keep_their_number_and_leave_the_header() -> None:
    async with staged(view(snapshot(*SURGE)), (80, 12)) as (chart, pilot):
        assert chart.toggle_series(0)
        await pilot.pause(0)
        lines = shown(pilot.app)
        assert "errors  3.1 %" in lines[0]
        assert "1○" in lines[-1]
        assert [figure.hidden for figure in chart.legend()] == [True, False, False]
        chart.show(view(snapshot(*SURGE)))
        assert chart.legend()[0].hidden, "a new answer keeps the reader's choice"
        assert chart.toggle_series(0)
        await pilot.pause(0)
        assert "8.1 %" in shown(pilot.app)[0]
        assert not chart.toggle_series(7)


async def test_another_panel_starts_without_the_readers_choices() -> None:
    async with staged(view(snapshot(*SURGE))) as (chart, _):
        chart.toggle_series(0)
        chart.toggle_log_scale()
        other = Panel("other", SafeText("other"), "q")
        chart.show(view(snapshot(*SURGE, panel=other), panel=other))
        assert not any(figure.hidden for figure in chart.legend())
        assert not chart.logarithmic


async def test_more_than_six_series_list_the_worst_and_count_the_rest() -> None:
    many = tuple(line(f"pod-{index}", lambda _, index=index: 0.001 * index) for index in range(30))
    async with staged(view(snapshot(*many)), (120, 30)) as (chart, pilot):
        assert [figure.name for figure in chart.legend()] == [f"pod-{index}" for index in range(24, 30)]
        assert any("+24 more" in text for text in shown(pilot.app))
        # One pod less: the others keep number and colour.
        chart.show(view(snapshot(*many[:25], *many[26:])))
        numbers = {figure.name: figure.number for figure in chart.legend()}
        assert numbers["pod-24"] == 1
        assert numbers["pod-29"] == 6
        assert numbers["pod-23"] == 2


async def test_a_log_scale_says_what_it_cannot_show() -> None:
    values = (line("a", lambda share: 0.0 if share < 0.05 else 10.0 ** (4 * share)),)
    panel = Panel("wide", SafeText("wide"), "q", y_axis=YAxis(minimum=0.0))
    async with staged(view(snapshot(*values, panel=panel), panel=panel), (60, 14)) as (chart, pilot):
        assert chart.toggle_log_scale()
        await pilot.pause(0)
        text = "\n".join(shown(pilot.app))
        assert " log" in text.splitlines()[0]
        assert "12 ≤ 0 not shown" in text
        assert "10k│" in text
        assert "100│" in text
        assert not chart.toggle_log_scale()
        await pilot.pause(0)
        assert "not shown" not in "\n".join(shown(pilot.app))


async def test_infinite_and_out_of_range_values_are_counted() -> None:
    panel = Panel("p", SafeText("p"), "q", y_axis=YAxis(minimum=0.0, maximum=1.0))
    wild = line("w", lambda share: math.inf if share < 0.01 else 5.0)
    text = "\n".join(await text_of(view(snapshot(wild, panel=panel), panel=panel), (80, 12)))
    assert "3 infinite not shown" in text
    assert "1 beyond the axis" in text


async def test_an_exemplar_is_marked_at_its_value() -> None:
    mark = Exemplar(NOW - 1800.0, 0.06, SafeText("4bf92f"))
    lines = await text_of(view(snapshot(*SURGE, exemplars=(mark, Exemplar(NOW - 60.0, math.nan)))), (60, 12))
    assert "".join(lines).count("◆") == 1


async def test_ascii_mode_draws_numbers_and_no_other_signs() -> None:
    lines = await text_of(view(snapshot(*SURGE), markers=MARKERS[1:], cursor=NOW - 1000.0), (60, 12), ASCII)
    text = "\n".join(lines)
    assert text.isascii()
    plot = "".join(line.partition("|")[2] for line in lines[1:-2])
    assert "1" in plot
    single = await text_of(view(snapshot(line("", lambda _: 0.01))), (60, 12), ASCII)
    assert "****" in "".join(single)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_stays_text(size: tuple[int, int]) -> None:
    panel = Panel("h", safe_text(HOSTILE), "q")
    snap = snapshot(
        line(HOSTILE, lambda _: 1.0),
        line("漢字" * 40, lambda _: 2.0),
        state=FeedState.STALE,
        problem=Problem(ErrorKind.SERVER, safe_text(HOSTILE)),
        panel=panel,
    )
    marker = Marker(NOW - 60.0, MarkerKind.DEPLOY, safe_text(HOSTILE))
    async with staged(view(snap, panel=panel, markers=(marker,)), size) as (chart, pilot):
        text = "\n".join(shown(pilot.app))
        assert not any(
            ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u200b" for char in text if char != "\n"
        )
        assert "[" in text
        assert all(chart.render_line(y).cell_length == size[0] for y in range(size[1]))


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "ansi"])
async def test_every_theme_draws_the_chart(theme: str) -> None:
    async with staged(view(snapshot(*SURGE)), theme=theme) as (_, pilot):
        assert "8.1 %" in shown(pilot.app)[0]


async def test_a_view_that_reads_the_same_repaints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(view(snapshot(*SURGE, state=FeedState.STALE, age=12.0))) as (chart, _):
        asked: list[tuple[object, ...]] = []
        original = chart.refresh

        def refresh(*regions: object, **options: bool) -> MetricChart:
            asked.append(regions)
            return original(*regions, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(chart, "refresh", refresh)
        snap = snapshot(*SURGE, state=FeedState.STALE, age=12.0)
        chart.show(view(snap))
        assert asked == []
        chart.show(view(snap, now=NOW + 1.0))
        assert [[region.y for region in regions] for regions in asked] == [[0]], "only the age changed"  # type: ignore[attr-defined]


async def test_a_window_that_follows_the_clock_is_redrawn_by_the_sample_not_by_the_second() -> None:
    snap = snapshot(line("", lambda share: 0.02 + 0.01 * math.sin(share * 200.0)))
    async with staged(view(snap), (60, 12)) as (chart, _):
        before = [chart.render_line(y).text for y in range(12)]
        chart.show(view(snap, span=TimeRange(SPAN.start - 7.0, SPAN.end - 7.0)))
        assert [chart.render_line(y).text for y in range(1, 12)] == before[1:]
        chart.show(view(snap, span=TimeRange(SPAN.start - 120.0, SPAN.end - 120.0)))
        assert [chart.render_line(y).text for y in range(1, 12)] != before[1:]


async def test_a_resize_draws_the_whole_chart_anew() -> None:
    async with staged(view(snapshot(*SURGE)), (60, 12)) as (_, pilot):
        await pilot.resize_terminal(100, 20)
        await pilot.pause(0)
        lines = shown(pilot.app)
        assert any(text.startswith("3━checkout-7d9f8b6c5-klmno") for text in lines)
        await pilot.resize_terminal(20, 3)
        await pilot.pause(0)
        assert "8.1 % ▲" in shown(pilot.app)[0]
