"""No write leaves a read-only console, whatever asks for it."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fake_clock import FakeClock, settle
from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.sources.wire import (
    ALERTMANAGER_READS,
    ELASTICSEARCH_READS,
    JAEGER_READS,
    KUBERNETES_READS,
    PROMETHEUS_READS,
    Wire,
)
from opsconsole.sources.wire.connection import CONCURRENCY
from opsconsole.write_mode import WRITE_MODE_SECONDS, Permit, WriteMode

POLICIES = {
    "prometheus": PROMETHEUS_READS,
    "alertmanager": ALERTMANAGER_READS,
    "elasticsearch": ELASTICSEARCH_READS,
    "jaeger": JAEGER_READS,
    "kubernetes": KUBERNETES_READS,
}
ALLOWED = [
    ("prometheus", "POST", "/api/v1/query_range"),
    ("elasticsearch", "POST", "/_search"),
    ("elasticsearch", "POST", "/logs-*,app-*/_search"),
    ("elasticsearch", "POST", "/logs/_pit"),
    ("elasticsearch", "DELETE", "/_pit"),
    ("elasticsearch", "POST", "/logs-*/_count"),
    ("elasticsearch", "POST", "/logs-*,app-*/_field_caps"),
    ("kubernetes", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
    ("kubernetes", "GET", "/api/v1/nodes/node1/proxy/metrics/probes"),
    ("kubernetes", "GET", "/api/v1/namespaces/shop/pods/checkout-1/log"),
]
REFUSED = [
    ("prometheus", "POST", "/api/v1/admin/tsdb/delete_series"),
    ("prometheus", "POST", "/-/reload"),
    ("prometheus", "PUT", "/api/v1/query"),
    ("prometheus", "POST", "/api/v1/query/../admin/tsdb/snapshot"),
    ("prometheus", "POST", "/api/v1/query/%2e%2e/admin/tsdb/snapshot"),
    ("alertmanager", "POST", "/api/v2/silences"),
    ("alertmanager", "DELETE", "/api/v2/silence/1"),
    ("elasticsearch", "POST", "/logs/_doc"),
    ("elasticsearch", "POST", "/logs/_delete_by_query"),
    ("elasticsearch", "DELETE", "/logs"),
    ("elasticsearch", "POST", "/_pit"),
    ("elasticsearch", "DELETE", "/logs/_pit"),
    ("elasticsearch", "DELETE", "/_pit/x"),
    ("elasticsearch", "PUT", "/logs/_search"),
    ("elasticsearch", "POST", "/logs/app/_search"),
    ("elasticsearch", "POST", "/logs/_async_search"),
    ("elasticsearch", "POST", "/logs/_update_by_query"),
    ("elasticsearch", "POST", "/_msearch"),
    ("elasticsearch", "POST", "/_search/scroll"),
    ("elasticsearch", "POST", "/_query"),
    ("elasticsearch", "POST", "/_bulk"),
    ("elasticsearch", "POST", "/logs/_doc/_search?x"),
    ("jaeger", "POST", "/api/traces"),
    ("kubernetes", "PATCH", "/apis/apps/v1/namespaces/shop/deployments/checkout"),
    ("kubernetes", "DELETE", "/api/v1/namespaces/shop/pods/checkout-1"),
    ("kubernetes", "POST", "/api/v1/namespaces/shop/pods/checkout-1/eviction"),
    ("kubernetes", "GET", "/api/v1/namespaces/shop/pods/checkout-1/exec"),
    ("kubernetes", "GET", "/api/v1/namespaces/shop/pods/checkout-1/%65xec"),
    ("kubernetes", "GET", "/api/v1/nodes/node1/proxy/exec/shop/checkout-1/app"),
    ("kubernetes", "GET", "/api/v1/namespaces/shop/services/x/proxy/shutdown"),
    ("kubernetes", "GET", "/api/v1/namespaces/shop/pods/x/proxy"),
]


DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/checkout"
POD = "/api/v1/namespaces/shop/pods/checkout-1"
DRY = (("dryRun", "All"),)
JSON_PATCH = [{"op": "replace", "path": "/spec/replicas", "value": 2}]
REHEARSALS = {
    "patch": ("PATCH", DEPLOYMENT, {"params": DRY, "json": JSON_PATCH}),
    "patch of scale": ("PATCH", DEPLOYMENT + "/scale", {"params": DRY, "json": {"spec": {"replicas": 2}}}),
    "patch with a field manager": ("PATCH", DEPLOYMENT, {"params": (*DRY, ("fieldManager", "x")), "json": {}}),
    "node": ("PATCH", "/api/v1/nodes/node1", {"params": DRY, "json": {"spec": {"unschedulable": True}}}),
    "delete without a body": ("DELETE", POD, {"params": DRY}),
    "delete": ("DELETE", POD, {"params": DRY, "json": {"dryRun": ["All"], "preconditions": {"uid": "1"}}}),
    "eviction": ("POST", POD + "/eviction", {"params": DRY, "json": {"kind": "Eviction"}}),
    "eviction with options": (
        "POST", POD + "/eviction", {"params": DRY, "json": {"deleteOptions": {"dryRun": ["All"]}}},
    ),
}  # fmt: skip
FALSE_REHEARSALS = {
    "no parameter": ("PATCH", DEPLOYMENT, {"json": JSON_PATCH}),
    "another value": ("PATCH", DEPLOYMENT, {"params": (("dryRun", "None"),), "json": JSON_PATCH}),
    "empty value": ("PATCH", DEPLOYMENT, {"params": (("dryRun", ""),), "json": JSON_PATCH}),
    "twice": ("PATCH", DEPLOYMENT, {"params": (*DRY, ("dryRun", "")), "json": JSON_PATCH}),
    "another spelling beside it": ("PATCH", DEPLOYMENT, {"params": (*DRY, ("dryrun", "")), "json": JSON_PATCH}),
    "another spelling": ("PATCH", DEPLOYMENT, {"params": (("dryrun", "All"),), "json": JSON_PATCH}),
    "unread bytes": ("PATCH", DEPLOYMENT, {"params": DRY, "content": b"[]"}),
    # A DELETE's body replaces its parameters: this would delete.
    "delete whose body says nothing": ("DELETE", POD, {"params": DRY, "json": {}}),
    "delete whose body says no": ("DELETE", POD, {"params": DRY, "json": {"dryRun": []}}),
    "delete whose body says both": ("DELETE", POD, {"params": DRY, "json": {"dryRun": ["All"], "DryRun": []}}),
    "delete whose body is a list": ("DELETE", POD, {"params": DRY, "json": [{"dryRun": ["All"]}]}),
    "delete of many": ("DELETE", "/api/v1/namespaces/shop/pods", {"params": DRY}),
    "delete of a deployment": ("DELETE", DEPLOYMENT, {"params": DRY}),
    "eviction whose options say no": (
        "POST", POD + "/eviction", {"params": DRY, "json": {"deleteOptions": {"dryRun": []}}},
    ),
    "eviction without a body": ("POST", POD + "/eviction", {"params": DRY}),
    "put": ("PUT", DEPLOYMENT, {"params": DRY, "json": {}}),
    "secret": ("PATCH", "/api/v1/namespaces/shop/secrets/key", {"params": DRY, "json": {}}),
    "proxy": ("POST", "/api/v1/namespaces/shop/services/x/proxy/eviction", {"params": DRY, "json": {}}),
    "exec": ("GET", POD + "/exec", {"params": DRY}),
    "twisted": ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/x/..", {"params": DRY, "json": {}}),
}  # fmt: skip


class Recorder:
    """A transport that answers everything and keeps what it was asked."""

    def __init__(self, source: str, write_mode: WriteMode | None = None) -> None:
        self.seen: list[httpx.Request] = []
        transport = httpx.MockTransport(self._answer)
        settings = SourceSettings("http://h")
        self.wire = Wire(source, settings, SystemClock(), POLICIES[source], write_mode=write_mode, transport=transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(200, json={})

    async def refused(self, method: str, path: str, **options: object) -> None:
        with pytest.raises(SourceError, match="--write") as caught:
            await self.wire.request(method, path, **options)
        assert caught.value.kind is ErrorKind.REFUSED_WRITE
        assert not caught.value.sent
        assert self.seen == []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def mode(clock: FakeClock) -> WriteMode:
    opened = WriteMode(clock)
    opened.open()
    return opened


@pytest.mark.parametrize(("source", "method", "path"), ALLOWED)
async def test_reads_leave(source: str, method: str, path: str) -> None:
    recorder = Recorder(source)
    await recorder.wire.request(method, path)
    assert len(recorder.seen) == 1


@pytest.mark.parametrize(("source", "method", "path"), REFUSED)
async def test_writes_are_refused_before_a_byte_is_sent(source: str, method: str, path: str, mode: WriteMode) -> None:
    await Recorder(source).refused(method, path)
    await Recorder(source, mode).refused(method, path)


@pytest.mark.parametrize("case", REHEARSALS.values(), ids=REHEARSALS)
async def test_a_dry_run_leaves_a_read_only_console(case: tuple[str, str, dict[str, object]]) -> None:
    method, path, options = case
    recorder = Recorder("kubernetes")
    await recorder.wire.request(method, path, **options)
    assert recorder.seen[0].url.params.get_list("dryRun") == ["All"]


@pytest.mark.parametrize("case", FALSE_REHEARSALS.values(), ids=FALSE_REHEARSALS)
async def test_what_only_looks_like_a_dry_run_is_refused(case: tuple[str, str, dict[str, object]]) -> None:
    method, path, options = case
    await Recorder("kubernetes").refused(method, path, **options)


async def test_no_other_source_rehearses() -> None:
    await Recorder("alertmanager").refused("DELETE", "/api/v2/silence/1", params=DRY)


async def test_a_permit_lets_one_request_out_once(mode: WriteMode) -> None:
    recorder = Recorder("kubernetes", mode)
    permit = mode.permit("patch", DEPLOYMENT, "op-1")
    await recorder.wire.request("PATCH", DEPLOYMENT, json=JSON_PATCH, permit=permit)
    assert len(recorder.seen) == 1
    recorder.seen.clear()
    await recorder.refused("PATCH", DEPLOYMENT, json=JSON_PATCH, permit=permit)


@pytest.mark.parametrize(("method", "path"), [("DELETE", DEPLOYMENT), ("PATCH", DEPLOYMENT + "2"), ("PATCH", POD)])
async def test_a_permit_is_for_one_method_and_one_path(method: str, path: str, mode: WriteMode) -> None:
    await Recorder("kubernetes", mode).refused(method, path, permit=mode.permit("PATCH", DEPLOYMENT, "op-1"))


async def test_a_permit_made_by_anyone_but_write_mode_is_none(mode: WriteMode) -> None:
    await Recorder("kubernetes", mode).refused("PATCH", DEPLOYMENT, permit=Permit("PATCH", DEPLOYMENT, "op-1"))


async def test_a_permit_of_another_console_is_none(mode: WriteMode, clock: FakeClock) -> None:
    other = WriteMode(clock)
    other.open()
    await Recorder("kubernetes", mode).refused("PATCH", DEPLOYMENT, permit=other.permit("PATCH", DEPLOYMENT, "op"))
    await Recorder("kubernetes").refused("PATCH", DEPLOYMENT, permit=other.permit("PATCH", DEPLOYMENT, "op"))


async def test_permits_end_with_write_mode(mode: WriteMode, clock: FakeClock) -> None:
    late = mode.permit("PATCH", DEPLOYMENT, "op-1")
    await clock.advance(WRITE_MODE_SECONDS)
    await Recorder("kubernetes", mode).refused("PATCH", DEPLOYMENT, permit=late)
    mode.open()
    closed = mode.permit("PATCH", DEPLOYMENT, "op-2")
    mode.close()
    mode.open()
    await Recorder("kubernetes", mode).refused("PATCH", DEPLOYMENT, permit=closed)


async def test_no_permit_straightens_a_twisted_path(mode: WriteMode) -> None:
    twisted = "/x/../api/v1/namespaces/shop/pods/checkout-1"
    await Recorder("kubernetes", mode).refused("DELETE", twisted, permit=mode.permit("DELETE", twisted, "op-1"))


async def test_a_websocket_to_a_container_needs_a_permit() -> None:
    recorder = Recorder("kubernetes")
    with pytest.raises(SourceError, match="--write"):
        async with recorder.wire.websocket(POD + "/exec", params={"command": "kill"}):
            pass
    assert recorder.seen == []


async def test_write_mode_that_ends_while_a_request_waits_for_its_turn_lets_nothing_out(mode: WriteMode) -> None:
    seen: list[httpx.Request] = []
    gate = asyncio.Event()

    async def hold(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        await gate.wait()
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(hold)
    wire = Wire(
        "kubernetes", SourceSettings("http://h"), SystemClock(), KUBERNETES_READS, write_mode=mode, transport=transport
    )
    reads = [asyncio.create_task(wire.request("GET", "/version")) for _ in range(CONCURRENCY)]
    await settle()
    permit = mode.permit("DELETE", POD, "op-1")
    write = asyncio.create_task(wire.request("DELETE", POD, permit=permit))
    await settle()
    mode.close()
    gate.set()
    await asyncio.gather(*reads)
    with pytest.raises(SourceError, match="read-only"):
        await write
    assert [request.method for request in seen] == ["GET"] * CONCURRENCY
