"""Traces for tests of the waterfall."""

from __future__ import annotations

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, SpanEvent, SpanLink, Trace
from opsconsole.safe_text import safe_text

START = 1_772_460_663.0
TRACE_ID = SafeText("4bf92f3577b34da6a3ce929d0e0e4736")
OTHER_ID = SafeText("00f067aa0ba902b700f067aa0ba902b7")


def at(name: str, parent: str | None, start: float, took: float, **more: object) -> Span:
    """A span called `name`, its id `name` too, of the service before its first `.`."""
    fields = {"service": safe_text(name.split(".", maxsplit=1)[0]), "kind": SafeText("server")} | more
    parent_id = None if parent is None else safe_text(parent)
    operation = safe_text(name.partition(".")[2] or name)
    return Span(TRACE_ID, safe_text(name), parent_id, operation=operation, start=START + start, duration=took, **fields)  # type: ignore[arg-type]


def trace(*spans: Span) -> Trace:
    """A trace of `spans`."""
    return Trace(TRACE_ID, tuple(sorted(spans, key=lambda span: span.start)))


LOGIN = SpanEvent(START + 0.3, SafeText("user-authenticated"), {SafeText("user_id"): SafeText("12345")})
CRASH = SpanEvent(START + 0.6, SafeText("exception"), {SafeText("exception.message"): SafeText("no connection")})

CHECKOUT = trace(
    at("gateway.pay", None, 0.0, 1.0, error=True),
    at("checkout.pay", "gateway.pay", 0.1, 0.8, error=True, events=(LOGIN,)),
    at("orders.reserve", "checkout.pay", 0.2, 0.1),
    at("payments.charge", "checkout.pay", 0.35, 0.5, error=True, events=(CRASH,), status_message=SafeText("refused")),
    at("payments.ledger", "payments.charge", 0.4, 0.3, links=(SpanLink(OTHER_ID, SafeText("far.away")),)),
    at("mail.send", "checkout.pay", 0.5, 3.0, kind=SafeText("consumer")),
)
"""A payment that failed, with mail that nobody waited for."""

BROKEN = trace(
    at("gateway.one", None, 0.0, 1.0),
    at("gateway.two", None, 0.1, 0.2),
    at("orders.lost", "gone", 0.2, 0.3),
    at("orders.found", "gone", 0.25, 0.3),
    at("stock.early", "gateway.one", -0.21, 0.5, warnings=(SafeText("clock skew adjustment disabled"),)),
    at("stock.late", "gateway.one", 0.5, 0.75),
)
"""Two roots, two orphans, and clocks that differ."""


def chain(count: int) -> Trace:
    """`count` spans, each below the one before."""
    return trace(
        *(
            at(f"s.{n}", f"s.{n - 1}" if n else None, n / count, 2 - 2 * n / count, error=n % 7 == 6)
            for n in range(count)
        )
    )
