"""Which span stands below which, whatever a store gives for a trace."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span


class Tree(msgspec.Struct, frozen=True):
    """Spans by their place in the trace. Every span has one place, and no ancestor below itself.

    `order` has each before its children; `parents` and `children` hold places; `missing` are places of spans whose
    parent is not there, `looped` of those at the top because their ancestors lead back to them.
    """

    order: tuple[int, ...]
    depths: tuple[int, ...]
    """In the order of `order`."""
    parents: tuple[int | None, ...]
    children: tuple[tuple[int, ...], ...]
    missing: frozenset[int]
    looped: frozenset[int]


def tree_of(spans: Sequence[Span]) -> Tree:
    """The tree of `spans`, which come by start. Takes no longer for deep ones, and doesn't recurse.

    Zipkin's two ends of a call share one id: the server's stands below the client's, and has the children.
    Of other spans with the same id the first has the children.
    """
    holders, clients = _holders(spans)
    parents: list[int | None] = []
    missing: set[int] = set()
    for place, span in enumerate(spans):
        client = clients.get(span.span_id)
        if client is not None and holders[span.span_id] == place:
            parents.append(client)
        elif span.parent_id is None:
            parents.append(None)
        else:
            parent = holders.get(span.parent_id)
            if parent is None:
                missing.add(place)
            parents.append(None if parent == place else parent)
    children: list[list[int]] = [[] for _ in spans]
    tops: list[int] = []
    for place, parent in enumerate(parents):
        (tops if parent is None else children[parent]).append(place)
    return _walked(tops, parents, children, missing)


def _holders(spans: Sequence[Span]) -> tuple[dict[SafeText, int], dict[SafeText, int]]:
    """Who has the children of each id, and the client's end where two ends share an id."""
    holders: dict[SafeText, int] = {}
    clients: dict[SafeText, int] = {}
    for place, span in enumerate(spans):
        first = holders.setdefault(span.span_id, place)
        if first == place or span.span_id in clients:
            continue
        ends = (spans[first].kind, span.kind)
        if ends == ("client", "server"):
            clients[span.span_id], holders[span.span_id] = first, place
        elif ends == ("server", "client"):
            clients[span.span_id] = place
    return holders, clients


def _walked(tops: list[int], parents: list[int | None], children: list[list[int]], missing: set[int]) -> Tree:
    order: list[int] = []
    depths: list[int] = []
    seen = [False] * len(parents)
    looped: set[int] = set()

    def walk(top: int) -> None:
        stack = [(top, 0)]
        while stack:
            place, depth = stack.pop()
            if seen[place]:
                continue
            seen[place] = True
            order.append(place)
            depths.append(depth)
            stack.extend((child, depth + 1) for child in reversed(children[place]) if not seen[child])

    for top in tops:
        walk(top)
    for place in range(len(parents)):
        if not seen[place]:  # only spans whose ancestors go round in a circle are left
            parent = parents[place]
            if parent is not None:
                children[parent].remove(place)
            parents[place] = None
            looped.add(place)
            walk(place)
    return Tree(
        tuple(order),
        tuple(depths),
        tuple(parents),
        tuple(tuple(below) for below in children),
        frozenset(missing),
        frozenset(looped),
    )
