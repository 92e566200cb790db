"""What the processes of the shop say of themselves: CPU, memory, goroutines, heaps, pools."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.shop.book import Page
from opsconsole.practice.shop.conditions import PodCondition
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.topology import POOL_SIZE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OLD_GENERATION_BYTES = 1.5 * 2**30


def process(page: Page, pod: PodCondition, ticks: Ints, tick_seconds: int, noise: Noise) -> None:
    """The process collector."""
    spent = pod.cpu * tick_seconds * np.exp(0.02 * noise.normals(f"{pod.track.pod.uid}/cpu", ticks))
    page.counter("process_cpu_seconds_total", spent)
    page.gauge("process_resident_memory_bytes", np.rint(pod.memory))
    page.gauge("process_start_time_seconds", ticks * float(tick_seconds) - pod.track.run_age)
    if pod.track.pod.service.name == "payments":
        looked_up = np.rint(pod.rate * tick_seconds)
        hits = np.rint(looked_up * pod.hit_ratio)
        page.counter("cache_requests_total", hits, cache="payments", result="hit")
        page.counter("cache_requests_total", looked_up - hits, cache="payments", result="miss")


def go_runtime(page: Page, pod: PodCondition, ticks: Ints, noise: Noise) -> None:
    """client_golang's Go collector and, for services with a database, its DBStats collector."""
    uid = pod.track.pod.uid
    page.gauge("app_goroutines", pod.goroutines)
    page.gauge("go_goroutines", pod.goroutines + 9)
    page.gauge("go_memstats_heap_inuse_bytes", np.rint(0.55 * pod.memory))
    pause = 0.00022 * np.exp(0.25 * noise.drift(f"{uid}/gc", ticks, 4)) * (1.0 + pod.goroutines / 900)
    for quantile, factor in (("0", 0.2), ("0.25", 0.5), ("0.5", 0.8), ("0.75", 1.3), ("1", 5.0)):
        page.gauge("go_gc_duration_seconds", pause * factor, quantile=quantile)
    cycles = np.rint(1.0 + 6.0 * pod.cpu)
    page.counter("go_gc_duration_seconds_sum", cycles * pause)
    page.counter("go_gc_duration_seconds_count", cycles)
    if pod.track.pod.service.uses_pool:
        used = np.rint(pod.in_use)
        page.gauge("go_sql_max_open_connections", float(POOL_SIZE), db_name="shop")
        page.gauge("go_sql_in_use_connections", used, db_name="shop")
        page.gauge("go_sql_idle_connections", np.minimum(6.0, POOL_SIZE - used), db_name="shop")
        page.counter("go_sql_wait_count_total", np.rint(pod.rate * pod.blocked * 10), db_name="shop")
        page.gauge("db_pool_waiting_connections", np.rint(pod.waiting), db_name="shop")


def jvm_runtime(page: Page, pod: PodCondition, ticks: Ints, tick_seconds: int, noise: Noise) -> None:
    """Heap pools, collections and HikariCP of a JVM service."""
    uid = pod.track.pod.uid
    page.gauge("jvm_memory_pool_bytes_used", np.rint(pod.old_generation * OLD_GENERATION_BYTES), pool="G1 Old Gen")
    page.gauge("jvm_memory_pool_bytes_max", OLD_GENERATION_BYTES, pool="G1 Old Gen")
    eden = (0.35 + 0.3 * noise.units(f"{uid}/eden", ticks)) * 400 * 2**20
    page.gauge("jvm_memory_pool_bytes_used", np.rint(eden), pool="G1 Eden Space")
    stopped = pod.pause_share * tick_seconds
    full = pod.pause > 0.2
    minor, major = (
        {"action": "end of minor GC", "cause": "G1 Evacuation Pause"},
        {
            "action": "end of major GC",
            "cause": "G1 Compaction Pause",
        },
    )
    collections = np.maximum(1.0, np.rint(stopped / np.maximum(pod.pause, 1e-3)))
    page.counter("jvm_gc_pause_seconds_sum", np.where(full, 0.06, stopped), **minor)
    page.counter("jvm_gc_pause_seconds_count", np.where(full, 1.0, collections), **minor)
    page.counter("jvm_gc_pause_seconds_sum", np.where(full, stopped, 0.0), **major)
    page.counter("jvm_gc_pause_seconds_count", np.where(full, collections, 0.0), **major)
    page.gauge("jvm_threads_current", np.rint(62 + np.minimum(200.0, pod.in_flight)))
    page.gauge("hikaricp_connections_active", np.rint(pod.in_use), pool="shop")
    page.gauge("hikaricp_connections_pending", np.rint(pod.waiting), pool="shop")
    page.gauge("hikaricp_connections_max", float(POOL_SIZE), pool="shop")
    page.gauge("db_pool_waiting_connections", np.rint(pod.waiting), db_name="shop")
