from __future__ import annotations

from typing import Any

import pytest

from opsconsole.practice.kubernetes.patches import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from practice_shop import Drill

SHOP = "/api/v1/namespaces/shop"
APPS = "/apis/apps/v1/namespaces/shop"
POSTGRES = f"{APPS}/statefulsets/postgres"
EXPORTER = "/apis/apps/v1/namespaces/monitoring/daemonsets/node-exporter"

Json = dict[str, Any]


async def get(drill: Drill, path: str, **query: str) -> Json:
    answer = await drill.kubernetes.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def patch(drill: Drill, path: str, body: Any, kind: str = STRATEGIC_PATCH) -> Json:
    answer = await drill.kubernetes.patch(path, json=body, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def restart(drill: Drill, path: str) -> None:
    annotations = {"kubectl.kubernetes.io/restartedAt": f"at {drill.clock.now():.0f}"}
    await patch(drill, path, {"spec": {"template": {"metadata": {"annotations": annotations}}}})


async def pods(drill: Drill, namespace: str, app: str) -> list[Json]:
    found = await get(drill, f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"app={app}")
    return list(found["items"])


async def revisions(drill: Drill, path: str) -> list[Json]:
    """ControllerRevisions of the workload at `path`, newest first."""
    name = path.rpartition("/")[2]
    collection = path.rpartition("/")[0].rpartition("/")[0]
    found = (await get(drill, f"{collection}/controllerrevisions"))["items"]
    mine = [one for one in found if one["metadata"]["ownerReferences"][0]["name"] == name]
    return sorted(mine, key=lambda one: -int(one["revision"]))


async def test_a_stateful_pod_comes_back_under_its_name_as_another_pod() -> None:
    drill = Drill("healthy")
    before = (await pods(drill, "shop", "postgres"))[0]
    await restart(drill, POSTGRES)
    drill.wait(60)
    after = (await pods(drill, "shop", "postgres"))[0]
    assert before["metadata"]["name"] == after["metadata"]["name"] == "postgres-0"
    assert before["metadata"]["uid"] != after["metadata"]["uid"]
    assert (
        after["metadata"]["labels"]["controller-revision-hash"]
        != before["metadata"]["labels"]["controller-revision-hash"]
    )
    status = (await get(drill, POSTGRES))["status"]
    assert status["currentRevision"] == status["updateRevision"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (1, 1)


async def test_metrics_of_a_pod_that_came_back_under_its_name_are_one_series() -> None:
    drill = Drill("healthy")
    await restart(drill, POSTGRES)
    drill.wait(120)
    for metric in ("kube_pod_status_ready", "kube_pod_container_status_restarts_total"):
        found = drill.series(metric, 600, pod="postgres-0")
        labels = [tuple(sorted(series.labels.items())) for series in found]
        assert len(labels) == len(set(labels))
        for series in found:
            assert (series.times[1:] > series.times[:-1]).all()


@pytest.mark.parametrize("path", [POSTGRES, EXPORTER])
async def test_the_revision_before_brings_the_old_image_back(path: str) -> None:
    drill = Drill("healthy")
    newest, before = (await revisions(drill, path))[:2]
    await patch(drill, path, before["data"])
    drill.wait(120)
    now = (await revisions(drill, path))[0]
    assert now["metadata"]["name"] == before["metadata"]["name"]
    assert now["revision"] == newest["revision"] + 1
    image = before["data"]["spec"]["template"]["spec"]["containers"][0]["image"]
    workload = await get(drill, path)
    running = await pods(drill, workload["metadata"]["namespace"], workload["metadata"]["name"])
    assert {pod["spec"]["containers"][0]["image"] for pod in running} == {image}
    assert workload["status"]["observedGeneration"] == workload["metadata"]["generation"]


async def test_a_daemon_set_replaces_its_pods_one_by_one_and_each_on_its_node() -> None:
    drill = Drill("healthy")
    assert len(await pods(drill, "monitoring", "node-exporter")) == 3
    await restart(drill, EXPORTER)
    fewest, nodes = 3, set[str]()
    for _ in range(60):
        drill.wait(1)
        found = await pods(drill, "monitoring", "node-exporter")
        fewest = min(fewest, sum(one["status"].get("containerStatuses", [{}])[0].get("ready", False) for one in found))
        nodes |= {one["spec"]["nodeName"] for one in found}
    assert fewest == 2
    assert nodes == {"node-1", "node-2", "node-3"}
    status = (await get(drill, EXPORTER))["status"]
    assert status["updatedNumberScheduled"] == status["numberAvailable"] == 3


async def test_a_stateful_set_whose_pod_is_broken_stays_so_until_the_pod_is_deleted() -> None:
    drill = Drill("healthy")
    container = {"name": "postgres", "readinessProbe": {"initialDelaySeconds": 100_000}}
    await patch(drill, POSTGRES, {"spec": {"template": {"spec": {"containers": [container]}}}})
    drill.wait(60)
    assert (await get(drill, POSTGRES))["status"].get("readyReplicas", 0) == 0
    good = (await revisions(drill, POSTGRES))[1]
    await patch(drill, POSTGRES, good["data"])
    drill.wait(120)
    assert (await get(drill, POSTGRES))["status"].get("readyReplicas", 0) == 0
    assert (await drill.kubernetes.delete(f"{SHOP}/pods/postgres-0")).status_code == 200
    drill.wait(60)
    assert (await get(drill, POSTGRES))["status"]["readyReplicas"] == 1


async def test_a_stuck_rollout_is_undone_by_a_json_patch_that_tests_the_version() -> None:
    drill = Drill("slow-start")
    path = f"{APPS}/deployments/users"
    workload = await get(drill, path)
    conditions = {one["type"]: one["reason"] for one in workload["status"]["conditions"]}
    assert conditions["Progressing"] == "ProgressDeadlineExceeded"
    good = (await drill.revisions("users"))[1]
    template = good["spec"]["template"]
    del template["metadata"]["labels"]["pod-template-hash"]
    version = {"op": "test", "path": "/metadata/resourceVersion", "value": workload["metadata"]["resourceVersion"]}
    replace = {"op": "replace", "path": "/spec/template", "value": template}
    await patch(drill, path, [version, replace], JSON_PATCH)
    again = await drill.kubernetes.patch(path, json=[version, replace], headers={"content-type": JSON_PATCH})
    assert again.status_code == 422
    drill.wait(120)
    status = (await get(drill, path))["status"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (2, 2)
    assert {one["type"]: one["reason"] for one in status["conditions"]}["Progressing"] == "NewReplicaSetAvailable"


async def test_new_pods_keep_off_a_cordoned_node() -> None:
    drill = Drill("healthy")
    await patch(drill, "/api/v1/nodes/node-1", {"spec": {"unschedulable": True}})
    await restart(drill, f"{APPS}/deployments/orders")
    drill.wait(120)
    found = await pods(drill, "shop", "orders")
    assert len(found) == 3
    assert "node-1" not in {pod["spec"]["nodeName"] for pod in found}
    assert all(pod["status"]["podIP"].startswith(f"10.244.{pod['spec']['nodeName'][-1]}.") for pod in found)


async def test_a_pod_that_no_node_takes_is_pending_with_the_words_of_the_scheduler() -> None:
    drill = Drill("healthy")
    for name in ("node-1", "node-2", "node-3"):
        await patch(drill, f"/api/v1/nodes/{name}", {"spec": {"unschedulable": True}})
    await patch(drill, f"{APPS}/deployments/orders/scale", {"spec": {"replicas": 4}}, MERGE_PATCH)
    drill.wait(40)
    pending = [pod for pod in await pods(drill, "shop", "orders") if pod["status"]["phase"] == "Pending"]
    assert [pod["status"]["conditions"][0]["reason"] for pod in pending] == ["Unschedulable"]
    events = await get(drill, f"{SHOP}/events", fieldSelector="reason=FailedScheduling")
    assert events["items"][0]["message"].startswith("0/3 nodes are available: 3 node(s) were unschedulable.")
    await patch(drill, "/api/v1/nodes/node-2", {"spec": {"unschedulable": None}})
    drill.wait(60)
    assert len([pod for pod in await pods(drill, "shop", "orders") if pod["spec"].get("nodeName")]) == 4


async def test_the_autoscaler_holds_its_bounds() -> None:
    drill = Drill("healthy")
    await patch(drill, f"{APPS}/deployments/users/scale", {"spec": {"replicas": 9}}, MERGE_PATCH)
    drill.wait(60)
    assert (await get(drill, f"{APPS}/deployments/users"))["spec"]["replicas"] == 5
    autoscaler = (await get(drill, "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"))["items"][0]
    assert autoscaler["status"]["currentReplicas"] == autoscaler["spec"]["maxReplicas"] == 5
    assert autoscaler["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"] > 0


async def test_a_budget_counts_the_pods_it_protects() -> None:
    drill = Drill("healthy")
    path = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets"
    figures = {one["metadata"]["name"]: one["status"] for one in (await get(drill, path))["items"]}
    assert {name: one["disruptionsAllowed"] for name, one in figures.items()} == {
        "gateway": 1,
        "checkout": 1,
        "postgres": 0,
    }
    names = [pod["metadata"]["name"] for pod in await pods(drill, "shop", "checkout")]
    codes = [(await drill.kubernetes.post(f"{SHOP}/pods/{name}/eviction", json={})).status_code for name in names[:2]]
    assert codes == [201, 429]
    drill.wait(60)
    assert (await drill.kubernetes.post(f"{SHOP}/pods/{names[1]}/eviction", json={})).status_code == 201


async def test_a_service_that_ignores_the_signal_takes_its_whole_grace_to_go() -> None:
    drill = Drill("healthy")
    name = (await pods(drill, "shop", "payments"))[0]["metadata"]["name"]
    await drill.kubernetes.delete(f"{SHOP}/pods/{name}")
    drill.wait(20)
    assert (await get(drill, f"{SHOP}/pods/{name}"))["metadata"]["deletionGracePeriodSeconds"] == 30
    drill.wait(12)
    assert (await drill.kubernetes.get(f"{SHOP}/pods/{name}")).status_code == 404


async def test_the_job_is_there_with_its_pod_and_failed_without() -> None:
    drill = Drill("noisy-neighbour")
    path = "/apis/batch/v1/namespaces/batch/jobs"
    job = (await get(drill, path))["items"][0]
    assert job["status"]["active"] == 1
    name = (await get(drill, "/api/v1/namespaces/batch/pods"))["items"][0]["metadata"]["name"]
    await drill.kubernetes.delete(f"/api/v1/namespaces/batch/pods/{name}")
    drill.wait(60)
    assert (await get(drill, path))["items"][0]["status"]["conditions"][0]["reason"] == "BackoffLimitExceeded"
    assert (await get(Drill("healthy"), path))["items"] == []


async def test_a_settled_workload_keeps_no_more_revisions_than_it_is_told_to() -> None:
    drill = Drill("healthy")
    await patch(drill, f"{APPS}/deployments/orders", {"spec": {"revisionHistoryLimit": 1}}, MERGE_PATCH)
    await restart(drill, f"{APPS}/deployments/orders")
    drill.wait(120)
    assert len(await drill.revisions("orders")) == 2


async def test_endpoint_slices_tell_who_serves_and_who_is_on_its_way_out() -> None:
    drill = Drill("healthy")
    name = (await pods(drill, "shop", "payments"))[0]["metadata"]["name"]
    await drill.kubernetes.delete(f"{SHOP}/pods/{name}")
    path = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
    found = (await get(drill, path, labelSelector="kubernetes.io/service-name=payments"))["items"][0]
    conditions = {one["targetRef"]["name"]: one["conditions"] for one in found["endpoints"]}
    assert conditions.pop(name) == {"ready": False, "serving": True, "terminating": True}
    assert all(one == {"ready": True, "serving": True, "terminating": False} for one in conditions.values())
