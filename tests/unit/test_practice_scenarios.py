from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from opsconsole.practice.scenarios import SCENARIOS
from practice_shop import Drill, standing

Measure = Callable[[Drill], float]
Action = Callable[[Drill], Awaitable[None]]


def error_ratio(drill: Drill) -> float:
    failed = sum(drill.gained("http_requests_total", 60, service="checkout", status=code) for code in ("500", "503"))
    return failed / drill.gained("http_requests_total", 60, service="checkout")


def goroutines(drill: Drill) -> float:
    return max(drill.latest("app_goroutines", service="gateway"))


def waiting(drill: Drill) -> float:
    return max(drill.latest("db_pool_waiting_connections", service="orders"))


def old_generation(drill: Drill) -> float:
    used = drill.latest("jvm_memory_pool_bytes_used", pool="G1 Old Gen")
    return max(used) / min(drill.latest("jvm_memory_pool_bytes_max", pool="G1 Old Gen"))


def orders_seconds(drill: Drill) -> float:
    spent = drill.gained("http_request_duration_seconds_sum", 60, service="orders")
    return spent / drill.gained("http_request_duration_seconds_count", 60, service="orders")


def pods_not_ready(drill: Drill) -> float:
    return sum(drill.latest("kube_pod_status_ready", service="users", condition="false"))


def liveness_failures(drill: Drill) -> float:
    """Of orders in five minutes: three kill a container."""
    return drill.gained("prober_probe_total", 300, service="orders", probe_type="Liveness", result="failed")


def node_busy(drill: Drill) -> float:
    total = drill.gained("node_cpu_seconds_total", 60, node="node-2")
    return 1 - drill.gained("node_cpu_seconds_total", 60, node="node-2", mode="idle") / total


async def delete_batch_pod(drill: Drill) -> None:
    pods = (await drill.kubernetes.get("/api/v1/namespaces/batch/pods")).json()["items"]
    answer = await drill.kubernetes.delete(f"/api/v1/namespaces/batch/pods/{pods[0]['metadata']['name']}")
    assert answer.status_code == 200


async def delete_pods(drill: Drill, service: str) -> None:
    pods = (await drill.kubernetes.get(f"/api/v1/namespaces/shop/pods?labelSelector=app={service}")).json()["items"]
    for pod in pods:
        await drill.kubernetes.delete(f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}")


def roll_back(service: str) -> Action:
    return lambda drill: drill.roll_back(service)


def restart(service: str) -> Action:
    return lambda drill: drill.restart(service)


async def set_variable(drill: Drill, service: str, name: str, value: str) -> None:
    container = {"name": service, "env": [{"name": name, "value": value}]}
    await drill.patch(service, {"spec": {"template": {"spec": {"containers": [container]}}}})


HEALTHY_BELOW: dict[str, tuple[Measure, float, float]] = {
    "bad-release": (error_ratio, 0.02, 0.05),
    "goroutine-leak": (goroutines, 400, 1000),
    "pool-exhaustion": (waiting, 1, 1500),
    "gc-surge": (old_generation, 0.80, 0.95),
    "cache-penetration": (orders_seconds, 0.03, 0.1),
    "slow-start": (pods_not_ready, 0.5, 1),
    "probe-deadlock": (liveness_failures, 1, 3),
    "noisy-neighbour": (node_busy, 0.6, 0.85),
}
"""Measure, below which the shop is well, above which it is in trouble."""

CURES: dict[str, list[Action]] = {
    "bad-release": [roll_back("checkout")],
    "goroutine-leak": [roll_back("gateway")],
    "pool-exhaustion": [
        roll_back("orders"),
        lambda drill: set_variable(drill, "orders", "DB_CLOSE_TIMEOUT", "5s"),
    ],
    "gc-surge": [
        roll_back("payments"),
        lambda drill: set_variable(
            drill, "payments", "JAVA_TOOL_OPTIONS", "-Xmx2g -XX:InitiatingHeapOccupancyPercent=35"
        ),
    ],
    "cache-penetration": [roll_back("payments")],
    "slow-start": [roll_back("users")],
    "probe-deadlock": [roll_back("orders")],
    "noisy-neighbour": [delete_batch_pod],
}
NO_CURES: dict[str, list[Action]] = {
    "bad-release": [restart("checkout"), roll_back("gateway"), lambda drill: delete_pods(drill, "checkout")],
    "goroutine-leak": [restart("gateway"), roll_back("checkout")],
    "pool-exhaustion": [restart("orders"), restart("postgres"), roll_back("payments")],
    "gc-surge": [restart("payments"), roll_back("orders")],
    "cache-penetration": [restart("payments"), restart("redis"), roll_back("orders")],
    "slow-start": [restart("users"), lambda drill: delete_pods(drill, "users")],
    "probe-deadlock": [restart("orders"), roll_back("users"), lambda drill: delete_pods(drill, "orders")],
    "noisy-neighbour": [restart("orders"), roll_back("payments")],
}


def pairs(actions: dict[str, list[Action]]) -> list[tuple[str, Action]]:
    return [(scenario, action) for scenario, choices in actions.items() for action in choices]


def test_every_scenario_in_trouble_is_measured_here() -> None:
    troubled = {scenario.id for scenario in SCENARIOS if scenario.truth is not None}
    assert troubled == HEALTHY_BELOW.keys() == CURES.keys() == NO_CURES.keys()


@pytest.mark.parametrize("scenario", HEALTHY_BELOW)
def test_the_trouble_shows_and_nothing_of_it_in_a_healthy_shop(scenario: str) -> None:
    measure, well, ill = HEALTHY_BELOW[scenario]
    assert measure(standing(scenario)) >= ill
    assert measure(standing("healthy")) < well


@pytest.mark.parametrize(("scenario", "cure"), pairs(CURES))
async def test_undoing_the_right_thing_heals_within_five_minutes_but_not_at_once(scenario: str, cure: Action) -> None:
    measure, well, ill = HEALTHY_BELOW[scenario]
    drill = Drill(scenario)
    await cure(drill)
    drill.wait(2)
    assert measure(drill) >= ill
    drill.wait(298)
    assert measure(drill) < well


@pytest.mark.parametrize(("scenario", "action"), pairs(NO_CURES))
async def test_undoing_the_wrong_thing_does_not_heal(scenario: str, action: Action) -> None:
    measure, well, _ = HEALTHY_BELOW[scenario]
    drill = Drill(scenario)
    await action(drill)
    drill.wait(900)
    assert measure(drill) > well


async def test_more_time_for_the_startup_probe_cures_a_slow_start() -> None:
    drill = Drill("slow-start")
    container = {"name": "users", "startupProbe": {"failureThreshold": 40}}
    await drill.patch("users", {"spec": {"template": {"spec": {"containers": [container]}}}})
    drill.wait(400)
    assert pods_not_ready(drill) == 0


async def test_the_cure_shows_in_logs_and_traces_too() -> None:
    drill = Drill("bad-release")
    await drill.roll_back("checkout")
    drill.wait(600)
    now = drill.clock.now()
    lines = [line for line in drill.shop.logs(now - 200, now) if line.level == "error"]
    assert not [line for line in lines if "nil pointer" in line.message]
    failed = [trace for trace in drill.shop.traces(now - 200, now) if any(span.error for span in trace.spans)]
    assert len(failed) <= 3


@pytest.mark.parametrize("scenario", [scenario for scenario in HEALTHY_BELOW if scenario != "noisy-neighbour"])
def test_the_truth_names_a_service_whose_logs_and_traces_tell_of_it(scenario: str) -> None:
    drill = standing(scenario)
    truth = drill.shop.scenario.truth
    now = drill.clock.now()
    assert truth is not None
    lines = drill.shop.logs(now - 600, now)
    assert [line for line in lines if line.pod.service.name == truth.service and line.level in ("warn", "error")]
    assert [trace for trace in drill.shop.traces(now - 600, now) if any(span.error for span in trace.spans)]


async def test_a_deadlocked_container_fails_three_times_is_killed_and_works_for_some_minutes_again() -> None:
    drill = Drill("probe-deadlock")
    drill.wait(400)
    ill = [pod for pod in drill.shop.control.pods if pod.service.name == "orders" and pod.restarts]
    assert len(ill) == 1
    (pod,) = ill
    assert pod.restarts >= 4
    assert len([one for one in drill.shop.control.pods if one.service.name == "orders"]) == 3
    for run in pod.runs[:-1]:
        assert run.finished_at is not None
        assert 240 + 20 <= run.finished_at - run.started_at <= 240 + 40
    events = (await drill.kubernetes.get("/api/v1/namespaces/shop/events")).json()["items"]
    of_pod = [event for event in events if event["involvedObject"]["uid"] == pod.uid]
    late = [event["message"] for event in of_pod if event["message"].startswith("Liveness probe failed")]
    assert any("context deadline exceeded (Client.Timeout exceeded while awaiting headers)" in text for text in late)
    assert any(event["reason"] == "Killing" for event in of_pod)
    drill.wait(20)
    assert 0 < drill.gained("prober_probe_total", 600, pod=pod.name, probe_type="Liveness", result="failed") <= 9


def test_gc_and_pool_cases_write_their_tell_tale_lines() -> None:
    for scenario, words in (
        ("pool-exhaustion", "pool wait timeout"),
        ("gc-surge", "Full GC"),
        ("cache-penetration", "cache miss storm"),
    ):
        drill = standing(scenario)
        now = drill.clock.now()
        assert any(words in line.message for line in drill.shop.logs(now - 300, now))
    stacks = [str(line.extra.get("stacktrace", "")) for line in standing("pool-exhaustion").shop.logs(0, 2e9)]
    assert any("(*Connection).close" in stack for stack in stacks)
