"""What each kind of operation comes to, and when it is not possible."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fake_clock import FakeClock
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.operation import OperationKind, Order, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import Mutation, PatchType, Verb
from opsconsole.operations.ownership import workload_of
from opsconsole.operations.procedure import Command, Draft
from opsconsole.operations.procedures.catalogue import catalogue
from opsconsole.operations.procedures.cordon import Cordon
from opsconsole.operations.procedures.pod_removal import PodRemoval
from opsconsole.operations.procedures.restart_container import ATTEMPTS, RestartContainer
from opsconsole.operations.procedures.roll_back import RollBack
from opsconsole.operations.procedures.rolling_restart import RollingRestart
from opsconsole.operations.procedures.rollout_pause import PauseRollout, ResumeRollout
from opsconsole.operations.procedures.scale import Scale
from opsconsole.operations.programs import ProgramRunner
from opsconsole.operations.revisions import revisions
from opsconsole.write_mode import WriteMode
from still_cluster import StillCluster, controller_revision, live, pod, replica_set, template, workload

K = OperationKind
CHECKOUT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
POD = ObjectRef(Kind.POD, SafeText("shop"), SafeText("checkout-a"))
Json = dict[str, Any]


def blocks(draft: Draft) -> list[str]:
    assert (draft.act is None) == any(check.verdict is Verdict.BLOCKED for check in draft.checks)
    return [str(check.words) for check in draft.checks if check.verdict is Verdict.BLOCKED]


def warnings(draft: Draft) -> str:
    return " | ".join(check.words for check in draft.checks if check.verdict is Verdict.WARNING)


def patch_of(draft: Draft) -> dict[str, Any]:
    """The JSON patch as path to value; tests of the present state under `test <path>`."""
    assert isinstance(draft.act, Mutation)
    assert (draft.act.verb, draft.act.patch_type) == (Verb.PATCH, PatchType.JSON)
    assert isinstance(draft.act.body, list)
    return {f"test {one['path']}" if one["op"] == "test" else one["path"]: one["value"] for one in draft.act.body}


def shop(**spec: Any) -> tuple[StillCluster, Json]:
    """A Deployment at revision 3 of image checkout:3, a restart of revision 2; revision 1 ran checkout:1."""
    owner = workload(image="checkout:3", **spec)
    sets = [replica_set(owner, number, image) for number, image in ((1, "checkout:1"), (2, "checkout:3"))]
    sets[1]["spec"]["template"]["metadata"]["annotations"] = {"note": "older"}
    sets.append(replica_set(owner, 3, "checkout:3", cause="a tag", **{"kubernetes.io/change-cause": "release 3"}))
    return StillCluster(owner, *sets), owner


# -- roll back -----------------------------------------------------------------------------------


async def test_going_back_takes_the_newest_revision_with_another_image_not_just_the_one_before() -> None:
    cluster, _ = shop()
    draft = await cluster.draft(RollBack(), CHECKOUT)
    assert "revision 1: checkout:1" in draft.summary
    assert (draft.before, draft.after) == ("checkout:3", "checkout:1")
    assert draft.way_back == Order(
        K.ROLL_BACK, ObjectRef(Kind.DEPLOYMENT, CHECKOUT.namespace, CHECKOUT.name, SafeText("w1")), revision=3
    )
    assert [change.path for change in draft.changes] == ["containers[app].image"]


async def test_a_change_of_the_configuration_goes_back_to_the_one_before_and_keeps_the_release() -> None:
    cluster, _ = shop()
    before = cluster.objects[Kind.REPLICA_SET, "checkout-2"]
    before["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "IHOP", "value": "35"}]
    draft = await cluster.draft(RollBack(), CHECKOUT)
    assert "revision 2: checkout:3" in draft.summary
    paths = [change.path for change in draft.changes]
    assert "containers[app].env[IHOP]" in paths
    assert "containers[app].image" not in paths


async def test_where_no_revision_has_another_image_the_one_before_is_taken() -> None:
    cluster, _ = shop()
    del cluster.objects[Kind.REPLICA_SET, "checkout-1"]
    draft = await cluster.draft(RollBack(), CHECKOUT)
    assert "revision 2" in draft.summary
    assert "images are those of now" in warnings(draft)


async def test_the_patch_is_kubectls_with_a_guard_and_the_operations_id() -> None:
    cluster, owner = shop()
    owner["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = "{}"
    theirs = cluster[Kind.REPLICA_SET, "checkout-1"]["metadata"]["annotations"]
    theirs |= {"kubernetes.io/change-cause": "release 1", "deployment.kubernetes.io/desired-replicas": "9"}
    draft = await cluster.draft(RollBack(), CHECKOUT, revision=1)
    patch = patch_of(draft)
    assert patch["/spec/template"] == template("checkout:1")
    assert patch["/metadata/annotations"] == {
        "deployment.kubernetes.io/revision": "2",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "kubernetes.io/change-cause": "release 1",
        "opsconsole.io/operation": "op-1",
    }
    assert patch["test /metadata/uid"] == "w1"
    assert patch["test /metadata/generation"] == 5
    assert patch["test /metadata/annotations"] == owner["metadata"]["annotations"]
    assert "applying the same file again" in warnings(draft)


async def test_a_paused_rollout_is_not_rolled_back() -> None:
    cluster, _ = shop(paused=True)
    assert "resume it first" in blocks(await cluster.draft(RollBack(), CHECKOUT))[0]


@pytest.mark.parametrize(
    ("revision", "words"),
    [(3, "nothing to change"), (7, "no revision 7 is kept; there are 3, 2, 1"), (-1, "no revision -1 is kept")],
)
async def test_a_revision_that_is_in_force_or_not_kept_is_no_goal(revision: int, words: str) -> None:
    cluster, _ = shop()
    assert words in blocks(await cluster.draft(RollBack(), CHECKOUT, revision=revision))[0]


async def test_without_history_there_is_nothing_to_go_back_to() -> None:
    cluster = StillCluster(workload(revisionHistoryLimit=0))
    assert "revisionHistoryLimit is 0" in blocks(await cluster.draft(RollBack(), CHECKOUT))[0]


async def test_replica_sets_of_others_with_the_same_labels_are_no_revisions() -> None:
    cluster, _ = shop()
    cluster[Kind.REPLICA_SET, "checkout-1"]["metadata"]["ownerReferences"][0]["uid"] = "a namesake before"
    assert [one.number for one in await revisions(cluster, CHECKOUT)] == [3, 2]  # type: ignore[arg-type]


async def test_a_stuck_rollout_can_be_rolled_back() -> None:
    cluster, owner = shop()
    owner["status"] |= {"replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}
    draft = await cluster.draft(RollBack(), CHECKOUT)
    assert blocks(draft) == []
    assert any("works all the same" in check.words for check in draft.checks)


@pytest.mark.parametrize("kind", [Kind.STATEFUL_SET, Kind.DAEMON_SET])
async def test_the_other_workloads_go_back_by_their_controller_revisions(kind: Kind) -> None:
    owner = workload(kind.value)
    cluster = StillCluster(
        owner, controller_revision(owner, 1, "checkout:1"), controller_revision(owner, 2, "checkout:2")
    )
    ref = ObjectRef(kind, SafeText("shop"), SafeText("checkout"))
    draft = await cluster.draft(RollBack(), ref)
    patch = patch_of(draft)
    assert patch["/spec/template"] == template("checkout:1")
    assert patch["/metadata/annotations/opsconsole.io~1operation"] == "op-1"
    assert draft.way_back is not None
    assert draft.way_back.revision == 2


async def test_a_broken_pod_of_an_ordered_stateful_set_is_named_before() -> None:
    owner = workload("StatefulSet")
    broken = pod(
        owner,
        "checkout-1",
        ready=False,
        metadata={"labels": {"app": "checkout", "controller-revision-hash": "checkout-2"}},
    )
    cluster = StillCluster(
        owner, controller_revision(owner, 1, "checkout:1"), controller_revision(owner, 2, "checkout:2"), broken
    )
    ref = ObjectRef(Kind.STATEFUL_SET, SafeText("shop"), SafeText("checkout"))
    assert "checkout-1 is not ready" in warnings(await cluster.draft(RollBack(), ref))
    owner["spec"]["podManagementPolicy"] = "Parallel"
    assert "checkout-1" not in warnings(await cluster.draft(RollBack(), ref))


async def test_partition_and_on_delete_are_told_before() -> None:
    owner = workload("StatefulSet", updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}})
    cluster = StillCluster(
        owner, controller_revision(owner, 1, "checkout:1"), controller_revision(owner, 2, "checkout:2")
    )
    ref = ObjectRef(Kind.STATEFUL_SET, SafeText("shop"), SafeText("checkout"))
    assert "from number 1 on" in warnings(await cluster.draft(RollBack(), ref))
    owner["spec"]["updateStrategy"] = {"type": "OnDelete"}
    assert "until it is deleted" in warnings(await cluster.draft(RollBack(), ref))


# -- revisions -----------------------------------------------------------------------------------


async def test_revisions_tell_their_image_cause_pods_and_difference_from_now() -> None:
    cluster, _ = shop()
    newest = cluster[Kind.REPLICA_SET, "checkout-3"]
    cluster.add(pod(newest, "a", ready=False))
    cluster.add(pod(newest, "b"))
    cluster.add(pod(cluster[Kind.REPLICA_SET, "checkout-1"], "c"))
    cluster.add(pod(newest, "going", metadata={"deletionTimestamp": "2026-08-07T14:00:00Z"}))
    found = await revisions(cluster, CHECKOUT)  # type: ignore[arg-type]
    assert [(one.number, one.current, one.ready, one.pods) for one in found] == [
        (3, True, 1, 2), (2, False, 0, 0), (1, False, 1, 1),
    ]  # fmt: skip
    assert (found[0].cause, found[0].changes) == ("release 3", ())
    assert [change.path for change in found[1].changes] == ["annotations[note]"]
    assert [container.image for container in found[2].containers] == ["checkout:1"]
    assert found[0].created_at - found[2].created_at == 7200.0


@pytest.mark.parametrize(("kind", "carried"), [(Kind.STATEFUL_SET, "checkout-2"), (Kind.DAEMON_SET, "2")])
async def test_pods_of_the_other_workloads_are_counted_by_their_revision_label(kind: Kind, carried: str) -> None:
    owner = workload(kind.value)
    labels = {"app": "checkout", "controller-revision-hash": carried}
    cluster = StillCluster(
        owner,
        controller_revision(owner, 1, "checkout:1"),
        controller_revision(owner, 2, "checkout:2"),
        pod(owner, metadata={"labels": labels}),
    )
    found = await revisions(cluster, ObjectRef(kind, SafeText("shop"), SafeText("checkout")))  # type: ignore[arg-type]
    assert [(one.number, one.current, one.pods) for one in found] == [(2, True, 1), (1, False, 0)]


# -- restart, scale, pause, cordon ---------------------------------------------------------------


async def test_a_rolling_restart_stamps_the_template_in_whole_seconds() -> None:
    draft = await StillCluster(workload()).draft(RollingRestart(FakeClock(1_800_000_000.7)), CHECKOUT)
    stamp = {"kubectl.kubernetes.io/restartedAt": "2027-01-15T08:00:00Z"}
    assert patch_of(draft)["/spec/template/metadata/annotations"] == stamp
    assert patch_of(draft)["test /spec/template/metadata/annotations"] is None


async def test_a_restart_within_the_same_second_would_do_nothing_and_is_refused() -> None:
    owner = workload()
    owner["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "2027-01-15T08:00:00Z"}
    draft = await StillCluster(owner).draft(RollingRestart(FakeClock(1_800_000_000.9)), CHECKOUT)
    assert "within this second" in blocks(draft)[0]
    later = await StillCluster(owner).draft(RollingRestart(FakeClock(1_800_000_001.0)), CHECKOUT)
    path = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt"
    assert patch_of(later)[path] == "2027-01-15T08:00:01Z"


async def test_restarts_that_would_move_nothing_are_refused() -> None:
    paused = await StillCluster(workload(paused=True)).draft(RollingRestart(FakeClock()), CHECKOUT)
    assert "paused" in blocks(paused)[0]
    by_hand = workload("DaemonSet", updateStrategy={"type": "OnDelete"})
    ref = ObjectRef(Kind.DAEMON_SET, SafeText("shop"), SafeText("checkout"))
    assert "OnDelete" in blocks(await StillCluster(by_hand).draft(RollingRestart(FakeClock()), ref))[0]


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ({"type": "Recreate"}, "AN OUTAGE"),
        (
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "at most 0 missing and 1 more",
        ),
        ({}, "at most 25% missing"),
    ],
)
async def test_the_cost_says_how_pods_are_replaced(strategy: Json, words: str) -> None:
    draft = await StillCluster(workload(strategy=strategy)).draft(RollingRestart(FakeClock()), CHECKOUT)
    assert words in draft.cost


@pytest.mark.parametrize(("wanted", "warned"), [(0, "AN OUTAGE"), (3, ""), (20, "10 times")])
async def test_scaling_warns_of_an_outage_and_of_a_slip_of_the_finger(wanted: int, warned: str) -> None:
    draft = await StillCluster(workload()).draft(Scale(), CHECKOUT, replicas=wanted)
    assert patch_of(draft)["/spec/replicas"] == wanted
    assert warned in warnings(draft)
    assert draft.way_back is not None
    assert draft.way_back.replicas == 2


@pytest.mark.parametrize("wanted", [2, -1, None])
async def test_a_number_that_changes_nothing_is_no_order(wanted: int | None) -> None:
    assert blocks(await StillCluster(workload()).draft(Scale(), CHECKOUT, replicas=wanted))


async def test_pausing_and_resuming_are_each_others_way_back_and_refuse_what_is_done() -> None:
    rolling, paused = StillCluster(workload()), StillCluster(workload(paused=True))
    pause, resume = await rolling.draft(PauseRollout(), CHECKOUT), await paused.draft(ResumeRollout(), CHECKOUT)
    assert (patch_of(pause)["/spec/paused"], patch_of(resume)["/spec/paused"]) == (True, False)
    assert pause.way_back is not None
    assert resume.way_back is not None
    assert (pause.way_back.kind, resume.way_back.kind) == (K.RESUME_ROLLOUT, K.PAUSE_ROLLOUT)
    assert blocks(await paused.draft(PauseRollout(), CHECKOUT))
    assert blocks(await rolling.draft(ResumeRollout(), CHECKOUT))


async def test_a_node_is_guarded_by_its_uid_because_its_status_never_rests() -> None:
    node: Json = {"kind": "Node", "metadata": {"name": "n1", "uid": "n-uid", "resourceVersion": "9"}, "spec": {}}
    ref = ObjectRef(Kind.NODE, SafeText(""), SafeText("n1"))
    cluster = StillCluster(node)
    patch = patch_of(await cluster.draft(Cordon(cordoned=True), ref))
    assert patch == {
        "test /metadata/uid": "n-uid",
        "test /metadata/annotations": None,
        "/metadata/annotations": {"opsconsole.io/operation": "op-1"},
        "/spec/unschedulable": True,
    }
    assert blocks(await cluster.draft(Cordon(cordoned=False), ref)) == ["it is open for pods already"]


# -- pods ----------------------------------------------------------------------------------------


async def test_pods_are_evicted_and_deleted_by_uid() -> None:
    owner = replica_set(workload(), 2, "checkout:2")
    cluster = StillCluster(owner, pod(owner))
    evict, delete = (
        await cluster.draft(PodRemoval(K.EVICT_POD), POD),
        await cluster.draft(PodRemoval(K.DELETE_POD), POD),
    )
    assert isinstance(evict.act, Mutation)
    assert isinstance(delete.act, Mutation)
    assert (evict.act.verb, evict.act.subresource) == (Verb.CREATE, "eviction")
    assert evict.act.body["deleteOptions"] == {"preconditions": {"uid": "uid-checkout-a"}}  # type: ignore[index]
    assert (delete.act.verb, delete.act.subresource) == (Verb.DELETE, "")
    assert delete.act.body["preconditions"] == {"uid": "uid-checkout-a"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (pod(), "GONE FOR EVER"),
        (pod(workload(), metadata={"annotations": {"kubernetes.io/config.mirror": "x"}}), "static pod"),
        (pod(workload(), metadata={"deletionTimestamp": "2026-08-07T14:00:00Z"}), "asked to end"),
    ],
)
async def test_pods_that_would_not_come_back_are_not_evicted(made: Json, words: str) -> None:
    assert words in blocks(await StillCluster(made).draft(PodRemoval(K.EVICT_POD), POD))[0]


async def test_a_pod_without_controller_may_be_deleted_knowingly() -> None:
    draft = await StillCluster(pod()).draft(PodRemoval(K.DELETE_POD), POD)
    assert blocks(draft) == []
    assert "GONE FOR EVER" in warnings(draft)
    assert draft.undo == ""


async def test_kill_1_is_tried_as_a_program_and_then_through_a_shell() -> None:
    draft = await StillCluster(pod()).draft(RestartContainer(FakeClock()), POD)
    assert isinstance(draft.act, Command)
    assert (draft.act.container, draft.act.attempts) == ("app", ATTEMPTS)
    assert "not known until it is tried" in warnings(draft)
    assert draft.baseline == {"container": "app", "identity": "containerd://1", "restarts": "0", "grace": "5"}


def status(**fields: Any) -> Json:
    return {"containerStatuses": [{"name": "app", "restartCount": 3, "containerID": "containerd://1", **fields}]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"spec": {"shareProcessNamespace": True}}, "pause process"),
        ({"spec": {"hostPID": True}}, "the node's own init"),
        ({"spec": {"restartPolicy": "Never"}}, "would end and not start again"),
        ({"spec": {"os": {"name": "windows"}}}, "Windows"),
        ({"status": {"phase": "Succeeded"}}, "ended for good"),
        ({"metadata": {"deletionTimestamp": "2026-08-07T14:00:00Z"}}, "on its way out"),
        ({"status": status(state={"waiting": {"reason": "CrashLoopBackOff"}})}, "not running (CrashLoopBackOff)"),
        ({"spec": {"containers": [{"name": "app"}, {"name": "proxy"}]}}, "say which: app, proxy"),
    ],
)
async def test_a_container_that_kill_1_would_not_restart_is_not_sent_any(fields: Json, words: str) -> None:
    assert words in blocks(await StillCluster(pod(**fields)).draft(RestartContainer(FakeClock()), POD))[0]


async def test_an_init_container_is_no_target_but_a_sidecar_is() -> None:
    sidecar = {"name": "proxy", "restartPolicy": "Always"}
    made = pod(spec={"initContainers": [{"name": "migrate"}, sidecar], "restartPolicy": "Never"})
    running = copy.deepcopy(made["status"]["containerStatuses"])
    made["status"]["initContainerStatuses"] = [{**running[0], "name": "proxy"}]
    cluster, restart = StillCluster(made), RestartContainer(FakeClock())
    assert "runs once" in blocks(await cluster.draft(restart, POD, container=SafeText("migrate")))[0]
    assert blocks(await cluster.draft(restart, POD, container=SafeText("proxy"))) == []


async def test_a_container_that_restarts_only_on_failure_is_warned_of() -> None:
    draft = await StillCluster(pod(spec={"restartPolicy": "OnFailure"})).draft(RestartContainer(FakeClock()), POD)
    assert "exit code other than 0" in warnings(draft)


@pytest.mark.parametrize(("restarts", "words"), [(1, "up to 10 s"), (3, "up to 40 s"), (9, "up to 300 s")])
async def test_the_back_off_of_earlier_restarts_is_part_of_the_cost(restarts: int, words: str) -> None:
    now = 1_786_104_100.0
    started = {"running": {"startedAt": "2026-08-07T12:00:00Z"}}
    made = pod(status=status(state=started))
    made["status"]["containerStatuses"][0]["restartCount"] = restarts
    clock = FakeClock(now)
    assert words in (await StillCluster(made).draft(RestartContainer(clock), POD)).cost
    await clock.advance(600)
    assert "back-off" not in (await StillCluster(made).draft(RestartContainer(clock), POD)).cost


# -- owners --------------------------------------------------------------------------------------


async def test_a_pod_leads_through_its_replica_set_to_the_deployment() -> None:
    owner = workload()
    middle = replica_set(owner, 2, "checkout:2")
    cluster = StillCluster(owner, middle, pod(middle))
    found = await workload_of(cluster, POD)  # type: ignore[arg-type]
    assert found is not None
    assert (found.kind, found.name, found.uid) == (Kind.DEPLOYMENT, "checkout", "w1")
    assert await workload_of(cluster, live(owner).ref) == live(owner).ref  # type: ignore[arg-type]


async def test_what_has_no_known_workload_above_has_none() -> None:
    owner = workload()
    middle = replica_set(owner, 2, "checkout:2")
    orphan = pod(middle)
    assert await workload_of(StillCluster(orphan), POD) is None  # type: ignore[arg-type]
    assert await workload_of(StillCluster(pod()), POD) is None  # type: ignore[arg-type]
    foreign = pod(middle)
    foreign["metadata"]["ownerReferences"][0] |= {"kind": "Deployment", "apiVersion": "other.example/v1"}
    assert await workload_of(StillCluster(foreign, owner), POD) is None  # type: ignore[arg-type]


def test_there_is_one_procedure_of_each_kind() -> None:
    programs = ProgramRunner(WriteMode(FakeClock()), {"PATH": "/bin"})
    kinds = [procedure.kind for procedure in catalogue(FakeClock(), programs=programs).procedures]
    assert sorted(kinds, key=lambda kind: kind.value) == sorted(OperationKind, key=lambda kind: kind.value)
