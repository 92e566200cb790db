"""A trace's tree, whatever a store gives for one."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace


def span(name: str, parent: str | None = None, start: float = 0.0, duration: float = 1.0, **more: object) -> Span:
    fields = {"service": SafeText("s"), "operation": SafeText(name)} | more
    return Span(
        trace_id=SafeText("t"),
        span_id=SafeText(name),
        parent_id=None if parent is None else SafeText(parent),
        start=start,
        duration=duration,
        **fields,  # type: ignore[arg-type]
    )


def outline(trace: Trace) -> list[tuple[int, str]]:
    return [(depth, str(span.span_id)) for depth, span in trace.depth_first()]


def test_children_stand_below_their_parent_in_the_order_they_came() -> None:
    trace = Trace(SafeText("t"), (span("root"), span("b", "root"), span("c", "b"), span("d", "root")))
    assert outline(trace) == [(0, "root"), (1, "b"), (2, "c"), (1, "d")]


def test_a_span_whose_parent_is_missing_stands_at_the_top() -> None:
    trace = Trace(SafeText("t"), (span("root"), span("orphan", "gone"), span("child", "orphan")))
    assert outline(trace) == [(0, "root"), (0, "orphan"), (1, "child")]
    assert trace.root.span_id == "root"


def test_a_trace_without_a_root_begins_with_its_earliest_orphan() -> None:
    assert Trace(SafeText("t"), (span("a", "gone"), span("b", "a"))).root.span_id == "a"


def test_times_errors_and_services_are_those_of_all_spans() -> None:
    spans = (
        span("root", start=10.0, duration=2.0, service=SafeText("gateway")),
        span("a", "root", start=10.5, duration=3.0, service=SafeText("orders"), error=True),
        span("b", "a", start=11.0, duration=0.5, service=SafeText("gateway")),
    )
    trace = Trace(SafeText("t"), spans)
    assert (trace.start, trace.duration, trace.error_count) == (10.0, 3.5, 1)
    assert trace.services == ("gateway", "orders")


NAMES = [f"s{number}" for number in range(8)]
graphs = st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from(NAMES), min_size=1)


@given(st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=12), st.randoms())
def test_every_span_stands_one_deeper_than_its_parent(numbers: list[int | None], chance: random.Random) -> None:
    parents = {
        f"s{index}": None if number is None or not index else f"s{number % index}"
        for index, number in enumerate(numbers)
    }
    names = list(parents)
    chance.shuffle(names)
    parents = {name: parents[name] for name in names}
    trace = Trace(SafeText("t"), tuple(span(name, parent) for name, parent in parents.items()))
    shown = outline(trace)
    depths = {name: depth for depth, name in shown}
    assert len(shown) == len(depths)
    for name, parent in parents.items():
        assert depths[name] == (depths[parent] + 1 if parent else 0)


@given(graphs)
def test_no_span_is_lost_even_where_spans_call_each_other_their_parent(parents: dict[str, str | None]) -> None:
    trace = Trace(SafeText("t"), tuple(span(name, parent) for name, parent in parents.items()))
    assert {name for _, name in outline(trace)} == set(parents)


def test_two_ends_of_a_call_with_one_id_are_both_shown() -> None:
    trace = Trace(SafeText("t"), (span("call"), span("call", service=SafeText("other")), span("child", "call")))
    assert outline(trace) == [(0, "call"), (1, "child"), (0, "call")]


def test_a_chain_of_ten_thousand_spans_is_walked() -> None:
    chain = tuple(span(str(number), str(number - 1) if number else None) for number in range(10_000))
    assert outline(Trace(SafeText("t"), chain))[-1] == (9_999, "9999")
