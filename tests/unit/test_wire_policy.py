"""No write leaves a read-only console, whatever asks for it."""

from __future__ import annotations

import httpx
import pytest

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
    WritePolicy,
)

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


async def sent(source: str, method: str, path: str, policy: WritePolicy, allowed: bool) -> int:
    """How many requests reached the transport."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    wire = Wire(source, SourceSettings("http://h"), SystemClock(), policy, transport=httpx.MockTransport(handle))
    if allowed:
        await wire.request(method, path)
    else:
        with pytest.raises(SourceError, match="--write") as caught:
            await wire.request(method, path)
        assert caught.value.kind is ErrorKind.REFUSED_WRITE
    return len(seen)


@pytest.mark.parametrize(("source", "method", "path"), ALLOWED)
async def test_reads_leave(source: str, method: str, path: str) -> None:
    assert await sent(source, method, path, POLICIES[source], allowed=True) == 1


@pytest.mark.parametrize(("source", "method", "path"), REFUSED)
async def test_writes_are_refused_before_a_byte_is_sent(source: str, method: str, path: str) -> None:
    assert await sent(source, method, path, POLICIES[source], allowed=False) == 0


async def test_writes_leave_once_they_are_allowed_but_never_along_a_twisted_path() -> None:
    policy = ALERTMANAGER_READS.allowing_writes(True)
    assert await sent("alertmanager", "POST", "/api/v2/silences", policy, allowed=True) == 1
    assert await sent("alertmanager", "POST", "/x/../api/v2/silences", policy, allowed=False) == 0
