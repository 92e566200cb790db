"""Who calls whom, as the store counted it (`/api/dependencies`)."""

from __future__ import annotations

from collections import Counter

import msgspec

from opsconsole.domain.snapshot import Completeness, Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.topology import ServiceEdge, Topology
from opsconsole.safe_text import safe_text
from opsconsole.sources.wire import Wire

COUNTED_FROM = SafeText("calls as Jaeger counted them")
NOT_COUNTED = SafeText("this store does not count calls between services: only the traces at hand tell of them")
NONE_COUNTED = SafeText(
    "Jaeger has counted no calls in this range: storing in Elasticsearch it needs jaeger-spark-dependencies to run"
)


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """Calls of one service to another."""

    parent: str = ""
    child: str = ""
    call_count: int = 0


class Dependencies(msgspec.Struct, frozen=True):
    """The body."""

    data: list[Link] | None = None


async def dependencies(wire: Wire, span: TimeRange) -> Reading[Topology]:
    """Edges of `span`, those of a pair of services added up, without calls within one. Raises `SourceError`.

    An address that is not there, or not implemented, is a store that does not count.
    """
    params = {"endTs": str(round(span.end * 1000)), "lookback": str(max(1, round(span.span * 1000)))}
    answer = await wire.request("GET", "/api/dependencies", params=params, accept=(404, 501))
    if answer.status != 200:
        return Reading(Topology(()), Completeness(notes=(NOT_COUNTED,)))
    calls: Counter[tuple[SafeText, SafeText]] = Counter()
    for link in answer.decode(Dependencies).data or ():
        if link.parent != link.child:
            calls[safe_text(link.parent, 256), safe_text(link.child, 256)] += max(0, link.call_count)
    edges = tuple(ServiceEdge(caller, callee, count) for (caller, callee), count in sorted(calls.items()))
    if not edges:
        return Reading(Topology((), COUNTED_FROM), Completeness(notes=(NONE_COUNTED,)))
    return Reading(Topology(edges, COUNTED_FROM))
