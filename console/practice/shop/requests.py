"""Sampled requests on their way through the shop, span by span."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from opsconsole.practice.shop import topology
from opsconsole.practice.shop.latency import BODY_SIGMA, SLOW_SIGMA
from opsconsole.practice.shop.moment import Moment, PodMoment
from opsconsole.practice.shop.noise import Noise, mixed
from opsconsole.practice.shop.scenario import FaultKind
from opsconsole.practice.shop.topology import Call, Endpoint, Service
from opsconsole.practice.shop.workload import Pod

PER_TICK = 8
"""Requests sampled in each tick."""

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_NETWORK = 0.0003

_WORD = (1 << 32) - 1
_TICK_AT = slice(8, 16)
"""Which hex digits of a trace id tell its tick. The first are chance: where ids are cut short, each looks its own."""

SpanEvent = tuple[float, str, dict[str, str]]
"""Unix seconds, name and attributes."""


class RequestSpan(NamedTuple):
    """One span. Times are unix seconds, `status` an HTTP status or 0, `error` the failure's words.

    `peer` is the service a client span calls; `events` are (time, name, attributes).
    """

    span_id: str
    parent_id: str
    service: str
    pod: Pod
    operation: str
    kind: str
    start: float
    duration: float
    status: int = 0
    error: str = ""
    peer: str = ""
    endpoint: Endpoint | None = None
    events: tuple[SpanEvent, ...] = ()


class RequestTrace(NamedTuple):
    """One sampled request; spans by start, the gateway's first. `user` is who asked."""

    trace_id: str
    user: int
    address: str
    spans: tuple[RequestSpan, ...]

    @property
    def start(self) -> float:
        """Unix seconds."""
        return self.spans[0].start

    @property
    def end(self) -> float:
        """Unix seconds at which its last span ends."""
        return max(span.start + span.duration for span in self.spans)


class Draw:
    """Random numbers of one request, one after the other (SplitMix64)."""

    def __init__(self, key: int) -> None:
        """The same `key` gives the same numbers."""
        self._state = key

    def bits(self) -> int:
        """64 bits."""
        self._state = (self._state + _GOLDEN) & _MASK
        return mixed(self._state)

    def unit(self) -> float:
        """One number in [0, 1)."""
        return (self.bits() >> 11) * 2.0**-53

    def lognormal(self, median: float, sigma: float) -> float:
        """One duration."""
        normal = math.sqrt(-2.0 * math.log1p(-self.unit())) * math.cos(2.0 * math.pi * self.unit())
        return median * math.exp(sigma * normal)


class _Journey:
    """Follows one request and collects its spans."""

    def __init__(self, moment: Moment, draw: Draw, fault: FaultKind | None) -> None:
        self.spans: list[RequestSpan] = []
        self._moment = moment
        self._draw = draw
        self._fault = fault

    def serve(self, service: Service, endpoint: Endpoint, start: float, parent: str) -> tuple[float, int]:
        """Serve one request; seconds it took and its HTTP status. (0, 503) when nobody serves."""
        pod = self._choose(service)
        if pod is None:
            return 0.001, 503
        span_id, at = f"{self._draw.bits():016x}", len(self.spans)
        own = self._draw.lognormal(endpoint.own * pod.slowness, BODY_SIGMA)
        now, error, status, events = start + 0.4 * own, "", 200, []
        if self._draw.unit() < pod.slow_share:
            now, error, event = self._delayed(pod, now, span_id)
            events.append(event)
        if not error and self._draw.unit() < pod.errors * (1 - pod.blocked):
            error = self._own_error(pod)
            what = {"exception.type": error.split(":")[0], "exception.message": error}
            events.append((now, "exception", what))
        if error:
            status = 500
        for call in endpoint.calls:
            if error:
                break
            now, error, status = self._call(service, pod, call, now, span_id, status)
        end = now + 0.6 * own
        self.spans.insert(
            at,
            RequestSpan(
                span_id, parent, service.name, pod.pod, endpoint.key, "server", start, end - start,
                status, error, "", endpoint, tuple(events),
            ),
        )  # fmt: skip
        return end - start, status

    def _choose(self, service: Service) -> PodMoment | None:
        chance = self._draw.unit()
        for pod in self._moment.pods.get(service.name, ()):
            chance -= pod.share
            if chance < 0 and pod.share > 0:
                return pod
        return next((pod for pod in self._moment.pods.get(service.name, ()) if pod.share > 0), None)

    def _delayed(self, pod: PodMoment, now: float, parent: str) -> tuple[float, str, SpanEvent]:
        wait = self._draw.lognormal(pod.slow, SLOW_SIGMA)
        service = pod.pod.service
        if pod.blocked > 0.05:
            wait = min(wait, topology.POOL_TIMEOUT)
            late = self._draw.unit() < 0.55
            error = f"pool wait timeout: no connection after {wait:.1f}s" if late else ""
            self.spans.append(
                RequestSpan(
                    f"{self._draw.bits():016x}", parent, service.name, pod.pod, "db.pool.acquire", "internal",
                    now, wait, 0, error,
                )
            )  # fmt: skip
            figures = {"active": f"{pod.in_use:.0f}", "max": str(topology.POOL_SIZE), "waiting": f"{pod.waiting:.0f}"}
            return now + wait, error, (now, "pool.wait", figures)
        if pod.pause > 0:
            return now + wait, "", (now, "gc.pause", {"pause_seconds": f"{pod.pause:.3f}"})
        return now + wait, "", (now, "slow", {"seconds": f"{wait:.3f}"})

    def _own_error(self, pod: PodMoment) -> str:
        if self._fault is FaultKind.ERRORS and pod.pod.afflicted:
            return "panic: runtime error: invalid memory address or nil pointer dereference in applyCoupon"
        if self._fault is FaultKind.DEADLOCK and pod.pod.afflicted and pod.level >= 1.0:
            return "http: Handler timeout"
        if pod.slowness > 2.2 and self._chance(0.8):
            return "server overloaded: request shed after 1s in the run queue"
        if pod.pause > 0:
            return "java.util.concurrent.TimeoutException: authorization took too long"
        return "read: connection reset by peer"

    def _call(
        self, service: Service, pod: PodMoment, call: Call, now: float, parent: str, status: int
    ) -> tuple[float, str, int]:
        if call.service == "postgres":
            for _ in range(max(1, min(2, round(call.times)))):
                now, error = self._query(service, pod, now, parent, "SELECT shop." + service.name, call.times / 2)
                if error:
                    return now, error, 500
            return now, "", status
        if call.service == "redis":
            now, error = self._look_up(service, pod, now, parent)
            return now, error, 500 if error else status
        callee = topology.BY_NAME[call.service]
        span_id, at = f"{self._draw.bits():016x}", len(self.spans)
        took, answered = self.serve(callee, callee.endpoint(call.endpoint), now + _NETWORK, span_id)
        took, error = took + 2 * _NETWORK, ""
        if took > call.timeout:
            took, error, answered = call.timeout, "context deadline exceeded", 504
        elif answered >= 500:
            error = f"{call.service} answered {answered}"
        self.spans.insert(
            at,
            RequestSpan(
                span_id, parent, service.name, pod.pod, f"HTTP {call.endpoint.split(' ')[0]}", "client", now, took,
                answered, error, call.service, callee.endpoint(call.endpoint),
            ),
        )  # fmt: skip
        return now + took, error, (answered if answered == 504 else 502 if answered >= 500 else status)

    def _query(
        self, service: Service, pod: PodMoment, now: float, parent: str, statement: str, weight: float
    ) -> tuple[float, str]:
        took = self._draw.lognormal(self._moment.query_seconds * max(0.5, weight), BODY_SIGMA)
        error = "pq: canceling statement due to statement timeout" if self._chance(self._moment.query_errors) else ""
        self.spans.append(
            RequestSpan(
                f"{self._draw.bits():016x}", parent, service.name, pod.pod, statement, "client", now, took,
                0, error, "postgres",
            )
        )  # fmt: skip
        return now + took, error

    def _chance(self, share: float) -> bool:
        return self._draw.unit() < share

    def _look_up(self, service: Service, pod: PodMoment, now: float, parent: str) -> tuple[float, str]:
        took, error = self._draw.lognormal(0.0004, BODY_SIGMA), ""
        hit = self._chance(pod.hit_ratio)
        self.spans.append(
            RequestSpan(
                f"{self._draw.bits():016x}", parent, service.name, pod.pod, "GET payment", "client", now, took,
                0, "", "redis", None, ((now + took, "cache.hit" if hit else "cache.miss", {"cache": "payments"}),),
            )
        )  # fmt: skip
        now += took
        if not hit:
            for statement in ("SELECT shop.cards", "SELECT shop.limits", "SELECT shop.ledger"):
                now, error = self._query(service, pod, now, parent, statement, 1.4)
                if error:
                    break
        return now, error


class Requests:
    """The sampled requests of any tick; a trace id tells its tick."""

    def __init__(
        self, noise: Noise, fault: FaultKind | None, tick_seconds: int, moment: Callable[[int], Moment]
    ) -> None:
        """`moment` gives the shop at a tick."""
        self._noise = noise
        self._fault = fault
        self._tick_seconds = tick_seconds
        self._moment = moment
        self._mask = noise.key("trace-id") & _WORD
        self._kept: dict[int, tuple[RequestTrace, ...]] = {}

    def of_tick(self, tick: int) -> tuple[RequestTrace, ...]:
        """Requests that reached the gateway in the seconds from `tick` to the next."""
        found = self._kept.get(tick)
        if found is None:
            moment = self._moment(tick)
            made = (self._request(moment, index) for index in range(PER_TICK))
            found = tuple(trace for trace in made if trace.spans)
            if len(self._kept) > 2600:
                for old in sorted(self._kept)[:600]:
                    del self._kept[old]
            self._kept[tick] = found
        return found

    def tick_of(self, trace_id: str) -> int | None:
        """The tick a trace id of ours belongs to, if it has the form of one."""
        try:
            return int(trace_id[_TICK_AT], 16) ^ self._mask if len(trace_id) == 32 else None
        except ValueError:
            return None

    def _request(self, moment: Moment, index: int) -> RequestTrace:
        draw = Draw(self._noise.bits("request", moment.tick * PER_TICK + index))
        trace_id = f"{draw.bits() & _WORD:08x}{moment.tick ^ self._mask:08x}{draw.bits():016x}"
        start = moment.tick * self._tick_seconds + (index + 0.9 * draw.unit()) * self._tick_seconds / PER_TICK
        chance, endpoints = draw.unit(), topology.GATEWAY.endpoints
        endpoint = endpoints[-1]
        for one in endpoints:
            chance -= one.share
            if chance < 0:
                endpoint = one
                break
        journey = _Journey(moment, draw, self._fault)
        journey.serve(topology.GATEWAY, endpoint, start, "")
        user, address = 10_000 + draw.bits() % 8000, f"192.168.{draw.bits() % 4}.{1 + draw.bits() % 253}"
        return RequestTrace(trace_id, user, address, tuple(journey.spans))
