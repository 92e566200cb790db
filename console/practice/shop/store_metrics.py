"""What the exporters of redis, postgres and the nodes say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.shop import topology
from opsconsole.practice.shop.book import Page
from opsconsole.practice.shop.conditions import Conditions, PodCondition
from opsconsole.practice.shop.noise import Noise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def redis(page: Page, conditions: Conditions, tick_seconds: int) -> None:
    """redis_exporter: the payments' look-ups and, beside them, sessions that always hit."""
    payments = conditions.of("payments")
    looked_up = sum((pod.rate for pod in payments), np.zeros(len(conditions.ticks))) * tick_seconds
    missed = sum((pod.rate * (1 - pod.hit_ratio) for pod in payments), np.zeros(len(conditions.ticks))) * tick_seconds
    page.gauge("redis_up", 1.0)
    page.counter("redis_keyspace_misses_total", np.rint(missed))
    page.counter("redis_keyspace_hits_total", np.rint(0.4 * looked_up) + np.rint(looked_up - missed))
    page.gauge("redis_connected_clients", np.rint(8 + 4.0 * sum(pod.track.alive.astype(float) for pod in payments)))
    page.gauge("redis_memory_used_bytes", 214.0 * 2**20)


def postgres(page: Page, conditions: Conditions, tick_seconds: int) -> None:
    """postgres_exporter. `go_sql` connections in use are `active` only while a query runs on them."""
    count = len(conditions.ticks)
    held = sum((pod.in_use for pod in conditions.pods if pod.track.pod.service.uses_pool), np.zeros(count))
    active = np.minimum(held, np.rint(1.0 + conditions.queries * conditions.query_seconds))
    page.gauge("pg_up", 1.0)
    page.gauge("pg_stat_activity_count", active, datname="shop", state="active")
    page.gauge("pg_stat_activity_count", np.rint(held - active + 24), datname="shop", state="idle")
    page.gauge("pg_settings_max_connections", 1000.0)
    page.counter("pg_stat_database_xact_commit", np.rint(conditions.queries * tick_seconds), datname="shop")


def node(page: Page, busy: Floats, pods: list[PodCondition], ticks: Ints, tick_seconds: int, noise: Noise) -> None:
    """node_exporter of one node. `busy` is in cores."""
    number = pods[0].track.pod.node if pods else 0
    for core in range(topology.NODE_CORES):
        tilt = 0.02 * noise.drift(f"core/{number}/{core}", ticks, 6)
        used = np.clip(busy / topology.NODE_CORES + tilt, 0.01, 0.995)
        shares = {"user": 0.76 * used, "system": 0.2 * used, "iowait": 0.03 * used, "steal": 0.01 * used}
        for mode, share in {**shares, "idle": 1.0 - used}.items():
            page.counter("node_cpu_seconds_total", share * tick_seconds, cpu=str(core), mode=mode)
    resident = sum((np.where(pod.track.alive, pod.memory, 0.0) for pod in pods), np.zeros(len(ticks)))
    page.gauge("node_memory_MemTotal_bytes", float(topology.NODE_MEMORY))
    page.gauge("node_memory_MemAvailable_bytes", np.rint(topology.NODE_MEMORY - 2.1 * 2**30 - resident))
    queries = sum((pod.rate for pod in pods if pod.track.pod.service.name == "postgres"), np.zeros(len(ticks)))
    page.counter(
        "node_disk_io_time_seconds_total", np.minimum(0.97, 0.03 + queries / 2600) * tick_seconds, device="nvme0n1"
    )
    page.gauge("node_load1", busy * (1.0 + 0.5 * np.maximum(0.0, busy - 3.4)))
