"""The connection to the team's incident index reaches that index alone, and deletes nothing in it."""

from __future__ import annotations

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.sources.wire import OneIndex, Wire
from opsconsole.write_mode import WriteMode

NDJSON = "application/vnd.elasticsearch+x-ndjson; compatible-with=8"
JSON = "application/vnd.elasticsearch+json; compatible-with=8"
ADDED = b'{"create":{"_id":"ev-1"}}\n{"doc":"event"}\n'
SEARCH = b'{"query":{"range":{"_seq_no":{"gte":0}}},"size":10}'
LOOKUP = b'{"query":{"terms":{"incident":{"index":"payroll","id":"1","path":"name"}}}}'
GUARD = "?if_seq_no=4&if_primary_term=1"

ALLOWED = [
    ("PUT", "/team", b'{"settings":{},"mappings":{}}', JSON),
    ("GET", "/team/_mapping", b"", ""),
    ("GET", "/team/_doc/head.inc-20261128-7kq4", b"", ""),
    ("PUT", "/team/_create/ev-1", b'{"doc":"event"}', JSON),
    ("PUT", f"/team/_doc/head.inc-20261128-7kq4{GUARD}", b"{}", JSON),
    ("PUT", "/team/_bulk", ADDED, NDJSON),
    ("PUT", "/team/_bulk", ADDED + ADDED, NDJSON),
    ("POST", "/team/_search", SEARCH, JSON),
]
REFUSED = [
    ("PUT", "/other", b"{}", JSON),
    ("PUT", "/team", b'{"aliases":{"logs":{}}}', JSON),
    ("PUT", "/team", b"no json", JSON),
    ("PUT", "/team?wait_for_active_shards=all", b"{}", JSON),
    ("DELETE", "/team", b"", ""),
    ("DELETE", "/team/_doc/ev-1", b"", ""),
    ("POST", "/team/_delete_by_query", b"{}", JSON),
    ("POST", "/team/_update/ev-1", b"{}", JSON),
    ("POST", "/team/_close", b"", ""),
    ("PUT", "/team/_mapping", b"{}", JSON),
    ("PUT", "/team/_settings", b"{}", JSON),
    ("PUT", "/team/_doc/ev-1", b"{}", JSON),
    ("PUT", "/team/_doc/ev-1?if_seq_no=4", b"{}", JSON),
    ("PUT", f"/team/_doc/ev-1{GUARD}&pipeline=p", b"{}", JSON),
    ("POST", "/team/_doc", b"{}", JSON),
    ("PUT", "/team/_create/ev-1?pipeline=p", b"{}", JSON),
    ("PUT", "/team/_create/a%2F..%2Fb", b"{}", JSON),
    ("PUT", "/team%2F..%2Fother/_create/ev-1", b"{}", JSON),
    ("PUT", "/team,other/_bulk", ADDED, NDJSON),
    ("PUT", "/_bulk", ADDED, NDJSON),
    ("PUT", "/team/_bulk?pipeline=p", ADDED, NDJSON),
    ("PUT", "/team/_bulk", ADDED, "application/cbor"),
    ("PUT", "/team/_bulk", ADDED.rstrip(b"\n"), NDJSON),
    ("PUT", "/team/_bulk", ADDED + b'{"delete":{"_id":"ev-1"}}', NDJSON),
    ("PUT", "/team/_bulk", b"", NDJSON),
    ("PUT", "/team/_bulk", b'{"create":{"_index":"other","_id":"ev-1"}}\n{}\n', NDJSON),
    ("PUT", "/team/_bulk", b'{"create":{"_id":"ev-1","_index":"other"}}\n{}\n', NDJSON),
    ("PUT", "/team/_bulk", b'{"create":{"_id":"\\u0022"}}\n{}\n', NDJSON),
    ("PUT", "/team/_bulk", b'{"index":{"_id":"ev-1"}}\n{}\n', NDJSON),
    ("PUT", "/team/_bulk", b'{"delete":{"_id":"ev-1"}}\n', NDJSON),
    ("PUT", "/team/_bulk", ADDED + b'{"delete":{"_id":"ev-1"}}\n{}\n', NDJSON),
    ("PUT", "/team/_bulk", ADDED + b'{"delete":{"_id":"ev-1"}}\n', NDJSON),
    ("POST", "/_search", SEARCH, JSON),
    ("POST", "/*/_search", SEARCH, JSON),
    ("POST", "/team/_search?scroll=1m", SEARCH, JSON),
    ("POST", "/team/_search", LOOKUP, JSON),
    ("POST", "/team/_search", b'{"pit":{"id":"x"}}', JSON),
    ("POST", "/team/_search", b'{"aggs":{}}', JSON),
    ("POST", "/team/_search", b'{"query":{"script":{"script":"1"}}}', JSON),
    ("POST", "/team/_search", b"no json", JSON),
    ("GET", "/", b"", ""),
    ("GET", "/_cat/indices", b"", ""),
    ("GET", "/team/_search", b"", ""),
    ("GET", "/other/_doc/ev-1", b"", ""),
    ("GET", "/team/_doc/ev-1?routing=x", b"", ""),
    ("HEAD", "/team", b"", ""),
]


def wire_to(asked: list[str], index: str = "team", write_mode: WriteMode | None = None) -> Wire:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={})

    settings = SourceSettings("http://elasticsearch.test")
    transport = httpx.MockTransport(answer)
    return Wire("store", settings, FakeClock(), OneIndex(index=index), transport=transport, write_mode=write_mode)


async def ask(wire: Wire, method: str, target: str, body: bytes, kind: str) -> None:
    path, _, query = target.partition("?")
    params = [tuple(one.split("=")) for one in query.split("&")] if query else []
    headers = {"content-type": kind} if kind else {}
    await wire.request(method, path, params=params, content=body or None, headers=headers)  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "target", "body", "kind"), ALLOWED)
async def test_what_sharing_needs_may_leave(method: str, target: str, body: bytes, kind: str) -> None:
    asked: list[str] = []
    await ask(wire_to(asked), method, target, body, kind)
    assert len(asked) == 1


@pytest.mark.parametrize(("method", "target", "body", "kind"), REFUSED)
async def test_nothing_else_leaves(method: str, target: str, body: bytes, kind: str) -> None:
    asked: list[str] = []
    with pytest.raises(SourceError) as refused:
        await ask(wire_to(asked), method, target, body, kind)
    assert refused.value.kind is ErrorKind.REFUSED_WRITE
    assert not refused.value.sent
    assert asked == []


@pytest.mark.parametrize("index", ["", "*", "team*", "a,b", "_all", "-team", ".security", "<team-{now}>", "Team"])
async def test_a_name_that_may_mean_several_indices_is_no_index(index: str) -> None:
    asked: list[str] = []
    with pytest.raises(SourceError):
        await ask(wire_to(asked, index), "PUT", f"/{index}/_bulk", ADDED, NDJSON)
    assert asked == []


async def test_no_permit_widens_it() -> None:
    asked: list[str] = []
    mode = WriteMode(FakeClock())
    mode.open()
    wire = wire_to(asked, write_mode=mode)
    with pytest.raises(SourceError) as refused:
        await wire.request("DELETE", "/team", permit=mode.permit("DELETE", "/team", "op-1"))
    assert refused.value.kind is ErrorKind.REFUSED_WRITE
    assert asked == []
