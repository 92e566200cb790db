"""Probe counters of the practice cluster reach its pods, by Prometheus and by the kubelets' own pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.pod import Evidence, Pod, Probe, ProbeKind, ProbeState
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import Sources
from servers.practice import run_practice

PATIENCE = 90.0
PLACE = Selection(SafeText("practice"), SafeText("shop"), SafeText("checkout"))


@pytest.fixture(scope="module")
def practice() -> Iterator[ClusterSettings]:
    with run_practice("bad-release") as found:
        yield ClusterSettings(name="practice", kubernetes=found.kubernetes, prometheus=found.prometheus)


@pytest.fixture
async def sources(practice: ClusterSettings) -> AsyncIterator[Sources]:
    found = connect(practice, SystemClock())
    yield found
    for source in found.configured():
        await source.close()


async def pods_of(sources: Sources, told_by: Evidence) -> tuple[Pod, ...]:
    assert sources.workloads is not None
    metrics = sources.metrics if told_by is Evidence.COUNTER else None
    reading = await sources.workloads.probe_counters(PLACE, metrics)
    assert (reading.value.evidence, reading.completeness.whole) == (told_by, True)
    return (await sources.workloads.pods(PLACE)).value.pods


async def counted_by_prometheus(sources: Sources) -> list[Probe]:
    pods = await pods_of(sources, Evidence.COUNTER)
    told = [probe for pod in pods for container in pod.containers for probe in container.probes]
    return [probe for probe in told if probe.evidence is Evidence.COUNTER]


def not_ready(probes: list[Probe]) -> list[Probe]:
    return [one for one in probes if one.kind is ProbeKind.READINESS and one.state is ProbeState.FAILING]


async def test_prometheus_counts_the_probes_of_a_bad_release_as_the_kubelet_does(sources: Sources) -> None:
    # Its containers are restarted now and then, and count from the first failure of their new life on.
    deadline = time.monotonic() + PATIENCE
    while not (failing := not_ready(counted := await counted_by_prometheus(sources))):
        assert time.monotonic() < deadline, "no readiness probe counted as failing"
        await asyncio.sleep(0.2)
    assert {probe.kind for probe in counted} >= {ProbeKind.READINESS, ProbeKind.LIVENESS}
    assert all(0 < (one.failures or 0) <= one.failure_threshold for one in failing)
    well = [
        probe
        for probe in counted
        if probe.state is ProbeState.PASSING and probe.exact and probe.kind is ProbeKind.LIVENESS
    ]
    assert {probe.failures for probe in well} == {0}


async def test_a_kubelets_own_page_has_the_same_counters(sources: Sources) -> None:
    assert sources.workloads is not None
    reading = await sources.workloads.probe_counters(PLACE, None)
    assert reading.value.evidence is Evidence.KUBELET
    assert {counter.kind for counter in reading.value.counters} >= {ProbeKind.READINESS, ProbeKind.LIVENESS}
    assert all(counter.samples[0].successful + counter.samples[0].failed > 0 for counter in reading.value.counters)
