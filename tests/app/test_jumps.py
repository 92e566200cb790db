"""From what is under the cursor to where it leads, by one key, and back to where one was."""

from __future__ import annotations

import asyncio
import re

import msgspec
import pytest
from console_case import ConsoleCase, console
from textual.containers import Vertical
from textual.screen import ModalScreen

from opsconsole.actions import LIVE_PANES, PaneName
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch
from opsconsole.domain.log_record import LogLevel, LogPage
from opsconsole.domain.operation import Revision
from opsconsole.domain.pod import Change, ChangeKind, ChangeList
from opsconsole.domain.scope import Scope
from opsconsole.domain.series import Exemplar, PanelReading
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.screens.jumps.change_screen import ChangeScreen
from opsconsole.screens.jumps.jump_list import JumpList
from opsconsole.screens.messages import JumpAsked
from still_operations import WORKLOAD
from still_sources import Backends, backends
from widget_samples import ALERTS, LOGS, NOW, PODS, TRACE_ID, alert

POD = "checkout-7d9f8b6c5-abcde"


def row(case: ConsoleCase, pane: PaneName) -> str:
    return case.screen.pane(pane).row_key


def about_rules(told: Backends | None = None) -> Backends:
    """Backends whose first alert names its rule, and whose panels ask for metrics of their own."""
    told = told or backends()
    link = SafeText("http://prom:9090/graph?g0.expr=sum%28app_goroutines%29+%3E+1000&g0.tab=1")
    told.alerts.alert_list = (msgspec.structs.replace(ALERTS[0], generator_url=link), *ALERTS[1:])
    queries = {"requests": "rate(http_requests_total[1m])", "goroutines": "max(app_goroutines{service='checkout'})"}
    told.metrics.panel_list = tuple(
        msgspec.structs.replace(panel, query=queries.get(panel.id, panel.query)) for panel in told.metrics.panel_list
    )
    return told


async def test_an_alert_leads_to_the_panel_of_its_rule_at_the_moment_it_fired() -> None:
    async with console(told=about_rules()) as case:
        text = await case.screen_after("m")
        assert case.screen.focused_pane is PaneName.METRICS
        assert case.scope.cursor == ALERTS[0].started_at
        assert row(case, PaneName.METRICS) == "goroutines"
    assert "by alert ▸ chart 14:08" in text.splitlines()[0]


async def test_a_rule_that_no_panel_is_about_leads_to_the_worst_panel() -> None:
    async with console() as case:
        await case.press("m")
        assert row(case, PaneName.METRICS) == "errors"


TARGETS = (
    ("1", "l", PaneName.LOGS, "checkout", None, None),
    ("1", "v", PaneName.TRACES, "checkout", None, None),
    ("1", "d", PaneName.PODS, "checkout", None, None),
    ("2", "l", PaneName.LOGS, "checkout", None, None),
    ("2", "v", PaneName.TRACES, "checkout", None, None),
    ("2", "d", PaneName.PODS, "checkout", None, None),
    ("3", "v", PaneName.TRACES, "checkout", None, TRACE_ID),
    ("3", "d", PaneName.PODS, "checkout", None, None),
    ("3", "m", PaneName.METRICS, "checkout", None, None),
    ("4", "l", PaneName.LOGS, "checkout", None, TRACE_ID),
    ("4", "m", PaneName.METRICS, "db", None, None),
    ("5", "l", PaneName.LOGS, "checkout", POD, None),
    ("5", "m", PaneName.METRICS, "checkout", POD, None),
    ("5", "v", PaneName.TRACES, "checkout", POD, None),
)
"""Pane, key, and the pane, service, pod and trace that the key leads to."""


async def test_each_key_has_the_same_target_in_every_pane_and_esc_comes_back() -> None:
    async with console() as case:
        for pane, key, target, *selected in TARGETS:
            way = f"{key} in pane {pane}"
            await case.press(pane)
            if pane == "3":
                # The oldest line at the top, the newest at the bottom: that one names a trace.
                await case.press("end")
            here, before = PaneName(list(PaneName)[int(pane) - 1]), case.scope
            stood = row(case, here)
            await case.press(key)
            if case.app.screen is not case.screen:
                await case.press("escape")  # a view that was opened on arrival
            selection = case.scope.selection
            assert case.screen.focused_pane is target, way
            assert [selection.service, selection.pod, selection.trace] == selected, way
            await case.press("escape")
            assert case.scope == before, way
            assert case.screen.focused_pane is here, way
            assert row(case, here) == stood, way


async def test_the_console_starts_on_the_most_urgent_alert_and_a_head_stands_for_the_service_shown() -> None:
    told = backends()
    told.alerts.alert_list = (
        alert("ErrorRateHigh", service="gateway", since=100.0),
        alert("ErrorRateHigh", service="checkout", since=240.0),
    )
    async with console(told=told) as case:
        assert case.scope.selection.service == "checkout"
        assert row(case, PaneName.ALERTS) == "alert:ErrorRateHigh-checkout"
        await case.press("home", "m")
        assert case.scope.selection.service == "checkout"


async def test_esc_selects_the_panel_again_from_which_one_left() -> None:
    told = backends()
    told.logs.log_page = msgspec.structs.replace(LOGS, records=LOGS.records[1:2])
    async with console(told=told) as case:
        await case.press("2", "right", "right")
        left = row(case, PaneName.METRICS)
        await case.press("l", "m")
        assert case.scope.selection.service == "orders"
        assert row(case, PaneName.METRICS) != left
        await case.press("escape", "escape")
        assert case.scope.selection.service == "checkout"
        assert row(case, PaneName.METRICS) == left


async def test_a_line_leads_to_its_pod_among_its_like_with_the_cursor_on_it() -> None:
    told = backends()
    told.workloads.pod_list = msgspec.structs.replace(PODS, pods=tuple(reversed(PODS.pods)))
    told.logs.log_page = msgspec.structs.replace(LOGS, records=LOGS.records[:1])
    async with console(told=told) as case:
        await case.press("3", "d")
        assert case.screen.focused_pane is PaneName.PODS
        assert row(case, PaneName.PODS) == f"uid-{POD}"


async def test_a_pod_that_is_gone_is_said_to_be() -> None:
    told = backends()
    told.workloads.pod_list = msgspec.structs.replace(PODS, pods=PODS.pods[1:])
    told.logs.log_page = msgspec.structs.replace(LOGS, records=LOGS.records[:1])
    async with console(told=told) as case:
        text = await case.screen_after("3", "d")
    assert f"{POD} is not there any more" in " ".join(text.split())


async def test_a_pod_that_the_filter_hides_is_said_to_be_hidden() -> None:
    told = backends()
    told.logs.log_page = msgspec.structs.replace(LOGS, records=LOGS.records[:1])
    async with console(told=told) as case:
        await case.press("5", "slash", *"redis", "enter", "3")
        text = await case.screen_after("d")
    assert f"{POD} is hidden: by the filter" in " ".join(text.split())


async def test_where_nothing_leads_the_key_says_why_and_the_list_dims_it() -> None:
    told = backends()
    podless = msgspec.structs.replace(LOGS.records[1], pod=SafeText(""))
    told.logs.log_page = msgspec.structs.replace(LOGS, records=(podless,))
    async with console(told=told) as case:
        before = case.scope
        assert "this line names no pod" in await case.screen_after("3", "d")
        assert case.scope == before
        text = await case.screen_after("x")
        assert isinstance(case.app.screen, JumpList)
        assert "Go to, from this log line" in text
        assert "d    its pod – this line names no pod" in text
        text = await case.screen_after("d")
        assert isinstance(case.app.screen, JumpList)
        assert text.count("this line names no pod") > 1


async def test_a_line_without_a_trace_leads_to_the_traces_of_its_moment() -> None:
    told = backends()
    line = msgspec.structs.replace(LOGS.records[1], trace_id=SafeText(""))
    told.logs.log_page = msgspec.structs.replace(LOGS, records=(line,))
    async with console(told=told) as case:
        text = await case.screen_after("3", "x")
        assert f"v    traces of {line.service} at" in text
        assert "; this line names none" in text
        await case.press("v")
        assert case.scope.cursor == line.time
        assert case.scope.selection.trace is None
        assert case.screen.focused_pane is PaneName.TRACES


@pytest.mark.parametrize("keys", [("enter",), ("m",)])
async def test_x_lists_where_one_can_go_with_the_keys_and_enter_or_the_key_goes(keys: tuple[str, ...]) -> None:
    async with console() as case:
        text = await case.screen_after("x")
        for words in (
            "Go to, from this alert",
            "m    its metric at 14:08, when it fired",
            "l    log lines of checkout at 14:08",
            "v    traces of checkout at 14:08",
            "d    pods of checkout",
            "h    what changed: deploy checkout v1.9.0",
        ):
            assert words in text
        await case.press(*keys)
        assert case.app.screen is case.screen
        assert case.screen.focused_pane is PaneName.METRICS
        await case.press("escape")
        assert case.screen.focused_pane is PaneName.ALERTS


async def test_the_list_of_a_pod_opens_its_description() -> None:
    async with console() as case:
        assert "its description, events first" in await case.screen_after("5", "x")
        assert "Liveness probe failed: 500" in await case.screen_after("d")


async def test_the_chart_leads_to_the_trace_of_the_exemplar_nearest_to_the_cursor() -> None:
    told = backends()
    read = told.metrics.read_panel

    async def with_exemplars(*about: object) -> object:
        reading = await read(*about)  # type: ignore[arg-type]
        near = Exemplar(NOW - 130, 0.8, SafeText(TRACE_ID))
        far = Exemplar(NOW - 2000, 0.8, SafeText("00f067aa0ba902b7"))
        value: PanelReading = msgspec.structs.replace(reading.value, exemplars=(far, near))
        return msgspec.structs.replace(reading, value=value)

    told.metrics.read_panel = with_exemplars  # type: ignore[method-assign, assignment]
    async with console(told=told) as case:
        await case.press("2", *["comma"] * 10)
        assert "this panel has no exemplar near this moment" in await case.screen_after("E")
        await case.press(*["full_stop"] * 8)
        assert f"trace {TRACE_ID[:8]}, an exemplar of 14:09" in await case.screen_after("x")
        await case.press("E")
        assert case.screen.focused_pane is PaneName.TRACES
        assert case.scope.selection.trace == TRACE_ID
        assert case.scope.cursor == NOW - 130


async def test_what_was_asked_of_lines_and_traces_before_is_dropped_and_comes_back_by_esc() -> None:
    query = LogQuery(SafeText("boom"), level=LogLevel.WARN, filters=(LogFilter(SafeText("a"), SafeText("b")),))
    async with console() as case:
        before = msgspec.structs.replace(case.scope, logs=query, traces=TraceQuery(errors=True))
        case.screen.follow(before)
        await case.press("l")
        assert case.scope.logs == LogQuery(level=LogLevel.WARN)
        assert case.scope.traces == TraceQuery()
        await case.press("escape")
        assert case.scope == before


async def test_the_trail_grows_with_each_jump_and_a_chosen_service_begins_anew() -> None:
    async with console() as case:
        assert "by alert ▸ chart 14:08 ▸ log" in (await case.screen_after("m", "l")).splitlines()[0]
        assert "by alert ▸ chart 14:08 " in (await case.screen_after("escape")).splitlines()[0]
        assert "chart 14:08 ▸ pod ▸ log" in (await case.screen_after("d", "l")).splitlines()[0]
        assert " by " not in (await case.screen_after("s", *"orders", "enter")).splitlines()[0]


async def test_eighty_columns_tell_the_end_of_the_trail() -> None:
    async with console(size=(80, 24)) as case:
        line = (await case.screen_after("m", "d", "l")).splitlines()[0]
    assert "…▸pod ▸ log" in line


async def test_esc_after_a_jump_in_a_full_pane_goes_back_and_only_then_shows_all_panes() -> None:
    async with console() as case:
        await case.press("f", "m")
        assert [name for name in PaneName if case.screen.pane(name).display] == [PaneName.METRICS]
        await case.press("escape")
        assert [name for name in PaneName if case.screen.pane(name).display] == [PaneName.ALERTS]
        await case.press("escape")
        assert all(case.screen.pane(name).display for name in LIVE_PANES)


class View(ModalScreen[None]):
    """A view over the panes that leads on."""

    def compose(self):
        yield Vertical()

    def go(self, scope: Scope) -> None:
        self.post_message(JumpAsked(scope, PaneName.LOGS, SafeText("log"), view=View))


async def test_a_view_over_the_panes_closes_when_it_leads_on_and_esc_opens_it_again() -> None:
    async with console() as case:
        await case.press("4")
        await case.app.push_screen(View())
        view = case.app.screen
        assert isinstance(view, View)
        view.go(case.scope)
        await case.settle()
        assert case.app.screen is case.screen
        assert case.screen.focused_pane is PaneName.LOGS
        await case.press("escape")
        assert isinstance(case.app.screen, View)
        assert case.screen.focused_pane is PaneName.TRACES


DEPLOY = Change(
    NOW - 360, ChangeKind.DEPLOY, SafeText("shop"), SafeText("checkout"), SafeText("deploy checkout 1.9.0, revision 9"),
    SafeText("pipeline 812"), WORKLOAD, 9,
)  # fmt: skip
EARLIER = msgspec.structs.replace(
    DEPLOY, time=NOW - 90_000, title=SafeText("deploy checkout 1.8.2, revision 7"), revision=7
)


def told_of(*changes: Change) -> Backends:
    told = backends()

    async def known(selection: object) -> object:
        reading = await type(told.workloads).changes(told.workloads, selection)  # type: ignore[arg-type]
        return msgspec.structs.replace(reading, value=ChangeList(changes))

    told.workloads.changes = known  # type: ignore[method-assign, assignment]
    return told


async def test_the_list_says_of_a_change_of_long_ago_how_long() -> None:
    async with console(told=told_of(EARLIER)) as case:
        text = await case.screen_after("x")
        assert "what changed: deploy checkout 1.8.2, revision 7, 1d" in text
        assert re.search(r"revision 7, 1d\d*h before", text)
    async with console(told=told_of(DEPLOY, EARLIER)) as case:
        text = await case.screen_after("x")
        assert re.search(r"what changed: deploy checkout 1.9.0, revision 9 +│", text)


async def test_h_shows_the_change_before_and_what_that_rollout_brought() -> None:
    async with console(told=told_of(DEPLOY, EARLIER)) as case:
        case.operations.kept = (case.operations.kept[0], case.operations.kept[2])
        text = await case.screen_after("h")
        assert isinstance(case.app.screen, ChangeScreen)
        for words in (
            "What changed in checkout",
            "2m before      D  deploy",
            "cause         pipeline 812",
            "revision 9, in force now",
            "what revision 9 changed, from 7",
            "containers[checkout].image",
            "- registry.example/shop/checkout:1.8.2",
            "+ registry.example/shop/checkout:1.9.0",
        ):
            assert words in text
        assert "no earlier revision is kept" in await case.screen_after("down")
        await case.press("escape")
        assert case.app.screen is case.screen


async def test_revisions_that_cannot_be_read_leave_what_is_known_and_say_why() -> None:
    async with console(told=told_of(DEPLOY)) as case:

        async def unanswered(_: object) -> tuple[Revision, ...]:
            raise SourceError(ErrorKind.TIMEOUT, "kubernetes")

        case.operations.revisions = unanswered  # type: ignore[method-assign]
        text = await case.screen_after("h")
    assert "deploy checkout 1.9.0, revision 9" in text
    assert SourceError(ErrorKind.TIMEOUT, "kubernetes").sentence[:40] in text


async def test_without_any_change_h_says_so() -> None:
    async with console(told=told_of()) as case:
        text = await case.screen_after("h")
        assert case.app.screen is case.screen
    assert "kubernetes tells of no change of checkout" in " ".join(text.split())


async def test_log_lines_open_at_the_moment_they_were_asked_for_once_they_have_come() -> None:
    told = backends()
    line = LOGS.records[0]
    records = [msgspec.structs.replace(line, id=SafeText(f"line-{age}"), time=NOW - age) for age in range(0, 600, 20)]
    answer = asyncio.Event()
    answer.set()

    async def newest(search: LogSearch, limit: int) -> Reading[LogPage]:
        del search, limit
        await answer.wait()
        return Reading(LogPage(tuple(records), len(records)))

    told.logs.newest = newest  # type: ignore[method-assign]
    async with console(told=told, size=(80, 24)) as case:
        answer.clear()
        text = await case.screen_after("l")
        assert case.screen.focused_pane is PaneName.LOGS
        assert "asking elasticsearch" in text
        assert "no log lines" not in text
        answer.set()
        assert "pool wait timeout" in await case.settled()
        assert row(case, PaneName.LOGS) == "line-240"
