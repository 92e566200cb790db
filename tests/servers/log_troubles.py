"""Troubles of a log store that real Elasticsearch gets into, each made when a test asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from servers.elasticsearch import Elasticsearch
from servers.loading import Document, load_lines
from servers.waiting import until

KEYWORD = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
"""What dynamic mapping makes of a string."""

PLAIN_MAPPING: Document = {
    "properties": {"@timestamp": {"type": "date"}, "service": KEYWORD, "level": KEYWORD, "message": KEYWORD}
}
ECS_MAPPING: Document = {
    "properties": {
        "@timestamp": {"type": "date"},
        "service": {"properties": {"name": {"type": "keyword"}}},
        "log": {"properties": {"level": {"type": "keyword"}}},
        "message": {"type": "text"},
    }
}

PATIENCE = 60.0

Line = tuple[float, str, str, str]
"""Unix seconds, service, level, message."""


def load_two_mappings(server: Elasticsearch, name: str, plain: Sequence[Line], ecs: Sequence[Line]) -> str:
    """Write `plain` into an index where `service` is text, `ecs` into one where it is an object; a pattern of both."""
    load_lines(
        server,
        (
            (str(number), {"@timestamp": timestamp(at), "service": service, "level": level, "message": message})
            for number, (at, service, level, message) in enumerate(plain)
        ),
        index=f"{name}-plain",
        mapping=PLAIN_MAPPING,
    )
    load_lines(
        server,
        (
            (
                str(number),
                {
                    "@timestamp": timestamp(at),
                    "service": {"name": service},
                    "log": {"level": level},
                    "message": message,
                },
            )
            for number, (at, service, level, message) in enumerate(ecs)
        ),
        index=f"{name}-ecs",
        mapping=ECS_MAPPING,
    )
    return f"{name}-*"


def add_lost_shard(server: Elasticsearch, index: str) -> None:
    """Make `index` with one shard that no node may hold: searches answer without it, and count it as failed.

    While it is there the server's health is red, so it would not come up as ready again: delete it before a restart.
    """
    settings = {"index.number_of_shards": 1, "index.routing.allocation.include._name": "nobody"}
    body = {"settings": settings, "mappings": PLAIN_MAPPING}
    _ask(server, "PUT", f"/{index}", body, wait_for_active_shards="0")


def add_shard_that_cannot_sort(server: Elasticsearch, index: str, line: str = "unsortable") -> None:
    """Make `index` with one line, in which `@timestamp` is text: whatever sorts or counts by it fails on its shard."""
    mapping = {"properties": {"@timestamp": {"type": "text"}, "service": KEYWORD, "level": KEYWORD, "message": KEYWORD}}
    load_lines(server, [("0", {"@timestamp": "today", "message": line})], index=index, mapping=mapping)


def forget_points_in_time(server: Elasticsearch, index: str) -> None:
    """Expire every point in time of `index` at once, as its keep-alive would: the next search by it is a 404."""
    _ask(server, "POST", f"/{index}/_close", None)
    _ask(server, "POST", f"/{index}/_open", None, wait_for_active_shards="1")


def wait_until_points_in_time_expired(server: Elasticsearch, index: str) -> None:
    """Return once no point in time of `index` is open, by its own keep-alive; a search by one would renew it."""

    def none_open() -> bool:
        statistics = _ask(server, "GET", f"/{index}/_stats/search", None)
        return bool(statistics["_all"]["total"]["search"]["open_contexts"] == 0)

    until(none_open, f"all points in time of {index} expired", PATIENCE)


def timestamp(moment: float) -> str:
    """Unix seconds as `@timestamp` holds them."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ask(server: Elasticsearch, method: str, path: str, body: Mapping[str, Any] | None, **parameters: str) -> Any:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60.0) as client:
        return client.request(method, path, json=body, params=parameters).raise_for_status().json()
