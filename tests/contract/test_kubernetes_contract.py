"""The Kubernetes API as the console relies on it, and the console's source on top."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, KubernetesSettings
from opsconsole.domain.pod import ChangeKind, ProbeKind, ProbeState
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import WorkloadSource
from servers.kubernetes import workloads as manifests
from servers.kubernetes.cluster import Cluster
from servers.practice import run_practice
from servers.waiting import until

SHOP = Selection(SafeText("contract"), namespace=SafeText("shop"))
CHECKOUT = Selection(SafeText("contract"), namespace=SafeText("shop"), service=SafeText("checkout"))


class Troubled(msgspec.Struct, frozen=True):
    """A cluster whose service checkout was rolled out with an image, tagged `release`, that is never ready."""

    settings: ClusterSettings
    api: httpx.Client
    release: str


@contextlib.contextmanager
def troubled_practice() -> Iterator[Troubled]:
    with run_practice("bad-release") as settings:
        assert settings.kubernetes is not None
        with httpx.Client(base_url=settings.kubernetes.url, trust_env=False, timeout=10) as api:
            yield Troubled(settings, api, "1.15.0")


@contextlib.contextmanager
def troubled_for_real(cluster: Cluster) -> Iterator[Troubled]:
    namespace = cluster.create_namespace("shop")
    recreated = {"strategy": {"type": "Recreate"}}
    for name in ("gateway", "orders", "payments", "users"):
        cluster.api.apply(manifests.deployment(name, manifests.container("go-web-app:v1"), replicas=1), namespace)
    for image in ("go-web-app:v1", "go-web-app:v3"):
        release = manifests.deployment("checkout", manifests.container(image), **recreated)
        release["metadata"]["annotations"] = {"kubernetes.io/change-cause": f"deploy {image}"}
        cluster.api.apply(release, namespace)
        if image.endswith("v1"):
            cluster.wait_for_rollout("checkout", namespace)
    for name in ("gateway", "orders", "payments", "users"):
        cluster.wait_for_rollout(name, namespace)
    selector = "app.kubernetes.io/name=checkout"

    def all_failed() -> bool:
        told = cluster.api.items("/api/v1/namespaces/shop/events", fieldSelector="reason=Unhealthy")
        failed = {event["involvedObject"]["name"] for event in told if "statuscode" in event["message"]}
        names = {pod["metadata"]["name"] for pod in cluster.pods(namespace, selector)}
        return len(names) == 2 and names <= failed

    until(all_failed, "failed readiness probes of the new release", 60)
    settings = ClusterSettings("contract", kubernetes=KubernetesSettings(url="", kubeconfig=cluster.kubeconfig))
    try:
        yield Troubled(settings, cluster.api.http, "v3")
    finally:
        cluster.remove_namespace(namespace)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("practice"),
        pytest.param("real", marks=pytest.mark.kubernetes),
    ],
)
def troubled(request: pytest.FixtureRequest) -> Iterator[Troubled]:
    if request.param == "practice":
        with troubled_practice() as practice:
            yield practice
        return
    with troubled_for_real(request.getfixturevalue("kubernetes")) as real:
        yield real


@pytest.fixture
def api(troubled: Troubled) -> httpx.Client:
    return troubled.api


@pytest.fixture
async def source(troubled: Troubled) -> AsyncIterator[WorkloadSource]:
    workloads = connect(troubled.settings, SystemClock()).workloads
    assert workloads is not None
    yield workloads
    await workloads.close()


def items(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def names(found: list[dict[str, Any]]) -> list[str]:
    return [item["metadata"]["name"] for item in found]


def test_a_list_comes_in_pages_that_together_are_the_whole(api: httpx.Client) -> None:
    path = "/api/v1/namespaces/shop/pods"
    whole = names(items(api.get(path)))
    assert len(whole) > 2
    seen: list[str] = []
    token = ""
    while True:
        page = api.get(path, params={"limit": "2"} | ({"continue": token} if token else {})).json()
        seen += names(page["items"])
        token = page["metadata"].get("continue", "")
        if not token:
            break
        assert len(page["items"]) == 2
    assert seen == whole


def test_a_pod_can_be_selected_by_its_name_and_events_by_reason_and_kind(api: httpx.Client) -> None:
    path = "/api/v1/namespaces/shop/pods"
    (first, *_) = names(items(api.get(path)))
    assert names(items(api.get(path, params={"fieldSelector": f"metadata.name={first}"}))) == [first]
    selector = {"fieldSelector": "involvedObject.kind=Pod,reason=Unhealthy"}
    events = items(api.get("/api/v1/namespaces/shop/events", params=selector))
    assert events
    assert {event["reason"] for event in events} == {"Unhealthy"}
    assert {event["involvedObject"]["kind"] for event in events} == {"Pod"}
    assert all(event["involvedObject"]["fieldPath"].startswith("spec.containers{") for event in events)


def test_asking_for_metadata_alone_gives_at_least_the_metadata(api: httpx.Client) -> None:
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"
    found = items(api.get("/apis/apps/v1/namespaces/shop/replicasets", headers={"Accept": accept}))
    assert all("deployment.kubernetes.io/revision" in item["metadata"]["annotations"] for item in found)


def test_what_is_not_there_is_a_status_with_words(api: httpx.Client) -> None:
    answer = api.get("/api/v1/namespaces/shop/pods/none")
    assert answer.status_code == 404
    body = answer.json()
    assert (body["kind"], body["status"], body["reason"]) == ("Status", "Failure", "NotFound")
    assert "none" in body["message"]


async def test_health_tells_the_version_and_that_nothing_is_missing(source: WorkloadSource) -> None:
    health = await source.health()
    assert health.version.startswith("v1.")
    assert health.identity
    assert health.missing == ()
    assert health.latency > 0


async def test_every_pod_tells_its_service_owner_revision_and_containers(source: WorkloadSource) -> None:
    reading = await source.pods(SHOP)
    assert reading.completeness.whole
    pods = reading.value.pods
    assert {"gateway", "checkout", "orders", "payments", "users"} <= {pod.service for pod in pods}
    for pod in pods:
        assert pod.namespace == "shop"
        assert pod.uid
        kind = pod.owner.partition("/")[0]
        assert kind in ("Deployment", "StatefulSet")
        assert pod.revision.isdecimal() or kind == "StatefulSet"
        assert pod.created_at > 0
        assert all(container.image for container in pod.containers)


async def test_pods_that_are_not_ready_come_first(source: WorkloadSource) -> None:
    unready = [not pod.ready for pod in (await source.pods(SHOP)).value.pods]
    assert unready == sorted(unready, reverse=True)


async def test_the_probe_that_fails_in_the_new_release_says_what_and_when(source: WorkloadSource) -> None:
    pods = (await source.pods(CHECKOUT)).value.pods
    told = [
        probe
        for pod in pods
        for container in pod.containers
        for probe in container.probes
        if probe.kind is ProbeKind.READINESS
    ]
    assert len(told) == len(pods) >= 2
    for probe in told:
        assert probe.handler.startswith("GET /")
        assert (probe.period > 0, probe.failure_threshold > 0) == (True, True)
        assert probe.last_failure.startswith("HTTP probe failed with statuscode")
        assert probe.last_failure_at is not None


async def test_a_running_container_that_is_not_ready_has_a_failing_readiness_probe(source: WorkloadSource) -> None:
    for pod in (await source.pods(SHOP)).value.pods:
        for container in pod.containers:
            readiness = next(probe for probe in container.probes if probe.kind is ProbeKind.READINESS)
            if container.ready:
                assert readiness.state is ProbeState.PASSING
            elif container.state == "running":
                assert readiness.state is not ProbeState.PASSING


async def test_the_pods_of_a_service_are_those_the_whole_list_tells_of_it(source: WorkloadSource) -> None:
    everything = (await source.pods(SHOP)).value.pods
    selected = (await source.pods(CHECKOUT)).value.pods
    assert {pod.name for pod in selected} == {pod.name for pod in everything if pod.service == "checkout"}
    one = Selection(SafeText("contract"), namespace=SafeText("shop"), pod=selected[0].name)
    assert [pod.name for pod in (await source.pods(one)).value.pods] == [selected[0].name]


async def test_a_namespace_that_does_not_exist_has_no_pods(source: WorkloadSource) -> None:
    reading = await source.pods(Selection(SafeText("contract"), namespace=SafeText("nowhere")))
    assert reading.value.pods == ()


async def test_the_release_behind_the_trouble_is_among_the_changes_with_its_cause(
    source: WorkloadSource, troubled: Troubled
) -> None:
    changes = (await source.changes(CHECKOUT)).value.changes
    deploys = [change for change in changes if change.kind is ChangeKind.DEPLOY]
    assert troubled.release in deploys[0].title
    assert deploys[0].cause
    assert [change.time for change in changes] == sorted((change.time for change in changes), reverse=True)
    assert {change.service for change in changes} == {"checkout"}
