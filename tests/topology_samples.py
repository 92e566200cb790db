"""Traces and counts of a small shop for tests of the service map and of comparisons."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.topology import ServiceEdge, Topology
from opsconsole.domain.trace import Span, Trace
from waterfall_samples import at, trace

CLIENT = SafeText("client")


def renamed(one: Trace, trace_id: str) -> Trace:
    """The same trace under another id."""
    name = SafeText(trace_id)
    return Trace(name, tuple(msgspec.structs.replace(span, trace_id=name) for span in one.spans))


def request(trace_id: str, took: float, *, error: bool = False, more: tuple[Span, ...] = ()) -> Trace:
    """gateway → checkout → orders → a database, most of it in orders."""
    named = {SafeText("db.system"): SafeText("postgresql")}
    spans = (
        at("gateway.pay", None, 0.0, took + 0.3, error=error),
        at("checkout.pay", "gateway.pay", 0.1, took + 0.1, error=error),
        at("orders.reserve", "checkout.pay", 0.15, took, error=error),
        at("orders.select", "orders.reserve", 0.16, 0.01, kind=CLIENT, attributes=named),
        *more,
    )
    return renamed(trace(*spans), trace_id)


QUICK = request("a" * 32, 0.1)
SLOW = request("b" * 32, 2.0, error=True, more=(at("redis.get", "checkout.pay", 0.12, 0.02),))
COUNTED = Topology(
    tuple(
        ServiceEdge(SafeText(caller), SafeText(callee), calls)
        for caller, callee, calls in (
            ("gateway", "checkout", 12_340),
            ("checkout", "orders", 9_000),
            ("checkout", "payments", 700),
        )
    ),
    SafeText("calls as Jaeger counted them"),
)
