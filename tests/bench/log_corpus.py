"""A million log lines of a shop as JSON, the same at every run but for their time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

LINES = 1_000_000
HOURS = 24.0
"""How long the lines take."""

_SERVICES = {"gateway": 30, "checkout": 20, "orders": 18, "payments": 12, "users": 12, "stock": 8}
"""Services and how often they log."""

_MESSAGES: tuple[tuple[int, str, str], ...] = (
    (3000, "info", "GET /api/v1/orders/# 200 in #ms"),
    (1500, "info", "POST /api/v1/cart/# 201 in #ms"),
    (1200, "debug", "cache hit for key order:#"),
    (900, "debug", "cache miss for key order:#, asking the database"),
    (900, "info", "user # authenticated by token"),
    (700, "info", "order # placed with # items"),
    (500, "debug", "query SELECT FROM orders WHERE id=# took #ms"),
    (400, "info", "payment # authorised"),
    (250, "warn", "slow query on table line_items: #ms"),
    (150, "warn", "retry # of 5: upstream connect error before headers"),
    (120, "warn", "pool nearly exhausted: # of 50 connections in use"),
    (100, "error", "pool wait timeout after #ms"),
    (60, "error", "connection refused by 10.0.#.#:5432"),
    (40, "error", "deadlock detected while updating stock of item #"),
    (30, "warn", "certificate of payments.internal expires in # hours"),
    (20, "error", "payment # declined: insufficient funds"),
    (10, "error", "panic: runtime error: index out of range [#]"),
    (4, "error", "disk quota exceeded on /var/lib/orders"),
    (1, "fatal", "migration # failed, giving up"),
)
"""How often of ten thousand or so, at which level, and what; # is a number."""

MAPPING: dict[str, Any] = {
    "properties": {
        "@timestamp": {"type": "date"},
        "message": {"type": "text"},
        **{name: {"type": "keyword"} for name in ("level", "service", "namespace", "pod", "trace_id", "span_id")},
        "duration_ms": {"type": "integer"},
    }
}


def corpus(end: float, count: int = LINES) -> Iterator[dict[str, Any]]:
    """`count` lines, oldest first, the last one at `end` (unix seconds)."""
    draw = random.Random(count)
    services = draw.choices(tuple(_SERVICES), tuple(_SERVICES.values()), k=4096)
    messages = draw.choices(_MESSAGES, [often for often, _, _ in _MESSAGES], k=count)
    pods = {name: [f"{name}-7d9f6c5b8-{draw.randrange(16**5):05x}" for _ in range(4)] for name in _SERVICES}
    start, step = end - HOURS * 3600, HOURS * 3600 / count
    for number, (_, level, message) in enumerate(messages):
        service = services[draw.randrange(4096)]
        yield {
            "@timestamp": moment(start + (number + 1) * step),
            "level": level,
            "service": service,
            "namespace": "shop",
            "pod": pods[service][number % 4],
            "message": _filled(message, draw),
            "trace_id": f"{draw.getrandbits(128):032x}",
            "span_id": f"{draw.getrandbits(64):016x}",
            "duration_ms": draw.randrange(3000),
        }


def moment(time: float) -> str:
    """RFC 3339 to the millisecond, in UTC."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%S}.{int(time % 1 * 1000):03d}Z"


def _filled(message: str, draw: random.Random) -> str:
    first, *others = message.split("#")
    return first + "".join(f"{draw.randrange(256)}{part}" for part in others)


def bulk(lines: Sequence[dict[str, Any]], encode: Callable[[Any], bytes]) -> bytes:
    """The body that adds `lines` by `_bulk` to the index in its URL."""
    return b"".join(b'{"create":{}}\n' + encode(line) + b"\n" for line in lines)
