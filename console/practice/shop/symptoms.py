"""Lines that no single request causes: starts, routine, and the tell-tale ones of each fault."""

from __future__ import annotations

from collections.abc import Iterator

from opsconsole.practice.shop.moment import PodMoment
from opsconsole.practice.shop.requests import Draw
from opsconsole.practice.shop.scenario import FaultKind
from opsconsole.practice.shop.topology import POOL_SIZE, Kind

_KILLED = 137
"""Exit code of a process that SIGKILL ended: it had no time to say so."""

Said = tuple[float, str, str, str, dict[str, str | int | float]]
"""Unix seconds, level, message, caller, fields."""

BLOCKED_CLOSE = """goroutine 48213 [sync.Mutex.Lock, 4 minutes]:
sync.runtime_SemacquireMutex(0xc0004a2e0c?, 0x0?, 0x1?)
driver.(*stmtCache).release(0xc0004a2e00)
driver.(*Connection).close(0xc000912480)
database/sql.(*DB).putConn(0xc000136820, 0xc000912480, {0x0, 0x0}, 0x1)
orders/store.(*Store).Begin(0xc0001fe0a0, {0xd2f7a0, 0xc001b5c2d0})"""

_PANIC = """goroutine 9120 [running]:
checkout/cart.applyCoupon(0xc0007d6000, 0x0)
	/src/cart/coupon.go:41 +0x2c
checkout/cart.(*Cart).Total(0xc0007d6000)
	/src/cart/cart.go:118 +0x9d
checkout/handler.(*Handler).Checkout(0xc000118f00, {0xd31e20, 0xc0009a41c0}, 0xc000b2e000)
	/src/handler/handler.go:57 +0x1f4"""

_LEAKED = """goroutine 77102 [select, 6 minutes]:
gateway/retry.(*Hedger).wait(0xc0022be180)
	/src/retry/hedge.go:73 +0x11c
created by gateway/retry.(*Hedger).Do in goroutine 76984
	/src/retry/hedge.go:48 +0x1b8"""


_DEADLOCK = """goroutine 310 [sync.Mutex.Lock, 1 minutes]:
orders/book.(*Book).Lock(0xc0002d4000)
orders/settlement.(*Sweep).Run(0xc00031a0c0, {0xd2f7a0, 0xc0004b0a50})
	/src/settlement/sweep.go:84 +0x1a8
goroutine 51877 [sync.Mutex.Lock, 1 minutes]:
orders/ledger.(*Ledger).Lock(0xc0002d4180)
orders/book.(*Book).Place(0xc0002d4000, {0xd2f7a0, 0xc001b5c2d0}, 0xc0011e6000)
	/src/book/place.go:52 +0x97"""


def stack(error: str, service: str) -> str:
    """The stack trace that comes with `error`."""
    if "nil pointer" in error:
        return _PANIC
    return f"{error}\n\tat {service}/handler.serve\n\tat {service}/server.dispatch"


def lifecycle(pod: PodMoment, begin: int, seconds: int, fault: FaultKind | None) -> Iterator[Said]:
    """Starts and ends of the container in `begin..begin + seconds`."""
    service = pod.pod.service
    slow = fault is FaultKind.SLOW_START and pod.pod.afflicted
    for run in pod.pod.runs:
        if begin <= run.started_at < begin + seconds:
            image = str(pod.pod.template["spec"]["containers"][0].get("image", ""))
            yield run.started_at + 0.05, "info", f"starting {service.name}", "main.go:31", {"image": image}
            if not slow and service.kind in (Kind.GO, Kind.JVM):
                yield run.started_at + service.boot, "info", f"listening on :{service.port}", "main.go:77", {}
        ended = run.finished_at is not None and run.exit_code != _KILLED
        if ended and begin <= (run.finished_at or 0) < begin + seconds:
            yield run.finished_at or 0, "warn", "signal terminated received, shut down", "main.go:91", {}
        age = begin - run.started_at
        if slow and 0 <= age < 95 and (run.finished_at is None or begin + 4.2 < run.finished_at):
            yield begin + 4.2, "info", f"warming cache: {age / 95:.0%}", "cache/warm.go:52", {"age_seconds": age}


def routine(pod: PodMoment, begin: int, draw: Draw) -> Iterator[Said]:
    """What a process writes when all is well."""
    kind, chance, at = pod.pod.service.kind, draw.unit(), begin + 9.5 * draw.unit()
    if kind is Kind.GO and chance < 0.04:
        yield at, "info", "config reloaded", "config/watch.go:40", {"version": int(begin // 600)}
    elif kind is Kind.GO and chance < 0.075:
        yield at, "warn", "retry 1 of 3", "client/retry.go:58", {"error": "connection reset by peer"}
    elif kind is Kind.REDIS and chance < 0.05:
        yield at, "info", "DB saved on disk", "", {}
    elif kind is Kind.POSTGRES and chance < 0.06:
        wrote = 900 + int(400 * draw.unit())
        yield at, "info", f"checkpoint complete: wrote {wrote} buffers (5.6%)", "", {}
    elif kind is Kind.JVM and pod.pause < 0.2 and chance < 0.5:
        before = 900 + int(300 * draw.unit())
        message = (
            f"Pause Young (Normal) (G1 Evacuation Pause) {before}M->{before - 360}M(2048M) {pod.pause * 1000:.1f}ms"
        )
        yield at, "info", message, "gc", {}


def of_fault(pod: PodMoment, begin: int, draw: Draw, fault: FaultKind | None) -> Iterator[Said]:
    """What an afflicted process writes."""
    at = begin + 9 * draw.unit()
    if fault is FaultKind.NEIGHBOUR:
        yield from _neighbour(pod, begin, draw)
    if not pod.pod.afflicted or pod.level < 0.25:
        return
    if fault is FaultKind.POOL and pod.blocked > 0:
        figures: dict[str, str | int | float] = {
            "active": round(pod.in_use),
            "max": POOL_SIZE,
            "waiting": round(pod.waiting),
        }
        message = f"connection pool exhausted: active {pod.in_use:.0f}/{POOL_SIZE}, waiting {pod.waiting:.0f}"
        yield at, "warn", message, "sql/pool.go:287", figures
        yield at + 0.8, "error", "pool wait timeout", "sql/pool.go:311", {**figures, "stacktrace": BLOCKED_CLOSE}
    elif fault is FaultKind.POOL:
        yield at, "warn", "connection still in Connection.close()", "sql/pool.go:240", {"active": round(pod.in_use)}
    elif fault is FaultKind.GARBAGE:
        yield from _garbage(pod, at)
    elif fault is FaultKind.CACHE:
        figures = {"cache": "payments", "hit_ratio": round(pod.hit_ratio, 3)}
        yield at, "warn", f"cache miss storm: hit ratio {pod.hit_ratio:.0%} over 10 s", "PaymentCache", figures
    elif fault is FaultKind.GOROUTINES and pod.goroutines > 600:
        count = round(pod.goroutines)
        figures = {"goroutines": count, "stacktrace": _LEAKED}
        yield at, "warn", f"{count} goroutines, most of them in retry.(*Hedger).wait", "debug/watch.go:29", figures
    elif fault is FaultKind.DEADLOCK:
        yield from _deadlock(pod, at)
    elif fault is FaultKind.ERRORS and pod.level > 0.5:
        yield (
            at,
            "error",
            "readiness check failed: too many panics",
            "health/ready.go:36",
            {"panics": round(40 * pod.level)},
        )


def _garbage(pod: PodMoment, at: float) -> Iterator[Said]:
    used = round(pod.old_generation * 1536)
    message = f"Pause Full (G1 Compaction Pause) {used + 12}M->{used}M(2048M) {pod.pause * 1000:.0f}ms"
    figures: dict[str, str | int | float] = {"old_gen_ratio": round(pod.old_generation, 3), "ihop": 45}
    if pod.level > 0.4:
        yield at, "warn", f"Full GC: {message}", "gc", figures
        stopped = f"Total time for which application threads were stopped: {pod.pause:.4f} seconds"
        yield at + 0.01, "info", stopped, "safepoint", {}
    else:
        yield at, "info", "Concurrent mark aborted: heap filled before marking ended", "gc", figures


def _deadlock(pod: PodMoment, at: float) -> Iterator[Said]:
    if pod.level >= 1.0:
        message = "lock order violated: settlement holds the ledger and waits for the book, place the other way round"
        yield at, "error", message, "sync/watch.go:61", {"stacktrace": _DEADLOCK}
    elif pod.level > 0.8:
        figures: dict[str, str | int | float] = {"seconds": round(4 * (pod.level - 0.75), 2)}
        yield at, "warn", "slow lock: settlement sweep waited for the order book", "settlement/sweep.go:79", figures


def _neighbour(pod: PodMoment, begin: int, draw: Draw) -> Iterator[Said]:
    chance = draw.unit()
    if pod.pod.service.kind is Kind.BATCH:
        yield (
            begin + 9 * draw.unit(),
            "info",
            f"rendered {120 + int(60 * chance)} report pages",
            "report/render.go:88",
            {},
        )
    elif pod.slowness > 3.5 and chance < 0.3:
        throttled = round(100 * min(0.9, 1 - 1 / pod.slowness))
        message = f"scheduler latency high: {throttled}% of wall time waiting for CPU"
        yield begin + 9 * draw.unit(), "warn", message, "runtime/sched.go:17", {"node": f"node-{pod.pod.node + 1}"}
