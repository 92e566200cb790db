"""Two traces in lines: what each step took in both, what is missing, and the difference in a sentence."""

from __future__ import annotations

from datetime import UTC

import pytest
from rich.cells import cell_len

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace
from opsconsole.traces.comparison import compare
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.trace_comparison import ComparisonHead, explanation, pair_rows, signed, trace_line
from topology_samples import QUICK, SLOW, renamed
from waterfall_samples import CHECKOUT, at, trace
from widget_stage import Stage, screen_text, shown

BOTH = compare(QUICK, SLOW)


async def lines(width: int, *, as_tree: bool = False) -> list[str]:
    rows, head = RowList(), ComparisonHead()
    app = Stage(rows, beside=head)
    async with app.run_test(size=(width, 14), notifications=True) as pilot:
        listed = pair_rows(BOTH, as_tree=as_tree)
        head.show(listed)
        rows.show(listed, now=0.0)
        await pilot.pause()
        return shown(app)


@pytest.mark.parametrize("width", [80, 120])
async def test_what_made_the_second_slower_comes_first_with_both_times_and_the_difference(width: int) -> None:
    drawn = await lines(width)
    first = drawn[0].split()
    assert first[:3] == ["▌▲✘", "orders", "reserve"]
    assert " ".join(first[3:]) == "100 ms ✘2.00 s +1.90 s +1.90 s +1.90 s"
    missing = next(line for line in drawn if "redis" in line)
    assert "not in A" in missing
    assert missing.lstrip(" ▏▌").startswith("+")
    title = next(line for line in drawn if "step" in line)
    assert [word for word in ("A", "B", "B less A", "itself", "share") if word in title] == [
        "A", "B", "B less A", "itself", "share",
    ]  # fmt: skip


async def test_all_steps_stand_in_the_order_of_the_tree() -> None:
    drawn = await lines(100, as_tree=True)
    names = [line[3:30].rstrip() for line in drawn[:5]]
    assert names[0].startswith(" gateway pay")
    assert names[1].startswith("   checkout pay")
    assert any("orders select" in line and line.rstrip().endswith("=") for line in drawn)


def test_the_difference_is_told_in_a_sentence() -> None:
    text = explanation(BOTH, UNICODE).plain
    assert text.startswith("B took 1.90 s longer: +1.90 s orders reserve")
    assert text.endswith("; 1 added")
    back = explanation(compare(SLOW, QUICK), UNICODE).plain
    assert back.startswith("B took 1.90 s less: -1.90 s orders reserve")
    assert "1 step of A missing in B" in back
    assert explanation(compare(QUICK, QUICK), UNICODE).plain == "the same steps took the same time"


def test_a_trace_is_told_with_the_time_of_its_request_and_of_all_that_followed() -> None:
    text = trace_line(SafeText("A"), compare(CHECKOUT, CHECKOUT).left, UTC, UNICODE).plain
    assert text == "A  14:11:03  1.00 s (3.50 s in all)  6 spans, ✘ 3 failed  gateway pay  trace 4bf92f35"
    nothing = compare(Trace(SafeText("0" * 32), ()), QUICK).left
    assert "without spans" in trace_line(SafeText("A"), nothing, UTC, UNICODE).plain


def test_a_step_with_two_names_has_both() -> None:
    one, other = trace(at("a.GET /1", None, 0.0, 1.0)), trace(at("a.GET /2", None, 0.0, 2.0))
    row = pair_rows(compare(one, other), as_tree=True)[0]
    assert row.name_cells == len("a GET /1 / GET /2")


@pytest.mark.parametrize(
    ("seconds", "words"), [(1.9, "+1.90 s"), (-0.05, "-50.0 ms"), (1e-6, "="), (0.0, "="), (-0.000875, "-875 µs")]
)
def test_differences_have_a_sign(seconds: float, words: str) -> None:
    assert signed(seconds, UNICODE) == words


@pytest.mark.parametrize("width", range(20, 201, 20))
async def test_nothing_is_wider_than_the_screen(width: int) -> None:
    wide = renamed(trace(at("用户服务." + "登录" * 40, None, 0.0, 1.0)), "c" * 32)
    rows, head = RowList(glyphs=ASCII), ComparisonHead(ASCII)
    app = Stage(rows, beside=head)
    async with app.run_test(size=(width, 14), notifications=True) as pilot:
        listed = pair_rows(compare(SLOW, wide), as_tree=True, words=("a",))
        rows.show(listed, now=0.0)
        head.show(listed)
        await pilot.pause()
        assert all(cell_len(line) <= width for line in shown(app))


async def test_ascii_signs_are_enough() -> None:
    rows = RowList(glyphs=ASCII)
    app = Stage(rows)
    async with app.run_test(size=(100, 14), notifications=True) as pilot:
        rows.show(pair_rows(BOTH, as_tree=False), now=0.0)
        await pilot.pause()
        assert screen_text(app).isascii()
        assert explanation(BOTH, ASCII).plain.isascii()
