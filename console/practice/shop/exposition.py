"""From conditions to the samples that a scrape of every target would have found."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.promql.store import STALE
from opsconsole.practice.shop.book import CounterMemory, Page
from opsconsole.practice.shop.conditions import Conditions, PodCondition
from opsconsole.practice.shop.ledger import Ledger
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.runtime_metrics import go_runtime, jvm_runtime, process
from opsconsole.practice.shop.store_metrics import node, postgres, redis
from opsconsole.practice.shop.topology import Endpoint, Kind
from opsconsole.practice.shop.workload import PROBE_RESULTS, Pod

Floats = NDArray[np.float64]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, math.inf)
"""Upper bounds of the duration buckets in seconds: client_golang's defaults and 30 s."""

_LABELS = {bound: "+Inf" if math.isinf(bound) else f"{bound:g}" for bound in BOUNDS}


def bucket_of(seconds: float) -> str:
    """The `le` label of the bucket that a duration falls into."""
    return next(_LABELS[bound] for bound in BOUNDS if seconds <= bound)


def target_labels(it: Pod) -> dict[str, str]:
    """Labels that the scraper puts on every series of a pod's own endpoint."""
    return {
        "job": it.service.name,
        "service": it.service.name,
        "namespace": it.namespace,
        "pod": it.name,
        "instance": f"{it.address}:{it.service.port}",
        "container": it.service.name,
        "node": f"node-{it.node + 1}",
    }


class Exposition:
    """Writes every series of the shop, block after block."""

    def __init__(self, ledger: Ledger, noise: Noise, tick_seconds: int) -> None:
        """Blocks must follow each other without a gap."""
        self._ledger = ledger
        self._noise = noise
        self._tick_seconds = tick_seconds
        self._memory = CounterMemory()

    def write(self, conditions: Conditions) -> None:
        """All samples of one block."""
        ticks = conditions.ticks
        first = int(ticks[0])
        for pod in conditions.pods:
            self._cluster(pod, first)
            if pod.track.pod.service.kind in (Kind.BATCH, Kind.AGENT):
                continue
            track = pod.track
            base = target_labels(track.pod)
            up = Page(self._ledger, self._memory, first, base, track.pod.uid, track.present)
            up.gauge("up", track.alive.astype(float))
            own = Page(
                self._ledger, self._memory, first, base, track.pod.uid, track.alive, track.run,
                track.run_age / self._tick_seconds,
            )  # fmt: skip
            self._application(own, pod, conditions)
        for index, busy in enumerate(conditions.node_busy):
            base = {"job": "node-exporter", "instance": f"node-{index + 1}:9100", "node": f"node-{index + 1}"}
            page = Page(self._ledger, self._memory, first, base, index, np.ones(len(ticks), dtype=bool))
            on_it = [pod for pod in conditions.pods if pod.track.pod.node == index]
            node(page, busy, on_it, ticks, self._tick_seconds, self._noise)
        for row in self._memory.vanished():
            self._ledger.write(row, first, np.array([STALE]))

    def _application(self, page: Page, pod: PodCondition, conditions: Conditions) -> None:
        service, ticks = pod.track.pod.service, conditions.ticks
        process(page, pod, ticks, self._tick_seconds, self._noise)
        for endpoint in service.endpoints:
            self._requests(page, pod, endpoint, ticks)
        if service.kind is Kind.GO:
            go_runtime(page, pod, ticks, self._noise)
        elif service.kind is Kind.JVM:
            jvm_runtime(page, pod, ticks, self._tick_seconds, self._noise)
        elif service.kind is Kind.REDIS:
            redis(page, conditions, self._tick_seconds)
        elif service.kind is Kind.POSTGRES:
            postgres(page, conditions, self._tick_seconds)

    def _requests(self, page: Page, pod: PodCondition, endpoint: Endpoint, ticks: NDArray[np.int64]) -> None:
        latency = pod.latency[endpoint.key]
        stream = f"{pod.track.pod.uid}/{endpoint.key}"
        expected = pod.endpoint_rate[endpoint.key] * self._tick_seconds
        chance = self._noise.normals(stream + "/count", ticks)
        total = np.maximum(0.0, np.rint(expected + 0.6 * np.sqrt(expected) * chance))
        dither = self._noise.units(stream + "/errors", ticks)
        failed = np.minimum(total, np.floor(total * latency.errors + dither))
        late = np.floor(failed * np.clip(latency.late / np.maximum(latency.errors, 1e-9), 0.0, 1.0) + 0.5)
        unavailable = np.floor((failed - late) * 0.3 + dither * 0.5)
        refused = np.floor((total - failed) * (0.03 if endpoint.route.endswith("/login") else 0.004) + dither)
        refused = np.minimum(refused, total - failed)
        by_status = {
            "200": total - failed - refused,
            "401" if endpoint.route.endswith("/login") else "404": refused,
            "500": failed - late - unavailable,
            "503": unavailable,
            "504": late,
        }
        labels = {"method": endpoint.method, "endpoint": endpoint.route}
        for status, count in by_status.items():
            page.counter("http_requests_total", count, **labels, status=status)
        for bound in BOUNDS:
            page.counter(
                "http_request_duration_seconds_bucket",
                np.rint(total * latency.below(bound)),
                **labels,
                le=_LABELS[bound],
            )
        page.counter("http_request_duration_seconds_sum", total * latency.mean, **labels)
        page.counter("http_request_duration_seconds_count", total, **labels)

    def _cluster(self, pod: PodCondition, first: int) -> None:
        """What kube-state-metrics, the kubelet and its cAdvisor say of a pod."""
        it, track = pod.track.pod, pod.track
        base = {"service": it.service.name, "namespace": it.namespace, "pod": it.name}
        node_name = f"node-{it.node + 1}"
        state = Page(
            self._ledger, self._memory, first,
            {"job": "kube-state-metrics", "instance": "kube-state-metrics:8080", **base}, it.uid, track.present,
        )  # fmt: skip
        state.running("kube_pod_container_status_restarts_total", track.restarts, container=it.service.name)
        state.gauge("kube_pod_status_ready", track.ready.astype(float), condition="true")
        state.gauge("kube_pod_status_ready", (~track.ready).astype(float), condition="false")
        kind, owner = it.made_by
        state.gauge("kube_pod_info", 1.0, node=node_name, created_by_kind=kind, created_by_name=owner)
        kubelet = {"job": "kubelet", "instance": f"{node_name}:10250", "node": node_name, **base}
        probes = Page(self._ledger, self._memory, first, kubelet, it.uid, track.present)
        spec = it.template["spec"]["containers"][0]
        for column, (probe, result) in enumerate(PROBE_RESULTS):
            if probe.lower() + "Probe" in spec:
                probes.running(
                    "prober_probe_total", track.probes[:, column],
                    probe_type=probe, result=result, container=it.service.name, pod_uid=it.uid,
                )  # fmt: skip
        usage = Page(
            self._ledger, self._memory, first, kubelet, it.uid, track.alive, track.run,
            track.run_age / self._tick_seconds,
        )  # fmt: skip
        usage.counter("container_cpu_usage_seconds_total", pod.cpu * self._tick_seconds, container=it.service.name)
        working = 0.97 * pod.memory
        usage.gauge("container_memory_working_set_bytes", working, container=it.service.name)
        limit = float(int(it.service.memory * 2.5 / 2**20 // 64 * 64) * 2**20)
        usage.gauge("container_spec_memory_limit_bytes", limit, container=it.service.name)
