"""Two traces side by side over the panes: marked in the list, explained, and opened at a step."""

from __future__ import annotations

import msgspec
import pytest
from console_case import ConsoleCase, console

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.screens.traces.comparison_view import ComparisonView
from opsconsole.screens.traces.waterfall_view import WaterfallView
from still_sources import Backends, StillSource, backends
from topology_samples import QUICK, SLOW, renamed, request
from waterfall_samples import chain

OTHER = request("c" * 32, 0.5)


def told(*traces: Trace) -> Backends:
    made = backends()
    store = StillSource(SourceName.JAEGER)
    store.trace_list = TraceList(traces)
    return msgspec.structs.replace(made, traces=store)


async def compared(case: ConsoleCase) -> str:
    """The screen once the first trace and the one below it are compared."""
    await case.press("4", "space", "down", "V")
    return await case.finished("compare")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_quicker_one_is_a_and_what_made_b_slower_comes_first(size: tuple[int, int]) -> None:
    async with console(size=size, told=told(QUICK, SLOW)) as case:
        text = await compared(case)
        assert isinstance(case.app.screen, ComparisonView)
        joined = " ".join(text.split())
        assert "A 14:11:03 400 ms 4 spans, none failed gateway pay trace aaaaaaaa" in joined
        assert "B 14:11:03 2.30 s 5 spans, ✘ 3 failed gateway pay trace bbbbbbbb" in joined
        assert "B took 1.90 s longer: +1.90 s orders reserve" in joined
        listed = [line for line in text.splitlines() if "+1.90 s" in line and "B took" not in line]
        assert "orders reserve" in listed[0]
        assert "not in A" in next(line for line in text.splitlines() if "redis get" in line and "B took" not in line)
        assert "4 of 5 steps" in text


async def test_two_marks_are_compared_wherever_the_cursor_is_and_one_alone_says_what_to_do() -> None:
    async with console(told=told(QUICK, SLOW, OTHER)) as case:
        await case.press("4", "V")
        assert "Space marks a trace" in case.text
        await case.press("space")
        await case.press("V")
        assert not isinstance(case.app.screen, ComparisonView)
        await case.press("down", "space", "down", "V")
        await case.settle()
        text = " ".join(case.text.split())
        assert "trace bbbbbbbb" in text
        assert "trace cccccccc" in text
        await case.press("escape")
        text = await case.screen_after("home")
        listed = [line[line.index("14:11:03") - 3 :] for line in text.splitlines() if "14:11:03" in line]
        assert [line[:3].strip(" ▌▏│") for line in listed] == ["A", "B", ""]


async def test_all_steps_in_the_order_of_the_tree_swapped_and_narrowed() -> None:
    async with console(told=told(QUICK, SLOW)) as case:
        await compared(case)
        text = await case.screen_after("t")
        assert "5 of 5 steps" in text
        steps = [
            line[3:] for line in text.splitlines() if line[3:].lstrip().startswith(("gateway", "checkout", "orders"))
        ]
        assert [line.split()[0] for line in steps] == ["gateway", "checkout", "orders", "orders"]
        await case.press("s")
        text = " ".join((await case.finished("compare")).split())
        assert "B took 1.90 s less: -1.90 s orders reserve" in text
        assert "1 step of A missing in B" in text
        text = await case.screen_after("slash", *"redis", "enter")
        assert "1 of 5 steps" in text
        await case.press("escape")
        assert isinstance(case.app.screen, ComparisonView)
        await case.press("escape")
        assert case.app.screen is case.screen


@pytest.mark.parametrize(
    ("keys", "trace"),
    [(("enter",), SLOW), (("A",), QUICK), (("B",), SLOW)],
)
async def test_a_step_opens_the_waterfall_of_one_of_them_there(keys: tuple[str, ...], trace: Trace) -> None:
    async with console(told=told(QUICK, SLOW)) as case:
        await compared(case)
        await case.press(*keys)
        view = case.app.screen
        assert isinstance(view, WaterfallView)
        assert view.asked.trace_id == trace.trace_id
        assert view.span is not None
        assert view.span.span_id == "orders.reserve"
        await case.press("escape")
        assert isinstance(case.app.screen, ComparisonView)


async def test_a_step_that_one_lacks_opens_the_other_and_says_so_when_asked_for_it() -> None:
    async with console(told=told(QUICK, SLOW)) as case:
        await compared(case)
        await case.press("slash", *"redis", "enter")
        text = await case.screen_after("A")
        assert "A has no such step" in text
        await case.press("escape", "enter")
        await case.settle()
        view = case.app.screen
        assert isinstance(view, WaterfallView)
        assert view.asked.trace_id == SLOW.trace_id


async def test_what_the_store_has_lost_meanwhile_is_compared_as_it_was_found() -> None:
    stores = told(QUICK, SLOW)
    async with console(told=stores) as case:
        await case.press("4", "space", "down")
        stores.traces.failing = SourceError(ErrorKind.NOT_FOUND, "jaeger")
        await case.press("V")
        text = " ".join((await case.settled()).split())
        assert "trace aaaaaaaa is shown as it was found" in text
        assert "B took 1.90 s longer" in text


async def test_the_comparison_is_copied() -> None:
    async with console(told=told(QUICK, SLOW)) as case:
        await compared(case)
        await case.press("y")
        lines = case.app.clipboard.splitlines()
        assert lines[2].startswith("B took 1.90 s longer")
        assert lines[3] == "orders reserve\tA 100.000 ms\tB 2000.000 ms\t+1900.000 ms on the critical path"


async def test_ten_thousand_spans_are_compared_while_the_keys_go_on() -> None:
    long, longer = renamed(chain(4_000), "d" * 32), renamed(chain(5_000), "e" * 32)
    async with console(told=told(long, longer)) as case:
        text = " ".join((await compared(case)).split())
        assert "5,000 steps" in text
        assert "1,000 added" in text
