from __future__ import annotations

from typing import Any

import pytest

from opsconsole.practice.kubernetes.patches import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patched
from opsconsole.practice.kubernetes.selection import labels_match
from opsconsole.practice.kubernetes.status import Refusal
from practice_shop import Drill, standing

SHOP = "/api/v1/namespaces/shop"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


async def items(drill: Drill, path: str) -> list[dict[str, Any]]:
    answer = await drill.kubernetes.get(path)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_pod_shows_the_probes_of_the_guide_its_owner_and_its_state() -> None:
    drill = standing("healthy")
    pod = (await items(drill, f"{SHOP}/pods?labelSelector=app=checkout"))[0]
    container = pod["spec"]["containers"][0]
    liveness = container["livenessProbe"]
    assert liveness["httpGet"] == {"path": "/healthz", "port": 8080, "scheme": "HTTP"}
    timings = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")
    assert [liveness[name] for name in timings] == [30, 10, 5, 3]
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
    assert pod["metadata"]["labels"]["pod-template-hash"] in pod["metadata"]["name"]
    assert pod["status"]["containerStatuses"][0]["started"] is True
    assert {one["type"]: one["status"] for one in pod["status"]["conditions"]}["Ready"] == "True"


async def test_postgres_is_probed_by_its_own_tool() -> None:
    pod = (await items(standing("healthy"), f"{SHOP}/pods?labelSelector=app=postgres"))[0]
    assert pod["spec"]["containers"][0]["readinessProbe"]["exec"]["command"][0] == "pg_isready"


async def test_a_single_object_names_its_kind_and_a_missing_one_is_a_status() -> None:
    drill = standing("healthy")
    name = (await items(drill, f"{SHOP}/pods"))[0]["metadata"]["name"]
    assert (await drill.kubernetes.get(f"{SHOP}/pods/{name}")).json()["kind"] == "Pod"
    answer = await drill.kubernetes.get(f"{SHOP}/pods/nobody")
    assert answer.status_code == 404
    assert answer.json()["message"] == 'pods "nobody" not found'
    assert answer.json()["reason"] == "NotFound"


async def test_pages_of_a_list_add_up_to_the_whole() -> None:
    drill = standing("healthy")
    whole = [pod["metadata"]["name"] for pod in await items(drill, "/api/v1/pods")]
    found: list[str] = []
    token, pages = "", 0
    while True:
        body = (await drill.kubernetes.get("/api/v1/pods", params={"limit": "4", "continue": token})).json()
        found += [pod["metadata"]["name"] for pod in body["items"]]
        pages += 1
        token = body["metadata"].get("continue", "")
        if not token:
            break
        assert body["metadata"]["remainingItemCount"] == len(whole) - len(found)
    assert (found, pages) == (whole, 5)


async def test_fields_select_and_unknown_ones_are_refused() -> None:
    drill = standing("bad-release")
    pod = (await items(drill, f"{SHOP}/pods?labelSelector=app=checkout"))[0]
    events = await items(drill, f"{SHOP}/events?fieldSelector=involvedObject.uid={pod['metadata']['uid']},type=Warning")
    assert events
    assert {event["involvedObject"]["name"] for event in events} == {pod["metadata"]["name"]}
    refused = await drill.kubernetes.get(f"{SHOP}/pods?fieldSelector=spec.colour=red")
    assert refused.status_code == 400
    assert refused.json()["message"] == "field label not supported: spec.colour"


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("app=a", True), ("app==a,tier!=x", True), ("app in (a, b)", True), ("app notin (a)", False),
        ("app", True), ("!app", False), ("missing!=1", True), ("missing in (a)", False),
    ],
)  # fmt: skip
def test_label_selectors_mean_what_the_api_says(selector: str, matches: bool) -> None:
    assert labels_match(selector, {"app": "a"}) is matches


async def test_events_speak_the_words_of_the_kubelet() -> None:
    bad, slow = standing("bad-release"), standing("slow-start")
    messages = [event["message"] for event in await items(bad, f"{SHOP}/events")]
    assert "Readiness probe failed: HTTP probe failed with statuscode: 503" in messages
    assert "Container checkout failed liveness probe, will be restarted" in messages
    events = await items(slow, f"{SHOP}/events?fieldSelector=reason=Unhealthy")
    assert events[0]["involvedObject"]["fieldPath"] == "spec.containers{users}"
    assert events[0]["message"].startswith('Startup probe failed: Get "http://10.244.')
    assert max(event["count"] for event in events) > 10


async def test_a_pod_that_has_spent_its_events_fails_in_silence() -> None:
    drill = Drill("slow-start")
    pods = await items(drill, f"{SHOP}/pods?labelSelector=app=users")
    name = next(pod["metadata"]["name"] for pod in pods if pod["status"]["containerStatuses"][0]["restartCount"])

    async def told() -> tuple[int, float]:
        events = await items(drill, f"{SHOP}/events?fieldSelector=involvedObject.name={name}")
        of_kubelet = [event for event in events if event["reportingComponent"] == "kubelet"]
        failed = sum(drill.latest("prober_probe_total", pod=name, probe_type="Startup", result="failed"))
        return sum(event["count"] for event in of_kubelet), failed

    before, failed = await told()
    assert before < failed
    drill.wait(900)
    assert before < (await told())[0] < (await told())[1]


async def test_a_container_that_never_starts_backs_off_and_keeps_its_last_state() -> None:
    drill = standing("slow-start")
    pods = await items(drill, f"{SHOP}/pods?labelSelector=app=users")
    broken = [
        pod["status"]["containerStatuses"][0] for pod in pods if pod["status"]["containerStatuses"][0]["restartCount"]
    ]
    assert len(broken) == 2
    assert all(status["started"] is False and status["lastState"]["terminated"]["exitCode"] == 143 for status in broken)
    deployment = (await drill.kubernetes.get(f"{DEPLOYMENTS}/users")).json()
    conditions = {one["type"]: one for one in deployment["status"]["conditions"]}
    assert conditions["Progressing"]["reason"] == "ProgressDeadlineExceeded"


async def test_revisions_tell_image_cause_and_time() -> None:
    drill = standing("bad-release")
    newest, before = (await drill.revisions("checkout"))[:2]
    assert newest["spec"]["template"]["spec"]["containers"][0]["image"].endswith("checkout:1.15.0")
    assert before["spec"]["template"]["spec"]["containers"][0]["image"].endswith("checkout:1.14.2")
    assert newest["metadata"]["annotations"]["kubernetes.io/change-cause"].startswith("deploy checkout 1.15.0")
    assert (newest["spec"]["replicas"], before["spec"]["replicas"]) == (3, 0)


async def test_a_rollback_reuses_the_replica_set_and_renumbers_it() -> None:
    drill = Drill("bad-release")
    before = (await drill.revisions("checkout"))[1]
    await drill.roll_back("checkout")
    drill.wait(120)
    newest = (await drill.revisions("checkout"))[0]
    assert newest["metadata"]["name"] == before["metadata"]["name"]
    assert newest["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "5"
    deployment = (await drill.kubernetes.get(f"{DEPLOYMENTS}/checkout")).json()
    assert deployment["status"]["readyReplicas"] == 3
    assert deployment["status"]["observedGeneration"] == deployment["metadata"]["generation"]


async def test_a_rehearsal_changes_nothing() -> None:
    drill = Drill("healthy")
    before = (await drill.kubernetes.get(f"{DEPLOYMENTS}/orders")).json()
    made = await drill.patch("orders", {"spec": {"replicas": 9}}, query="?dryRun=All")
    assert made["spec"]["replicas"] == 9
    assert (await drill.kubernetes.get(f"{DEPLOYMENTS}/orders")).json() == before


async def test_a_stale_resource_version_is_a_conflict() -> None:
    drill = standing("healthy")
    answer = await drill.kubernetes.patch(
        f"{DEPLOYMENTS}/orders",
        json={"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 4}},
        headers={"content-type": MERGE_PATCH},
    )
    assert answer.status_code == 409
    assert "the object has been modified" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ({"spec": {"replicas": -1}}, MERGE_PATCH, 422),
        ({"spec": {"template": {"metadata": {"labels": {"app": "other"}}}}}, MERGE_PATCH, 422),
        ({"spec": {"replicas": 1}}, "application/json", 415),
        ([{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}], JSON_PATCH, 422),
        ([{"op": "replace", "path": "/spec/nothing/here", "value": 1}], JSON_PATCH, 422),
        ({"op": "replace"}, JSON_PATCH, 400),
    ],
)
async def test_patches_that_make_no_sense_are_refused(body: object, media_type: str, status: int) -> None:
    answer = await standing("healthy").kubernetes.patch(
        f"{DEPLOYMENTS}/orders", json=body, headers={"content-type": media_type}
    )
    assert answer.status_code == status
    assert answer.json()["kind"] == "Status"


async def test_a_deleted_pod_goes_and_another_comes() -> None:
    drill = Drill("healthy")
    before = await items(drill, f"{SHOP}/pods?labelSelector=app=orders")
    name = before[0]["metadata"]["name"]
    wrong = await drill.kubernetes.request("DELETE", f"{SHOP}/pods/{name}", json={"preconditions": {"uid": "other"}})
    assert wrong.status_code == 409
    answer = await drill.kubernetes.delete(f"{SHOP}/pods/{name}")
    assert answer.json()["metadata"]["deletionTimestamp"]
    drill.wait(60)
    after = await items(drill, f"{SHOP}/pods?labelSelector=app=orders")
    assert len(after) == 3
    assert name not in {pod["metadata"]["name"] for pod in after}


async def test_endpoints_keep_unready_pods_apart() -> None:
    drill = standing("slow-start")
    users = next(one for one in await items(drill, f"{SHOP}/endpoints") if one["metadata"]["name"] == "users")
    assert len(users["subsets"][0]["addresses"]) == 1
    assert len(users["subsets"][0]["notReadyAddresses"]) == 2


async def test_scaling_follows_the_wish_in_both_directions() -> None:
    drill = Drill("healthy")
    for replicas in (5, 2):
        await drill.patch("orders", {"spec": {"replicas": replicas}})
        drill.wait(60)
        assert len(await items(drill, f"{SHOP}/pods?labelSelector=app=orders")) == replicas


async def test_a_restart_of_a_healthy_deployment_replaces_its_pods() -> None:
    drill = Drill("healthy")
    before = {pod["metadata"]["name"] for pod in await items(drill, f"{SHOP}/pods?labelSelector=app=orders")}
    await drill.restart("orders")
    drill.wait(120)
    after = {pod["metadata"]["name"] for pod in await items(drill, f"{SHOP}/pods?labelSelector=app=orders")}
    assert len(after) == 3
    assert not before & after


async def test_a_paused_deployment_keeps_its_pods() -> None:
    drill = Drill("healthy")
    before = {pod["metadata"]["name"] for pod in await items(drill, f"{SHOP}/pods?labelSelector=app=orders")}
    await drill.patch("orders", {"spec": {"paused": True}})
    await drill.restart("orders")
    drill.wait(60)
    after = {pod["metadata"]["name"] for pod in await items(drill, f"{SHOP}/pods?labelSelector=app=orders")}
    assert after == before


async def test_pausing_holds_a_rollout_where_it_is() -> None:
    drill = Drill("healthy")
    await drill.restart("orders")
    drill.wait(3)
    await drill.patch("orders", {"spec": {"paused": True}})
    drill.wait(120)
    owners = [
        pod["metadata"]["labels"]["pod-template-hash"]
        for pod in await items(drill, f"{SHOP}/pods?labelSelector=app=orders")
    ]
    assert len(set(owners)) == 2


async def test_everything_may_be_done_and_the_version_is_told() -> None:
    drill = standing("healthy")
    asked = {"spec": {"resourceAttributes": {"verb": "patch", "resource": "deployments"}}}
    answer = await drill.kubernetes.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json=asked)
    assert (answer.status_code, answer.json()["status"]["allowed"]) == (201, True)
    assert (await drill.kubernetes.get("/version")).json()["gitVersion"].startswith("v1.")
    for path in ("/api", "/apis", "/apis/apps/v1", "/api/v1/nodes", "/apis/apps/v1/statefulsets"):
        assert (await drill.kubernetes.get(path)).status_code == 200
    missing = await drill.kubernetes.get("/apis/nothing/v1/things")
    assert (missing.status_code, missing.json()["kind"]) == (404, "Status")


def test_strategic_merge_goes_by_the_declared_keys() -> None:
    current = {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}
    patch = {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}, {"name": "b", "$patch": "delete"}]}
    made = patched(STRATEGIC_PATCH, current, patch)
    assert made == {
        "containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}]
    }
    assert patched(STRATEGIC_PATCH, {"a": {"b": 1}}, {"a": {"$patch": "replace", "c": 2}}) == {"a": {"c": 2}}


def test_merge_patch_replaces_lists_and_null_removes() -> None:
    assert patched(MERGE_PATCH, {"a": [1, 2], "b": 1}, {"a": [3], "b": None}) == {"a": [3]}


def test_json_patch_operations_of_the_standard() -> None:
    operations = [
        {"op": "add", "path": "/a/-", "value": 3},
        {"op": "move", "from": "/b", "path": "/c~1d"},
        {"op": "copy", "from": "/a/0", "path": "/e"},
        {"op": "remove", "path": "/a/1"},
        {"op": "test", "path": "/e", "value": 1},
    ]
    assert patched(JSON_PATCH, {"a": [1, 2], "b": 0}, operations) == {"a": [1, 3], "c/d": 0, "e": 1}
    with pytest.raises(Refusal):
        patched(JSON_PATCH, {}, [{"op": "remove", "path": "/nothing"}])
