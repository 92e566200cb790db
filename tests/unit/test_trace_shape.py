"""Trees, self times, critical paths and clocks of traces, well formed or not."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import FOLLOWS_FROM, REFERENCE_TYPE, Span, SpanLink, Trace
from opsconsole.domain.trace_shape import SpanNode, TraceShape
from opsconsole.traces import shape_of

ID = SafeText("t")


def span(name: str, parent: str | None = None, start: float = 0.0, end: float = 1.0, **more: object) -> Span:
    fields = {"service": SafeText("s"), "operation": SafeText(name)} | more
    parent_id = None if parent is None else SafeText(parent)
    return Span(ID, SafeText(name), parent_id, start=start, duration=end - start, **fields)  # type: ignore[arg-type]


def shape(*spans: Span) -> TraceShape:
    return shape_of(Trace(ID, tuple(sorted(spans, key=lambda one: one.start))))


def node(shaped: TraceShape, name: str) -> SpanNode:
    return next(one for one in shaped.nodes if one.span.operation == name)


def outline(shaped: TraceShape) -> list[tuple[int, str]]:
    return [(one.depth, str(one.span.operation)) for one in shaped.nodes]


def path(shaped: TraceShape) -> list[tuple[float, float, str]]:
    """The critical path from its beginning."""
    return sorted((*section, str(one.span.operation)) for one in shaped.nodes for section in one.critical)


def test_children_stand_below_their_parent_by_start() -> None:
    shaped = shape(span("root", end=9.0), span("b", "root", 3.0, 4.0), span("a", "root", 1.0, 2.0), span("c", "b", 3.1))
    assert outline(shaped) == [(0, "root"), (1, "a"), (1, "b"), (2, "c")]
    assert [one.parent for one in shaped.nodes] == [None, 0, 0, 2]
    assert [one.below for one in shaped.nodes] == [3, 0, 1, 0]
    assert [one.last for one in shaped.nodes] == [True, False, True, True]


def test_errors_below_a_span_are_counted_through_all_depths() -> None:
    shaped = shape(span("root"), span("a", "root", error=True), span("b", "a", error=True), span("c", "root"))
    assert {str(one.span.operation): one.errors_below for one in shaped.nodes} == {"root": 2, "a": 1, "b": 0, "c": 0}
    assert shaped.errors == 2


def test_missing_parents_several_roots_and_loops_are_told() -> None:
    shaped = shape(
        span("root"), span("second"), span("x", "gone"), span("y", "gone"), span("p", "q", 2.0), span("q", "p", 3.0),
        span("selfish", "selfish"),
    )  # fmt: skip
    assert (shaped.roots, shaped.missing_parents, shaped.orphans) == (2, 1, 2)
    assert {str(one.span.operation) for one in shaped.nodes if one.looped} == {"p"}
    assert node(shaped, "q").depth == 1
    assert len(shaped.nodes) == 7


@pytest.mark.parametrize("began", [1.1, 0.9])
def test_two_ends_of_a_call_with_one_id_stand_below_each_other_whosever_clock_is_ahead(began: float) -> None:
    client = span("call", "root", 1.0, 2.0, kind=SafeText("client"), service=SafeText("a"))
    server = span("call", "root", began, 1.9, kind=SafeText("server"), service=SafeText("b"))
    shaped = shape(span("root", end=3.0), client, server, span("db", "call", 1.2, 1.3))
    assert [(one.depth, str(one.span.service)) for one in shaped.nodes] == [(0, "s"), (1, "a"), (2, "b"), (3, "s")]
    assert len({one.key for one in shaped.nodes}) == 4


def test_own_time_is_what_no_child_covers() -> None:
    shaped = shape(
        span("root", end=10.0), span("a", "root", 1.0, 4.0), span("b", "root", 3.0, 5.0), span("c", "root", 9.0, 12.0),
        span("d", "a", 1.0, 4.0),
    )  # fmt: skip
    assert node(shaped, "root").own == pytest.approx(5.0)
    assert node(shaped, "a").own == 0.0
    assert node(shaped, "d").own == pytest.approx(3.0)


def test_a_child_that_is_not_waited_for_costs_its_parent_no_time() -> None:
    followed = (SpanLink(ID, SafeText("root"), {REFERENCE_TYPE: FOLLOWS_FROM}),)
    shaped = shape(
        span("root", end=10.0),
        span("consumer", "root", 2.0, 30.0, kind=SafeText("consumer")),
        span("follower", "root", 3.0, 40.0, links=followed),
    )
    assert node(shaped, "root").own == pytest.approx(10.0)
    assert [(one.early, one.late, one.unwaited) for one in shaped.nodes[1:]] == [(0.0, 0.0, True)] * 2
    assert path(shaped) == [(0.0, 10.0, "root")]


def test_the_critical_path_goes_back_by_the_child_that_finished_last() -> None:
    shaped = shape(
        span("root", end=10.0),
        span("a", "root", 1.0, 4.0),
        span("b", "root", 2.0, 8.0),  # decides: a ran while b did
        span("c", "b", 3.0, 6.0),
        span("d", "root", 0.5, 1.5),
    )
    assert path(shaped) == [
        (0.0, 0.5, "root"), (0.5, 1.5, "d"), (1.5, 2.0, "root"), (2.0, 3.0, "b"), (3.0, 6.0, "c"), (6.0, 8.0, "b"),
        (8.0, 10.0, "root"),
    ]  # fmt: skip
    assert shaped.critical_time == pytest.approx(10.0)


def test_children_outside_their_parent_are_cut_to_it_on_the_critical_path() -> None:
    shaped = shape(span("root", end=10.0), span("late", "root", 6.0, 30.0), span("before", "root", -5.0, -1.0))
    assert path(shaped) == [(0.0, 6.0, "root"), (6.0, 10.0, "late")]


def test_clocks_that_differ_show_in_how_far_a_child_lies_outside_its_parent() -> None:
    shaped = shape(span("root", end=10.0), span("early", "root", -0.2, 5.0), span("late", "root", 1.0, 10.5))
    assert node(shaped, "early").early == pytest.approx(0.2)
    assert node(shaped, "late").late == pytest.approx(0.5)
    assert node(shaped, "late").early == 0.0


def test_a_microsecond_of_rounding_is_no_difference_of_clocks() -> None:
    shaped = shape(span("root", start=1.0, end=2.0), span("a", "root", 0.999999, 2.000001))
    assert (node(shaped, "a").early, node(shaped, "a").late) == (0.0, 0.0)


def test_services_come_in_the_order_the_request_reached_them_with_what_they_did() -> None:
    gateway, orders = SafeText("gateway"), SafeText("orders")
    shaped = shape(
        span("root", end=10.0, service=gateway),
        span("a", "root", 1.0, 4.0, service=orders, error=True),
        span("b", "root", 5.0, 6.0, service=gateway),
    )
    assert [(one.service, one.spans, one.errors) for one in shaped.services] == [("gateway", 2, 0), ("orders", 1, 1)]
    assert [one.own for one in shaped.services] == pytest.approx([7.0, 3.0])


def test_a_trace_without_spans_has_no_shape() -> None:
    assert shape().nodes == ()


def test_a_chain_of_a_hundred_thousand_spans_is_no_deeper_than_any_other() -> None:
    count = 100_000
    shaped = shape(*(span(str(n), str(n - 1) if n else None, n / count, 2.0 - n / count) for n in range(count)))
    assert [one.depth for one in shaped.nodes] == list(range(count))
    assert shaped.critical_time == pytest.approx(2.0)


NAMES = [f"s{number}" for number in range(10)]
wild_spans = st.lists(
    st.builds(
        lambda name, parent, start, length, kind, error: span(
            name, parent, start, start + length, kind=SafeText(kind), error=error
        ),
        st.sampled_from(NAMES),
        st.none() | st.sampled_from([*NAMES, "gone"]),
        st.integers(0, 50).map(float),
        st.integers(0, 30).map(float),
        st.sampled_from(["internal", "client", "server", "consumer"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def union(sections: Iterable[tuple[float, float]]) -> float:
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(sections):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered


@given(wild_spans)
def test_whatever_comes_every_span_has_one_place_below_its_parent(spans: list[Span]) -> None:
    shaped = shape(*spans)
    assert sorted(map(id, (one.span for one in shaped.nodes))) == sorted(map(id, spans))
    for index, one in enumerate(shaped.nodes):
        if one.parent is None:
            assert one.depth == 0
        else:
            assert one.parent < index
            assert one.depth == shaped.nodes[one.parent].depth + 1
            assert one.span.parent_id == shaped.nodes[one.parent].span.span_id or one.span.kind == "server"
        under = shaped.nodes[index + 1 : index + 1 + one.below]
        assert all(other.depth > one.depth for other in under)
        assert one.errors_below == sum(other.span.error for other in under)


@given(wild_spans)
def test_whatever_comes_the_path_is_as_long_as_the_request_and_nobody_is_on_it_twice_at_once(
    spans: list[Span],
) -> None:
    shaped = shape(*spans)
    sections = [section for one in shaped.nodes for section in one.critical]
    assert all(start < end for start, end in sections)
    assert union(sections) == pytest.approx(shaped.critical_time)  # sections don't overlap
    for one in shaped.nodes:
        assert all(one.span.start <= start and end <= one.span.start + one.span.duration for start, end in one.critical)
        assert 0.0 <= one.own <= one.span.duration
    tops = [one.span.duration for one in shaped.nodes if one.parent is None]
    assert shaped.critical_time in [pytest.approx(top) for top in tops]


@given(wild_spans)
def test_the_order_in_which_a_store_gives_the_spans_does_not_matter(spans: list[Span]) -> None:
    distinct = list({one.span_id: one for one in spans}.values())
    moved = [
        span(str(one.span_id), one.parent_id, number, number + one.duration) for number, one in enumerate(distinct)
    ]
    shuffled = list(moved)
    random.Random(7).shuffle(shuffled)
    assert outline(shape(*moved)) == outline(shape(*shuffled))
