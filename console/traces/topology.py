"""Who calls whom, as the traces in hand show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from opsconsole.domain.service_map import MapEdge, ServiceMap
from opsconsole.domain.text import SafeText
from opsconsole.domain.topology import ServiceEdge, Topology
from opsconsole.domain.trace import Span, Trace
from opsconsole.traces.tree import Tree, tree_of

_ASKING = frozenset({SafeText("client"), SafeText("producer")})
_SYSTEMS = tuple(map(SafeText, ("db.system.name", "db.system", "messaging.system")))
_ADDRESSES = tuple(map(SafeText, ("server.address", "net.peer.name", "peer.hostname", "peer.address")))
_PEER = SafeText("peer.service")


class Call(msgspec.Struct, frozen=True):
    """One call of a service to another; `duration` in seconds as the caller saw it, where it says so."""

    caller: SafeText
    callee: SafeText
    duration: float
    error: bool


def calls_of(trace: Trace, known: frozenset[SafeText] = frozenset()) -> Iterator[Call]:
    """The calls between services in `trace`.

    A span below one of another service is a call, and so is a client's span below which no other service has a span,
    when it names its peer: `peer.service`, else a database or queue, else an address. An address of one of the
    `known` services is that service. Attribute names: OpenTelemetry's semantic conventions, newer and older.
    """
    spans = trace.spans
    if not spans:
        return
    tree = tree_of(spans)
    reached = _reached(spans, tree)
    for place in tree.order:
        span, parent = spans[place], tree.parents[place]
        if parent is not None and spans[parent].service != span.service:
            yield _between(spans[parent], span, alone=len(tree.children[parent]) == 1)
        if span.kind in _ASKING and place not in reached:
            peer = _peer(span, known)
            if peer is not None and peer != span.service:
                yield Call(span.service, peer, span.duration, span.error)


def _reached(spans: Sequence[Span], tree: Tree) -> set[int]:
    """Spans below which another service has one."""
    found: set[int] = set()
    for place in reversed(tree.order):
        parent = tree.parents[place]
        if parent is not None and (place in found or spans[parent].service != spans[place].service):
            found.add(parent)
    return found


def _between(parent: Span, child: Span, *, alone: bool) -> Call:
    """The caller's own span tells how long it waited, unless several calls share it or nobody waited."""
    waited = parent.kind == "client" and alone
    duration = parent.duration if waited else child.duration
    return Call(parent.service, child.service, duration, child.error or (waited and parent.error))


def _peer(span: Span, known: frozenset[SafeText]) -> SafeText | None:
    told = span.attributes
    if peer := told.get(_PEER):
        return peer
    address = next((told[name] for name in _ADDRESSES if told.get(name)), SafeText(""))
    host = SafeText(address.partition(".")[0])
    system = next((told[name] for name in _SYSTEMS if told.get(name)), None)
    if system is None:
        return host if host in known else address or None
    # `redis` at `redis` needs no second name; two databases of one kind do.
    return system if not address or host in system else SafeText(f"{system} {address}")


def topology_of(traces: Sequence[Trace]) -> Topology:
    """The calls in `traces`, added up for each pair of services."""
    known = frozenset(span.service for trace in traces for span in trace.spans)
    found: dict[tuple[SafeText, SafeText], list[Call]] = {}
    for trace in traces:
        for call in calls_of(trace, known):
            found.setdefault((call.caller, call.callee), []).append(call)
    edges = tuple(_edge(*pair, calls) for pair, calls in sorted(found.items()))
    count = len(traces)
    return Topology(edges, SafeText(f"{count:,} trace{'s' * (count != 1)} in hand"))


def _edge(caller: SafeText, callee: SafeText, calls: Sequence[Call]) -> ServiceEdge:
    durations = sorted(call.duration for call in calls)
    errors = sum(call.error for call in calls)
    return ServiceEdge(caller, callee, len(calls), errors, quantile(durations, 0.5), quantile(durations, 0.95))


def quantile(rising: Sequence[float], share: float) -> float:
    """The smallest of `rising` that `share` (0 to 1) of them do not exceed: one that was seen, not one in between."""
    place = max(0, min(len(rising) - 1, -int(-share * len(rising) // 1) - 1))
    return rising[place]


def service_map(counted: Topology | None, sampled: Topology) -> ServiceMap:
    """Edges of both, joined by their ends, those in trouble first."""
    totals: Mapping[tuple[SafeText, SafeText], int] = _totals(counted.edges if counted is not None else ())
    seen = {(edge.caller, edge.callee): edge for edge in sampled.edges}
    edges = (MapEdge(*pair, totals.get(pair), seen.get(pair)) for pair in totals.keys() | seen.keys())
    return ServiceMap(tuple(sorted(edges, key=lambda edge: edge.trouble)))


def _totals(edges: Iterable[ServiceEdge]) -> dict[tuple[SafeText, SafeText], int]:
    found: dict[tuple[SafeText, SafeText], int] = {}
    for edge in edges:
        found[edge.caller, edge.callee] = found.get((edge.caller, edge.callee), 0) + edge.calls
    return found
