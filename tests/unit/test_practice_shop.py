from __future__ import annotations

import math

import numpy as np
import pytest

from opsconsole.practice.promql.store import STALE_BITS, LabelMatcher, MatchKind
from opsconsole.practice.scenarios import SCENARIOS, scenario_named
from opsconsole.practice.shop.changes import DeletePod
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.scenario import Scenario
from opsconsole.practice.shop.shop import Shop
from practice_shop import STARTED, Drill, HandClock, risen, standing

EVERYTHING = [LabelMatcher("__name__", MatchKind.REGEX, ".+")]


def everything(drill: Drill) -> dict[tuple[tuple[str, str], ...], tuple[bytes, bytes]]:
    """All samples there are, byte for byte."""
    found = drill.shop.series.select(EVERYTHING, 0, drill.clock.now())
    return {tuple(sorted(series.labels.items())): (series.times.tobytes(), series.values.tobytes()) for series in found}


def test_the_past_does_not_depend_on_when_it_was_asked() -> None:
    patient, hasty = Drill("bad-release"), Drill("bad-release")
    hasty.wait(407)
    for _ in range(37):
        patient.wait(11)
    assert everything(patient) == everything(hasty)
    assert patient.shop.logs(0, 2e9) == hasty.shop.logs(0, 2e9)


def test_another_seed_is_another_shop() -> None:
    one, other = standing("healthy"), Drill("healthy", seed=2)
    named = {key for key in everything(other) if dict(key).get("pod", "postgres-0") != "postgres-0"}
    assert named
    assert not everything(one).keys() & named


@pytest.mark.parametrize("scenario", [scenario.id for scenario in SCENARIOS])
def test_counters_of_one_container_only_rise(scenario: str) -> None:
    drill = standing(scenario)
    for metric in ("http_requests_total", "process_cpu_seconds_total", "http_request_duration_seconds_bucket"):
        for series in drill.series(metric, 3600):
            falls = np.flatnonzero(np.diff(series.values[~np.isnan(series.values)]) < 0)
            restarts = drill.series("kube_pod_container_status_restarts_total", 3600, pod=series.labels["pod"])
            assert len(falls) <= np.nan_to_num(restarts[0].values).max()


def test_buckets_agree_with_the_count_of_requests() -> None:
    drill = standing("bad-release")
    for total in drill.series("http_request_duration_seconds_count", 600):
        labels = {name: total.labels[name] for name in ("pod", "method", "endpoint")}
        buckets = drill.series("http_request_duration_seconds_bucket", 600, **labels)
        by_bound = sorted(buckets, key=lambda series: float(series.labels["le"]))
        assert math.isinf(float(by_bound[-1].labels["le"]))
        assert by_bound[-1].values.tobytes() == total.values.tobytes()
        gained = [risen(series.values) for series in by_bound]
        assert gained == sorted(gained)
        statuses = drill.series("http_requests_total", 600, **labels)
        assert sum(risen(series.values) for series in statuses) == risen(total.values)


def test_a_restarted_container_leaves_a_gap_and_counts_from_zero() -> None:
    drill = standing("bad-release")
    restarted = [
        series.labels["pod"]
        for series in drill.series("kube_pod_container_status_restarts_total", 600)
        if series.values[-1] > series.values[0]
    ]
    cpu = drill.series("process_cpu_seconds_total", 600, pod=restarted[0])[0]
    numbers = cpu.values[~np.isnan(cpu.values)]
    assert (np.diff(numbers) < 0).any()
    assert any(value == STALE_BITS for value in cpu.values.view(np.int64))
    assert 0.0 in drill.series("up", 600, pod=restarted[0])[0].values


def test_a_pod_that_is_gone_ends_its_series_at_once() -> None:
    drill = standing("bad-release")
    old = [series for series in drill.series("up", 1800, service="checkout") if np.isnan(series.values[-1])]
    assert len(old) == 3
    assert all(series.values.view(np.int64)[-1] == STALE_BITS for series in old)


def test_a_pod_that_goes_while_somebody_looks_on_ends_its_series_at_once_too() -> None:
    drill = Drill("healthy")
    pod = next(one for one in drill.shop.control.pods if one.service.name == "checkout")
    drill.shop.apply(DeletePod(pod.namespace, pod.name))
    for _ in range(12):
        drill.wait(10)
    series = drill.series("up", 600, pod=pod.name)[0]
    assert series.values.view(np.int64)[-1] == STALE_BITS
    assert series.times[-1] < drill.clock.now() - 30


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.changes], ids=lambda one: one.id)
def test_trouble_to_come_begins_with_its_change_and_not_before(scenario: Scenario) -> None:
    clock = HandClock()
    shop = Shop(scenario, 1, STARTED, clock, trouble_age=-(60 + scenario.lead), history=3600)
    before = {pod.uid for pod in shop.control.pods}
    clock.time += 58
    shop.advance()
    assert {pod.uid for pod in shop.control.pods} == before
    assert not any(pod.afflicted for pod in shop.control.pods)
    clock.time += 60
    shop.advance()
    assert any(pod.afflicted for pod in shop.control.pods)


def test_history_slides_along_and_stays_whole() -> None:
    drill = Drill("healthy", history=1200)
    for _ in range(14):
        drill.wait(100)
    before = drill.series("process_cpu_seconds_total", 300, service="gateway")
    then = drill.clock.now()
    for _ in range(8):
        drill.wait(100)
    matchers = [LabelMatcher(name, MatchKind.EQUAL, value) for name, value in before[0].labels.items()]
    after = drill.shop.series.select(matchers, then - 300, then)[0]
    assert after.times.tolist() == before[0].times.tolist()
    assert after.values.tolist() == before[0].values.tolist()
    up = drill.series("up", 1190, service="gateway")[0]
    assert np.diff(up.times).tolist() == [10.0] * (len(up.times) - 1)
    assert len(up.times) == 119


def test_noise_of_a_block_is_the_noise_of_its_ticks() -> None:
    noise, ticks = Noise(7), np.arange(100, 160)
    assert noise.units("a", ticks).tolist() == [noise.unit("a", tick) for tick in range(100, 160)]
    assert noise.drift("a", ticks)[30:].tolist() == pytest.approx(noise.drift("a", ticks[30:]).tolist(), abs=1e-12)


def test_exemplars_name_traces_that_can_be_looked_up() -> None:
    drill = standing("bad-release")
    now = drill.clock.now()
    found = drill.shop.exemplars(now - 120, now)
    assert found
    for series in found:
        assert drill.series("http_request_duration_seconds_bucket", 600, **series.labels)
        for exemplar in series.exemplars:
            trace = drill.shop.trace(exemplar.trace_id)
            assert trace is not None
            assert exemplar.span_id in {span.span_id for span in trace.spans}
            assert exemplar.value <= float(series.labels["le"])


@pytest.mark.parametrize("scenario", ["bad-release", "slow-start"])
def test_the_log_reads_the_same_to_one_who_follows_it_and_to_one_who_comes_later(scenario: str) -> None:
    follower, latecomer = Drill(scenario), Drill(scenario)
    begin, seen = follower.clock.now(), {}
    for look in range(110):
        follower.wait(3)
        since = begin if look % 10 == 0 else max(begin, follower.clock.now() - 20)
        seen |= {line.id: line for line in follower.shop.logs(since, 2e9)}
    latecomer.wait(330)
    lines = latecomer.shop.logs(begin, 2e9)
    assert sorted(seen.values(), key=lambda line: (line.time, line.id)) == lines
    assert len({line.id for line in lines}) == len(lines)


def test_log_lines_point_to_traces_that_exist() -> None:
    drill = standing("pool-exhaustion")
    now = drill.clock.now()
    lines = [line for line in drill.shop.logs(now - 300, now - 60) if line.trace_id]
    assert len(lines) > 100
    assert all(drill.shop.trace(line.trace_id) is not None for line in lines)


def test_trace_ids_begin_unlike_each_other() -> None:
    drill = standing("healthy")
    now = drill.clock.now()
    ids = sorted({line.trace_id for line in drill.shop.logs(now - 300, now - 60) if line.trace_id})
    assert len(ids) > 10
    assert len({one[:8] for one in ids}) == len(ids)
    assert all(drill.shop.trace(one) is not None for one in ids)


def test_a_login_is_written_down_in_the_words_of_the_guide() -> None:
    drill = standing("healthy")
    now = drill.clock.now()
    line = next(line for line in drill.shop.logs(now - 900, now) if line.message == "用户登录成功")
    assert line.level == "info"
    assert line.pod.service.name == "users"
    assert {"user_id", "ip"} <= line.extra.keys()


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(KeyError, match="healthy, bad-release"):
        scenario_named("nonsense")
