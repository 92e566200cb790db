"""Each case as a value: what breaks, what brought it, what heals it."""

from __future__ import annotations

from opsconsole.practice.shop import topology as shop
from opsconsole.practice.shop.scenario import Fault, FaultKind, GroundTruth, Scenario, ScriptedChange

HEALTHY = Scenario("healthy", "Nothing is wrong")

_BAD_CHECKOUT = shop.CHECKOUT.image_of("1.15.0")
BAD_RELEASE = Scenario(
    "bad-release",
    "A new checkout image raises errors and fails readiness",
    GroundTruth(
        cause="checkout 1.15.0 dereferences a nil coupon on every cart without one",
        change="rollout of checkout 1.15.0",
        healing="roll checkout back to 1.14.2",
        alert="ErrorRateHigh",
        service="checkout",
    ),
    Fault(FaultKind.ERRORS, "checkout", rise=90, image=_BAD_CHECKOUT),
    (ScriptedChange(75, "checkout", "deploy checkout 1.15.0: coupons at checkout", image=_BAD_CHECKOUT),),
)

_LEAKY_GATEWAY = shop.GATEWAY.image_of("2.8.0")
GOROUTINE_LEAK = Scenario(
    "goroutine-leak",
    "Goroutines pile up in the gateway and its CPU follows",
    GroundTruth(
        cause="gateway 2.8.0 starts a retry goroutine for every request and never ends it",
        change="rollout of gateway 2.8.0",
        healing="roll gateway back to 2.7.1; a restart brings relief for a few minutes only",
        alert="GoroutinesHigh",
        service="gateway",
    ),
    Fault(FaultKind.GOROUTINES, "gateway", rise=1500, image=_LEAKY_GATEWAY),
    (ScriptedChange(420, "gateway", "deploy gateway 2.8.0: retries with hedging", image=_LEAKY_GATEWAY),),
)

_BLOCKING_CLOSE = ("DB_CLOSE_TIMEOUT", "0s")
POOL_EXHAUSTION = Scenario(
    "pool-exhaustion",
    "The connection pool of orders is at its cap of 200 and requests queue for it",
    GroundTruth(
        cause="with DB_CLOSE_TIMEOUT=0s threads block for ever in Connection.close(); the database itself is healthy",
        change="configuration change of orders: DB_CLOSE_TIMEOUT from 5s to 0s",
        healing="roll orders back to DB_CLOSE_TIMEOUT=5s; a restart frees the pool for a few minutes only",
        alert="PoolWaiting",
        service="orders",
    ),
    Fault(FaultKind.POOL, "orders", rise=300, variable=_BLOCKING_CLOSE),
    (ScriptedChange(210, "orders", "config: DB_CLOSE_TIMEOUT 0s, wait for clean close", variable=_BLOCKING_CLOSE),),
)

_LATE_MARKING = (
    "JAVA_TOOL_OPTIONS",
    "-Xmx2g -XX:+UseG1GC -XX:InitiatingHeapOccupancyPercent=45",
)
GC_SURGE = Scenario(
    "gc-surge",
    "The old generation of payments is full and Full GC follows Full GC",
    GroundTruth(
        cause="with IHOP 45 concurrent marking starts too late for the allocation rate of payments",
        change="configuration change of payments: InitiatingHeapOccupancyPercent from 35 to 45",
        healing="roll payments back to InitiatingHeapOccupancyPercent=35",
        alert="OldGenerationHigh",
        service="payments",
    ),
    Fault(
        FaultKind.GARBAGE,
        "payments",
        rise=240,
        variable=("JAVA_TOOL_OPTIONS", "InitiatingHeapOccupancyPercent=45"),
    ),
    (ScriptedChange(150, "payments", "config: IHOP 45, fewer marking cycles", variable=_LATE_MARKING),),
)

_MISSING_PAYMENTS = shop.PAYMENTS.image_of("3.9.0")
CACHE_PENETRATION = Scenario(
    "cache-penetration",
    "Payment look-ups miss the cache, the database is overloaded and orders are slow",
    GroundTruth(
        cause="payments 3.9.0 puts the request id into the cache key, so every look-up goes to the database",
        change="rollout of payments 3.9.0",
        healing="roll payments back to 3.8.1; restarting orders, payments or redis changes nothing",
        alert="LatencyHigh",
        service="payments",
    ),
    Fault(FaultKind.CACHE, "payments", rise=120, image=_MISSING_PAYMENTS),
    (ScriptedChange(110, "payments", "deploy payments 3.9.0: cache key per request", image=_MISSING_PAYMENTS),),
)

_SLOW_USERS = shop.USERS.image_of("5.2.0")
SLOW_START = Scenario(
    "slow-start",
    "New users pods never get past their startup probe",
    GroundTruth(
        cause="users 5.2.0 warms its cache for 95 s before it answers; the startup probe gives it 60 s",
        change="rollout of users 5.2.0",
        healing="roll users back to 5.1.3, or give the startup probe more time",
        alert="StartupProbeFailing",
        service="users",
    ),
    Fault(FaultKind.SLOW_START, "users", rise=1, image=_SLOW_USERS, patience=95),
    (ScriptedChange(60, "users", "deploy users 5.2.0: warm the cache at start", image=_SLOW_USERS),),
)

_LOCKING_ORDERS = shop.ORDERS.image_of("4.3.0")
PROBE_DEADLOCK = Scenario(
    "probe-deadlock",
    "One orders pod deadlocks every few minutes, fails liveness and is restarted",
    GroundTruth(
        cause="orders 4.3.0 takes two locks in opposite orders: settlement, which one pod runs, and each new order",
        change="rollout of orders 4.3.0",
        healing="roll orders back to 4.2.0; a restart brings relief for four minutes only",
        alert="ContainerRestarting",
        service="orders",
    ),
    Fault(FaultKind.DEADLOCK, "orders", rise=240, image=_LOCKING_ORDERS, one_in=shop.ORDERS.replicas),
    (ScriptedChange(315, "orders", "deploy orders 4.3.0: settle while orders come in", image=_LOCKING_ORDERS),),
)

NOISY_NEIGHBOUR = Scenario(
    "noisy-neighbour",
    "A batch job eats the CPU of a node the shop runs on",
    GroundTruth(
        cause="the report-batch job has no CPU limit and takes all of node-2",
        change="job report-batch started in namespace batch",
        healing="delete the report-batch pod",
        alert="CPUHigh",
        service="report-batch",
        heals_by=("delete pod",),
    ),
    Fault(FaultKind.NEIGHBOUR, "report-batch", rise=45),
    (ScriptedChange(30, "report-batch", "job report-batch", namespace=shop.BATCH_NAMESPACE),),
)

SCENARIOS: tuple[Scenario, ...] = (
    HEALTHY,
    BAD_RELEASE,
    GOROUTINE_LEAK,
    POOL_EXHAUSTION,
    GC_SURGE,
    CACHE_PENETRATION,
    SLOW_START,
    PROBE_DEADLOCK,
    NOISY_NEIGHBOUR,
)
