"""Probes of real containers under a real kubelet: counted to the threshold, and not believed when events run out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, KubernetesSettings, SourceSettings
from opsconsole.domain.pod import Container, Evidence, Probe, ProbeKind, ProbeState
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.text import SafeText
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import ProbeCounterSource, Sources
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.cluster_prometheus import run_cluster_prometheus
from servers.kubernetes.workloads import container, pod, probe

pytestmark = pytest.mark.kubernetes

PATIENCE = 120.0
LOOKS = 0.3
"""Seconds between two looks: many a period of the probes."""


@pytest.fixture(scope="module")
def scraper(kubernetes: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that scrapes the kubelet."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with run_cluster_prometheus(kubernetes, folder) as server:
        yield server.url


@pytest.fixture
async def sources(kubernetes: Cluster, namespace: str, scraper: str) -> AsyncIterator[Sources]:
    settings = KubernetesSettings("", kubeconfig=kubernetes.kubeconfig, namespaces=(namespace,))
    cluster = ClusterSettings(name="real", kubernetes=settings, prometheus=SourceSettings(scraper))
    found = connect(cluster, SystemClock())
    assert found.workloads is not None
    found.workloads.watch()
    yield found
    await asyncio.gather(*(source.close() for source in found.configured()))


async def looks(
    sources: Sources, namespace: str, metrics: ProbeCounterSource | None, *, counted: bool = True
) -> AsyncIterator[Container]:
    """The pod's container, again and again."""
    assert sources.workloads is not None
    selection = Selection(SafeText("real"), SafeText(namespace))
    async with asyncio.timeout(PATIENCE):
        while True:
            if counted:
                await sources.workloads.probe_counters(selection, metrics)
            for one in (await sources.workloads.pods(selection)).value.pods:
                yield one.containers[0]
            await asyncio.sleep(LOOKS)


async def until(looked: AsyncIterator[Container], fits: Callable[[Container], bool]) -> list[Container]:
    """Every look up to the first that fits."""
    seen: list[Container] = []
    async for one in looked:
        seen.append(one)
        if fits(one):
            break
    return seen


def of(kind: ProbeKind, one: Container) -> Probe:
    return next(each for each in one.probes if each.kind is kind)


@pytest.mark.parametrize("teller", [SourceName.PROMETHEUS, SourceName.KUBERNETES, None], ids=str)
async def test_a_deadlocked_container_is_counted_to_three_of_three_and_restarted(
    kubernetes: Cluster, namespace: str, sources: Sources, teller: SourceName | None
) -> None:
    live = probe("/healthz", periodSeconds=3, failureThreshold=3)
    kubernetes.api.apply(pod("stuck", container(livenessProbe=live)), namespace)
    kubernetes.wait_for_pod("stuck", namespace)
    metrics = sources.metrics if teller is SourceName.PROMETHEUS else None
    looked = looks(sources, namespace, metrics, counted=teller is not None)
    wanted = {SourceName.PROMETHEUS: Evidence.COUNTER, SourceName.KUBERNETES: Evidence.KUBELET}.get(teller)
    if wanted is not None:
        await until(looked, lambda one: of(ProbeKind.LIVENESS, one).evidence is wanted)
    kubernetes.break_("stuck", namespace, "deadlock")
    seen = await until(looked, lambda one: one.restarts > 0 and one.state == "running")
    told = [of(ProbeKind.LIVENESS, one) for one in seen if one.restarts == 0]
    counts = [each.failures for each in told if each.failures]
    # On a busy machine a look can take longer than the period.
    assert {1, 3} <= set(counts) <= {1, 2, 3}
    assert counts == sorted(counts)
    assert all(each.state is ProbeState.FAILING for each in told if each.failures)
    assert any(each.killed_at is not None for each in told)
    after = of(ProbeKind.LIVENESS, seen[-1])
    assert (after.state is ProbeState.FAILING, after.failures or 0) == (False, 0)


async def test_a_pod_that_spent_its_events_is_throttled_and_its_silence_is_no_success(
    kubernetes: Cluster, namespace: str, sources: Sources
) -> None:
    live = probe("/healthz", periodSeconds=2, failureThreshold=4)
    kubernetes.api.apply(pod("loud", container(livenessProbe=live)), namespace)
    kubernetes.wait_for_pod("loud", namespace)
    kubernetes.break_("loud", namespace, "not-ready")
    blind = looks(sources, namespace, None, counted=False)
    before = await until(blind, lambda one: of(ProbeKind.READINESS, one).throttled)
    assert of(ProbeKind.READINESS, before[-1]).state is ProbeState.FAILING
    kubernetes.break_("loud", namespace, "deadlock")
    seen = await until(blind, lambda one: one.restarts > 0)
    told = [of(ProbeKind.LIVENESS, one) for one in seen if one.restarts == 0]
    assert told
    assert all(each.throttled or each.killed_at is not None for each in told)
    assert not any(each.state is ProbeState.PASSING for each in told)


async def test_a_counter_counts_on_where_events_have_run_out(
    kubernetes: Cluster, namespace: str, sources: Sources
) -> None:
    live = probe("/healthz", periodSeconds=3, failureThreshold=4)
    kubernetes.api.apply(pod("quiet", container(livenessProbe=live)), namespace)
    kubernetes.wait_for_pod("quiet", namespace)
    kubernetes.break_("quiet", namespace, "not-ready")
    looked = looks(sources, namespace, sources.metrics)
    await until(looked, lambda one: of(ProbeKind.READINESS, one).throttled)
    kubernetes.break_("quiet", namespace, "deadlock")
    seen = await until(looked, lambda one: one.restarts > 0)
    told = [of(ProbeKind.LIVENESS, one) for one in seen if one.restarts == 0]
    exact = [each.failures for each in told if each.failures and each.exact and each.killed_at is None]
    assert {2, 3} <= set(exact)
    assert exact == sorted(exact)
    # Until Prometheus has scraped a pod twice the kubelet's own page tells.
    evidence = {each.evidence for each in told if each.failures and each.killed_at is None}
    assert evidence <= {Evidence.COUNTER, Evidence.KUBELET}
