"""The rows of a trace: what they read, and what folds, zooms and finds."""

from __future__ import annotations

from datetime import UTC

import pytest

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace
from opsconsole.traces import shape_of
from opsconsole.widgets.glyphs import ASCII, UNICODE, Glyphs
from opsconsole.widgets.waterfall import Waterfall
from opsconsole.widgets.waterfall.axis import Axis, Window
from opsconsole.widgets.waterfall.colours import service_colours
from opsconsole.widgets.waterfall.columns import columns_of
from opsconsole.widgets.waterfall.legend import Legend
from opsconsole.widgets.waterfall.remarks import remarks
from opsconsole.widgets.waterfall.ruler import Ruler
from opsconsole.widgets.waterfall.span_lines import Reading, span_lines, text_of
from opsconsole.widgets.waterfall.times import precise
from waterfall_samples import BROKEN, CHECKOUT, START, at, chain, trace
from widget_stage import Stage, shown

MICRO = SafeText("µ")


async def rows(
    shaped: Trace, *keys: str, size: tuple[int, int] = (80, 12), glyphs: Glyphs = UNICODE
) -> tuple[list[str], Waterfall]:
    """What is shown of `shaped` after `keys`, and the widget."""
    waterfall = Waterfall(glyphs=glyphs)
    app = Stage(waterfall)
    async with app.run_test(size=size, notifications=True) as pilot:
        waterfall.show_trace(shape_of(shaped))
        await pilot.press(*keys)
        await pilot.pause()
        return [line for line in shown(app) if line], waterfall


async def test_a_trace_reads_as_a_tree_with_bars_offsets_and_durations() -> None:
    lines, _ = await rows(CHECKOUT)
    assert lines == [
        "▌▾✘gateway pay                │█━━━━━━██                    │    +0 µs   1.00 s",
        " └▾✘checkout pay              │██◆━━━━█                     │  +100 ms   800 ms",
        "   ├  orders reserve          │ ██                          │  +200 ms   100 ms",
        "   ├▾✘payments charge         │  ██◆███                     │  +350 ms   500 ms",
        "   │ └  payments ledger       │   ███                       │  +400 ms   300 ms",
        "   └  mail send               │    ━━━━━━━━━━━━━━━━━━━━━━━━━│  +500 ms   3.00 s",
    ]


async def test_in_ascii_every_sign_is_ascii() -> None:
    lines, _ = await rows(CHECKOUT, glyphs=ASCII)
    assert all(line.isascii() for line in lines)
    assert any("`" in line for line in lines)
    assert any("#" in line and "=" in line for line in lines)


@pytest.mark.parametrize("key", ["space", "enter"])
async def test_a_fold_hides_what_is_below_and_counts_it_with_its_errors(key: str) -> None:
    lines, _ = await rows(CHECKOUT, "down", key)
    assert len(lines) == 2
    assert "▸✘checkout pay +4 ✘1" in lines[1]
    lines, _ = await rows(CHECKOUT, "down", key, key)
    assert len(lines) == 6


async def test_a_digit_shows_so_many_levels_and_zero_all() -> None:
    assert len((await rows(CHECKOUT, "1"))[0]) == 1
    assert len((await rows(CHECKOUT, "3"))[0]) == 5
    assert len((await rows(CHECKOUT, "1", "0"))[0]) == 6


async def test_the_cursor_stays_on_its_span_or_its_nearest_listed_ancestor() -> None:
    _, waterfall = await rows(CHECKOUT, *["down"] * 4, "3")
    assert waterfall.node is not None
    assert waterfall.node.span.span_id == "payments.charge"
    lines, waterfall = await rows(CHECKOUT, "G", "1")
    assert lines[0].startswith("▌▸✘gateway pay +5 ✘2")
    assert waterfall.node is not None
    assert waterfall.node.span.operation == "pay"


async def test_errors_are_gone_to_in_order_around_the_ends_and_out_of_folds() -> None:
    _, waterfall = await rows(CHECKOUT, "1", "n", "n")
    assert waterfall.node is not None
    assert waterfall.node.span.span_id == "payments.charge"
    _, waterfall = await rows(CHECKOUT, "n", "n", "n")
    assert waterfall.node is not None
    assert waterfall.node.span.span_id == "gateway.pay"
    _, waterfall = await rows(CHECKOUT, "N")
    assert waterfall.node is not None
    assert waterfall.node.span.span_id == "payments.charge"


async def test_a_zoom_draws_the_time_of_one_span_and_arrows_to_what_lies_beside() -> None:
    lines, waterfall = await rows(CHECKOUT, "down", "down", "z")
    assert waterfall.zoomed
    assert waterfall.window.start - START == pytest.approx(0.2 - 0.002, abs=1e-5)
    assert waterfall.window.end - START == pytest.approx(0.3 + 0.002, abs=1e-5)
    assert "›│" in lines[3]
    assert lines[2].count("█") > 20
    _, waterfall = await rows(CHECKOUT, "down", "down", "z", "Z")
    assert not waterfall.zoomed


async def test_zooming_and_panning_stay_within_the_trace() -> None:
    _, waterfall = await rows(CHECKOUT, "plus", "plus", *["right"] * 40)
    assert waterfall.window.end - START == pytest.approx(3.5, abs=1e-5)
    assert waterfall.window.length == pytest.approx(3.5 / 4)
    _, waterfall = await rows(CHECKOUT, "plus", "minus")
    assert not waterfall.zoomed


async def test_names_get_more_room_and_never_all_of_it() -> None:
    narrow, _ = await rows(CHECKOUT)
    wide, _ = await rows(CHECKOUT, "greater_than_sign", "greater_than_sign")
    assert wide[0].index("│") == narrow[0].index("│") + 8
    widest, _ = await rows(CHECKOUT, *["greater_than_sign"] * 30)
    first, second = (place for place, sign in enumerate(widest[0]) if sign == "│")
    assert second - first > 8


async def test_words_leave_matches_and_their_ancestors_the_cursor_on_a_match() -> None:
    waterfall = Waterfall()
    app = Stage(waterfall)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        waterfall.show_trace(shape_of(CHECKOUT))
        await pilot.press("1")
        outline = waterfall.outline
        assert outline is not None
        waterfall.keep(lambda place: outline.nodes[place].span.operation == "ledger", ("ledger",))
        await pilot.pause()
        assert [line.split("│ ")[0].split("│█")[0].split()[-1] for line in shown(app) if "gateway" in line] == ["pay"]
        assert [len([line for line in shown(app) if line])] == [4]
        assert waterfall.node is not None
        assert waterfall.node.span.operation == "ledger"


async def test_a_new_reading_keeps_folds_cursor_and_zoom() -> None:
    waterfall = Waterfall()
    app = Stage(waterfall)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        waterfall.show_trace(shape_of(CHECKOUT))
        await pilot.press("down", "down", "down", "space", "z")
        more = trace(*CHECKOUT.spans, at("orders.more", "checkout.pay", 0.15, 0.01))
        waterfall.show_trace(shape_of(more))
        await pilot.pause()
        assert waterfall.node is not None
        assert waterfall.node.span.span_id == "payments.charge"
        assert waterfall.zoomed
        assert len([line for line in shown(app) if line]) == 6


async def test_deep_spans_show_their_depth_and_their_nearest_branches() -> None:
    lines, _ = await rows(chain(60), "G", size=(60, 8))
    assert lines[-1].startswith("▌59…")


async def test_a_hundred_thousand_deep_chain_is_drawn_like_any_other() -> None:
    lines, waterfall = await rows(chain(100_000), "G")
    assert len(lines) == 12
    assert waterfall.node is not None
    assert waterfall.node.depth == 99_999


@pytest.mark.parametrize("width", range(20, 200, 7))
def test_columns_fill_the_width(width: int) -> None:
    columns = columns_of(width)
    total = columns.name + columns.bar + columns.offset + columns.duration + columns.own + 2
    assert total == width or columns.bar <= 8


def test_a_bar_is_at_least_a_cell_and_never_beyond_the_last() -> None:
    axis = Axis(Window(0.0, 10.0), 20)
    assert axis.stretch((10.0, 10.0)) == (19, 20)
    assert axis.stretch((0.0, 0.0)) == (0, 1)
    assert axis.stretch((-5.0, 50.0)) == (0, 20)
    assert axis.stretch((11.0, 12.0)) is None


def test_a_service_keeps_its_colour_from_trace_to_trace_and_no_two_share_while_there_are_enough() -> None:
    some = service_colours([SafeText("checkout"), SafeText("orders")])
    assert service_colours([SafeText("orders"), SafeText("checkout")]) == some
    six = [SafeText(f"service-{number}") for number in range(6)]
    assert len(set(service_colours(six).values())) == 6
    assert len(service_colours([SafeText(str(number)) for number in range(50)])) == 50


async def test_the_legend_names_services_with_spans_and_errors_and_counts_those_without_room() -> None:
    legend = Legend()
    shape = shape_of(CHECKOUT)
    async with Stage(legend).run_test(size=(120, 3)):
        legend.show(shape, service_colours(share.service for share in shape.services))
        wide = legend.line(118).plain
        assert "gateway 1 ✘1" in wide
        assert "payments 2 ✘1" in wide
        assert "critical path 1.00 s" in wide
        assert legend.line(60).plain == "━ gateway 1 ✘1  ━ checkout 1 ✘1  ━ orders 1  +2 services"


async def test_the_axis_counts_from_the_start_of_the_trace() -> None:
    ruler = Ruler()
    async with Stage(ruler).run_test(size=(120, 3)):
        ruler.show(START, Window(START + 0.5, START + 1.5), columns_of(100))
        line = ruler.line(100).plain
        assert line.split() == [
            "span", "500", "ms", "833", "ms", "1.50", "s", "at", "took", "self",
        ]  # fmt: skip
        assert line.index("500") == columns_of(100).bar_at


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.00085, "850 µs"), (0.00241, "2.41 ms"), (0.0176, "17.6 ms"), (0.0999, "99.9 ms"), (0.0009996, "1.00 ms"),
     (0.812, "812 ms"), (1.94, "1.94 s"), (125.0, "2m05s")],
)  # fmt: skip
def test_durations_have_three_digits(seconds: float, text: str) -> None:
    assert precise(seconds, MICRO) == text


def test_what_is_wrong_with_a_trace_is_said() -> None:
    said = remarks(shape_of(BROKEN), (SafeText("3 spans could not be read"),), MICRO)
    assert said == (
        "3 spans could not be read",
        "2 spans below 1 parent that is missing",
        "2 roots: requests under one trace id",
        "1 span begins before its parent, by up to 210 ms: clocks differ",
        "1 span ends after its parent, by up to 250 ms: clocks differ, or nobody waited",
        "1 span with warnings",
    )
    assert remarks(shape_of(CHECKOUT), (), MICRO) == ()
    both = shape_of(trace(at("a", None, 0.0, 1.0), at("b", "a", -0.1, 1.3)))
    assert remarks(both, (), MICRO) == ("1 span begins before its parent, by up to 100 ms: clocks differ",)
    rootless = shape_of(trace(at("a", "gone", 0.0, 1.0), at("b", "a", 0.1, 0.2)))
    assert remarks(rootless, (), MICRO)[0] == "the root is missing: the trace is not complete"


def lines_of(shaped: Trace, name: str) -> str:
    shape = shape_of(shaped)
    node = next(node for node in shape.nodes if node.span.span_id == name)
    return "\n".join(line.plain for line in span_lines(node, shape, Reading(UNICODE, UTC)))


def test_a_span_is_told_whole_what_failed_first() -> None:
    text = lines_of(CHECKOUT, "payments.charge")
    assert text.splitlines()[:3] == ["payments charge", "  ✘ failed", "  refused"]
    for part in ("500 ms, 14% of the trace", "14:11:03.350, +350 ms", "1 span", "◆  +600 ms exception",
                 "exception.message no connection"):  # fmt: skip
        assert part in text
    assert "user_id 12345" in lines_of(CHECKOUT, "checkout.pay")
    assert "span far.away of trace 00f067aa0ba902b7" in lines_of(CHECKOUT, "payments.ledger")
    assert "no part of it" in lines_of(CHECKOUT, "mail.send")
    assert "its parent went on meanwhile" in lines_of(CHECKOUT, "mail.send")


def test_a_span_out_of_its_time_or_without_its_parent_says_so() -> None:
    early = lines_of(BROKEN, "stock.early")
    assert "clock skew adjustment disabled" in early
    assert "it begins 210 ms before its parent: clocks differ" in early
    assert "its parent is missing from the trace" in lines_of(BROKEN, "orders.lost")


def test_a_copied_trace_is_a_line_a_span() -> None:
    lines = text_of(shape_of(CHECKOUT), Reading(UNICODE, UTC)).splitlines()
    assert lines[0] == "trace 4bf92f3577b34da6a3ce929d0e0e4736, 2026-03-02 14:11:03.000000 UTC, 3.50 s"
    assert "    payments charge  +350 ms  500 ms ✘ refused" in lines
    assert len(lines) == 7
