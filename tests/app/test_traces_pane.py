"""The traces pane: points and list, the search form, looking one up, what to widen where there is none."""

from __future__ import annotations

import re

import msgspec
import pytest
from console_case import ConsoleCase, console
from textual.events import Paste

from hostile.corpus import HOSTILE
from opsconsole.actions import PaneName
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace, TraceList
from opsconsole.domain.trace_query import TraceQuery, TraceSearch
from opsconsole.safe_text import safe_text
from opsconsole.screens.traces.comparison_view import ComparisonView
from opsconsole.screens.traces.search_form import TraceSearchForm
from opsconsole.screens.traces.waterfall_view import WaterfallView
from still_sources import Backends, backends
from widget_samples import NOW, SLOW_TRACE, TRACE_ID, TRACES

OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]")


def last_search(case: ConsoleCase) -> TraceSearch:
    return next(about[0] for name, about in reversed(case.backends.traces.asked) if name == "traces")  # type: ignore[index]


def pane(text: str) -> str:
    """The text of the screen from the traces pane's heading on."""
    return text[text.index("4 Traces") :]


async def paste(case: ConsoleCase, text: str) -> None:
    widget = case.app.focused
    assert widget is not None
    widget.post_message(Paste(text))
    await case.settle()


async def test_points_and_list_share_the_room_and_the_points_give_way() -> None:
    async with console(full=PaneName.TRACES) as case:
        text = await case.settled()
        assert "ms│" in text
        assert text.count("✘") >= 2
        assert "2+ traces, 1 failed" in text
        assert "gateway POST /pay" in text
    async with console(size=(80, 24)) as case:
        text = await case.screen_after("4")
        assert "ms│" not in pane(text)
        assert "gateway POST /pay" in text


async def test_the_points_share_the_cursor_of_the_charts() -> None:
    async with console(full=PaneName.TRACES) as case:
        before = await case.settled()
        assert "up to" not in before
        text = await case.screen_after("comma")
        assert case.scope.cursor is not None
        assert "4 Traces · up to " in text
        axis = next(line for line in text.splitlines() if "13:30" in line)
        assert axis not in before
        assert "14:11:00" in axis or "14:12:00" in axis


async def test_errors_only_is_a_step_that_esc_takes_back() -> None:
    async with console() as case:
        text = await case.screen_after("4", "E")
        assert case.scope.traces == TraceQuery(errors=True)
        assert "errors only" in pane(text)
        assert last_search(case).query.errors
        text = await case.screen_after("escape")
        assert case.scope.traces == TraceQuery()
        assert "errors only  F" not in pane(text)


async def test_the_form_asks_for_what_was_typed_and_says_what_is_in_force() -> None:
    async with console() as case:
        await case.press("4", "slash")
        assert isinstance(case.app.screen, TraceSearchForm)
        await case.press(*"orders", "tab")
        await paste(case, "reserve")
        await case.press("tab")
        await paste(case, 'user_id=12345 region="eu west"')
        await case.press("tab")
        await paste(case, "100ms")
        await case.press("tab")
        await paste(case, "2s")
        text = await case.screen_after("tab", "space", "enter")
        assert case.app.screen is case.screen
        assert case.scope.selection.service == "orders"
        assert case.scope.traces == TraceQuery(
            SafeText("reserve"),
            ((SafeText("user_id"), SafeText("12345")), (SafeText("region"), SafeText("eu west"))),
            pytest.approx(0.1),  # type: ignore[arg-type]
            2.0,
            True,
        )
        assert last_search(case).query == case.scope.traces
        assert "errors only  operation reserve  user_id=12345" in pane(text)
        await case.press("escape")
        assert case.scope.traces == TraceQuery()
        assert case.scope.selection.service == "checkout"


async def test_names_are_offered_and_taken_by_the_arrows() -> None:
    async with console() as case:
        text = await case.screen_after("4", "slash", "ctrl+u")
        assert "payments" in text
        await case.press(*"ord", "down", "enter")
        text = await case.settled()
        assert "reserve" in text
        assert ("operations", "orders") in case.backends.traces.asked
        await case.press("down", "enter", "enter")
        assert case.scope.selection.service == "orders"
        assert case.scope.traces.operation == "reserve"


async def test_what_is_wrong_is_said_below_its_field_and_nothing_is_asked() -> None:
    async with console() as case:
        await case.press("4", "slash", *"nobody", "tab", "tab")
        await paste(case, "nonsense")
        text = await case.screen_after("enter")
        assert "no service of that name has spans in this store" in text
        assert "write key=value" in text
        assert case.app.screen is not case.screen
        text = await case.screen_after("ctrl+u")
        assert "write key=value" not in text
        await case.press("escape")
        assert case.scope.traces == TraceQuery()


async def test_without_the_names_the_form_still_searches() -> None:
    async with console() as case:
        await case.press("4")
        case.backends.traces.failing = SourceError(ErrorKind.UNREACHABLE, "jaeger")
        text = await case.screen_after("slash")
        assert "what services there are is not known" in text
        case.backends.traces.failing = None
        await case.press(*"somebody", "enter")
        assert case.scope.selection.service == "somebody"


async def test_a_pasted_id_or_line_opens_that_trace_and_esc_comes_back() -> None:
    async with console() as case:
        for text in (
            TRACE_ID,
            f"00-{TRACE_ID}-00f067aa0ba902b7-01",
            f"14:11:59.877 ERROR checkout pool wait timeout trace_id={TRACE_ID} user=12345",
        ):
            await case.press("4", "slash")
            await paste(case, text)
            await case.press("enter")
            await case.settle()
            assert isinstance(case.app.screen, WaterfallView), text
            assert case.app.screen.asked.trace_id == TRACE_ID, text
            await case.press("escape")
            assert case.scope.selection.trace == TRACE_ID, text
            assert "trace 4bf92f35" in pane(case.text), text
            await case.press("escape")
            assert case.scope.selection.trace is None, text


async def test_an_id_that_the_store_lacks_is_no_error_but_said() -> None:
    async with console(full=PaneName.TRACES) as case:
        await case.press("slash")
        await paste(case, "f" * 32)
        await case.press("enter")
        await case.settle()
        text = await case.screen_after("escape")
        assert f"no trace {'f' * 32} in this store" in text
        assert "Esc goes back" in text
        assert "jaeger ●" in text


def nothing() -> Backends:
    told = backends()
    told.traces.trace_list = TraceList(())
    return told


async def test_no_traces_say_what_to_widen() -> None:
    async with console(told=nothing(), full=PaneName.TRACES) as case:
        text = await case.settled()
        assert "no traces of checkout in this range" in text
        assert "u widens to all services" in text
        text = await case.screen_after("E")
        assert "no trace of checkout in this range is what is asked for: errors only" in text
        assert "F takes one of these away" in text


async def test_chips_are_taken_away_one_by_one_or_all() -> None:
    async with console() as case:
        await case.press("4", "F")
        assert "nothing narrows the traces" in case.text
        await case.press("E", "F")
        assert case.scope.traces == TraceQuery()
        query = TraceQuery(SafeText("reserve"), shortest=0.1, errors=True)
        case.screen.follow(msgspec.structs.replace(case.scope, traces=query))
        text = await case.screen_after("F")
        assert "operation reserve" in text
        await case.press(*"operation", "enter")
        assert case.scope.traces == TraceQuery(shortest=0.1, errors=True)
        await case.press("F", "enter")
        assert case.scope.traces == TraceQuery()


async def test_enter_follows_y_copies_and_l_leads_to_the_lines() -> None:
    async with console() as case:
        await case.press("4", "y")
        assert TRACE_ID in case.app.clipboard
        await case.press("enter")
        assert case.scope.selection.trace == TRACE_ID
        await case.press("escape", "l")
        assert case.screen.focused_pane is PaneName.LOGS
        assert case.scope.selection.trace == TRACE_ID


async def test_a_store_that_is_down_says_so_in_its_pane() -> None:
    told = backends()
    told.traces.failing = SourceError(ErrorKind.UNREACHABLE, "jaeger")
    async with console(told=told, full=PaneName.TRACES) as case:
        assert "jaeger" in pane(case.text)
    async with console(without=("traces",), full=PaneName.TRACES) as case:
        assert "not configured" in pane(case.text)
        assert "no source of traces is configured" in await case.screen_after("slash")


def hostile(text: SafeText) -> TraceList:
    """Two traces in which everything reads `text`."""
    first = Span(text, text, None, text, text, NOW, 0.5, True, SafeText("client"), text, {text: text}, pod=text)
    peer = {SafeText("peer.service"): SafeText(f"{text}!")}
    child = Span(
        text, SafeText(f"{text}2"), text, SafeText(f"{text}?"), text, NOW, 0.1, kind=SafeText("client"), attributes=peer
    )
    return TraceList((Trace(text, (first, child)), Trace(SafeText(f"{text}2"), (first,))))


@pytest.mark.long
async def test_the_form_the_map_and_the_comparison_show_hostile_text_and_obey_nothing() -> None:
    async with console(full=PaneName.TRACES) as case:
        for raw in HOSTILE[::4]:
            text = safe_text(raw) or SafeText("x")
            case.backends.traces.trace_list = hostile(text)
            await case.press("R", "home")
            assert case.screen.feeds.console_snapshot().traces.value == case.backends.traces.trace_list, text
            for keys in (("slash", "tab"), ("escape", "M"), ("enter", "tab", "enter"), ("escape", "escape", "escape")):
                assert OBEYED.findall(await case.screen_after(*keys)) == [], text
            assert OBEYED.findall(await case.screen_after("space", "down", "V")) == [], text
            assert case.app.is_running, text
            assert isinstance(case.app.screen, ComparisonView), text
            await case.press("escape")
            assert case.app.screen is case.screen, text


def test_the_samples_are_what_the_tests_take_them_for() -> None:
    assert TRACES.limited
    assert SLOW_TRACE.error_count == 4
