"""Watching a real API server: changes, its death and return, and versions it no longer knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, KubernetesSettings
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.pod import ChangeKind, PodList
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import RolloutState
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import Watched, WorkloadSource
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.workloads import container, deployment, disruption_budget, pod

pytestmark = [pytest.mark.kubernetes]

ALL = Selection(SafeText("real"))
PATIENCE = 60.0


def source_of(kubeconfig: object, *namespaces: str) -> WorkloadSource:
    settings = KubernetesSettings("", kubeconfig=kubeconfig, namespaces=namespaces)  # type: ignore[arg-type]
    found = connect(ClusterSettings(name="real", kubernetes=settings), SystemClock()).workloads
    assert found is not None
    found.watch()
    return found


@pytest.fixture
async def source(api_server: Cluster) -> AsyncIterator[WorkloadSource]:
    found = source_of(api_server.kubeconfig)
    yield found
    await found.close()


async def until(
    source: WorkloadSource, fits: Callable[[Reading[PodList]], bool], selection: Selection = ALL
) -> Reading[PodList]:
    """The first reading that fits, as the source says that something has changed."""
    seen = 0
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                reading = await source.pods(selection)
            except SourceError:
                source.watch()  # a right that was granted just now may take the server a moment
            else:
                if fits(reading):
                    return reading
            seen = await source.changed(Watched.PODS, seen)


def shows(*names: str) -> Callable[[Reading[PodList]], bool]:
    return lambda reading: sorted(one.name for one in reading.value.pods) == sorted(names)


async def test_pods_come_change_and_go_as_the_server_tells(api_server: Cluster, source: WorkloadSource) -> None:
    await until(source, lambda reading: reading.completeness.whole)
    api_server.create_namespace("shop")
    api_server.api.apply(pod("first"), "shop")
    found = await until(source, lambda reading: any(one.trouble == "Unschedulable" for one in reading.value.pods))
    assert found.value.pods[0].why.startswith("no nodes available to schedule pods")
    assert found.value.pods[0].since is not None
    api_server.api.apply(pod("second"), "shop")
    await until(source, shows("first", "second"))
    api_server.api.delete("/api/v1/namespaces/shop/pods/first", gracePeriodSeconds="0")
    await until(source, shows("second"))


async def test_the_server_may_die_and_come_back(api_server: Cluster, source: WorkloadSource) -> None:
    api_server.create_namespace("shop")
    api_server.api.apply(pod("first"), "shop")
    await until(source, shows("first"))
    api_server.stop_api_server()
    gone = await until(source, lambda reading: reading.problem is not None)
    assert [one.name for one in gone.value.pods] == ["first"]
    assert gone.problem is not None
    assert gone.problem.kind is ErrorKind.UNREACHABLE
    api_server.start_api_server()
    await until(source, lambda reading: reading.problem is None)
    api_server.api.apply(pod("second"), "shop")
    await until(source, shows("first", "second"))


async def test_a_version_lost_by_compaction_lists_again(api_server: Cluster, source: WorkloadSource) -> None:
    api_server.create_namespace("shop")
    for name in ("stays", "goes"):
        api_server.api.apply(pod(name), "shop")
    before = await until(source, lambda reading: len(reading.value.pods) == 2 and reading.completeness.whole)
    api_server.stop_api_server()
    await until(source, lambda reading: reading.problem is not None)
    # A second console's view of the world goes on while ours is cut off: delete, compact, return.
    api_server.start_api_server()
    api_server.api.delete("/api/v1/namespaces/shop/pods/goes", gracePeriodSeconds="0")
    api_server.stop_api_server()
    api_server.compact_etcd()
    api_server.start_api_server()
    after = await until(source, lambda reading: shows("stays")(reading) and reading.problem is None)
    assert {one.uid for one in after.value.pods} < {one.uid for one in before.value.pods}


async def test_workloads_tell_their_rollout_budget_and_revision(api_server: Cluster, source: WorkloadSource) -> None:
    api_server.create_namespace("shop")
    api_server.api.apply(deployment("checkout", container(), replicas=2), "shop")
    api_server.api.apply(disruption_budget("checkout", available=1), "shop")
    await until(source, lambda reading: len(reading.value.pods) == 2)
    seen = 0
    async with asyncio.timeout(PATIENCE):
        while True:
            found = (await source.workloads(ALL)).value.workloads
            if found and found[0].revision == "1" and found[0].disruptions_allowed is not None:
                break
            seen = await source.changed(Watched.WORKLOADS, seen)
    assert (found[0].ref.kind, found[0].ref.name, found[0].desired, found[0].ready) == (
        Kind.DEPLOYMENT, "checkout", 2, 0,
    )  # fmt: skip
    assert found[0].rollout is RolloutState.PROGRESSING
    assert found[0].disruptions_allowed == 0
    assert found[0].images == ("go-web-app:v1",)
    pods = await until(source, lambda reading: all(one.revision == "1" for one in reading.value.pods))
    assert {one.owner for one in pods.value.pods} == {"Deployment/checkout"}
    (rollout,) = (await source.changes(ALL)).value.changes
    assert (rollout.kind, rollout.title) == (ChangeKind.DEPLOY, "deploy checkout go-web-app:v1, revision 1")


async def test_a_user_of_one_namespace_sees_that_one_alone(api_server: Cluster) -> None:
    api_server.create_namespace("shop")
    api_server.create_namespace("secret")
    rules = [{"apiGroups": ["", "apps", "discovery.k8s.io"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    api_server.grant("viewers", "shop", rules)
    for place in ("shop", "secret"):
        api_server.api.apply(pod("first"), place)
    kubeconfig = api_server.kubeconfig_for("viola", ["viewers"])
    alone = source_of(kubeconfig)
    with pytest.raises(SourceError) as caught:
        await alone.pods(ALL)
    assert caught.value.kind is ErrorKind.FORBIDDEN
    assert "namespaces" in caught.value.hint
    shop = Selection(SafeText("real"), namespace=SafeText("shop"))
    mine = await until(alone, shows("first"), shop)
    assert {one.namespace for one in mine.value.pods} == {"shop"}
    await alone.close()
    named = source_of(kubeconfig, "shop", "secret")
    both = await until(named, shows("first"))
    assert both.value.forbidden == ("secret",)
    await named.close()
