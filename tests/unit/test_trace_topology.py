"""Who calls whom in the traces in hand, whatever a store gives for a trace."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.service_map import MapEdge
from opsconsole.domain.text import SafeText
from opsconsole.domain.topology import ServiceEdge, Topology
from opsconsole.domain.trace import Span, Trace
from opsconsole.traces.topology import quantile, service_map, topology_of
from opsconsole.traces.tree import tree_of
from waterfall_samples import at, trace

CLIENT = {"kind": SafeText("client")}


def told(name: str, parent: str | None = None, took: float = 1.0, error: bool = False, **attributes: str) -> Span:
    """A client's span that names what it called."""
    named = {SafeText(key.replace("_", ".")): SafeText(text) for key, text in attributes.items()}
    return at(name, parent, 0.1, took, error=error, attributes=named, **CLIENT)


def edges(*traces: Trace) -> dict[tuple[str, str], ServiceEdge]:
    return {(edge.caller, edge.callee): edge for edge in topology_of(traces).edges}


def test_a_call_is_counted_once_with_the_time_that_the_caller_waited() -> None:
    found = edges(
        trace(
            at("gateway.pay", None, 0.0, 1.0),
            at("gateway.call", "gateway.pay", 0.1, 0.8, **CLIENT),
            at("checkout.pay", "gateway.call", 0.2, 0.6, error=True),
        )
    )
    assert found == {
        ("gateway", "checkout"): ServiceEdge(SafeText("gateway"), SafeText("checkout"), 1, 1, 0.8, 0.8),
    }
    assert found["gateway", "checkout"].error_ratio == 1.0


def test_several_calls_below_one_span_have_their_own_times() -> None:
    found = edges(
        trace(at("a.all", None, 0.0, 5.0, **CLIENT), at("b.x", "a.all", 0.1, 1.0), at("b.y", "a.all", 1.2, 3.0))
    )
    edge = found["a", "b"]
    assert (edge.calls, edge.errors, edge.median, edge.p95) == (2, 0, 1.0, 3.0)


@pytest.mark.parametrize(
    ("attributes", "callee"),
    [
        ({"peer_service": "stripe", "server_address": "10.0.0.1"}, "stripe"),
        ({"db_system_name": "postgresql", "server_address": "postgres"}, "postgresql"),
        ({"db_system": "mysql", "net_peer_name": "orders-db.shop"}, "mysql orders-db.shop"),
        ({"db_system": "redis"}, "redis"),
        ({"messaging_system": "kafka", "server_address": "kafka"}, "kafka"),
        ({"server_address": "api.example.com"}, "api.example.com"),
        ({"server_address": "a.shop.svc.cluster.local"}, None),
        ({}, None),
    ],
)
def test_what_sends_no_spans_is_called_by_what_the_client_tells_of_it(
    attributes: dict[str, str], callee: str | None
) -> None:
    found = edges(trace(told("a.call", **attributes)))
    assert set(found) == ({("a", callee)} if callee else set())


def test_a_call_that_never_arrived_is_one_to_the_service_of_that_address() -> None:
    refused = trace(told("gateway.call", error=True, server_address="checkout.shop.svc"))
    answered = trace(told("gateway.call", server_address="checkout"), at("checkout.pay", "gateway.call", 0.2, 0.1))
    edge = edges(refused, answered)["gateway", "checkout"]
    assert (edge.calls, edge.errors) == (2, 1)
    assert len(edges(refused, answered)) == 1


def test_a_client_is_no_peer_where_the_other_service_answers_further_down() -> None:
    found = edges(
        trace(
            told("a.call", server_address="proxy"),
            at("a.retry", "a.call", 0.2, 0.5),
            at("b.serve", "a.retry", 0.3, 0.2),
        )
    )
    assert set(found) == {("a", "b")}


def test_the_store_and_the_sample_stand_beside_each_other_and_trouble_comes_first() -> None:
    a, b, c = map(SafeText, "abc")
    counted = Topology((ServiceEdge(a, b, 900), ServiceEdge(a, c, 12), ServiceEdge(a, c, 3)))
    sampled = Topology((ServiceEdge(a, b, 20, 1, 0.1, 0.2), ServiceEdge(b, c, 10, 1, 0.1, 0.9)))
    found = service_map(counted, sampled)
    assert found.edges == (
        MapEdge(b, c, None, sampled.edges[1]),
        MapEdge(a, b, 900, sampled.edges[0]),
        MapEdge(a, c, 15, None),
    )
    assert [edge.failing for edge in found.edges] == [True, True, False]
    assert found.worst() == "c"
    assert [edge.callee for edge in found.callees(a)] == ["b", "c"]
    assert [edge.caller for edge in found.callers(c)] == ["b", "a"]
    assert service_map(None, Topology(())).worst() is None


def test_a_quantile_is_a_value_that_was_seen() -> None:
    ten = [float(number) for number in range(1, 11)]
    assert [quantile(ten, share) for share in (0.0, 0.5, 0.9, 0.95, 1.0)] == [1.0, 5.0, 9.0, 10.0, 10.0]
    assert quantile([7.0], 0.95) == 7.0


def test_many_traces_are_counted_quickly_enough_to_be_named() -> None:
    assert topology_of((trace(at("a.x", None, 0.0, 1.0)),)).counted_from == "1 trace in hand"
    assert topology_of(()).counted_from == "0 traces in hand"


names = st.sampled_from("abc")
wild_spans = st.lists(
    st.builds(
        lambda service, name, parent, start, took, kind, error, peer: at(
            f"{service}.{name}", parent, start, took, kind=SafeText(kind), error=error,
            attributes={SafeText("peer.service"): SafeText(peer)} if peer else {},
        ),
        names, st.sampled_from("123"), st.none() | st.builds("{}.{}".format, names, st.sampled_from("1234")),
        st.floats(0, 5), st.floats(0, 5), st.sampled_from(["server", "client", "internal"]), st.booleans(),
        st.sampled_from(["", "db", "a"]),
    ),
    max_size=12,
)  # fmt: skip


@given(st.lists(wild_spans, max_size=3))
def test_whatever_comes_the_calls_add_up(found: list[list[Span]]) -> None:
    traces = [trace(*spans) for spans in found]
    topology = topology_of(traces)
    between: Counter[tuple[str, str]] = Counter()
    peers = 0
    for one in traces:
        tree = tree_of(one.spans) if one.spans else None
        for place, span in enumerate(one.spans):
            parent = tree.parents[place] if tree is not None else None
            if parent is not None and one.spans[parent].service != span.service:
                between[one.spans[parent].service, span.service] += 1
            peers += (
                span.kind == "client" and span.attributes.get(SafeText("peer.service"), span.service) != span.service
            )
    counted = {(edge.caller, edge.callee): edge.calls for edge in topology.edges}
    assert all(counted[pair] >= calls for pair, calls in between.items())
    assert sum(between.values()) <= sum(counted.values()) <= sum(between.values()) + peers
    for edge in topology.edges:
        assert edge.caller != edge.callee
        assert 0 <= (edge.errors or 0) <= edge.calls
        assert edge.median is not None
        assert edge.p95 is not None
        assert edge.median <= edge.p95
