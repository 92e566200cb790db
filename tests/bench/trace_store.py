"""A store with one large trace, which speaks Jaeger's v3 API and knows when the last byte of an answer has left."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from servers.ports import reserved_port

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
_SERVICES = ("gateway", "checkout", "orders", "payments", "users", "stock", "postgres", "redis")
_IN_LIST = 3
"""Spans that a search gives; the look-up by id gives all."""


class TraceStore(ThreadingHTTPServer):
    """Serves it at `url`. `sent` is the monotonic time at which the whole trace had left, for each look-up."""

    daemon_threads = True

    def __init__(self, port: int, spans: int) -> None:
        """Bodies are made before anything is asked."""
        super().__init__(("127.0.0.1", port), _Answers)
        self.url = f"http://127.0.0.1:{port}"
        self.sent: list[float] = []
        every = trace_spans(spans, time.time())
        self.bodies = {
            "/api/v3/services": msgspec.json.encode({"services": list(_SERVICES)}),
            "/api/v3/operations": msgspec.json.encode({"operations": [{"name": "POST /pay", "spanKind": "server"}]}),
            "/api/v3/traces": _answer(every[:_IN_LIST]),
            f"/api/v3/traces/{TRACE_ID}": _answer(every),
        }


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TraceStore

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body = self.server.bodies.get(path)
        self.send_response(404 if body is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")
        if path.endswith(TRACE_ID):
            self.server.sent.append(time.monotonic())

    def log_message(self, format: str, *words: object) -> None:  # noqa: A002  - the base class names it so
        """Nothing: the terminal is the console's."""


@contextmanager
def trace_store(spans: int) -> Iterator[TraceStore]:
    """The store, until the block ends."""
    with reserved_port() as port, TraceStore(port, spans) as store:
        thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield store
        finally:
            store.shutdown()
            thread.join()


def trace_spans(count: int, end: float) -> list[tuple[str, dict[str, Any]]]:
    """`count` spans in OTLP's JSON with their services: a tree of calls three levels wide, one in fifty an error."""
    draw = random.Random(count)
    start, whole = end - 60, 12.0
    spans: list[tuple[str, dict[str, Any]]] = []
    times: list[tuple[float, float]] = []
    for number in range(count):
        parent = (number - 1) // 4 if number else None
        begin, length = (start, whole) if parent is None else _inside(*times[parent], draw)
        times.append((begin, length))
        span: dict[str, Any] = {
            "traceId": TRACE_ID,
            "spanId": f"{number + 1:016x}",
            "name": "POST /pay" if parent is None else f"call {draw.randrange(40)}",
            "kind": 2,
            "startTimeUnixNano": str(int(begin * 1e9)),
            "endTimeUnixNano": str(int((begin + length) * 1e9)),
            "attributes": [
                {"key": "http.request.method", "value": {"stringValue": "POST"}},
                {"key": "http.response.status_code", "value": {"intValue": "200"}},
                {"key": "db.statement", "value": {"stringValue": "select id, total from orders where id = $1"}},
                {"key": "net.peer.name", "value": {"stringValue": "orders.shop.svc.cluster.local"}},
            ],
            "status": {"code": 2, "message": "timeout"} if draw.random() < 0.02 else {},
        }
        if parent is not None:
            span["parentSpanId"] = f"{parent + 1:016x}"
        spans.append((_SERVICES[0] if parent is None else draw.choice(_SERVICES), span))
    return spans


def _inside(begin: float, length: float, draw: random.Random) -> tuple[float, float]:
    offset = draw.random() * 0.7
    return begin + offset * length, length * draw.uniform(0.05, 1 - offset)


def _answer(spans: list[tuple[str, dict[str, Any]]]) -> bytes:
    groups = [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
            "scopeSpans": [{"scope": {"name": "shop"}, "spans": [span for one, span in spans if one == service]}],
        }
        for service in _SERVICES
    ]
    return msgspec.json.encode({"result": {"resourceSpans": groups}})
