"""From pods and their faults to load, queues, pools, caches, latency and errors.

Causes go both ways along the call graph: load flows down from the gateway, latency and errors flow up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.shop import topology
from opsconsole.practice.shop.latency import Latency, average, chained
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.scenario import FaultKind
from opsconsole.practice.shop.topology import Endpoint, Kind, Service
from opsconsole.practice.shop.track import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MISS_QUERIES = 22.0
"""Queries that one payment costs when the cache does not know it."""

CACHE_SIZE_RATIO = 0.965
"""Share of payment look-ups that the cache answers when all is well."""

HANDLER_TIMEOUT = 4.0
"""Seconds after which a server answers 503 for a handler that does not (Go's `http.TimeoutHandler`)."""

_NODE_SYSTEM_CORES = 0.42


def _queueing(load: Floats) -> Floats:
    """How much longer work takes at `load`, its rate over capacity: M/M/1's 1/(1-load), then a queue that stays."""
    return np.asarray((1.0 + 40.0 * np.maximum(0.0, load - 0.75)) / (1.0 - np.clip(load, 0.0, 0.93)))


@dataclass
class PodCondition:
    """One pod at each tick: rates per second, seconds, bytes, cores, ratios 0 to 1."""

    track: Track
    share: Floats
    rate: Floats
    cpu: Floats
    slowness: Floats
    """Factor on the pod's own work."""
    slow_share: Floats
    slow: Floats
    errors: Floats
    hit_ratio: Floats
    in_use: Floats
    waiting: Floats
    blocked: Floats
    """Share of requests that find no connection."""
    old_generation: Floats
    pause_share: Floats
    pause: Floats
    leaked: Floats
    """Goroutines that will never end."""
    latency: dict[str, Latency] = field(default_factory=dict)
    endpoint_rate: dict[str, Floats] = field(default_factory=dict)

    @property
    def memory(self) -> Floats:
        """Resident bytes: what the service needs, what its load and its leaked goroutines hold."""
        service = self.track.pod.service
        grown = 0.04 * service.memory * np.minimum(1.0, self.track.run_age / 1800)
        return np.asarray(
            service.memory + grown + 3e5 * self.in_flight + 2.2e5 * self.leaked + 2.5e8 * self.pause_share
        )

    @property
    def goroutines(self) -> Floats:
        """Goroutines of a Go process: a few at rest, two a request in flight, one a waiter, those leaked."""
        return np.asarray(np.rint(38 + 2.0 * self.in_flight + self.leaked + 0.6 * self.rate))

    @property
    def in_flight(self) -> Floats:
        """Requests being worked on (Little's law)."""
        parts = [self.endpoint_rate[key] * latency.mean for key, latency in self.latency.items()]
        return np.asarray(np.sum(parts, axis=0)) if parts else np.zeros_like(self.rate)


@dataclass
class Conditions:
    """The whole shop over a block of ticks."""

    ticks: Ints
    pods: list[PodCondition]
    rates: dict[tuple[str, str], Floats]
    node_busy: list[Floats]
    """Cores at work on each node."""
    query_seconds: Floats
    query_errors: Floats
    queries: Floats
    look_ups: Floats
    """Cache look-ups per second."""
    latency: dict[tuple[str, str], Latency]
    """By (service, endpoint), as callers see it before their timeouts."""

    def of(self, service: str) -> list[PodCondition]:
        """The pods of one service."""
        return [pod for pod in self.pods if pod.track.pod.service.name == service]


class Model:
    """Computes conditions; holds nothing but its inputs."""

    def __init__(self, noise: Noise, fault: FaultKind | None, tick_seconds: int) -> None:
        """`fault` is what afflicted pods do wrong."""
        self._noise = noise
        self._fault = fault
        self._tick_seconds = tick_seconds

    def conditions(self, ticks: Ints, tracks: list[Track]) -> Conditions:
        """The shop at consecutive `ticks`, given its pods."""
        rates = self._rates(ticks)
        pods = [pod for service in topology.SERVICES for pod in self._pods(service, ticks, tracks, rates)]
        pods += [self._beside(track) for track in tracks if track.pod.service.kind in (Kind.BATCH, Kind.AGENT)]
        look_ups = rates["payments", "POST /pay"]
        queries = self._queries(pods, rates)
        load = queries / topology.DATABASE_CAPACITY
        database = [pod for pod in pods if pod.track.pod.service.kind is Kind.POSTGRES]
        up = np.minimum(1.0, sum((pod.share for pod in database), np.zeros(len(ticks))))
        made = Conditions(ticks, pods, rates, [], np.zeros(0), np.zeros(0), queries, look_ups, {})
        for pod in database:
            pod.rate = queries * pod.share
        for pod in made.of("redis"):
            pod.rate = 1.4 * look_ups * pod.share
        made.node_busy = self._burn(pods, len(ticks))
        slowness = np.mean([pod.slowness for pod in database], axis=0) if database else np.ones(len(ticks))
        jitter = np.exp(0.06 * self._noise.drift("query", ticks, 6))
        made.query_seconds = topology.QUERY_SECONDS * jitter * (0.7 + 0.3 * slowness) * _queueing(load)
        made.query_errors = 1.0 - up * (1.0 - np.minimum(0.03, 0.03 * load**12))
        self._pools(pods, made.query_seconds)
        self._overload(pods)
        zero = np.zeros(len(ticks))
        made.latency["postgres", "query"] = Latency(
            made.query_seconds, 0.002 + np.minimum(0.1, 0.1 * load**8), 6 * made.query_seconds, made.query_errors, zero
        )
        made.latency["redis", "GET"] = Latency(zero + 0.0004, zero, zero, zero, zero)
        for service in reversed(topology.SERVICES):
            for endpoint in service.endpoints:
                self._endpoint(made, service, endpoint)
        return made

    def _rates(self, ticks: Ints) -> dict[tuple[str, str], Floats]:
        seconds = ticks * self._tick_seconds
        day = 1.0 + 0.16 * np.sin(2 * np.pi * (seconds / 86_400 - 0.3)) + 0.05 * np.sin(2 * np.pi * seconds / 5400)
        load = topology.GATEWAY_RATE * day * np.exp(0.03 * self._noise.drift("load", ticks))
        rates: dict[tuple[str, str], Floats] = {}
        for service in topology.SERVICES:
            for endpoint in service.endpoints:
                key = (service.name, endpoint.key)
                if endpoint.share:
                    rates[key] = load * endpoint.share * np.exp(0.03 * self._noise.drift(f"load/{endpoint.key}", ticks))
                for call in endpoint.calls:
                    below = (call.service, call.endpoint)
                    rates[below] = rates.get(below, np.zeros(len(ticks))) + call.times * rates[key]
        return rates

    def _pods(
        self, service: Service, ticks: Ints, tracks: list[Track], rates: dict[tuple[str, str], Floats]
    ) -> list[PodCondition]:
        mine = [track for track in tracks if track.pod.service is service]
        serving = sum((track.serving.astype(float) for track in mine), np.zeros(len(ticks)))
        made = []
        for track in mine:
            share = track.serving / np.maximum(serving, 1.0)
            pod = self._fresh(track, share, len(ticks))
            for endpoint in service.endpoints:
                noise = np.exp(0.02 * self._noise.drift(f"{track.pod.uid}/{endpoint.key}", ticks, 4))
                pod.endpoint_rate[endpoint.key] = rates[service.name, endpoint.key] * share * noise
            pod.rate = sum(pod.endpoint_rate.values(), np.zeros(len(ticks)))
            if service.name == "payments":
                kept = CACHE_SIZE_RATIO + 0.006 * self._noise.drift(f"{track.pod.uid}/hits", ticks)
                pod.hit_ratio = np.clip(kept, 0.0, 0.99)
            if service.kind is Kind.JVM:
                self._heap(pod, ticks)
            self._afflict(pod, ticks)
            made.append(pod)
        return made

    @staticmethod
    def _fresh(track: Track, share: Floats, count: int) -> PodCondition:
        zero, one = np.zeros(count), np.ones(count)
        return PodCondition(
            track,
            share,
            rate=zero,
            cpu=zero,
            slowness=one,
            slow_share=zero + 0.0015,
            slow=zero + 0.08,
            errors=zero + 0.0006,
            hit_ratio=one,
            in_use=zero,
            waiting=zero,
            blocked=zero,
            old_generation=zero,
            pause_share=zero,
            pause=zero,
            leaked=zero,
        )

    def _beside(self, track: Track) -> PodCondition:
        """A pod that serves no request: a batch job, an agent."""
        pod = self._fresh(track, np.zeros(len(track.level)), len(track.level))
        pod.cpu = np.where(track.alive, 3.7 * track.level, 0.0)
        return pod

    def _heap(self, pod: PodCondition, ticks: Ints) -> None:
        phase = (self._noise.unit("heap", pod.track.pod.ordinal) * 600 + ticks * self._tick_seconds) % 600 / 600
        pod.old_generation = 0.40 + 0.19 * phase + 0.01 * self._noise.drift(f"{pod.track.pod.uid}/heap", ticks, 6)
        pod.pause = 0.034 + 0.004 * self._noise.drift(f"{pod.track.pod.uid}/pause", ticks, 6)
        pod.pause_share = np.full(len(ticks), 0.006)

    def _afflict(self, pod: PodCondition, ticks: Ints) -> None:
        level, uid = pod.track.level, pod.track.pod.uid
        if self._fault is None or not pod.track.pod.afflicted:
            return
        if self._fault is FaultKind.ERRORS:
            wave = 1.0 + 0.12 * self._noise.drift(f"{uid}/errors", ticks, 6)
            pod.errors = np.clip(pod.errors + 0.34 * level * wave, 0.0, 1.0)
            pod.slow_share, pod.slow = pod.slow_share + 0.12 * level, pod.slow + 0.9 * level
        elif self._fault is FaultKind.DEADLOCK:
            stuck = (level >= 1.0).astype(float)
            pod.slow_share, pod.slow = np.maximum(pod.slow_share, stuck), pod.slow + HANDLER_TIMEOUT * stuck
            pod.errors = np.maximum(pod.errors, stuck)
        elif self._fault is FaultKind.GOROUTINES:
            pod.leaked = 2500.0 * level * np.exp(0.01 * self._noise.drift(f"{uid}/leak", ticks, 6))
        elif self._fault is FaultKind.CACHE:
            pod.hit_ratio = np.clip(pod.hit_ratio - 0.91 * level, 0.01, 1.0)
        elif self._fault is FaultKind.GARBAGE:
            saw = ticks * self._tick_seconds % 60 / 60
            full = 0.958 + 0.034 * saw + 0.002 * self._noise.drift(f"{uid}/full", ticks, 3)
            reach = np.minimum(1.0, 1.5 * level)
            pod.old_generation = np.clip(pod.old_generation * (1 - reach) + full * reach, 0.0, 0.998)
            pod.pause = pod.pause + 1.45 * level**2 * np.exp(0.1 * self._noise.drift(f"{uid}/full-pause", ticks, 3))
            pod.pause_share = pod.pause_share + 0.36 * level**2
            pod.slow_share, pod.slow = pod.slow_share + pod.pause_share * level, pod.slow + 1.3 * pod.pause * level
            pod.errors = pod.errors + 0.03 * level**2

    @staticmethod
    def _queries(pods: list[PodCondition], rates: dict[tuple[str, str], Floats]) -> Floats:
        queries = rates["postgres", "query"].copy()
        for pod in pods:
            if pod.track.pod.service.name == "payments":
                queries += MISS_QUERIES * pod.rate * (1.0 - pod.hit_ratio)
        return queries

    def _burn(self, pods: list[PodCondition], count: int) -> list[Floats]:
        """CPU of every pod, then how a full node slows those on it."""
        busy = [np.full(count, _NODE_SYSTEM_CORES) for _ in topology.NODES]
        for pod in pods:
            service, alive = pod.track.pod.service, pod.track.alive
            if service.kind is not Kind.BATCH:
                boot = np.where(alive & (pod.track.run_age < 20), 0.35, 0.0)
                wanted = service.cpu_idle + service.cpu_request * pod.rate + boot
                if self._fault is FaultKind.GOROUTINES:
                    wanted = wanted + 0.95 * pod.track.level
                if self._fault is FaultKind.GARBAGE:
                    wanted = wanted + 1.5 * pod.track.level**2
                pod.cpu = np.where(alive, np.minimum(wanted, 0.97 * service.cpu_limit), 0.0)
            busy[pod.track.pod.node] = busy[pod.track.pod.node] + pod.cpu
        limit = 0.98 * topology.NODE_CORES
        for pod in pods:
            wanted = busy[pod.track.pod.node]
            load = np.minimum(wanted, limit) / topology.NODE_CORES
            if pod.track.pod.service.kind is Kind.BATCH:
                pod.cpu = np.maximum(0.0, pod.cpu - np.maximum(0.0, wanted - limit))
            used = np.minimum(0.9, pod.cpu / pod.track.pod.service.cpu_limit)
            pod.slowness = (1.0 + 22.0 * np.maximum(0.0, load - 0.8)) / (1.0 - used)
        return [np.minimum(cores, limit) for cores in busy]

    def _pools(self, pods: list[PodCondition], query_seconds: Floats) -> None:
        for pod in pods:
            service = pod.track.pod.service
            if not service.uses_pool:
                continue
            times = max(call.times for one in service.endpoints for call in one.calls if call.service == "postgres")
            held = 0.11 + times * query_seconds
            demand = pod.rate * held
            leaked = np.zeros_like(demand)
            if self._fault is FaultKind.POOL:
                leaked = np.minimum(topology.POOL_SIZE, 1.35 * topology.POOL_SIZE * pod.track.level)
            left = topology.POOL_SIZE - leaked
            pod.in_use = np.minimum(topology.POOL_SIZE, demand + leaked)
            pod.blocked = np.clip(1.0 - left / np.maximum(demand, 1e-6), 0.0, 0.93)
            pod.waiting = pod.rate * pod.blocked * topology.POOL_TIMEOUT
            pod.slow_share = 1.0 - (1.0 - pod.slow_share) * (1.0 - pod.blocked)
            pod.slow = pod.slow + 0.7 * topology.POOL_TIMEOUT * pod.blocked
            pod.errors = 1.0 - (1.0 - pod.errors) * (1.0 - 0.55 * pod.blocked)

    @staticmethod
    def _overload(pods: list[PodCondition]) -> None:
        """A process that gets too little CPU for its work sheds some of it."""
        for pod in pods:
            pod.errors = pod.errors + np.clip(0.02 * (pod.slowness - 2.2), 0.0, 0.03)

    def _endpoint(self, made: Conditions, service: Service, endpoint: Endpoint) -> None:
        callees = [
            (call.times, made.latency[call.service, call.endpoint].seen_within(call.timeout)) for call in endpoint.calls
        ]
        parts = []
        zero = np.zeros(len(made.ticks))
        for pod in made.of(service.name):
            own = Latency(endpoint.own * pod.slowness, pod.slow_share, pod.slow, pod.errors, zero)
            mine = callees
            if service.name == "payments":
                database = made.latency["postgres", "query"]
                mine = [*callees, (1.0, self._misses(database, 1.0 - pod.hit_ratio))]
            pod.latency[endpoint.key] = chained(own, mine)
            parts.append((pod.share, pod.latency[endpoint.key]))
        nobody = Latency(zero + 0.002, zero, zero, zero + 1.0, zero)
        made.latency[service.name, endpoint.key] = average(parts, nobody)

    @staticmethod
    def _misses(query: Latency, misses: Floats) -> Latency:
        """What cache misses add to a payment: queries one after another, four at a time."""
        slow = MISS_QUERIES / 4 * query.median
        return Latency(np.full_like(slow, 1e-6), misses, slow, misses * query.errors, query.late)
