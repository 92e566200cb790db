"""Lists, watches, logs and rights as the console relies on them, on the practice cluster and a real API server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from servers.kubernetes_stage import Stage
from servers.waiting import until

Json = dict[str, Any]


def watch(stage: Stage, path: str, seconds: int = 2, **query: str) -> list[Json]:
    """All that a watch of so many seconds tells."""
    query = {"watch": "1", "timeoutSeconds": str(seconds), **query}
    with stage.api.stream("GET", path, params=query) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "application/json"
        return [json.loads(line) for line in answer.iter_lines() if line]


def label(stage: Stage, **labels: str | None) -> None:
    answer = stage.patch(f"{stage.apps}/deployments/orders", {"metadata": {"labels": labels}}, "merge")
    assert answer.status_code == 200, answer.text


def named(told: list[Json], name: str) -> list[str]:
    return [one["type"] for one in told if one["object"]["metadata"]["name"] == name]


@pytest.mark.parametrize("begin", ["", "0"])
def test_a_watch_from_anywhere_begins_with_all_there_is(kubernetes_api: Stage, begin: str) -> None:
    path = f"{kubernetes_api.apps}/deployments"
    told = watch(kubernetes_api, path, 1, resourceVersion=begin)
    for name in ("orders", "users", "payments"):
        assert named(told, name)[0] == "ADDED"
    assert {(one["object"]["kind"], one["object"]["apiVersion"]) for one in told} == {("Deployment", "apps/v1")}


def test_a_watch_tells_what_came_after_the_list_and_can_be_taken_up_again(kubernetes_api: Stage) -> None:
    path = f"{kubernetes_api.apps}/deployments"
    begin = kubernetes_api.get(path)["metadata"]["resourceVersion"]
    label(kubernetes_api, team="one")
    label(kubernetes_api, team="two")
    told = watch(kubernetes_api, path, resourceVersion=begin)
    assert set(named(told, "orders")) == {"MODIFIED"}
    versions = [int(one["object"]["metadata"]["resourceVersion"]) for one in told]
    assert versions == sorted(versions)
    assert versions[0] > int(begin)
    again = watch(kubernetes_api, path, resourceVersion=str(versions[-1]))
    assert named(again, "orders") == []


def test_an_object_whose_labels_no_longer_match_is_gone_to_those_who_select(kubernetes_api: Stage) -> None:
    path = f"{kubernetes_api.apps}/deployments"
    begin = kubernetes_api.get(path)["metadata"]["resourceVersion"]
    label(kubernetes_api, tier="front")
    label(kubernetes_api, tier=None)
    told = watch(kubernetes_api, path, resourceVersion=begin, labelSelector="tier=front")
    assert named(told, "orders") == ["ADDED", "DELETED"]
    assert told[1]["object"]["metadata"]["labels"]["tier"] == "front"
    assert int(told[1]["object"]["metadata"]["resourceVersion"]) > int(told[0]["object"]["metadata"]["resourceVersion"])


REFUSED_READS = [
    ("pods?watch=1&resourceVersion=abc", 500, None, 'resourceVersion: Invalid value: "abc": strconv.ParseUint'),
    ("pods?watch=1&timeoutSeconds=x", 400, "BadRequest", 'strconv.ParseInt: parsing "x": invalid syntax'),
    ("pods?watch=1&fieldSelector=spec.colour=red", 400, "BadRequest", "field label not supported: spec.colour"),
    ("pods?fieldSelector=spec.colour=red", 400, "BadRequest", "field label not supported: spec.colour"),
    ("pods?limit=x", 400, "BadRequest", 'strconv.ParseInt: parsing "x": invalid syntax'),
    ("pods?labelSelector=a%20b", 400, "BadRequest", "unable to parse requirement: found 'b', expected: in, notin, ="),
    ("pods?limit=1&continue=abc", 400, "BadRequest", "invalid continue token: continue key is not valid"),
    ("pods?resourceVersion=99999999999", 504, "Timeout", "Timeout: Too large resource version: 99999999999, current: "),
    ("pods/nobody", 404, "NotFound", 'pods "nobody" not found'),
    ("pods/nobody/log", 404, "NotFound", 'pods "nobody" not found'),
    ("things", 404, "NotFound", "the server could not find the requested resource"),
]


@pytest.mark.parametrize(("path", "code", "reason", "words"), REFUSED_READS)
def test_what_can_not_be_read_is_refused_in_the_same_words(
    kubernetes_api: Stage, path: str, code: int, reason: str | None, words: str
) -> None:
    answer = kubernetes_api.api.get(f"{kubernetes_api.core}/{path}")
    body = answer.json()
    assert (answer.status_code, body["code"], body.get("reason")) == (code, code, reason)
    assert body["message"].startswith(words)


def test_metadata_alone_is_given_when_asked_for(kubernetes_api: Stage) -> None:
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"
    body = kubernetes_api.api.get(f"{kubernetes_api.core}/pods", headers={"accept": accept}).json()
    assert (body["kind"], body["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert all("spec" not in item for item in body["items"])


def test_endpoints_are_there_and_called_old(kubernetes_api: Stage) -> None:
    answer = kubernetes_api.api.get(f"{kubernetes_api.core}/endpoints")
    assert "v1 Endpoints is deprecated" in answer.headers["warning"]


def test_the_kubelet_counts_its_probes(kubernetes_api: Stage) -> None:
    pod = kubernetes_api.pods("orders")[0]
    node, uid = pod["spec"]["nodeName"], pod["metadata"]["uid"]
    path = f"/api/v1/nodes/{node}/proxy/metrics/probes"

    def counted() -> bool:
        text = kubernetes_api.api.get(path).text
        lines = [line for line in text.splitlines() if line.startswith("prober_probe_total{") and uid in line]
        return any('probe_type="Readiness"' in line and 'result="successful"' in line for line in lines)

    until(counted, "counts of the readiness probe")
    assert kubernetes_api.api.get("/api/v1/nodes/nowhere/proxy/metrics/probes").json()["reason"] == "NotFound"


def test_the_scheduler_tells_its_events_with_one_moment_and_no_count(kubernetes_api: Stage) -> None:
    pod = kubernetes_api.pod("orders")
    kubernetes_api.api.delete(f"{kubernetes_api.core}/pods/{pod}").raise_for_status()
    path, selector = f"{kubernetes_api.core}/events", "reason=Scheduled,involvedObject.kind=Pod"
    until(lambda: bool(kubernetes_api.get(path, fieldSelector=selector)["items"]), "a scheduled pod", 30)
    event = kubernetes_api.get(path, fieldSelector=selector)["items"][-1]
    assert (event["source"], event["firstTimestamp"], event["lastTimestamp"]) == ({}, None, None)
    assert "count" not in event
    assert event["eventTime"]
    assert (event["reportingComponent"], event["action"]) == ("default-scheduler", "Binding")


REFUSED_LOGS = [
    ("container=nope", 400, "BadRequest", "container nope is not valid for pod {pod}"),
    ("previous=true", 400, "BadRequest", 'previous terminated container "payments" in pod "{pod}" not found'),
    ("tailLines=-1", 422, "Invalid", 'PodLogOptions "{pod}" is invalid: tailLines: Invalid value: -1: must be greater'),
    ("tailLines=x", 400, "BadRequest", 'strconv.ParseInt: parsing "x": invalid syntax'),
    ("sinceSeconds=0", 422, "Invalid", 'PodLogOptions "{pod}" is invalid: sinceSeconds: Invalid value: 0: must be'),
    ("limitBytes=0", 422, "Invalid", 'PodLogOptions "{pod}" is invalid: limitBytes: Invalid value: 0: must be greater'),
    ("sinceTime=yesterday", 400, "BadRequest", 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse'),
    (
        "sinceSeconds=5&sinceTime=2020-01-01T00:00:00Z", 422, "Invalid",
        'PodLogOptions "{pod}" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("query", "code", "reason", "words"), REFUSED_LOGS)
def test_what_can_not_be_asked_of_a_log_is_refused_in_the_same_words(
    kubernetes_api: Stage, query: str, code: int, reason: str, words: str
) -> None:
    pod = kubernetes_api.pod("payments")
    answer = kubernetes_api.api.get(f"{kubernetes_api.core}/pods/{pod}/log?{query}")
    assert (answer.status_code, answer.json()["reason"]) == (code, reason)
    assert answer.json()["message"].startswith(words.format(pod=pod))


def test_a_log_has_a_tail_moments_and_a_limit(kubernetes_api: Stage) -> None:
    path = f"{kubernetes_api.core}/pods/{kubernetes_api.pod('payments')}/log"
    until(lambda: bool(kubernetes_api.api.get(path).text), "a first line")
    answer = kubernetes_api.api.get(path, params={"tailLines": "1", "timestamps": "true"})
    assert answer.headers["content-type"] == "text/plain"
    moment, _, rest = answer.text.partition(" ")
    assert (moment[10], moment[-1], len(moment)) == ("T", "Z", 30)
    assert rest.endswith("\n")
    assert (
        kubernetes_api.api.get(path, params={"limitBytes": "20"}).content == kubernetes_api.api.get(path).content[:20]
    )


def denied(verb: str, resource: str, group: str = "") -> str:
    return f'User "viewer" cannot {verb} resource "{resource}" in API group "{group}" in the namespace'


def test_a_reader_is_told_which_right_is_missing(kubernetes_api: Stage) -> None:
    reader, core, apps = kubernetes_api.reader, kubernetes_api.core, kubernetes_api.apps
    pod = kubernetes_api.pod("orders")
    merge = {"content-type": "application/merge-patch+json"}
    asked = [
        (reader.patch(f"{apps}/deployments/orders", json={}, headers=merge), denied("patch", "deployments", "apps")),
        (
            reader.patch(f"{apps}/deployments/orders/scale", json={}, headers=merge),
            denied("patch", "deployments/scale", "apps"),
        ),
        (reader.delete(f"{core}/pods/{pod}"), denied("delete", "pods")),
        (reader.post(f"{core}/pods/{pod}/eviction", json={}), denied("create", "pods/eviction")),
        (reader.get(f"{core}/pods/{pod}/exec?command=true"), denied("get", "pods/exec")),
        (reader.post(f"{core}/pods/{pod}/exec?command=true"), denied("create", "pods/exec")),
    ]
    for answer, words in asked:
        assert (answer.status_code, answer.json()["reason"]) == (403, "Forbidden")
        assert words in answer.json()["message"]
    assert asked[0][0].json()["message"].startswith('deployments.apps "orders" is forbidden: ')
    assert asked[0][0].json()["details"] == {"name": "orders", "group": "apps", "kind": "deployments"}
    assert reader.get(f"{core}/pods").status_code == 200


def review(stage: Stage, as_reader: bool, **attributes: str) -> Json:
    client = stage.reader if as_reader else stage.api
    body = {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "spec": {"resourceAttributes": {"namespace": stage.namespace, **attributes}},
    }
    answer = client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json=body)
    assert answer.status_code == 201
    status: Json = answer.json()["status"]
    return status


def test_reviews_tell_beforehand(kubernetes_api: Stage) -> None:
    patching = {"verb": "patch", "group": "apps", "resource": "deployments", "name": "orders"}
    assert review(kubernetes_api, True, **patching) == {"allowed": False}
    assert review(kubernetes_api, False, **patching) == {"allowed": True}
    reading = review(kubernetes_api, True, verb="list", resource="pods")
    assert reading["allowed"] is True
    assert reading["reason"].startswith("RBAC: allowed by ")
    assert review(kubernetes_api, True, verb="create", resource="pods", subresource="exec") == {"allowed": False}


def test_everyone_is_told_who_they_are(kubernetes_api: Stage) -> None:
    body = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
    answer = kubernetes_api.reader.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json=body)
    assert answer.status_code == 201
    assert answer.json()["status"]["userInfo"]["username"] == "viewer"
    assert "system:authenticated" in answer.json()["status"]["userInfo"]["groups"]
