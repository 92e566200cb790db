"""How each kind of operation is settled by reading, and watched to its end."""

from __future__ import annotations

from typing import Any

import pytest

from fake_clock import FakeClock
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.operation import OperationKind, OperationState, Step
from opsconsole.operations.procedures.cordon import Cordon
from opsconsole.operations.procedures.pod_removal import REPLACED_WITHIN, PodRemoval
from opsconsole.operations.procedures.restart_container import MARGIN, READY_WITHIN, RestartContainer
from opsconsole.operations.procedures.roll_back import RollBack
from opsconsole.operations.procedures.rollout_pause import PauseRollout, ResumeRollout
from opsconsole.operations.procedures.scale import Scale
from still_cluster import StillCluster, controller_revision, intent_of, live, pod, replica_set, workload

K, S = OperationKind, OperationState
DEPLOYMENT, POD, STATEFUL_SET = (Kind.DEPLOYMENT, "checkout"), (Kind.POD, "checkout-a"), (Kind.STATEFUL_SET, "checkout")
FAILURE = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": "2026-08-07T14:00:00Z"}
Json = dict[str, Any]


def said(steps: list[Step]) -> list[tuple[S, str]]:
    return [(step.state, str(step.words)) for step in steps]


def rolling(cluster: StillCluster, generation: int = 6, **status: int) -> None:
    """Move the Deployment's rollout."""
    body = cluster[DEPLOYMENT]
    body["metadata"]["generation"] = generation
    body["status"] |= {"observedGeneration": generation, **status}


# -- settling ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mark", "settled"), [("op-1", True), (None, False), ("op-of-another", None)])
async def test_the_mark_says_whether_a_change_took_effect(mark: str | None, settled: bool | None) -> None:
    owner = workload()
    cluster = StillCluster(owner)
    ref = live(owner).ref
    if mark is not None:
        owner["metadata"]["annotations"]["opsconsole.io/operation"] = mark
    intent = intent_of(K.SCALE, ref, {"mark": ""}, replicas=3)
    assert await Scale().settled(cluster, intent) is settled  # type: ignore[arg-type]


async def test_of_a_workload_that_is_gone_nobody_can_tell() -> None:
    owner = workload()
    intent = intent_of(K.ROLL_BACK, live(owner).ref, {"mark": ""})
    assert await RollBack().settled(StillCluster(), intent) is None  # type: ignore[arg-type]


async def test_a_removed_pod_is_settled_by_its_absence_or_its_end() -> None:
    one = pod()
    cluster, intent = StillCluster(one), intent_of(K.EVICT_POD, live(one).ref, {})
    removal = PodRemoval(K.EVICT_POD)
    assert await removal.settled(cluster, intent) is False  # type: ignore[arg-type]
    one["metadata"]["deletionTimestamp"] = "2026-08-07T14:00:00Z"
    assert await removal.settled(cluster, intent) is True  # type: ignore[arg-type]
    cluster.add(pod() | {"metadata": {**pod()["metadata"], "uid": "another of the same name"}})
    assert await removal.settled(cluster, intent) is True  # type: ignore[arg-type]


async def test_a_restarted_container_is_settled_by_its_id_or_count() -> None:
    one = pod()
    cluster = StillCluster(one)
    baseline = {"container": "app", "identity": "containerd://1", "restarts": "0"}
    intent, restart = intent_of(K.RESTART_CONTAINER, live(one).ref, baseline), RestartContainer(FakeClock())
    assert await restart.settled(cluster, intent) is False  # type: ignore[arg-type]
    one["status"]["containerStatuses"][0]["containerID"] = "containerd://2"
    assert await restart.settled(cluster, intent) is True  # type: ignore[arg-type]
    assert await restart.settled(StillCluster(), intent) is None  # type: ignore[arg-type]


# -- rollouts ------------------------------------------------------------------------------------


def rolled_back(owner: Json, **baseline: str) -> Any:
    known = {"mark": "", "generation": "5", "failure": "", "revision": "3", "wanted": "app=checkout:2", **baseline}
    return intent_of(K.ROLL_BACK, live(owner).ref, known)


async def test_a_rollout_is_told_as_it_moves_and_ends_with_the_way_back() -> None:
    owner = workload()
    cluster = StillCluster(owner)
    owner["metadata"]["generation"] = 6
    steps = await cluster.watched(
        RollBack(),
        rolled_back(owner),
        FakeClock(),
        lambda: rolling(cluster, replicas=3, updatedReplicas=1, availableReplicas=2),
        lambda: rolling(cluster, replicas=3, updatedReplicas=2, availableReplicas=2),
        lambda: rolling(cluster, replicas=2, updatedReplicas=2, availableReplicas=2),
    )
    assert said(steps) == [
        (S.APPLIED, "the controller has not seen the change yet"),
        (S.APPLIED, "1 of 2 new pods are made"),
        (S.APPLIED, "1 old pod still to end"),
        (S.VERIFIED, "all 2 pods of the new version are available"),
    ]
    assert [order.revision for order in steps[-1].advice] == [3]
    assert steps[-1].advice[0].target.resource_version == ""


async def test_the_failure_of_the_rollout_before_does_not_end_the_watch() -> None:
    owner = workload()
    cluster = StillCluster(owner)
    owner["status"]["conditions"] = [FAILURE]
    rolling(cluster, replicas=3, updatedReplicas=1, availableReplicas=2)
    steps = await cluster.watched(
        RollBack(),
        rolled_back(owner, failure=" 2026-08-07T14:00:00Z"),
        FakeClock(),
        lambda: None,
        lambda: rolling(cluster, replicas=2, updatedReplicas=2, availableReplicas=2),
    )
    assert steps[-1].state is S.VERIFIED


async def test_a_rollout_that_fails_is_not_verified() -> None:
    owner = workload()
    cluster = StillCluster(owner)
    owner["status"]["conditions"] = [FAILURE]
    rolling(cluster, replicas=3, updatedReplicas=1, availableReplicas=2)
    steps = await cluster.watched(RollBack(), rolled_back(owner), FakeClock())
    assert steps[-1].state is S.UNVERIFIED
    assert "no progress" in steps[-1].words


async def test_a_rollout_that_neither_ends_nor_fails_is_left_some_day() -> None:
    owner = workload(progressDeadlineSeconds=30)
    cluster = StillCluster(owner)
    rolling(cluster, replicas=3, updatedReplicas=1, availableReplicas=2)
    clock = FakeClock()
    steps = await cluster.watched(RollBack(), rolled_back(owner), clock)
    assert steps[-1].state is S.UNVERIFIED
    assert "not finished in 90 s" in steps[-1].words
    assert 90 < clock.monotonic() < 120


async def test_a_rollout_that_someone_else_overtakes_is_not_called_a_success() -> None:
    owner = workload()
    cluster = StillCluster(owner)

    def overtaken() -> None:
        owner["spec"]["template"]["spec"]["containers"][0]["image"] = "checkout:3"
        rolling(cluster, 7)

    rolling(cluster, updatedReplicas=1)
    steps = await cluster.watched(RollBack(), rolled_back(owner), FakeClock(), overtaken)
    assert steps[-1].state is S.UNVERIFIED
    assert "someone else" in steps[-1].words


async def test_an_image_that_admission_rewrote_is_still_ours() -> None:
    owner = workload(image="mirror.example/checkout:2")
    cluster = StillCluster(owner)
    rolling(cluster, 6)
    steps = await cluster.watched(RollBack(), rolled_back(owner), FakeClock())
    assert steps[-1].state is S.VERIFIED


async def test_a_workload_deleted_meanwhile_ends_the_watch() -> None:
    owner = workload()
    cluster = StillCluster(owner)
    rolling(cluster, updatedReplicas=1)
    steps = await cluster.watched(RollBack(), rolled_back(owner), FakeClock(), cluster.objects.clear)
    assert said(steps)[-1] == (S.UNVERIFIED, "it was deleted while it was being watched")


async def test_a_paused_rollout_ends_the_watch() -> None:
    owner = workload(paused=True)
    cluster = StillCluster(owner)
    rolling(cluster, updatedReplicas=1)
    steps = await cluster.watched(RollBack(), rolled_back(owner), FakeClock())
    assert steps[-1].state is S.UNVERIFIED
    assert "paused" in steps[-1].words


async def test_the_broken_pod_that_holds_a_stateful_set_up_is_named_with_its_remedy() -> None:
    owner = workload("StatefulSet")
    labels = {"app": "checkout", "controller-revision-hash": "checkout-bad"}
    broken = pod(owner, "checkout-1", ready=False, metadata={"labels": labels})
    cluster = StillCluster(owner, broken, controller_revision(owner, 2, "checkout:2"))
    owner["status"] |= {"readyReplicas": 1, "updatedReplicas": 0}

    def healed() -> None:
        del cluster.objects[Kind.POD, "checkout-1"]
        owner["status"] |= {"readyReplicas": 2, "updatedReplicas": 2}

    waits = [lambda: None] * 8
    steps = await cluster.watched(RollBack(), rolled_back(owner), FakeClock(), *waits, healed)
    assert [step.state for step in steps] == [S.APPLIED, S.APPLIED, S.VERIFIED]
    assert steps[0].advice == ()
    assert "checkout-1" in steps[1].words
    assert [(order.kind, order.target.name) for order in steps[1].advice] == [(K.DELETE_POD, "checkout-1")]


# -- scaling, pausing, cordoning -----------------------------------------------------------------


async def test_scaling_is_watched_until_exactly_so_many_are_ready() -> None:
    owner = workload(replicas=3)
    cluster = StillCluster(owner)
    rolling(cluster, replicas=2, readyReplicas=2)
    intent = intent_of(K.SCALE, live(owner).ref, {"replicas": "2"}, replicas=3)
    steps = await cluster.watched(Scale(), intent, FakeClock(), lambda: rolling(cluster, replicas=3, readyReplicas=3))
    assert said(steps) == [(S.APPLIED, "2 of 3 are ready"), (S.VERIFIED, "all 3 are ready")]
    assert [order.replicas for order in steps[-1].advice] == [2]


async def test_a_number_that_something_else_sets_again_is_told() -> None:
    owner = workload(replicas=7)
    intent = intent_of(K.SCALE, live(owner).ref, {"replicas": "2"}, replicas=3)
    steps = await StillCluster(owner).watched(Scale(), intent, FakeClock())
    assert steps[-1].state is S.UNVERIFIED
    assert "7 replicas" in steps[-1].words


async def test_replicas_that_find_no_room_are_not_verified() -> None:
    owner = workload(replicas=3)
    owner["status"] |= {"replicas": 3, "readyReplicas": 2}
    intent = intent_of(K.SCALE, live(owner).ref, {"replicas": "2"}, replicas=3)
    steps = await StillCluster(owner).watched(Scale(), intent, FakeClock())
    assert steps[-1].state is S.UNVERIFIED
    assert "not there in 600 s: 2 of 3 are ready" in steps[-1].words


@pytest.mark.parametrize(("paused", "state"), [(True, S.VERIFIED), (False, S.UNVERIFIED)])
async def test_a_pause_is_looked_at_once(paused: bool, state: S) -> None:
    owner = workload(paused=paused)
    steps = await StillCluster(owner).watched(
        PauseRollout(), intent_of(K.PAUSE_ROLLOUT, live(owner).ref, {}), FakeClock()
    )
    assert [step.state for step in steps] == [state]


async def test_a_resumed_rollout_is_watched_to_its_end() -> None:
    owner = workload()
    cluster = StillCluster(owner)
    rolling(cluster, updatedReplicas=1)
    intent = intent_of(K.RESUME_ROLLOUT, live(owner).ref, {"generation": "5"})
    steps = await cluster.watched(ResumeRollout(), intent, FakeClock(), lambda: rolling(cluster, updatedReplicas=2))
    assert [step.state for step in steps] == [S.APPLIED, S.VERIFIED]


@pytest.mark.parametrize(("unschedulable", "state"), [(True, S.VERIFIED), (False, S.UNVERIFIED)])
async def test_a_cordon_is_looked_at_once(unschedulable: bool, state: S) -> None:
    node: Json = {"kind": "Node", "metadata": {"name": "n1", "uid": "u"}, "spec": {"unschedulable": unschedulable}}
    intent = intent_of(K.CORDON, live(node).ref, {})
    steps = await StillCluster(node).watched(Cordon(cordoned=True), intent, FakeClock())
    assert [step.state for step in steps] == [state]
    assert [order.kind for order in steps[-1].advice] == ([K.UNCORDON] if state is S.VERIFIED else [])


# -- pods ----------------------------------------------------------------------------------------


async def removal_on(cluster: StillCluster, one: Json) -> Any:
    draft = await cluster.draft(PodRemoval(K.EVICT_POD), live(one).ref)
    return intent_of(K.EVICT_POD, live(one).ref, draft.baseline)


async def test_an_evicted_pod_is_done_when_its_successor_is_ready() -> None:
    owner = replica_set(workload(), 2, "checkout:2")
    one, beside = pod(owner), pod(owner, "checkout-b")
    cluster = StillCluster(owner, one, beside)
    intent = await removal_on(cluster, one)
    later = {"creationTimestamp": "2026-08-07T14:00:00Z"}

    def ends() -> None:
        one["metadata"]["deletionTimestamp"] = "2026-08-07T14:00:00Z"

    steps = await cluster.watched(
        PodRemoval(K.EVICT_POD),
        intent,
        FakeClock(),
        ends,
        lambda: cluster.objects.pop(POD),
        lambda: cluster.add(pod(owner, "checkout-c", ready=False, metadata=later)),
        lambda: cluster.add(pod(owner, "checkout-c", metadata=later)),
    )
    assert said(steps) == [
        (S.APPLIED, "checkout-a is still there"),
        (S.APPLIED, "checkout-a is ending"),
        (S.APPLIED, "it is gone; no other pod has taken its place yet"),
        (S.APPLIED, "checkout-c takes its place and is not ready yet"),
        (S.VERIFIED, "checkout-c has taken its place and is ready"),
    ]


async def test_a_pod_that_is_not_replaced_in_time_is_not_verified() -> None:
    owner = replica_set(workload(), 2, "checkout:2")
    one = pod(owner)
    cluster, clock = StillCluster(owner, one), FakeClock()
    intent = await removal_on(cluster, one)
    cluster.objects.pop(POD)
    steps = await cluster.watched(PodRemoval(K.EVICT_POD), intent, clock)
    assert steps[-1].state is S.UNVERIFIED
    assert "no other pod has taken its place" in steps[-1].words
    assert clock.monotonic() > REPLACED_WITHIN


async def test_of_a_pod_that_nothing_replaces_the_end_is_all() -> None:
    one = pod()
    cluster = StillCluster(one)
    intent = intent_of(K.DELETE_POD, live(one).ref, {"grace": "5"})
    steps = await cluster.watched(PodRemoval(K.DELETE_POD), intent, FakeClock(), lambda: cluster.objects.pop(POD))
    assert said(steps)[-1] == (S.VERIFIED, "it is gone")


# -- containers ----------------------------------------------------------------------------------

BASELINE = {"container": "app", "identity": "containerd://1", "restarts": "0", "grace": "5"}


def container(one: Json, **fields: Any) -> None:
    one["status"]["containerStatuses"][0] |= fields


async def test_a_restart_is_done_when_the_new_container_is_ready_and_the_end_of_the_old_is_told() -> None:
    one = pod()
    cluster = StillCluster(one)
    intent = intent_of(K.RESTART_CONTAINER, live(one).ref, BASELINE)
    ended = {"terminated": {"exitCode": 143, "reason": "Error"}}

    def restarted() -> None:
        container(one, restartCount=1, containerID="containerd://2", ready=False, lastState=ended)

    steps = await cluster.watched(
        RestartContainer(FakeClock()), intent, FakeClock(), restarted, lambda: container(one, ready=True)
    )
    assert [step.state for step in steps] == [S.APPLIED, S.APPLIED, S.VERIFIED]
    assert "Error (exit code 143)" in steps[1].words
    assert steps[-1].words == "another container runs and is ready; the one before: Error (exit code 143); restarts 1"


async def test_a_signal_that_is_ignored_past_the_grace_period_is_told_and_eviction_advised() -> None:
    one = pod()
    cluster, clock = StillCluster(one), FakeClock()
    intent = intent_of(K.RESTART_CONTAINER, live(one).ref, BASELINE)
    steps = await cluster.watched(RestartContainer(clock), intent, clock, seconds=1.0)
    assert [step.state for step in steps] == [S.APPLIED, S.UNVERIFIED]
    assert "signal ignored" in steps[-1].words
    assert [(order.kind, order.target.name) for order in steps[-1].advice] == [(K.EVICT_POD, "checkout-a")]
    assert 5 + MARGIN < clock.monotonic() <= 5 + MARGIN + 3


async def test_a_container_that_comes_back_and_is_not_ready_is_not_verified() -> None:
    one = pod()
    container(one, restartCount=1, containerID="containerd://2", ready=False)
    container(one, state={"waiting": {"reason": "CrashLoopBackOff"}})
    cluster, clock = StillCluster(one), FakeClock()
    intent = intent_of(K.RESTART_CONTAINER, live(one).ref, BASELINE)
    steps = await cluster.watched(RestartContainer(clock), intent, clock)
    assert steps[-1].state is S.UNVERIFIED
    assert "CrashLoopBackOff" in steps[-1].words
    assert clock.monotonic() > READY_WITHIN


async def test_a_pod_that_goes_while_its_container_is_watched_ends_the_watch() -> None:
    one = pod()
    cluster = StillCluster(one)
    intent = intent_of(K.RESTART_CONTAINER, live(one).ref, BASELINE)
    steps = await cluster.watched(RestartContainer(FakeClock()), intent, FakeClock(), lambda: cluster.objects.pop(POD))
    assert steps[-1].state is S.UNVERIFIED
    assert "the whole pod is gone" in steps[-1].words
