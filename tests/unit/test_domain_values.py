"""Small values: series, thresholds, completeness, snapshots, pods and the sentences of errors."""

from __future__ import annotations

import math

import pytest

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_record import LogBucket, LogLevel
from opsconsole.domain.pod import Container, Pod
from opsconsole.domain.series import Series, Severity, Threshold
from opsconsole.domain.snapshot import Completeness, FeedState, Problem, Snapshot, SourceName
from opsconsole.domain.text import SafeText

SERIES = Series({}, (0.0, 10.0, 20.0), (1.0, math.nan, 3.0))


def test_a_value_at_a_moment_is_the_nearest_number_within_reach() -> None:
    assert SERIES.at(1.0, 5.0) == 1.0
    assert SERIES.at(12.0, 9.0) == 3.0
    assert SERIES.at(10.0, 5.0) is None
    assert SERIES.at(60.0, 5.0) is None


def test_the_last_value_is_the_newest_number() -> None:
    assert SERIES.last == 3.0
    assert Series({}, (0.0, 1.0), (2.0, math.nan)).last == 2.0
    assert Series({}, (), ()).last is None


def test_a_threshold_is_crossed_on_its_bad_side_only() -> None:
    assert Threshold(1000.0).crossed_by(1000.1)
    assert not Threshold(1000.0).crossed_by(1000.0)
    assert Threshold(0.9, Severity.CRITICAL, above=False).crossed_by(0.8)
    assert not Threshold(1000.0).crossed_by(math.nan)


@pytest.mark.parametrize(
    ("completeness", "whole"),
    [
        (Completeness(), True),
        (Completeness(3, 5), False),
        (Completeness(5, 5, (SafeText("truncated"),)), False),
        (Completeness(0, 0), True),
    ],
)
def test_an_answer_is_whole_when_every_part_came_without_a_remark(completeness: Completeness, whole: bool) -> None:
    assert completeness.whole is whole


def test_the_age_of_a_snapshot_is_never_negative_and_unknown_without_a_value() -> None:
    assert Snapshot[int](FeedState.LIVE, 1, as_of=100.0).age(112.0) == 12.0
    assert Snapshot[int](FeedState.LIVE, 1, as_of=100.0).age(99.0) == 0.0
    assert Snapshot[int](FeedState.CONNECTING).age(5.0) is None


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_of_error_says_what_happened_and_what_to_do(kind: ErrorKind) -> None:
    error = SourceError(kind, "prometheus", SafeText("dial tcp"))
    before, _, hint = error.sentence.partition("; ")
    assert before.startswith("prometheus ")
    assert "dial tcp" in before
    assert hint
    assert "\n" not in error.sentence
    assert str(error) == error.sentence == Problem.of(error).sentence


def test_a_hint_of_the_place_replaces_the_common_one() -> None:
    error = SourceError(ErrorKind.TLS, "jaeger", hint="renew the certificate", retry_after=3.0)
    assert error.sentence == "jaeger has a certificate that can't be trusted; renew the certificate"
    assert error.retry_after == 3.0


def test_levels_and_severities_have_an_order() -> None:
    assert max(LogLevel, key=lambda level: level.rank) is LogLevel.FATAL
    assert min(Severity, key=lambda severity: severity.rank) is Severity.CRITICAL
    assert LogBucket(0.0, {LogLevel.ERROR: 2, LogLevel.INFO: 3}).total == 5


def test_every_source_has_a_short_name_for_the_freshness_line() -> None:
    assert [name.short for name in SourceName] == ["k8s", "prom", "am", "es", "jaeger"]


def container(state: str = "running", **fields: object) -> Container:
    values = {"name": "app", "image": "i", "ready": True, "restarts": 0, "state": state} | fields
    return Container(**values)  # type: ignore[arg-type]


def pod(*containers: Container, phase: str = "Running", ready: bool = True, reason: str = "") -> Pod:
    return Pod(
        uid=SafeText("u"), name=SafeText("p"), namespace=SafeText("n"), service=SafeText("s"), phase=SafeText(phase),
        ready=ready, created_at=0.0, containers=containers, reason=SafeText(reason),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "trouble"),
    [
        (pod(container()), ""),
        (pod(container("waiting", reason="CrashLoopBackOff")), "CrashLoopBackOff"),
        (pod(container("waiting", reason="ContainerCreating"), phase="Pending"), "Pending"),
        (pod(container("waiting", reason="PodInitializing"), phase="Pending"), "Pending"),
        (pod(container(last_reason="OOMKilled")), ""),
        (pod(container(last_reason="OOMKilled"), reason="OOMKilled"), "OOMKilled"),
        (pod(phase="Failed", reason="Evicted"), "Evicted"),
        (pod(container(), ready=False), "NotReady"),
        (pod(phase="Succeeded", ready=False), ""),
    ],
)
def test_the_trouble_of_a_pod_is_the_clusters_own_word(one: Pod, trouble: str) -> None:
    assert one.trouble == trouble


def test_restarts_of_a_pod_are_those_of_all_its_containers() -> None:
    assert pod(container(restarts=2), container(restarts=3)).restarts == 5
