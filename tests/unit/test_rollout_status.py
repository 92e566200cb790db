"""How far a rollout is, by the cases of kubectl's own rollout_status."""

from __future__ import annotations

from typing import Any

import pytest

from opsconsole.domain.cluster_object import Kind
from opsconsole.operations.rollout import failure_mark, rollout_status

FAILED = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": "timed out",
    "lastUpdateTime": "2026-08-07T14:00:00Z",
}
DEPLOYMENT, STATEFUL_SET, DAEMON_SET = Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET


def body(generation: int = 1, spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"generation": generation},
        "spec": {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {}}, **(spec or {})},
        "status": {"observedGeneration": 1, **status},
    }


@pytest.mark.parametrize(
    ("status", "done", "words", "ratio"),
    [
        ({"replicas": 3, "updatedReplicas": 1, "availableReplicas": 3}, False, "1 of 3 new pods are made", 1 / 3),
        ({"replicas": 4, "updatedReplicas": 3, "availableReplicas": 3}, False, "1 old pod still to end", 2 / 3),
        ({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 2}, False, "2 of 3 new pods are available", 2 / 3),
        ({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}, True, "all 3 pods", 1.0),
        ({}, False, "0 of 3 new pods are made", 0.0),
    ],
)
def test_a_deployment_is_done_when_all_new_pods_are_available_and_no_old_ones_are_left(
    status: dict[str, int], done: bool, words: str, ratio: float
) -> None:
    found = rollout_status(DEPLOYMENT, body(**status))
    assert (found.done, found.failed) == (done, False)
    assert words in found.words
    assert found.ratio == pytest.approx(ratio)


@pytest.mark.parametrize("kind", [DEPLOYMENT, STATEFUL_SET, DAEMON_SET])
def test_a_status_of_an_older_spec_says_nothing(kind: Kind) -> None:
    full = {
        "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3,
        "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3,
    }  # fmt: skip
    assert rollout_status(kind, body(1, **full)).done
    found = rollout_status(kind, body(2, **full))
    assert (found.done, found.words) == (False, "the controller has not seen the change yet")


def test_a_deployment_that_makes_no_progress_in_time_has_failed() -> None:
    stuck = body(replicas=4, updatedReplicas=1, availableReplicas=3, conditions=[FAILED])
    found = rollout_status(DEPLOYMENT, stuck)
    assert (found.done, found.failed) == (False, True)
    assert "timed out" in found.words
    assert "600 s" in found.words


def test_the_failure_of_the_rollout_before_is_not_taken_for_this_ones() -> None:
    stuck = body(replicas=4, updatedReplicas=1, availableReplicas=3, conditions=[FAILED])
    before = failure_mark(stuck)
    assert not rollout_status(DEPLOYMENT, stuck, before).failed
    later = body(conditions=[FAILED | {"lastUpdateTime": "2026-08-07T15:00:00Z"}])
    assert rollout_status(DEPLOYMENT, later, before).failed


def test_a_deployment_of_no_replicas_is_done_at_once() -> None:
    assert rollout_status(DEPLOYMENT, body(spec={"replicas": 0})).done


@pytest.mark.parametrize(
    ("partition", "ready", "updated", "done"),
    [(0, 3, 3, True), (0, 3, 2, False), (0, 2, 3, False), (2, 3, 1, True), (2, 3, 0, False), (5, 3, 0, True)],
)
def test_a_stateful_set_is_done_when_all_above_its_partition_are_new_and_all_are_ready(
    partition: int, ready: int, updated: int, done: bool
) -> None:
    strategy = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}}
    found = rollout_status(STATEFUL_SET, body(spec=strategy, readyReplicas=ready, updatedReplicas=updated))
    assert found.done is done


@pytest.mark.parametrize(("current", "done"), [("r1", False), ("r2", True)])
def test_a_stateful_set_without_partition_is_done_when_its_revisions_are_one(current: str, done: bool) -> None:
    strategy = {"updateStrategy": {"type": "RollingUpdate"}}
    status = {"readyReplicas": 3, "updateRevision": "r2", "currentRevision": current}
    assert rollout_status(STATEFUL_SET, body(spec=strategy, **status)).done is done


@pytest.mark.parametrize(("updated", "available", "done"), [(3, 3, True), (2, 3, False), (3, 2, False), (0, 0, False)])
def test_a_daemon_set_is_done_when_every_node_runs_a_new_pod_that_is_available(
    updated: int, available: int, done: bool
) -> None:
    status = {"desiredNumberScheduled": 3, "updatedNumberScheduled": updated, "numberAvailable": available}
    assert rollout_status(DAEMON_SET, body(**status)).done is done


@pytest.mark.parametrize("kind", [STATEFUL_SET, DAEMON_SET])
def test_a_workload_that_changes_on_deletion_never_finishes_by_itself(kind: Kind) -> None:
    found = rollout_status(kind, body(spec={"updateStrategy": {"type": "OnDelete"}}, readyReplicas=3))
    assert not found.done
    assert "OnDelete" in found.words
