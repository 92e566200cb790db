"""Domain values for widget tests: a shop in trouble at 14:12:00 UTC on 2026-03-02."""

from __future__ import annotations

from typing import TypeVar

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord
from opsconsole.domain.pod import Container, Evidence, Pod, PodList, Probe, ProbeKind, ProbeState
from opsconsole.domain.series import Severity
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, SpanEvent, Trace, TraceList
from opsconsole.safe_text import safe_text

NOW = 1_772_460_720.0

T = TypeVar("T")


def live(value: T) -> Snapshot[T]:
    return Snapshot(FeedState.LIVE, value, NOW)


def alert(
    name: str,
    *,
    severity: Severity = Severity.CRITICAL,
    state: AlertState = AlertState.FIRING,
    since: float = 240.0,
    **labels: str,
) -> Alert:
    named = {
        SafeText("alertname"): safe_text(name),
        **{safe_text(key): safe_text(text) for key, text in labels.items()},
    }
    return Alert(
        fingerprint=safe_text(f"{name}-{'-'.join(labels.values())}"),
        name=safe_text(name),
        state=state,
        severity=severity,
        started_at=NOW - since,
        labels=named,
        annotations={SafeText("summary"): safe_text(f"{name} on {labels.get('service', 'something')}")},
    )


ALERTS = (
    alert("ErrorRateHigh", service="checkout"),
    alert("PoolWaiting", service="orders", since=190.0, severity=Severity.WARNING),
    alert("GoroutinesHigh", service="checkout", pod="checkout-7d9f8b6c5-abcde", since=130.0, severity=Severity.WARNING),
    alert("GoroutinesHigh", service="checkout", pod="checkout-7d9f8b6c5-fghij", since=70.0, severity=Severity.WARNING),
    alert("CPUHigh", service="redis", state=AlertState.SILENCED, since=7300.0, severity=Severity.WARNING),
    alert("HighLatency", service="gateway", state=AlertState.PENDING, since=20.0, severity=Severity.WARNING),
    alert("NodeDown", instance="10.0.0.12:9100", state=AlertState.INHIBITED, since=200_000.0),
)


def record(number: int, level: LogLevel, service: str, message: str, *, trace: str = "") -> LogRecord:
    return LogRecord(
        id=SafeText(f"log-{number}"),
        time=NOW - 0.6 * number - 0.123,
        level=level,
        service=safe_text(service),
        message=safe_text(message),
        pod=safe_text(f"{service}-7d9f8b6c5-abcde"),
        namespace=SafeText("shop"),
        trace_id=safe_text(trace),
        fields=((SafeText("user_id"), SafeText("12345")), (SafeText("ip"), SafeText("192.168.1.1"))),
    )


TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
LOGS = LogPage(
    records=(
        record(
            0,
            LogLevel.ERROR,
            "checkout",
            "pool wait timeout after 3000 ms, 200 of 200 connections in use",
            trace=TRACE_ID,
        ),
        record(1, LogLevel.WARN, "orders", "retry 3 of 5: upstream connect error or disconnect/reset before headers"),
        record(2, LogLevel.INFO, "checkout", "用户登录成功", trace="00f067aa0ba902b7"),
        record(3, LogLevel.DEBUG, "payments", "cache miss for key [order:42] arr[i] = 3"),
        record(4, LogLevel.FATAL, "orders", "out of file descriptors"),
        record(5, LogLevel.UNKNOWN, "redis", "1:M 02 Mar 2026 14:11:57 * DB saved on disk"),
    ),
    total=88_310,
)


def span(
    number: int, parent: int | None, service: str, operation: str, start: float, duration: float, *, error: bool = False
) -> Span:
    return Span(
        trace_id=SafeText(TRACE_ID),
        span_id=SafeText(f"{number:016x}"),
        parent_id=None if parent is None else SafeText(f"{parent:016x}"),
        service=safe_text(service),
        operation=safe_text(operation),
        start=NOW - 57 + start,
        duration=duration,
        error=error,
        kind=SafeText("server"),
        status_message=SafeText("pool wait timeout") if error else SafeText(""),
        attributes={SafeText("http.status_code"): SafeText("500" if error else "200")},
        events=(
            SpanEvent(
                NOW - 57 + start + 0.01, SafeText("user-authenticated"), {SafeText("user_id"): SafeText("12345")}
            ),
        )
        if number == 1
        else (),
    )


SLOW_TRACE = Trace(
    SafeText(TRACE_ID),
    (
        span(1, None, "gateway", "POST /pay", 0.0, 0.812, error=True),
        span(2, 1, "checkout", "process-request", 0.02, 0.78, error=True),
        span(3, 2, "orders", "reserve", 0.05, 0.70, error=True),
        span(4, 3, "db", "SELECT orders", 0.06, 0.03),
        span(5, 3, "db", "acquire connection", 0.10, 0.64, error=True),
    ),
)
FAST_TRACE = Trace(SafeText("00f067aa0ba902b7"), (span(9, None, "gateway", "GET /healthz", 30.0, 0.00085),))
TRACES = TraceList((FAST_TRACE, SLOW_TRACE), limited=True)


def probe(kind: ProbeKind, state: ProbeState, **more: object) -> Probe:
    return Probe(
        kind, SafeText("GET http :8080/healthz"), state, Evidence.EVENTS, initial_delay=30.0, timeout=5.0, **more
    )  # type: ignore[arg-type]


def pod(name: str, *probes: Probe, ready: bool = True, restarts: int = 0, **more: object) -> Pod:
    container = Container(
        name=SafeText("app"),
        image=SafeText("registry.example/shop/checkout:v1.9.0"),
        ready=ready,
        restarts=restarts,
        state=SafeText("running"),
        started_at=NOW - 600,
        probes=probes,
        last_reason=SafeText("Error") if restarts else SafeText(""),
        last_exit_code=137 if restarts else None,
        last_finished_at=NOW - 610 if restarts else None,
    )
    values: dict[str, object] = {
        "uid": SafeText(f"uid-{name}"),
        "name": safe_text(name),
        "namespace": SafeText("shop"),
        "service": SafeText("checkout"),
        "phase": SafeText("Running"),
        "ready": ready,
        "created_at": NOW - 11_000,
        "containers": (container,),
        "node": SafeText("node-3"),
        "owner": SafeText("ReplicaSet/checkout-7d9f8b6c5"),
        "revision": SafeText("42"),
        **more,
    }
    return Pod(**values)  # type: ignore[arg-type]


FAILED = {"failures": 2, "last_failure": SafeText("HTTP probe failed with statuscode: 500"), "last_failure_at": NOW - 2}
PODS = PodList(
    (
        pod(
            "checkout-7d9f8b6c5-abcde",
            probe(ProbeKind.STARTUP, ProbeState.PASSING),
            probe(ProbeKind.READINESS, ProbeState.FAILING, **FAILED),
            probe(ProbeKind.LIVENESS, ProbeState.FAILING, **FAILED),
            ready=False,
            restarts=2,
        ),
        pod(
            "checkout-7d9f8b6c5-qqqqq",
            phase=SafeText("Pending"),
            ready=False,
            message=SafeText("0/3 nodes are available"),
        ),
        pod(
            "checkout-7d9f8b6c5-fghij",
            probe(ProbeKind.READINESS, ProbeState.PASSING),
            probe(ProbeKind.LIVENESS, ProbeState.PASSING),
        ),
        pod("redis-0", probe(ProbeKind.STARTUP, ProbeState.UNKNOWN), probe(ProbeKind.LIVENESS, ProbeState.SUSPENDED)),
    ),
    forbidden=(SafeText("payments"),),
)
