"""The service map: who stands where, what is marked as failing, and the list of all edges."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from opsconsole.domain.service_map import MapEdge
from opsconsole.domain.text import SafeText
from opsconsole.domain.topology import ServiceEdge
from opsconsole.traces.topology import service_map, topology_of
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.topology_edges import EdgeHead, edge_rows, failed_words, figures
from opsconsole.widgets.topology_map import Ego, TopologyMap
from topology_samples import COUNTED, QUICK, SLOW
from widget_stage import Stage, screen_text, shown

KNOWN = service_map(COUNTED, topology_of((QUICK, SLOW)))
CHECKOUT = Ego.of(KNOWN, SafeText("checkout"))


def edge(calls: int, errors: int | None) -> MapEdge:
    sampled = ServiceEdge(SafeText("a"), SafeText("b"), calls, errors, 0.1, 0.7)
    return MapEdge(SafeText("a"), SafeText("b"), 12_340, sampled)


class Chooser(Stage):
    """Remembers who was chosen."""

    def __init__(self, widget: TopologyMap) -> None:
        super().__init__(widget)
        self.services: list[str] = []

    def on_topology_map_chosen(self, message: TopologyMap.Chosen) -> None:
        self.services.append(message.service)


async def test_callers_stand_left_callees_right_and_what_fails_is_marked_by_sign_and_word() -> None:
    drawn = TopologyMap()
    app = Stage(drawn)
    async with app.run_test(size=(120, 10), notifications=True) as pilot:
        drawn.styles.height = CHECKOUT.height
        drawn.show(CHECKOUT)
        await pilot.pause()
        lines = shown(app)
        middle = next(line.index("checkout") for line in lines if "checkout" in line)
        assert lines[0].index("✘ gateway") < middle < lines[0].index("orders")
        assert "✘ orders" in lines[0]
        assert "failing 1 of 2, p95 2.00 s, 9,000 calls" in lines[1]
        assert any("payments" in line and "✘" not in line.split("│")[-1] for line in lines)
        assert any("failures unknown, 700 calls" in line for line in lines)


async def test_the_arrows_choose_and_enter_takes_a_neighbour_to_the_middle() -> None:
    drawn = TopologyMap()
    app = Chooser(drawn)
    async with app.run_test(size=(100, 10), notifications=True) as pilot:
        drawn.show(CHECKOUT)
        await pilot.press("enter", "down", "enter", "left", "enter", "up", "right", "enter")
        assert app.services[0] == "orders"
        assert app.services[2] == "gateway"
        assert {*app.services[1:2], *app.services[3:]} <= {"orders", "payments", "redis"}
        assert app.services[1] != "orders"


async def test_the_cursor_stays_on_its_edge_when_the_figures_change() -> None:
    drawn = TopologyMap()
    app = Stage(drawn)
    async with app.run_test(size=(100, 10), notifications=True) as pilot:
        drawn.show(CHECKOUT)
        await pilot.press("down", "down")
        chosen = drawn.edge
        assert chosen is not None
        drawn.show(Ego(CHECKOUT.centre, CHECKOUT.callers, CHECKOUT.callees[::-1]))
        assert drawn.edge == chosen


async def test_neighbours_beyond_the_room_are_counted_and_come_into_sight() -> None:
    many = tuple(MapEdge(SafeText("hub"), SafeText(f"leaf-{n:02}"), n) for n in range(12))
    drawn = TopologyMap()
    app = Stage(drawn)
    async with app.run_test(size=(100, 10), notifications=True) as pilot:
        drawn.styles.height = 6
        drawn.show(Ego(SafeText("hub"), (), many))
        await pilot.pause()
        assert "+9 more" in screen_text(app)
        assert "no caller is known" in screen_text(app)
        for _ in range(11):
            await pilot.press("down")
        assert "leaf-11" in screen_text(app)
        assert "more" not in screen_text(app)


async def test_a_service_that_nobody_knows_says_so() -> None:
    drawn = TopologyMap()
    app = Stage(drawn)
    async with app.run_test(size=(100, 10), notifications=True) as pilot:
        drawn.show(Ego(SafeText("alone")))
        await pilot.press("enter", "left", "down", "up", "right")
        assert "alone" in screen_text(app)
        assert "no caller is known" in screen_text(app)
        assert "calls nobody that is known" in screen_text(app)


@pytest.mark.parametrize(
    ("calls", "errors", "words"),
    [
        (40, 0, "none failed"),
        (1000, 1, "1 of 1,000 failed"),
        (100, 4, "4 of 100 failed"),
        (100, 5, "failing 5 of 100"),
        (3, 3, "failing 3 of 3"),
        (3, None, "failures unknown"),
    ],
)
def test_failures_are_said_in_words(calls: int, errors: int | None, words: str) -> None:
    assert failed_words(edge(calls, errors))[0] == words


@pytest.mark.parametrize("width", [4, 12, 24, 30, 60])
def test_figures_give_way_from_the_least_important_on(width: int) -> None:
    text = figures(edge(40, 5), width, UNICODE)
    assert text.cell_length <= width
    whole = "failing 5 of 40, p95 700 ms, 12,340 calls, p50 100 ms"
    assert whole.startswith(text.plain.rstrip("…"))


async def test_the_list_has_the_worst_edge_first_and_a_title_over_each_figure() -> None:
    rows, head = RowList(), EdgeHead()
    app = Stage(rows, beside=head)
    async with app.run_test(size=(110, 12), notifications=True) as pilot:
        listed = edge_rows(KNOWN.edges)
        head.show(listed)
        rows.show(listed, now=0.0)
        await pilot.pause()
        lines = shown(app)
        assert lines[0].split()[:6] == ["▌✘", "gateway", "▸", "checkout", "failing", "1"]
        assert lines[0].endswith("2.10 s 12,340 calls    2 in hand")
        assert any("not counted" in line for line in lines)
        assert any("none in hand" in line for line in lines)
        title = next(line for line in lines if "counted" in line and "caller" in line)
        for word in ("median", "p95", "sample", "failures", "callee"):
            assert word in title


@pytest.mark.parametrize("width", range(20, 201, 20))
async def test_nothing_is_wider_than_the_screen(width: int) -> None:
    wide = MapEdge(SafeText("用户服务" * 20), SafeText("支付" * 30), 5)
    rows, drawn = RowList(glyphs=ASCII), TopologyMap(glyphs=ASCII)
    app = Stage(rows, beside=drawn)
    async with app.run_test(size=(width, 20), notifications=True) as pilot:
        rows.show(edge_rows((*KNOWN.edges, wide)), now=0.0)
        drawn.show(Ego(wide.caller, (wide,), (wide, *KNOWN.edges)))
        await pilot.pause()
        assert all(cell_len(line) <= width for line in shown(app))
