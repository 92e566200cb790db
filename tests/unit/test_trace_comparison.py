"""Two traces side by side: which steps are the same, and what makes one of them slower."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace
from opsconsole.domain.trace_comparison import SpanPair, TraceComparison
from opsconsole.traces.comparison import compare
from waterfall_samples import BROKEN, CHECKOUT, at, chain, trace

QUICK = trace(
    at("gateway.pay", None, 0.0, 0.5),
    at("checkout.pay", "gateway.pay", 0.1, 0.3),
    at("stock.look", "checkout.pay", 0.15, 0.05),
    at("redis.get", "checkout.pay", 0.25, 0.05),
)
SLOW = trace(
    at("gateway.pay", None, 0.0, 2.5),
    at("checkout.pay", "gateway.pay", 0.1, 2.3, error=True),
    at("stock.look", "checkout.pay", 0.15, 0.05),
    at("orders.wait", "checkout.pay", 0.25, 2.0, error=True),
    at("db.select", "orders.wait", 0.3, 0.1),
)


def told(pairs: tuple[SpanPair, ...]) -> list[tuple[str, str]]:
    signs = {(True, False): "-", (False, True): "+", (False, False): "="}
    return [(signs[one.missing, one.added], f"{one.node.span.service}.{one.node.span.operation}") for one in pairs]


def test_the_same_steps_stand_together_and_the_others_say_whose_they_are() -> None:
    pairs = compare(QUICK, SLOW).pairs
    assert [(one.depth, *word) for one, word in zip(pairs, told(pairs), strict=True)] == [
        (0, "=", "gateway.pay"),
        (1, "=", "checkout.pay"),
        (2, "=", "stock.look"),
        (2, "-", "redis.get"),
        (2, "+", "orders.wait"),
        (3, "+", "db.select"),
    ]


def test_what_made_the_difference_comes_first_and_the_shares_add_up_to_it() -> None:
    found = compare(QUICK, SLOW)
    assert found.total == pytest.approx(2.0)
    assert told(found.differences)[0] == ("+", "orders.wait")
    assert found.differences[0].share == pytest.approx(1.9)
    assert told(found.differences)[-1] == ("-", "redis.get")
    assert sum(one.share for one in found.pairs) == pytest.approx(found.total)
    assert (found.missing, found.added) == (1, 2)
    assert ("=", "stock.look") not in told(found.differences)


def test_differences_are_right_less_left() -> None:
    pair = compare(QUICK, SLOW).pairs[1]
    assert pair.duration == pytest.approx(2.0)
    assert pair.own == pytest.approx(0.05)
    back = compare(SLOW, QUICK)
    assert back.total == pytest.approx(-2.0)
    assert back.pairs[1].duration == pytest.approx(-2.0)


def test_repeated_steps_are_matched_in_order() -> None:
    def asking(count: int) -> Trace:
        calls = (at("db.select", "a.list", 0.1 * n, 0.05) for n in range(1, count + 1))
        named = (msgspec.structs.replace(one, span_id=SafeText(f"s{n}")) for n, one in enumerate(calls))
        return trace(at("a.list", None, 0.0, 5.0), *named)

    found = compare(asking(2), asking(5))
    assert [sign for sign, _ in told(found.pairs)] == ["=", "=", "=", "+", "+", "+"]


@pytest.mark.parametrize("one", [CHECKOUT, BROKEN, QUICK, Trace(SafeText("t"), ())])
def test_a_trace_does_not_differ_from_itself(one: Trace) -> None:
    found = compare(one, one)
    assert found.differences == ()
    assert found.total == 0.0
    assert len(found.pairs) == len(one.spans)


def test_the_one_step_left_of_a_service_is_the_same_under_two_names() -> None:
    def numbered(number: int, *more: Span) -> Trace:
        return trace(
            at(f"gateway.GET /orders/{number}", None, 0.0, 1.0),
            at("orders.find", f"gateway.GET /orders/{number}", 0.1, 0.1 * number),
            *more,
        )

    assert [sign for sign, _ in told(compare(numbered(1), numbered(2)).pairs)] == ["=", "="]
    other = at("gateway.GET /carts/1", None, 0.5, 0.1)
    assert [sign for sign, _ in told(compare(numbered(1), numbered(2, other)).pairs)] == ["-", "-", "+", "+", "+"]


def test_a_failure_alone_is_a_difference() -> None:
    fine, failed = trace(at("a.x", None, 0.0, 1.0)), trace(at("a.x", None, 0.0, 1.0, error=True))
    assert len(compare(fine, failed).differences) == 1


def test_ten_thousand_deep_is_no_deeper_than_any_other() -> None:
    assert len(compare(chain(10_000), chain(9_000)).pairs) == 10_000


wild = st.lists(
    st.builds(
        lambda service, number, parent, start, took: at(f"{service}.{number}", parent, start, took),
        st.sampled_from("ab"), st.sampled_from("123"),
        st.none() | st.builds("{}.{}".format, st.sampled_from("ab"), st.sampled_from("1234")),
        st.floats(0, 5), st.floats(0, 5),
    ),
    max_size=10,
)  # fmt: skip


def places(found: TraceComparison) -> tuple[Counter[int], Counter[int]]:
    return (
        Counter(id(one.left.span) for one in found.pairs if one.left is not None),
        Counter(id(one.right.span) for one in found.pairs if one.right is not None),
    )


@given(wild, wild)
def test_whatever_comes_every_span_appears_once_and_the_shares_add_up(left: list[Span], right: list[Span]) -> None:
    found = compare(trace(*left), trace(*right))
    assert places(found) == (Counter(map(id, left)), Counter(map(id, right)))
    assert sum(one.share for one in found.pairs) == pytest.approx(found.total, abs=1e-9)
    for one in found.pairs:
        if one.left is not None and one.right is not None:
            assert (one.left.span.service, one.left.span.kind) == (one.right.span.service, one.right.span.kind)
            assert one.left.depth == one.right.depth == one.depth


@given(wild)
def test_whatever_comes_a_trace_does_not_differ_from_itself(spans: list[Span]) -> None:
    assert compare(trace(*spans), trace(*spans)).differences == ()
