"""Patches, rehearsals, conflicts, scaling, eviction, roll-back and exec, on the practice cluster and a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from httpx_ws import WebSocketDisconnect, WebSocketSession, WebSocketUpgradeError, connect_ws

from servers.kubernetes_stage import PATIENCE, Stage
from servers.waiting import until

Json = dict[str, Any]

STALE = "the object has been modified; please apply your changes to the latest version and try again"
REJECTED = "the server rejected our request due to an error in our request"
BAD_PATCH = "error decoding patch: json: cannot unmarshal"

REFUSED = [
    ("json", [{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}], 422, "Invalid", REJECTED),
    ("json", [{"op": "replace", "path": "/spec/nothing/here", "value": 1}], 422, "Invalid", REJECTED),
    ("json", {"op": "replace"}, 400, "BadRequest", f"{BAD_PATCH} object into Go value of type []handlers.jsonPatchOp"),
    ("merge", [1], 400, "BadRequest", f"{BAD_PATCH} array into Go value of type map[string]interface {{}}"),
    ("merge", {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 4}}, 409, "Conflict",
     f'Operation cannot be fulfilled on deployments.apps "orders": {STALE}'),
    ("merge", {"metadata": {"uid": "other"}}, 422, "Invalid",
     'Deployment.apps "orders" is invalid: metadata.uid: Invalid value: "other": field is immutable'),
    ("merge", {"metadata": {"name": "other"}}, 400, "BadRequest",
     "the name of the object (other) does not match the name on the URL (orders)"),
    ("merge", {"spec": {"replicas": -1}}, 422, "Invalid",
     'Deployment.apps "orders" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'),
    ("strategic-merge", {"spec": {"template": {"spec": {"containers": [{"name": "orders", "image": ""}]}}}},
     422, "Invalid",
     'Deployment.apps "orders" is invalid: spec.template.spec.containers[0].image: Required value'),
    ("nothing", {}, 415, "UnsupportedMediaType", "415: Unsupported Media Type"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "code", "reason", "words"), REFUSED)
def test_patches_that_can_not_be_are_refused_in_the_same_words(
    kubernetes_api: Stage, kind: str, body: Any, code: int, reason: str, words: str
) -> None:
    answer = kubernetes_api.patch(f"{kubernetes_api.apps}/deployments/orders", body, kind)
    status = answer.json()
    assert (answer.status_code, status["code"], status["reason"], status["message"]) == (code, code, reason, words)


def test_a_rehearsal_shows_what_would_be_and_changes_nothing(kubernetes_api: Stage) -> None:
    path = f"{kubernetes_api.apps}/deployments/orders"
    before = kubernetes_api.get(path)
    rehearsed = kubernetes_api.patch(path, {"spec": {"replicas": 7}}, dryRun="All").json()
    assert rehearsed["spec"]["replicas"] == 7
    assert rehearsed["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert rehearsed["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert kubernetes_api.get(path)["spec"] == before["spec"]
    refused = kubernetes_api.patch(path, {}, dryRun="Some")
    assert refused.status_code == 422
    words = 'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"'
    assert refused.json()["message"] == words


def test_put_replaces_and_refuses_what_is_stale(kubernetes_api: Stage) -> None:
    path = f"{kubernetes_api.apps}/deployments/orders"
    whole = kubernetes_api.get(path)
    stale = {**whole, "metadata": {**whole["metadata"], "resourceVersion": "1"}}
    answer = kubernetes_api.api.put(path, json=stale)
    assert (answer.status_code, answer.json()["message"]) == (
        409, f'Operation cannot be fulfilled on deployments.apps "orders": {STALE}'
    )  # fmt: skip
    free = {key: value for key, value in whole["metadata"].items() if key != "resourceVersion"}
    answer = kubernetes_api.api.put(path, json={**whole, "metadata": free}, params={"dryRun": "All"})
    assert answer.status_code == 200
    other = kubernetes_api.api.put(path, json={**whole, "metadata": {"name": "other"}})
    assert (other.status_code, other.json()["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize("kind", ["deployments/orders", "statefulsets/postgres"])
def test_scale_is_read_and_written_by_itself(kubernetes_api: Stage, kind: str) -> None:
    path = f"{kubernetes_api.apps}/{kind}/scale"
    scale = kubernetes_api.get(path)
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    wished = kubernetes_api.patch(path, {"spec": {"replicas": 5}}, "merge", dryRun="All").json()
    assert wished["spec"]["replicas"] == 5
    assert kubernetes_api.get(path)["spec"] == scale["spec"]
    stale = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 5}}
    assert kubernetes_api.patch(path, stale, "merge").status_code == 409
    negative = kubernetes_api.patch(path, {"spec": {"replicas": -5}}, "merge")
    assert negative.status_code == 422
    assert negative.json()["message"].startswith("Scale.autoscaling ")


def eviction(stage: Stage, pod: str, **options: Any) -> httpx.Response:
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": stage.namespace},
        **({"deleteOptions": options} if options else {}),
    }
    return stage.api.post(f"{stage.core}/pods/{pod}/eviction", json=body)


def test_a_budget_forbids_an_eviction_and_says_why(kubernetes_api: Stage) -> None:
    kubernetes_api.pod("postgres")
    for answer in (
        eviction(kubernetes_api, "postgres-0"),
        eviction(kubernetes_api, "postgres-0", dryRun=["All"]),
    ):
        assert answer.status_code == 429
        assert answer.json() == {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Cannot evict pod as it would violate the pod's disruption budget.",
            "reason": "TooManyRequests",
            "details": {
                "causes": [
                    {
                        "reason": "DisruptionBudget",
                        "message": "The disruption budget postgres needs 1 healthy pods and has 1 currently",
                    }
                ]
            },
            "code": 429,
        }


def test_an_eviction_may_be_rehearsed_and_then_done(kubernetes_api: Stage) -> None:
    pod = kubernetes_api.pod("orders")
    path = f"{kubernetes_api.core}/pods/{pod}"
    done = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    rehearsed = eviction(kubernetes_api, pod, dryRun=["All"])
    assert (rehearsed.status_code, rehearsed.json()) == (201, done)
    assert "deletionTimestamp" not in kubernetes_api.get(path)["metadata"]
    assert eviction(kubernetes_api, pod, preconditions={"uid": "other"}).status_code == 409
    assert eviction(kubernetes_api, pod).json() == done
    until(lambda: kubernetes_api.api.get(path).status_code == 404, "the pod to go", PATIENCE)


def test_a_deletion_may_be_rehearsed_and_bound_to_one_pod(kubernetes_api: Stage) -> None:
    pod = kubernetes_api.pod("orders")
    path = f"{kubernetes_api.core}/pods/{pod}"
    uid = kubernetes_api.get(path)["metadata"]["uid"]
    for rehearsal in (
        kubernetes_api.api.request("DELETE", path, json={"dryRun": ["All"]}),
        kubernetes_api.api.delete(path, params={"dryRun": "All"}),
    ):
        assert rehearsal.json()["metadata"]["deletionTimestamp"]
    assert "deletionTimestamp" not in kubernetes_api.get(path)["metadata"]
    wrong = kubernetes_api.api.request("DELETE", path, json={"preconditions": {"uid": "other"}})
    assert wrong.status_code == 409
    assert wrong.json()["message"] == (
        f'Operation cannot be fulfilled on Pod "{pod}": the UID in the precondition (other) does not match the UID in '
        f"record ({uid}). The object might have been deleted and then recreated"
    )


def revisions(stage: Stage, workload: str) -> list[Json]:
    """ControllerRevisions of the StatefulSet or DaemonSet, oldest first."""
    namespace = stage.agents if workload == "node-exporter" else stage.namespace
    found = stage.get(f"/apis/apps/v1/namespaces/{namespace}/controllerrevisions")["items"]
    mine = [one for one in found if one["metadata"]["ownerReferences"][0]["name"] == workload]
    return sorted(mine, key=lambda one: int(one["revision"]))


@pytest.mark.parametrize(("kind", "name"), [("statefulsets", "postgres"), ("daemonsets", "node-exporter")])
def test_a_controller_revision_brings_the_template_back(kubernetes_api: Stage, kind: str, name: str) -> None:
    namespace = kubernetes_api.agents if name == "node-exporter" else kubernetes_api.namespace
    path = f"/apis/apps/v1/namespaces/{namespace}/{kind}/{name}"
    before = revisions(kubernetes_api, name)
    was = kubernetes_api.get(path)["spec"]["template"]
    restarted = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    body = {"spec": {"template": {"metadata": {"annotations": restarted}}}}
    assert kubernetes_api.patch(path, body).status_code == 200
    until(lambda: len(revisions(kubernetes_api, name)) == len(before) + 1, "a new revision", PATIENCE)
    newest = revisions(kubernetes_api, name)[-1]
    assert newest["data"]["spec"]["template"]["$patch"] == "replace"
    assert newest["revision"] == before[-1]["revision"] + 1
    assert kubernetes_api.patch(path, before[-1]["data"]).status_code == 200
    assert kubernetes_api.get(path)["spec"]["template"] == was

    def renumbered() -> bool:
        last = revisions(kubernetes_api, name)[-1]
        return bool(last["metadata"]["name"] == before[-1]["metadata"]["name"])

    until(renumbered, "the old revision as the newest", PATIENCE)
    assert revisions(kubernetes_api, name)[-1]["revision"] == newest["revision"] + 1
    until(lambda: _rolled_out(kubernetes_api.get(path)), "the workload to be as it was", PATIENCE)


def _rolled_out(workload: Json) -> bool:
    status, generation = workload["status"], workload["metadata"]["generation"]
    if status.get("observedGeneration") != generation:
        return False
    if workload["kind"] == "StatefulSet":
        return bool(status["currentRevision"] == status["updateRevision"] and status.get("readyReplicas", 0))
    wished = status["desiredNumberScheduled"]
    return bool(status.get("updatedNumberScheduled") == status.get("numberAvailable") == wished)


def test_a_roll_back_by_json_patch_reuses_the_replica_set(kubernetes_api: Stage) -> None:
    path = f"{kubernetes_api.apps}/deployments/orders"

    def newest() -> Json:
        found = kubernetes_api.get(f"{kubernetes_api.apps}/replicasets")["items"]
        mine = [one for one in found if one["metadata"]["ownerReferences"][0]["name"] == "orders"]
        return max(mine, key=lambda one: int(one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]))

    def number(told: Json) -> int:
        return int(told["metadata"]["annotations"]["deployment.kubernetes.io/revision"])

    before, whole = newest(), kubernetes_api.get(path)
    restarted = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    kubernetes_api.patch(path, {"spec": {"template": {"metadata": {"annotations": restarted}}}}).raise_for_status()
    until(lambda: number(newest()) == number(before) + 1, "a new revision", PATIENCE)

    def rolled_back() -> bool:
        version = kubernetes_api.get(path)["metadata"]["resourceVersion"]
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "replace", "path": "/spec/template", "value": whole["spec"]["template"]},
        ]
        return kubernetes_api.patch(path, patch, "json").status_code == 200

    until(rolled_back, "a roll-back between two changes of status", PATIENCE)
    until(lambda: number(newest()) == number(before) + 2, "the old revision as the newest", PATIENCE)
    assert newest()["metadata"]["name"] == before["metadata"]["name"]
    # The Deployment is told after its ReplicaSet.
    until(lambda: number(kubernetes_api.get(path)) == number(before) + 2, "the Deployment's revision", PATIENCE)


def test_cordoning_marks_the_node_and_uncordoning_takes_it_back(kubernetes_api: Stage) -> None:
    name = kubernetes_api.pods("orders")[0]["spec"]["nodeName"]
    path = f"/api/v1/nodes/{name}"
    rehearsed = kubernetes_api.patch(path, {"spec": {"unschedulable": True}}, dryRun="All").json()
    assert rehearsed["spec"]["unschedulable"] is True
    assert "unschedulable" not in kubernetes_api.get(path)["spec"]
    kubernetes_api.patch(path, {"spec": {"unschedulable": True}}).raise_for_status()
    until(lambda: bool(kubernetes_api.get(path)["spec"].get("taints")), "the taint", PATIENCE)
    taint = kubernetes_api.get(path)["spec"]["taints"][0]
    assert (taint["key"], taint["effect"]) == ("node.kubernetes.io/unschedulable", "NoSchedule")
    kubernetes_api.patch(path, {"spec": {"unschedulable": None}}).raise_for_status()
    until(lambda: not kubernetes_api.get(path)["spec"].get("taints"), "the taint to go", PATIENCE)


def test_labels_of_a_pod_may_be_changed_and_its_spec_not(kubernetes_api: Stage) -> None:
    path = f"{kubernetes_api.core}/pods/{kubernetes_api.pod('orders')}"
    answer = kubernetes_api.patch(path, {"metadata": {"labels": {"watched": "yes"}}}, "merge")
    assert answer.json()["metadata"]["labels"]["watched"] == "yes"
    refused = kubernetes_api.patch(path, {"spec": {"restartPolicy": "Never"}}, "merge")
    assert (refused.status_code, refused.json()["reason"]) == (422, "Invalid")
    assert "spec: Forbidden: pod updates may not change fields other than" in refused.json()["message"]


def execute(client: httpx.Client, path: str, *command: str, protocol: str = "v5.channel.k8s.io") -> dict[int, bytes]:
    """What came on each channel until the server closed."""
    words = [("command", word) for word in command]
    query = httpx.QueryParams([*words, ("stdout", "true"), ("stderr", "true")])
    told: dict[int, bytes] = {}
    with connect_ws(f"{path}/exec?{query}", client, subprotocols=[protocol]) as session:
        assert session.subprotocol == protocol
        for frame in _frames(session):
            told[frame[0]] = told.get(frame[0], b"") + frame[1:]
    return told


def _frames(session: WebSocketSession) -> Iterator[bytes]:
    try:
        while True:
            yield session.receive_bytes(timeout=20)
    except WebSocketDisconnect:
        return


def status_of(stage: Stage, pod: str, *command: str) -> Json:
    told: Json = json.loads(execute(stage.api, f"{stage.core}/pods/{pod}", *command)[3])
    return told


@pytest.mark.parametrize("protocol", ["v5.channel.k8s.io", "v4.channel.k8s.io"])
def test_a_command_tells_its_output_and_how_it_ended(kubernetes_api: Stage, protocol: str) -> None:
    path = f"{kubernetes_api.core}/pods/{kubernetes_api.pod('orders')}"
    told = execute(kubernetes_api.api, path, "sh", "-c", "echo hi; kill -0 99999; nosuch", protocol=protocol)
    assert told[1] == b"hi\n"
    assert told[2] == b"sh: can't kill pid 99999: No such process\nsh: nosuch: not found\n"
    status = json.loads(told[3])
    # What follows depends on whether containerd or the kubelet notices first.
    assert status.pop("message").startswith("command terminated with non-zero exit code: ")
    assert status == {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": "127"}]},
    }
    assert status_of(kubernetes_api, path.rpartition("/")[2], "true") == {"metadata": {}, "status": "Success"}


@pytest.mark.parametrize(
    ("workload", "command", "why"),
    [
        ("orders", ("nosuch",), 'exec: "nosuch": executable file not found in $PATH: unknown'),
        ("users", ("kill", "1"), 'exec: "kill": executable file not found in $PATH: unknown'),
        ("users", ("/bin/sh", "-c", "kill 1"), 'exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown'),
    ],
)
def test_a_program_that_is_not_there_is_not_started(
    kubernetes_api: Stage, workload: str, command: tuple[str, ...], why: str
) -> None:
    status = status_of(kubernetes_api, kubernetes_api.pod(workload), *command)
    assert (status["status"], status["reason"], status["code"]) == ("Failure", "InternalError", 500)
    assert status["message"].startswith(
        "Internal error occurred: Internal error occurred: error executing command in container: "
        "failed to exec in container: failed to start exec "
    )
    assert status["message"].endswith(why)


def test_exec_is_refused_instead_of_upgraded(kubernetes_api: Stage) -> None:
    core, pod = kubernetes_api.core, kubernetes_api.pod("orders")
    for client, path, code in (
        (kubernetes_api.api, f"{core}/pods/nobody", 404),
        (kubernetes_api.reader, f"{core}/pods/{pod}", 403),
    ):
        with pytest.raises(WebSocketUpgradeError) as refused:
            execute(client, path, "true")
        assert refused.value.response.status_code == code
    plain = kubernetes_api.api.get(f"{core}/pods/{pod}/exec?command=true&stdout=true")
    assert (plain.status_code, plain.json()["message"]) == (400, "Upgrade request required")
    container = kubernetes_api.api.get(f"{core}/pods/{pod}/exec?command=true&container=nope")
    assert container.json()["message"] == f"container nope is not valid for pod {pod}"


def container_of(stage: Stage, pod: str) -> Json:
    status: Json = stage.get(f"{stage.core}/pods/{pod}")["status"]["containerStatuses"][0]
    return status


def send_kill_1(stage: Stage, pod: str) -> None:
    """`kill 1`. It succeeds, or ends with the namespace of process 1, by signal 9, before it can say so."""
    told = status_of(stage, pod, "kill", "1")
    causes = (told.get("details") or {}).get("causes") or [{}]
    assert told["status"] == "Success" or causes[0].get("message") == "137", told


def test_kill_1_restarts_the_container_keeps_the_pod_and_leaves_a_previous_log(kubernetes_api: Stage) -> None:
    pod = kubernetes_api.pod("orders")
    path = f"{kubernetes_api.core}/pods/{pod}"
    before, was = kubernetes_api.get(path), container_of(kubernetes_api, pod)
    log = kubernetes_api.api.get(f"{path}/log").text.splitlines()
    send_kill_1(kubernetes_api, pod)

    def restarted() -> bool:
        now = container_of(kubernetes_api, pod)
        return bool(now["restartCount"] == was["restartCount"] + 1 and now["ready"])

    until(restarted, "a container that runs anew", PATIENCE)
    after, now = kubernetes_api.get(path), container_of(kubernetes_api, pod)
    assert (after["metadata"]["uid"], after["status"]["podIP"]) == (
        before["metadata"]["uid"],
        before["status"]["podIP"],
    )
    assert now["containerID"] != was["containerID"]
    assert now["lastState"]["terminated"]["containerID"] == was["containerID"]
    previous = kubernetes_api.api.get(f"{path}/log", params={"previous": "true"})
    assert previous.status_code == 200
    assert log
    # Of a long log the oldest lines may be gone by now.
    assert "\n".join(log[len(log) // 2 :]) in previous.text


@pytest.mark.parametrize(("workload", "command"), [("payments", ("kill", "1")), ("orders", ("kill", "-9", "1"))])
def test_a_signal_that_process_1_does_not_take_succeeds_and_changes_nothing(
    kubernetes_api: Stage, workload: str, command: tuple[str, ...]
) -> None:
    pod = kubernetes_api.pod(workload)
    was = container_of(kubernetes_api, pod)
    assert status_of(kubernetes_api, pod, *command)["status"] == "Success"
    assert status_of(kubernetes_api, pod, "kill", "-0", "1")["status"] == "Success"
    assert container_of(kubernetes_api, pod)["containerID"] == was["containerID"]


def test_a_followed_log_goes_on_until_its_container_ends(kubernetes_api: Stage) -> None:
    pod = kubernetes_api.pod("orders")
    path = f"{kubernetes_api.core}/pods/{pod}"
    was = container_of(kubernetes_api, pod)
    asked = {"follow": "true", "tailLines": "1"}
    with kubernetes_api.api.stream("GET", f"{path}/log", params=asked, timeout=PATIENCE) as answer:
        assert answer.status_code == 200
        send_kill_1(kubernetes_api, pod)
        told = answer.read().decode()
    assert told.splitlines()
    until(lambda: container_of(kubernetes_api, pod)["restartCount"] == was["restartCount"] + 1, "a restart", PATIENCE)
    ended = kubernetes_api.api.get(f"{path}/log", params={"previous": "true", "tailLines": "1"}).text
    assert told.splitlines()[-1] == ended.splitlines()[-1]
