"""The service map over the panes: what it is counted from, moving along edges, leaving for other panes."""

from __future__ import annotations

import msgspec
import pytest
from console_case import ConsoleCase, console

from opsconsole.actions import PaneName
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.topology import Topology
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.screens.traces.topology_view import TopologyView
from still_sources import Backends, StillSource, backends
from topology_samples import COUNTED, QUICK, SLOW, request


class Store(StillSource):
    """A trace store with counts, which can refuse them alone."""

    def __init__(self, *traces: Trace, counted: Topology = COUNTED) -> None:
        super().__init__(SourceName.JAEGER)
        self.trace_list = TraceList(traces)
        self.topology = counted
        self.notes: tuple[SafeText, ...] = ()
        self.refusal: SourceError | None = None

    async def dependencies(self, span: TimeRange) -> Reading[Topology]:
        if self.refusal is not None:
            raise self.refusal
        reading = await super().dependencies(span)
        return Reading(reading.value, Completeness(notes=self.notes))


def told(*traces: Trace, counted: Topology = COUNTED) -> tuple[Backends, Store]:
    store = Store(*traces, counted=counted)
    return msgspec.structs.replace(backends(), traces=store), store


def centre(case: ConsoleCase) -> str | None:
    view = case.app.screen
    assert isinstance(view, TopologyView)
    return view.centre


async def opened(case: ConsoleCase) -> str:
    await case.press("4", "M")
    return await case.settled()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_selected_service_stands_in_the_middle_with_calls_failures_and_times(size: tuple[int, int]) -> None:
    stores, _ = told(QUICK, SLOW)
    async with console(size=size, told=stores) as case:
        text = await opened(case)
        assert centre(case) == "checkout"
        lines = text.splitlines()
        row = next(line for line in lines if "gateway" in line and "orders" in line)
        assert row.index("gateway") < row.index("orders")
        assert "✘ gateway" in row
        assert "failing 1 of 2" in text
        assert "12,340 calls" in text
        assert "calls as Jaeger counted them" in text
        assert "2 traces in hand, a sample" in " ".join(text.split())
        assert "Esc back" in lines[-1]
        assert "postgresql" in text
        assert "2 failing" in lines[0]


async def test_enter_follows_an_edge_and_esc_comes_back_one_by_one() -> None:
    stores, store = told(QUICK, SLOW)
    async with console(told=stores) as case:
        await opened(case)
        text = await case.screen_after("enter")
        assert centre(case) == "orders"
        assert "Esc back to checkout" in text
        searches = [about[0] for name, about in store.asked if name == "traces"]  # type: ignore[index]
        assert isinstance(searches[-1], TraceSearch)
        assert searches[-1].selection.service == "orders"
        await case.press("enter")
        assert centre(case) == "postgresql"
        assert [about[0] for name, about in store.asked if name == "traces"][-1] == searches[-1]  # type: ignore[index]
        await case.press("escape")
        assert centre(case) == "orders"
        await case.press("escape")
        assert centre(case) == "checkout"
        await case.press("escape")
        assert case.app.screen is case.screen


async def test_all_edges_are_listed_by_trouble_and_lead_to_the_middle_too() -> None:
    stores, _ = told(QUICK, SLOW)
    async with console(told=stores) as case:
        text = await opened(case)
        listed = [line for line in text.splitlines() if "▸" in line and "━" not in line]
        assert "failing" in listed[0]
        assert "failures unknown" in listed[-1]
        await case.press("tab", "end", "enter")
        assert centre(case) in ("payments", "redis")
        text = await case.screen_after("slash", *"orders !gateway", "enter")
        assert "2 of 5 edges" in text
        assert "5 edges" in await case.screen_after("escape")


async def test_what_the_store_does_not_count_is_said_and_the_traces_still_tell() -> None:
    stores, store = told(QUICK, SLOW, counted=Topology(()))
    store.notes = (SafeText("this store does not count calls between services"),)
    async with console(told=stores) as case:
        text = await opened(case)
        assert "this store does not count calls between services" in text
        assert "not counted" in text
        assert "failing 1 of 2" in text


async def test_a_store_that_fails_leaves_what_the_traces_tell_and_is_asked_again() -> None:
    stores, store = told(QUICK, SLOW)
    store.refusal = SourceError(ErrorKind.TIMEOUT, "jaeger")
    async with console(told=stores) as case:
        text = await opened(case)
        assert "the store's own counts could not be had: jaeger" in " ".join(text.split())
        assert "failing 1 of 2" in text
        store.refusal = None
        text = await case.screen_after("R")
        assert "could not be had" not in text
        assert "12,340 calls" in text


async def test_without_a_service_the_map_begins_where_the_trouble_is() -> None:
    stores, _ = told(QUICK, SLOW)
    async with console(told=stores) as case:
        selection = msgspec.structs.replace(case.scope.selection, service=None)
        case.screen.follow(msgspec.structs.replace(case.scope, selection=selection))
        await opened(case)
        assert centre(case) == "checkout"


async def test_nothing_known_says_so() -> None:
    stores, _ = told(counted=Topology(()))
    async with console(told=stores) as case:
        text = await opened(case)
        assert "no calls between services are known in this range" in text
        assert "no caller is known" in text
        await case.press("enter", "tab", "enter", "y", "escape")
        assert case.app.screen is case.screen


async def test_the_middle_leads_to_its_traces_logs_and_metrics_and_esc_comes_back_to_the_map() -> None:
    stores, _ = told(QUICK, SLOW)
    async with console(told=stores) as case:
        await opened(case)
        await case.press("enter")
        for key, pane in (("v", PaneName.TRACES), ("l", PaneName.LOGS), ("m", PaneName.METRICS)):
            await case.press(key)
            assert case.app.screen is case.screen, key
            assert case.screen.focused_pane is pane, key
            assert case.scope.selection.service == "orders", key
            await case.press("escape")
            await case.settle()
            assert centre(case) == "orders", key


async def test_edges_are_copied_with_their_figures() -> None:
    stores, _ = told(QUICK, SLOW, request("c" * 32, 0.3))
    async with console(told=stores) as case:
        await opened(case)
        await case.press("y")
        line = next(one for one in case.app.clipboard.splitlines() if one.startswith("checkout\torders"))
        assert line.split("\t")[2:] == ["9000 calls", "1 of 3 in hand failed", "p50 300.000 ms", "p95 2000.000 ms"]
