"""A pod read whole and its containers followed, on the practice cluster and on a real one with real containers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import KubernetesSettings
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.container_log import ContainerLine, LogBatch, LogRequest, LogState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.source import KubernetesSource
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from servers.kubernetes import workloads
from servers.kubernetes.cluster import Cluster
from servers.practice import run_practice

PATIENCE = 60.0


@dataclass(frozen=True)
class Place:
    """A cluster with a Deployment `name` of one container, one of whose pods restarted."""

    settings: KubernetesSettings
    namespace: SafeText
    name: SafeText


@pytest.fixture(scope="module")
def practice_place() -> Iterator[Place]:
    with run_practice("bad-release") as settings:
        assert settings.kubernetes is not None
        yield Place(settings.kubernetes, SafeText("shop"), SafeText("checkout"))


@pytest.fixture(scope="module")
def real_place(kubernetes: Cluster) -> Iterator[Place]:
    name = "pod-reading"
    kubernetes.create_namespace(name)
    kubernetes.api.apply(
        workloads.deployment("plain", workloads.container(environment={"DB_PASSWORD": "hunter2"}), replicas=1), name
    )
    kubernetes.wait_for_rollout("plain", name)
    (pod,) = kubernetes.pods(name)
    kubernetes.execute(pod["metadata"]["name"], name, "kill", "1")
    kubernetes.wait_for_pod(pod["metadata"]["name"], name)
    yield Place(KubernetesSettings(url="", kubeconfig=kubernetes.kubeconfig), SafeText(name), SafeText("plain"))
    kubernetes.remove_namespace(name)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("practice"),
        pytest.param("real", marks=pytest.mark.kubernetes),
    ],
)
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
async def source(place: Place) -> AsyncIterator[KubernetesSource]:
    clock = SystemClock()
    workload_source = KubernetesSource(
        place.settings, lambda settings: Wire("kubernetes", settings, clock, KUBERNETES_READS), clock
    )
    yield workload_source
    await workload_source.close()


@pytest.fixture
async def restarted(place: Place, source: KubernetesSource) -> ObjectRef:
    """A pod whose container was restarted at least once."""
    async with asyncio.timeout(PATIENCE):
        while True:
            pods = (await source.pods(Selection(SafeText("c"), place.namespace))).value.pods
            for pod in pods:
                if pod.name.startswith(place.name) and pod.restarts:
                    return ObjectRef(Kind.POD, place.namespace, pod.name)
            await asyncio.sleep(0.5)


async def first_container(source: KubernetesSource, ref: ObjectRef) -> SafeText:
    return (await source.describe(ref)).value.containers[0].name


async def read(source: KubernetesSource, asked: LogRequest, lines: int) -> list[LogBatch]:
    """Batches until `lines` lines came, or the end."""
    found: list[LogBatch] = []
    async with asyncio.timeout(PATIENCE), contextlib.aclosing(source.log_lines(asked)) as told:
        async for batch in told:
            found.append(batch)
            if sum(len(one.lines) for one in found) >= lines:
                break
    return found


async def test_a_description_tells_what_kubectl_tells(
    place: Place, source: KubernetesSource, restarted: ObjectRef
) -> None:
    told = (await source.describe(restarted)).value
    assert told.owners[-1] == f"Deployment {place.name}"
    assert {one.kind for one in told.conditions} >= {"Ready", "Initialized", "PodScheduled"}
    assert {"Started", "Created"} & {event.reason for event in told.events}
    (container,) = [one for one in told.containers if one.role == "container"]
    assert container.last_state is not None
    assert container.last_state.word == "terminated"
    assert container.last_state.exit_code is not None
    assert {"liveness", "readiness"} <= {kind for kind, _ in container.probes}
    assert told.ref.uid
    assert told.created is not None


async def test_the_yaml_is_of_the_pod_and_hides_passwords(source: KubernetesSource, restarted: ObjectRef) -> None:
    lines = (await source.manifest(restarted)).value
    assert "kind: Pod" in lines
    assert f"  name: {restarted.name}" in lines
    assert "hunter2" not in "\n".join(lines)
    assert not any("managedFields" in line for line in lines)


async def test_lines_come_with_their_times_in_order(
    place: Place, source: KubernetesSource, restarted: ObjectRef
) -> None:
    name = await first_container(source, restarted)
    lines: list[ContainerLine] = []
    async with asyncio.timeout(PATIENCE):
        while not lines:  # a container that was just started has written nothing
            found = await read(source, LogRequest(place.namespace, restarted.name, name, tail=5, follow=False), 1000)
            lines = [line for batch in found for line in batch.lines]
    assert len(lines) <= 5
    times = [line.time for line in lines if line.time is not None]
    assert len(times) == len(lines)
    assert times == sorted(times)
    assert found[-1].state is LogState.ENDED


async def test_the_container_before_the_restart_can_be_read(
    place: Place, source: KubernetesSource, restarted: ObjectRef
) -> None:
    name = await first_container(source, restarted)
    found = await read(source, LogRequest(place.namespace, restarted.name, name, previous=True, follow=False), 1)
    assert any(batch.lines for batch in found)


async def test_a_followed_log_is_open_until_it_is_closed(
    place: Place, source: KubernetesSource, restarted: ObjectRef
) -> None:
    name = await first_container(source, restarted)
    found = await read(source, LogRequest(place.namespace, restarted.name, name, tail=1), 1)
    states = [batch.state for batch in found]
    assert states[0] is LogState.OPENING
    assert states[-1] is LogState.FOLLOWING


async def test_a_container_that_is_none_and_a_pod_that_is_none_say_so(
    place: Place, source: KubernetesSource, restarted: ObjectRef
) -> None:
    (_, wrong) = await read(source, LogRequest(place.namespace, restarted.name, SafeText("nobody")), 1)
    assert wrong.state is LogState.ENDED
    assert "nobody is not valid for pod" in wrong.words
    name = await first_container(source, restarted)
    (_, gone) = await read(source, LogRequest(place.namespace, SafeText("gone"), name), 1)
    assert (gone.state, "gone" in gone.words) == (LogState.ENDED, True)
    with pytest.raises(SourceError) as caught:
        await source.describe(ObjectRef(Kind.POD, place.namespace, SafeText("gone")))
    assert caught.value.kind is ErrorKind.NOT_FOUND
