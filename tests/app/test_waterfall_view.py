"""The waterfall over the panes: opened from a trace, read afresh, left for logs, pods and charts."""

from __future__ import annotations

import msgspec
import pytest
from console_case import ConsoleCase, console

from hostile.corpus import HOSTILE
from opsconsole.actions import PaneName
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, SpanEvent, SpanLink, Trace, TraceList
from opsconsole.safe_text import safe_text
from opsconsole.screens.traces.waterfall_view import WaterfallView
from still_sources import Backends, StillSource, backends
from waterfall_samples import BROKEN, CHECKOUT, OTHER_ID, TRACE_ID, at, chain, trace
from widget_samples import PODS


class Traces(StillSource):
    """A trace store that can say that something is missing."""

    def __init__(self, *traces: Trace) -> None:
        super().__init__(SourceName.JAEGER)
        self.trace_list = TraceList(traces)
        self.notes: tuple[SafeText, ...] = ()

    async def trace(self, trace_id: SafeText) -> Reading[Trace]:
        reading = await super().trace(trace_id)
        return Reading(reading.value, Completeness(notes=self.notes))


def told(*traces: Trace) -> tuple[Backends, Traces]:
    """Backends whose trace store has `traces`."""
    store = Traces(*traces)
    return msgspec.structs.replace(backends(), traces=store), store


def view_of(case: ConsoleCase) -> WaterfallView:
    view = case.app.screen
    assert isinstance(view, WaterfallView)
    return view


async def opened(case: ConsoleCase) -> str:
    """The screen once the first trace stands open."""
    text = await case.screen_after("4", "o")
    for _ in range(1000):
        if not any(worker.group in ("trace", "words") for worker in case.app.workers):
            break
        text = await case.settled()
    return text


def under_cursor(case: ConsoleCase) -> str:
    span = view_of(case).span
    assert span is not None
    return str(span.span_id)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_trace_opens_as_its_waterfall_with_the_first_span_whole(size: tuple[int, int]) -> None:
    stores, _ = told(CHECKOUT)
    async with console(size=size, told=stores) as case:
        text = await opened(case)
        lines = text.splitlines()
        assert lines[0].strip().startswith("gateway pay")
        assert "3.50 s, 6 spans" in lines[0]
        assert lines[0].rstrip().endswith("✘ 3 failed")
        for name in ("checkout pay", "orders reserve", "payments charge", "payments ledger", "mail send"):
            assert name in text
        assert "✘ failed" in text
        assert "Esc back" in lines[-1]
        assert case.backends.traces.asked[-1] == ("trace", TRACE_ID)


async def test_the_next_error_its_events_and_back() -> None:
    stores, _ = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        text = await case.screen_after("n", "n")
        assert under_cursor(case) == "payments.charge"
        assert "refused" in text
        assert "exception.message" in text
        await case.press("escape")
        assert case.app.screen is case.screen


async def test_esc_takes_back_words_then_the_path_then_the_zoom_and_leaves_last() -> None:
    stores, _ = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        await case.press("down", "z", "c")
        text = await case.screen_after("slash", *"ledger", "enter")
        assert "1 of 6 spans" in text
        assert "mail send" not in text
        for left in ("5 of 6 spans", "84.0 ms to 916 ms"):
            text = await case.screen_after("escape")
            assert left in text
        assert "84.0 ms to 916 ms" not in await case.screen_after("escape")
        assert isinstance(case.app.screen, WaterfallView)
        await case.press("escape")
        assert case.app.screen is case.screen


async def test_words_find_what_a_span_tells_in_its_events_and_attributes() -> None:
    stores, _ = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        text = await case.screen_after("slash", *"user-authenticated", "enter")
        assert "1 of 6 spans" in text
        assert under_cursor(case) == "checkout.pay"


async def test_a_span_leads_to_its_logs_its_pod_and_its_charts_and_esc_comes_back_to_it() -> None:
    pod = PODS.pods[0]
    spans = tuple(msgspec.structs.replace(one, pod=pod.name, namespace=pod.namespace) for one in CHECKOUT.spans)
    stores, _ = told(Trace(TRACE_ID, spans))
    async with console(told=stores) as case:
        await opened(case)
        await case.press("n")
        for key, pane in (("l", PaneName.LOGS), ("d", PaneName.PODS), ("m", PaneName.METRICS)):
            await case.press(key)
            assert case.app.screen is case.screen, key
            assert case.screen.focused_pane is pane, key
            selection = case.scope.selection
            assert selection.service == "checkout", key
            assert case.scope.cursor == CHECKOUT.spans[1].start, key
            assert selection.trace == (TRACE_ID if key == "l" else None), key
            await case.press("escape")
            await case.settle()
            assert under_cursor(case) == "checkout.pay", key


async def test_a_span_without_a_pod_says_that_nobody_names_it() -> None:
    stores, _ = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        assert "names its pod" in await case.screen_after("d")
        assert isinstance(case.app.screen, WaterfallView)


async def test_jumps_are_listed_and_gone_to() -> None:
    stores, _ = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        text = await case.screen_after("x")
        assert "log lines of gateway in this trace" in text
        await case.press("l")
        assert case.screen.focused_pane is PaneName.LOGS


async def test_a_link_leads_to_the_other_trace_and_esc_comes_back() -> None:
    other = Trace(OTHER_ID, (Span(OTHER_ID, SafeText("far.away"), None, SafeText("far"), SafeText("away"), 1.0, 2.0),))
    stores, _ = told(CHECKOUT, other)
    async with console(told=stores) as case:
        await opened(case)
        await case.press("slash", *"ledger", "enter")
        text = await case.screen_after("L")
        assert text.splitlines()[0].strip().startswith("far away")
        await case.press("escape")
        assert under_cursor(case) == "payments.ledger"


async def test_several_links_are_offered_and_one_within_the_trace_moves_the_cursor() -> None:
    links = (SpanLink(OTHER_ID, SafeText("far.away")), SpanLink(TRACE_ID, SafeText("orders.reserve")))
    spans = (msgspec.structs.replace(CHECKOUT.spans[0], links=links), *CHECKOUT.spans[1:])
    stores, _ = told(Trace(TRACE_ID, spans))
    async with console(told=stores) as case:
        await opened(case)
        assert "span orders.reserve of trace" in await case.screen_after("L")
        await case.press("down", "enter")
        assert under_cursor(case) == "orders.reserve"


async def test_what_is_wrong_with_the_trace_is_said_below_it() -> None:
    stores, store = told(BROKEN)
    store.notes = (SafeText("3 spans could not be read"),)
    async with console(told=stores) as case:
        text = " ".join((await opened(case)).split())
        assert "3 spans could not be read" in text
        assert "2 spans below 1 parent that is missing" in text
        assert "2 roots" in text
        assert "clocks differ" in text


async def test_a_trace_that_is_gone_is_shown_as_it_was_found_and_that_is_said() -> None:
    stores, store = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        store.failing = SourceError(ErrorKind.NOT_FOUND, "jaeger", SafeText("no trace of that id"))
        text = await case.screen_after("R")
        assert "no trace of that id" in text
        assert "this is what was read before" in text
        assert "payments charge" in text
        store.failing = None
        assert "read before" not in await case.screen_after("R")


async def test_a_link_to_nowhere_says_what_the_store_said() -> None:
    stores, _ = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        await case.press("slash", *"ledger", "enter")
        text = await case.screen_after("L")
        assert f"trace {OTHER_ID}" in text
        assert "jaeger has no such address (404)" in text.replace("\n", " ")


async def test_the_detail_takes_the_keys_by_tab_and_goes_away_by_capital_d() -> None:
    stores, _ = told(CHECKOUT)
    async with console(size=(80, 24), told=stores) as case:
        await opened(case)
        await case.press("tab", "end")
        assert under_cursor(case) == "gateway.pay"
        assert TRACE_ID in case.text
        await case.press("escape", "down")
        assert under_cursor(case) == "checkout.pay"
        assert "took" not in (await case.screen_after("D")).split("payments ledger")[1]


async def test_the_whole_trace_is_copied() -> None:
    stores, _ = told(CHECKOUT)
    async with console(told=stores) as case:
        await opened(case)
        await case.press("y")
        assert "payments charge" in case.app.clipboard
        assert len(case.app.clipboard.splitlines()) == 7


async def test_ten_thousand_spans_open_and_their_last_error_is_one_key_away() -> None:
    stores, _ = told(chain(10_000))
    async with console(told=stores) as case:
        await opened(case)
        await case.press("N")
        assert under_cursor(case) == "s.9995"


def hostile(text: SafeText) -> Trace:
    """A trace in which everything reads `text`."""
    attributes = {text: text}
    span = msgspec.structs.replace(
        at("a", None, 0.0, 1.0, error=True),
        service=text, operation=text, kind=text, status_message=text, pod=text, namespace=text, attributes=attributes,
        warnings=(text,), events=(SpanEvent(1.0, text, attributes), SpanEvent(float(10**10), text, attributes)),
        links=(SpanLink(text, text, attributes), SpanLink(OTHER_ID, text)),
    )  # fmt: skip
    return trace(span, msgspec.structs.replace(span, span_id=text, parent_id=SafeText("a")))


@pytest.mark.long
async def test_hostile_text_in_every_field_is_read_and_not_obeyed() -> None:
    stores, store = told(CHECKOUT)
    async with console(size=(80, 24), told=stores) as case:
        for number, raw in enumerate(HOSTILE):
            text = safe_text(raw)
            store.trace_list = TraceList((hostile(text),))
            case.screen.action_refresh()
            shown = await opened(case)
            span = view_of(case).span
            assert span is not None, number
            assert span.operation == text, number
            assert "✘ 2 failed" in shown.splitlines()[0], number
            for key in ("down", "space", "z", "c", "x", "escape", "L", "escape"):
                await case.press(key)
            assert isinstance(case.app.screen, WaterfallView), number
            for _ in range(3):
                # Back from what the keys have narrowed, then from the view.
                if case.app.screen is not case.screen:
                    await case.press("escape")
            assert case.app.screen is case.screen, number


async def test_the_page_of_keys_tells_what_the_last_line_has_no_room_for() -> None:
    stores, _ = told(CHECKOUT)
    async with console(size=(80, 24), told=stores) as case:
        text = await opened(case)
        assert "? keys" in text
        assert "critical path" not in text.splitlines()[-1]
        text = await case.screen_after("question_mark")
        assert "Only spans on the critical path, or all" in text
        await case.press("escape")
        assert isinstance(case.app.screen, WaterfallView)
