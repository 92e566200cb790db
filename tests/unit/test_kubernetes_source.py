"""The workload source against a scripted API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.pod import ChangeKind, Evidence, ProbeState
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.source import KubernetesSource
from opsconsole.sources.wire import KUBERNETES_READS, Wire

ALL = Selection(SafeText("prod"))
SHOP = Selection(SafeText("prod"), namespace=SafeText("shop"))
FORBIDDEN = {"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": "pods is forbidden"}


def pod(name: str, service: str = "checkout", namespace: str = "shop", **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-08-07T13:00:00Z",
            "labels": {"app": service},
            "ownerReferences": [
                {"kind": "ReplicaSet", "name": f"{service}-1", "uid": f"rs-{service}", "controller": True}
            ],
        },
        "spec": {"containers": [{"name": "app", "image": "i", "readinessProbe": {"tcpSocket": {"port": 80}}}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} | status,
    }


def replica_set(revision: int, image: str, created: str = "2026-08-07T13:00:00Z", **annotations: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"checkout-{revision}",
            "namespace": "shop",
            "uid": f"rs-{revision}",
            "creationTimestamp": created,
            "labels": {"app": "checkout"},
            "annotations": {"deployment.kubernetes.io/revision": str(revision)} | annotations,
            "ownerReferences": [{"kind": "Deployment", "name": "checkout", "uid": "d1", "controller": True}],
        },
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}},
    }


class Api:
    """Lists by path from memory; a path in `refused` answers 403."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists
        self.refused: set[str] = set()
        self.asked: list[httpx.Request] = []
        self.expire_once = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path, params = request.url.path, request.url.params
        if path in self.refused:
            return httpx.Response(403, json=FORBIDDEN)
        if path == "/version":
            return httpx.Response(200, json={"gitVersion": "v1.37.2", "major": "1"})
        if path.endswith("selfsubjectreviews"):
            return httpx.Response(201, json={"status": {"userInfo": {"username": "oncall"}}})
        plural = path.rpartition("/")[2]
        namespace = path.split("/namespaces/")[1].split("/")[0] if "/namespaces/" in path else None
        items = [
            item
            for item in self.lists.get(plural, [])
            if namespace is None or item["metadata"].get("namespace") == namespace
        ]
        if name := dict(part.split("=") for part in params.get("fieldSelector", "").split(",") if part).get(
            "metadata.name"
        ):
            items = [item for item in items if item["metadata"]["name"] == name]
        start, size = int(params.get("continue", 0)), int(params["limit"])
        if start and self.expire_once:
            self.expire_once = False
            return httpx.Response(410, json={"kind": "Status", "reason": "Expired", "message": "too old"})
        rest = {"continue": str(start + size)} if start + size < len(items) else {}
        return httpx.Response(200, content=json.dumps({"metadata": rest, "items": items[start : start + size]}))

    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


def source_of(
    handler: Callable[[httpx.Request], httpx.Response],
    url: str = "http://api.test:6443",
    namespaces: tuple[str, ...] = (),
) -> KubernetesSource:
    clock = SystemClock()

    def wire_of(settings: SourceSettings) -> Wire:
        return Wire("kubernetes", settings, clock, KUBERNETES_READS, transport=httpx.MockTransport(handler))

    return KubernetesSource(KubernetesSettings(url, namespaces=namespaces), wire_of, clock)


async def test_pods_come_with_the_revision_of_their_replica_set() -> None:
    owner = replica_set(4, "i")
    owner["metadata"]["uid"] = "rs-checkout"
    reading = await source_of(Api(pods=[pod("a")], replicasets=[owner])).pods(ALL)
    (found,) = reading.value.pods
    assert (found.name, found.service, found.revision) == ("a", "checkout", "4")
    assert reading.completeness.whole


async def test_events_give_the_text_of_a_failing_probe() -> None:
    told = {
        "metadata": {"name": "e", "namespace": "shop", "creationTimestamp": "2100-01-01T00:00:00Z"},
        "involvedObject": {"uid": "uid-a", "fieldPath": "spec.containers{app}"},
        "reason": "Unhealthy",
        "message": "Readiness probe failed: dial tcp: refused",
        "count": 2,
        "firstTimestamp": "2100-01-01T00:00:00Z",
        "lastTimestamp": "2100-01-01T00:00:10Z",
    }
    running = {"name": "app", "ready": False, "state": {"running": {"startedAt": "2026-08-07T13:00:00Z"}}}
    api = Api(pods=[pod("a", containerStatuses=[running])], events=[told])
    (probe,) = (await source_of(api).pods(SHOP)).value.pods[0].containers[0].probes
    assert (probe.state, probe.evidence) == (ProbeState.FAILING, Evidence.EVENTS)
    assert probe.last_failure == "dial tcp: refused"


async def test_a_long_list_is_read_in_pages_of_five_hundred() -> None:
    api = Api(pods=[pod(f"p{number:04d}") for number in range(1201)])
    reading = await source_of(api).pods(ALL)
    assert len(reading.value.pods) == 1201
    sizes = [request.url.params["limit"] for request in api.asked if request.url.path == "/api/v1/pods"]
    assert sizes == ["500", "500", "500"]


async def test_a_list_that_expires_between_pages_is_read_again_from_its_beginning() -> None:
    api = Api(pods=[pod(f"p{number:04d}") for number in range(600)])
    api.expire_once = True
    assert len((await source_of(api).pods(ALL)).value.pods) == 600


async def test_the_selection_bounds_namespace_service_and_pod() -> None:
    api = Api(pods=[pod("a"), pod("b", "orders"), pod("c", namespace="other")])
    source = source_of(api)
    assert [found.name for found in (await source.pods(SHOP)).value.pods] == ["a", "b"]
    service = Selection(SafeText("prod"), namespace=SafeText("shop"), service=SafeText("orders"))
    assert [found.name for found in (await source.pods(service)).value.pods] == ["b"]
    one = Selection(SafeText("prod"), namespace=SafeText("shop"), pod=SafeText("a"))
    assert [found.name for found in (await source.pods(one)).value.pods] == ["a"]


@pytest.mark.parametrize("namespace", ["../../version", "..", "shop/../../x"])
async def test_a_namespace_that_could_lead_elsewhere_is_never_sent(namespace: str) -> None:
    api = Api()
    with pytest.raises(SourceError):
        await source_of(api).pods(Selection(SafeText("prod"), namespace=SafeText(namespace)))
    assert api.paths() in ([], ["/api/v1/nodes"])


async def test_a_slash_in_a_namespace_stays_inside_its_segment() -> None:
    api = Api()
    await source_of(api).pods(Selection(SafeText("prod"), namespace=SafeText("shop/secrets")))
    asked = [request.url.raw_path for request in api.asked if request.url.path != "/api/v1/nodes"]
    assert asked
    assert all(b"/namespaces/shop%2Fsecrets/" in path for path in asked)


async def test_a_namespace_that_refuses_is_named_and_the_others_are_shown() -> None:
    api = Api(pods=[pod("a"), pod("c", namespace="other")])
    api.refused = {"/api/v1/namespaces/other/pods"}
    reading = await source_of(api, namespaces=("shop", "other")).pods(ALL)
    assert [found.name for found in reading.value.pods] == ["a"]
    assert reading.value.forbidden == ("other",)
    assert (reading.completeness.got, reading.completeness.wanted) == (1, 2)


async def test_a_refused_cluster_wide_list_says_to_name_namespaces() -> None:
    api = Api()
    api.refused = {"/api/v1/pods"}
    with pytest.raises(SourceError) as caught:
        await source_of(api).pods(ALL)
    assert caught.value.kind is ErrorKind.FORBIDDEN
    assert "namespaces" in caught.value.hint


async def test_refused_events_leave_the_pods_with_a_note() -> None:
    api = Api(pods=[pod("a")])
    api.refused = {"/api/v1/events", "/apis/apps/v1/replicasets"}
    reading = await source_of(api).pods(ALL)
    assert len(reading.value.pods) == 1
    assert reading.completeness.notes == ("events: forbidden", "replicasets: forbidden")


async def test_a_rollout_is_a_change_with_image_time_and_cause() -> None:
    api = Api(
        pods=[],
        replicasets=[
            replica_set(
                2, "shop/checkout:1.5", "2026-08-07T14:00:00Z", **{"kubernetes.io/change-cause": "release 1.5"}
            ),
            replica_set(1, "shop/checkout:1.4"),
        ],
    )
    newest, oldest = (await source_of(api).changes(ALL)).value.changes
    assert (newest.kind, newest.time, newest.service) == (ChangeKind.DEPLOY, 1786111200.0, "checkout")
    assert newest.title == "deploy checkout 1.5, revision 2"
    assert newest.cause == "release 1.5"
    assert oldest.title == "deploy checkout 1.4, revision 1"


async def test_a_rollback_is_dated_by_its_pods_and_not_by_the_old_replica_set() -> None:
    back = replica_set(
        3, "shop/checkout:1.4", "2026-08-01T00:00:00Z", **{"deployment.kubernetes.io/revision-history": "1"}
    )
    again = pod("a")
    again["metadata"] |= {"creationTimestamp": "2026-08-07T14:05:00Z"}
    again["metadata"]["ownerReferences"][0]["uid"] = "rs-3"
    api = Api(pods=[again], replicasets=[back, replica_set(2, "shop/checkout:1.5")])
    newest = (await source_of(api).changes(ALL)).value.changes[0]
    assert newest.time == 1786111500.0
    assert newest.title == "deploy checkout 1.4 (back to an earlier one), revision 3"


async def test_a_rolling_restart_is_a_restart_and_no_deploy() -> None:
    again = replica_set(2, "shop/checkout:1.4", "2026-08-07T14:00:00Z")
    again["spec"]["template"]["metadata"] = {
        "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-08-07T14:00:00Z"}
    }
    newest = (
        await source_of(Api(replicasets=[again, replica_set(1, "shop/checkout:1.4")])).changes(ALL)
    ).value.changes[0]
    assert (newest.kind, newest.title) == (ChangeKind.RESTART, "checkout rolling restart, revision 2")


async def test_a_change_of_configuration_names_its_variables_and_never_their_values() -> None:
    old, new = replica_set(1, "i"), replica_set(2, "i", "2026-08-07T14:00:00Z")
    old["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "DB_CLOSE_TIMEOUT", "value": "5s"}, {"name": "KEPT", "value": "1"},
        {"name": "GONE", "value": "hunter2"},
    ]  # fmt: skip
    new["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "DB_CLOSE_TIMEOUT", "value": "0s"}, {"name": "KEPT", "value": "1"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]  # fmt: skip
    newest = (await source_of(Api(replicasets=[new, old])).changes(ALL)).value.changes[0]
    assert newest.kind is ChangeKind.DEPLOY
    assert newest.title == "deploy checkout DB_CLOSE_TIMEOUT changed, GONE changed, KEY changed, revision 2"


async def test_a_restarted_container_is_a_change_with_its_reason() -> None:
    status = {
        "name": "app",
        "restartCount": 2,
        "state": {"running": {}},
        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-08-07T14:10:00Z"}},
    }
    (change,) = (await source_of(Api(pods=[pod("a", containerStatuses=[status])])).changes(ALL)).value.changes
    assert (change.kind, change.time, change.cause) == (ChangeKind.RESTART, 1786111800.0, "OOMKilled, exit code 137")
    assert change.title == "a/app restarted (2 in all)"


async def test_a_job_that_made_a_pod_is_a_change_of_that_service() -> None:
    made = pod("a")
    made["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "report-29", "uid": "j", "controller": True}]
    made["spec"]["nodeName"] = "node-1"
    (change,) = (await source_of(Api(pods=[made])).changes(ALL)).value.changes
    assert (change.kind, change.title) == (ChangeKind.JOB, "job report-29 started on node-1")


async def test_changes_of_other_services_are_left_out() -> None:
    api = Api(pods=[pod("b", "orders")], replicasets=[replica_set(1, "i")])
    orders = Selection(SafeText("prod"), service=SafeText("orders"))
    assert (await source_of(api).changes(orders)).value.changes == ()


async def test_health_tells_version_identity_and_what_may_not_be_listed() -> None:
    api = Api()
    api.refused = {"/api/v1/namespaces/shop/events"}
    health = await source_of(api, namespaces=("shop",)).health()
    assert (health.version, health.identity) == ("v1.37.2", "oncall")
    assert health.missing == ("list events in shop",)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401, json={"message": "Unauthorized"}), ErrorKind.UNAUTHORIZED),
        (httpx.Response(200, html="<title>Dashboard</title>"), ErrorKind.MALFORMED),
        (httpx.Response(200, json={"kind": "Status"}), ErrorKind.MALFORMED),
        (httpx.Response(200, content=b'{"items":' + b"[" * 100_000), ErrorKind.MALFORMED),
        (httpx.Response(200, json={"items": [{"metadata": {"name": 3}}]}), ErrorKind.MALFORMED),
        (httpx.Response(410, json={"message": "expired"}), ErrorKind.BAD_QUERY),
        (httpx.Response(503, json={"message": "apiserver is shutting down"}), ErrorKind.SERVER),
    ],
)
async def test_every_refusal_is_a_source_error(answer: httpx.Response, kind: ErrorKind) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    for ask in (source_of(handler).pods, source_of(handler).changes):
        with pytest.raises(SourceError) as caught:
            await ask(ALL)
        assert caught.value.kind is kind


async def test_an_empty_list_may_be_null() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"metadata": {}, "items": None})

    assert (await source_of(handler).pods(ALL)).value.pods == ()


def test_a_url_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        source_of(Api(), url="api.test")
