"""What the shop's processes write down, in the manner of Zap's JSON lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from opsconsole.practice.shop import symptoms
from opsconsole.practice.shop.log_levels import LEVELS, is_written, level_at
from opsconsole.practice.shop.moment import Moment, Moments
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.requests import Draw, Requests, RequestSpan, RequestTrace
from opsconsole.practice.shop.scenario import FaultKind
from opsconsole.practice.shop.topology import Endpoint
from opsconsole.practice.shop.workload import Pod

Extra = dict[str, str | int | float]


def _is_detailed(span: RequestSpan, trace: RequestTrace) -> bool:
    """Whether the process of `span` logs every step of what it began to do at the time of the request."""
    return level_at(span.pod, trace.start) == LEVELS[0]


class LogLine(NamedTuple):
    """One line. `time` is unix seconds; `extra` holds the fields beside the usual ones."""

    time: float
    pod: Pod
    level: str
    message: str
    trace_id: str
    span_id: str
    caller: str
    extra: Extra
    id: str


_DONE = {"POST /orders": "order created", "POST /pay": "payment authorised", "POST /checkout": "checkout completed"}
_CALLERS = {"go": "server/access.go:88", "jvm": "c.s.payments.AccessLog"}


def _named(line: LogLine) -> LogLine:
    """`line` with an id that depends on nothing but itself."""
    said = f"{line.time!r}{line.pod.uid}{line.span_id}{line.level}{line.message}".encode()
    return line._replace(id=blake2b(said, digest_size=15).hexdigest())


def _is_written(line: LogLine) -> bool:
    return is_written(line.level, level_at(line.pod, line.time))


class LogLines:
    """The lines of any tick, the same whenever asked."""

    def __init__(
        self, noise: Noise, fault: FaultKind | None, tick_seconds: int, moments: Moments, requests: Requests
    ) -> None:
        """Lines come from sampled `requests` and from the `moments` themselves."""
        self._noise = noise
        self._fault = fault
        self._tick_seconds = tick_seconds
        self._moments = moments
        self._requests = requests
        self._kept: dict[int, tuple[LogLine, ...]] = {}

    def of_tick(self, tick: int, now: float) -> tuple[LogLine, ...]:
        """Lines caused in the seconds from `tick` to the next, oldest first; a slow request's may be later.

        Before the tick is over, lines of what has yet to happen at `now` (unix seconds) are missing.
        """
        found = self._kept.get(tick)
        if found is None:
            moment = self._moments.at(tick)
            lines = [line for line in (*self._of_requests(tick), *self._of_pods(moment)) if _is_written(line)]
            found = tuple(sorted((_named(line) for line in lines), key=lambda line: (line.time, line.id)))
            if len(self._kept) > 2600:
                for old in sorted(self._kept)[:600]:
                    del self._kept[old]
            if now >= (tick + 1) * self._tick_seconds:
                self._kept[tick] = found
        return found

    def _of_requests(self, tick: int) -> Iterator[LogLine]:
        for trace in self._requests.of_tick(tick):
            for span in trace.spans:
                yield from self._of_span(trace, span)

    def _of_span(self, trace: RequestTrace, span: RequestSpan) -> Iterator[LogLine]:
        if span.kind == "client":
            yield from self._of_call(trace, span)
        elif span.endpoint is not None:
            yield from self._of_serving(trace, span, span.endpoint)
        elif span.error:
            extra: Extra = {"duration_ms": round(span.duration * 1000, 1), "stacktrace": symptoms.BLOCKED_CLOSE}
            end = span.start + span.duration
            yield self._line(end, span, trace, "error", "pool wait timeout", "sql/pool.go:311", extra)

    def _of_call(self, trace: RequestTrace, span: RequestSpan) -> Iterator[LogLine]:
        end = span.start + span.duration
        if span.error:
            extra: Extra = {"peer": span.peer, "error": span.error, "duration_ms": round(span.duration * 1000, 1)}
            words = "call timed out" if "deadline" in span.error else "upstream call failed"
            words = "query failed" if span.peer == "postgres" else f"{words}: {span.peer}"
            yield self._line(end, span, trace, "warn", words, "client/call.go:142", extra)
        elif _is_detailed(span, trace):
            extra = {"peer": span.peer, "duration_ms": round(span.duration * 1000, 1)}
            yield self._line(end, span, trace, "debug", "call answered", "client/call.go:97", extra)
        elif any(name == "cache.miss" for _, name, _ in span.events):
            yield self._line(end, span, trace, "debug", "cache miss", "PaymentCache", {"cache": "payments"})

    def _of_serving(self, trace: RequestTrace, span: RequestSpan, endpoint: Endpoint) -> Iterator[LogLine]:
        end = span.start + span.duration
        access: Extra = {
            "method": endpoint.method,
            "path": endpoint.route,
            "status": span.status,
            "duration_ms": round(span.duration * 1000, 1),
        }
        caller = _CALLERS.get(span.pod.service.kind.value, "")
        level = "error" if span.status >= 500 else "warn" if span.duration > 1.0 else "info"
        if any(name == "exception" for _, name, _ in span.events):
            yield self._line(
                end - 0.0004, span, trace, "error", span.error.split(" in ")[0], "handler/handler.go:57",
                {"error": span.error, "stacktrace": symptoms.stack(span.error, span.service)},
            )  # fmt: skip
        if span.service == "gateway":
            who: Extra = {"user_id": trace.user, "ip": trace.address}
            words = "slow request" if level == "warn" else "request failed" if level == "error" else "request completed"
            yield self._line(end, span, trace, level, words, caller, {**access, **who})
        elif span.operation == "POST /login" and span.status == 200:
            who = {"user_id": trace.user, "ip": trace.address}
            yield self._line(end, span, trace, "info", "用户登录成功", "auth/login.go:64", who)
        elif level != "info":
            words = "slow request" if level == "warn" else "request failed"
            yield self._line(end, span, trace, level, words, caller, access)
        elif span.operation in _DONE:
            yield self._line(end, span, trace, "info", _DONE[span.operation], caller, access)
        if _is_detailed(span, trace):
            yield self._line(end, span, trace, "debug", "request answered", "server/trace.go:31", access)

    @staticmethod
    def _line(
        time: float, span: RequestSpan, trace: RequestTrace, level: str, message: str, caller: str, extra: Extra
    ) -> LogLine:
        return LogLine(time, span.pod, level, message, trace.trace_id, span.span_id, caller, extra, "")

    def _of_pods(self, moment: Moment) -> Iterator[LogLine]:
        begin = moment.tick * self._tick_seconds
        for pod in moment.everyone:
            draw = Draw(self._noise.bits(f"log/{pod.pod.uid}", moment.tick))
            said = [
                *symptoms.lifecycle(pod, begin, self._tick_seconds, self._fault),
                *symptoms.routine(pod, begin, draw),
                *symptoms.of_fault(pod, begin, draw, self._fault),
            ]
            for time, level, message, caller, extra in said:
                yield LogLine(math.floor(time * 1000) / 1000, pod.pod, level, message, "", "", caller, extra, "")
