"""`e` keeps what is under the cursor of the focused pane, or of a view over the panes."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from console_case import SETTINGS, ConsoleCase, console

from opsconsole.actions import PaneName
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.container_log import ContainerLine, LogBatch, LogState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.evidence import (
    AlertEvidence,
    ChartEvidence,
    LinesEvidence,
    Pinned,
    PodEvidence,
    TraceEvidence,
)
from opsconsole.domain.incident_event import EvidencePinned
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.screens.incidents.incident_desk import IncidentDesk
from opsconsole.screens.incidents.pinning import first_evidence
from opsconsole.screens.pane import PaneView
from still_sources import StillSource, backends
from widget_samples import ALERTS, LOGS, NOW, SLOW_TRACE


class Kept:
    """What reached the desk."""

    def __init__(self) -> None:
        self.pinned: list[Pinned] = []

    @property
    def last(self) -> Pinned:
        assert self.pinned, "nothing was kept"
        return self.pinned[-1]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    found = Kept()
    monkeypatch.setattr(IncidentDesk, "pin", lambda _, pinned: found.pinned.append(pinned))
    return found


async def until_kept(case: ConsoleCase, kept: Kept, count: int = 1) -> None:
    for _ in range(600):
        if len(kept.pinned) >= count:
            return
        await case.pilot.pause(0.05)
    pytest.fail(f"nothing was kept\n{case.text}", pytrace=False)


def view_of(case: ConsoleCase) -> PaneView:
    view = case.screen.pane(PaneName.METRICS).view
    assert view is not None
    return view


async def test_the_alert_under_the_cursor_is_kept(kept: Kept) -> None:
    async with console() as case:
        await case.press("1", "e")
        assert isinstance(kept.last, AlertEvidence)
        assert kept.last.alert.name == "ErrorRateHigh"
        assert kept.last.captured_at == NOW


async def test_the_selected_chart_is_kept_with_its_query_and_what_changed(kept: Kept) -> None:
    async with console() as case:
        await case.press("2", "e")
        assert isinstance(kept.last, ChartEvidence)
        assert kept.last.panel.id == "errors"
        assert kept.last.query == "q"
        assert set(kept.last.series[0].values) == {0.081}
        assert "deploy checkout v1.9.0" in {marker.label for marker in kept.last.markers}


async def test_a_chart_of_a_source_that_is_down_is_kept_as_old(kept: Kept) -> None:
    async with console() as case:
        await case.press("2")
        case.backends.metrics.failing = SourceError(ErrorKind.UNREACHABLE, "prometheus", SafeText("refused"))
        await case.pass_time(30)
        await case.press("e")
        assert kept.last.completeness.startswith("stale as of 2026-03-02 14:12")
        assert "refused" in kept.last.completeness


async def test_the_line_under_the_cursor_is_kept_with_the_search_and_the_link(kept: Kept) -> None:
    told = backends()
    told.logs.browser_link = SafeText("https://kibana.example/app/discover")
    async with console(told=told) as case:
        await case.press("3", "e")
        assert isinstance(kept.last, LinesEvidence)
        assert kept.last.chosen == (LOGS.records[0].id,)
        assert kept.last.search.selection.service == "checkout"
        assert kept.last.total == 88_310
        assert kept.last.link == "https://kibana.example/app/discover"


async def test_marked_lines_are_kept_instead(kept: Kept) -> None:
    async with console() as case:
        await case.press("3", "space", "up", "up", "space", "up", "e")
        assert isinstance(kept.last, LinesEvidence)
        assert kept.last.records == (LOGS.records[2], LOGS.records[0])


async def test_a_trace_is_read_whole_before_it_is_kept(kept: Kept) -> None:
    told = backends()
    part = Trace(SLOW_TRACE.trace_id, SLOW_TRACE.spans[:2])

    class Whole(StillSource):
        async def trace(self, trace_id: SafeText) -> Reading[Trace]:
            assert trace_id == SLOW_TRACE.trace_id
            return Reading(SLOW_TRACE)

    store = Whole(SourceName.JAEGER)
    store.trace_list = TraceList((part,))
    async with console(told=msgspec.structs.replace(told, traces=store)) as case:
        await case.press("4", "e")
        await until_kept(case, kept)
        assert isinstance(kept.last, TraceEvidence)
        assert kept.last.trace == SLOW_TRACE
        assert kept.last.completeness == ""


async def test_a_trace_that_can_not_be_read_is_kept_as_the_list_has_it(kept: Kept) -> None:
    told = backends()

    class Broken(StillSource):
        async def trace(self, trace_id: SafeText) -> Reading[Trace]:
            raise SourceError(ErrorKind.UNREACHABLE, "jaeger", SafeText(f"refused {trace_id}"))

    store = Broken(SourceName.JAEGER)
    store.trace_list = TraceList((SLOW_TRACE,))
    async with console(told=msgspec.structs.replace(told, traces=store)) as case:
        await case.press("4", "e")
        await until_kept(case, kept)
        assert kept.last.completeness == "only what a list of traces tells of it"


async def test_a_trace_that_does_not_come_is_kept_as_the_list_has_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsconsole.screens.incidents.pinning.PATIENCE", 0.05)
    told = backends()

    class Silent(StillSource):
        async def trace(self, trace_id: SafeText) -> Reading[Trace]:
            await asyncio.Event().wait()
            raise AssertionError(trace_id)

    store = Silent(SourceName.JAEGER)
    store.trace_list = TraceList((SLOW_TRACE,))
    async with console(told=msgspec.structs.replace(told, traces=store)) as case:
        await case.press("4", "e")
        await until_kept(case, kept)
        assert kept.last.completeness == "only what a list of traces tells of it"


async def test_the_pod_under_the_cursor_is_kept_with_its_probes(kept: Kept) -> None:
    async with console() as case:
        await case.press("5", "e")
        assert isinstance(kept.last, PodEvidence)
        assert kept.last.pod.name == "checkout-7d9f8b6c5-abcde"
        assert kept.last.pod.containers[0].probes


async def test_where_nothing_is_under_the_cursor_that_is_said(kept: Kept) -> None:
    told = backends()
    told.traces.trace_list = TraceList(())
    async with console(told=told) as case:
        assert "nothing is under the cursor" in await case.screen_after("4", "e")
        assert kept.pinned == []


# -- views ---------------------------------------------------------------------------------------


async def test_the_waterfall_keeps_its_trace_with_the_span_under_the_cursor(kept: Kept) -> None:
    async with console() as case:
        await case.press("4", "o")
        await case.finish("trace", "words")
        await case.press("down", "e")
        assert isinstance(kept.last, TraceEvidence)
        assert kept.last.trace == SLOW_TRACE
        assert kept.last.chosen == SLOW_TRACE.spans[1].span_id


async def test_the_context_of_a_line_keeps_the_line_under_its_cursor(kept: Kept) -> None:
    async with console() as case:
        await case.press("3", "c")
        await case.finish("context")
        await case.press("up", "e")
        assert isinstance(kept.last, LinesEvidence)
        assert kept.last.chosen == (LOGS.records[1].id,)


async def test_a_pattern_keeps_the_newest_lines_it_stands_for(kept: Kept) -> None:
    async with console() as case:
        await case.press("3", "P")
        await case.finish("patterns")
        await case.press("e")
        await until_kept(case, kept)
        assert isinstance(kept.last, LinesEvidence)
        assert kept.last.search.query.pattern
        assert len(kept.last.records) == len(LOGS.records)


async def test_a_containers_own_log_keeps_what_is_in_view(kept: Kept) -> None:
    told = backends()
    lines = tuple(
        ContainerLine(NOW + number, SafeText("app"), LogLevel.ERROR, SafeText(f"line {number}")) for number in range(90)
    )
    told.workloads.log_batches = {SafeText("app"): (LogBatch(SafeText("app"), LogState.FOLLOWING, lines),)}
    async with console(told=told) as case:
        await case.press("5", "O")
        for _ in range(100):
            if "line 89" in await case.settled():
                break
        await case.press("e")
        assert isinstance(kept.last, LinesEvidence)
        assert kept.last.records[-1].message == "line 89"
        assert 20 < len(kept.last.records) < 40
        assert kept.last.search.selection.pod == "checkout-7d9f8b6c5-abcde"


# -- what an incident is opened with -------------------------------------------------------------


async def test_an_incident_is_opened_with_its_alert_its_chart_and_the_newest_errors() -> None:
    told = backends()
    rule = msgspec.structs.replace(ALERTS[0], query=SafeText("rate(shop_errors_total[1m]) > 0.05"))
    told.alerts.alert_list = (rule, *ALERTS[1:])
    told.metrics.panel_list = tuple(
        msgspec.structs.replace(panel, query="rate(shop_errors_total[5m])") if panel.id == "errors" else panel
        for panel in told.metrics.panel_list
    )
    async with console(told=told) as case:
        alert, chart, lines = first_evidence(view_of(case), rule)
        assert isinstance(alert, AlertEvidence)
        assert isinstance(chart, ChartEvidence)
        assert isinstance(lines, LinesEvidence)
        assert (chart.panel.id, chart.at) == ("errors", rule.started_at)
        assert [record.level for record in lines.records] == [LogLevel.ERROR]
        assert {record.service for record in lines.records} == {"checkout"}


async def test_what_the_panes_show_of_another_service_is_no_evidence_of_the_alert() -> None:
    async with console() as case:
        found = first_evidence(view_of(case), ALERTS[1])
        assert [type(one) for one in found] == [AlertEvidence]


# -- down to the record --------------------------------------------------------------------------


def pinned_in(case: ConsoleCase) -> list[Pinned]:
    return [event.what.evidence for event in case.store.written if isinstance(event.what, EvidencePinned)]


async def until_shown(case: ConsoleCase, words: str) -> None:
    for _ in range(600):
        if words in case.text:
            return
        await case.pilot.pause(0.05)
    pytest.fail(f"{words!r} is not on the screen\n{case.text}", pytrace=False)


async def test_what_is_kept_stands_in_the_incident_with_a_link_to_the_same_in_a_browser() -> None:
    cluster = msgspec.structs.replace(
        SETTINGS.cluster,
        prometheus=SourceSettings("https://ops:pw@prom.example/p"),
        jaeger=SourceSettings("https://jaeger.example"),
    )
    async with console(settings=msgspec.structs.replace(SETTINGS, cluster=cluster)) as case:
        await case.press("i")
        await until_shown(case, "Open an incident")
        await case.press("enter")
        await until_shown(case, "is open")
        await case.press("2", "e")
        await until_shown(case, "kept in INC-")
        await case.press("4", "o")
        await case.finish("trace", "words")
        await case.press("e")
        await case.finish("incident-pin")
        chart = next(one for one in pinned_in(case) if isinstance(one, ChartEvidence))
        trace = next(one for one in pinned_in(case) if isinstance(one, TraceEvidence))
        assert chart.link.startswith("https://prom.example/p/graph?g0.expr=q&")
        assert trace.link == f"https://jaeger.example/trace/{SLOW_TRACE.trace_id}"
