"""What watched objects tell of each other: events, endpoints, revisions, nodes and restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest

from fake_clock import settle
from opsconsole.domain.pod import ChangeKind, Pod, ProbeState
from watched_api import ALL, WatchCase, WatchedApi, pod, until


@pytest.fixture
async def cases() -> AsyncIterator[Callable[..., WatchCase]]:
    made: list[WatchCase] = []

    def case(api: WatchedApi, namespaces: tuple[str, ...] = ()) -> WatchCase:
        made.append(WatchCase(api, namespaces))
        return made[-1]

    yield case
    for one in made:
        await one.source.close()


async def only_pod(case: WatchCase) -> Pod:
    (found,) = (await case.pods()).value.pods
    return found


async def test_an_event_judges_the_probe_of_its_pod_anew(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")], events=[]))
    await case.whole()
    event = {
        "metadata": {"name": "e", "namespace": "shop", "uid": "e1", "creationTimestamp": "2027-01-15T07:59:58Z"},
        "involvedObject": {"kind": "Pod", "uid": "uid-a", "name": "a", "fieldPath": "spec.containers{app}"},
        "type": "Warning", "reason": "Unhealthy", "message": "Readiness probe failed: refused", "count": 1,
        "firstTimestamp": "2027-01-15T07:59:58Z", "lastTimestamp": "2027-01-15T07:59:58Z",
    }  # fmt: skip
    case.api.put("events", event)
    await settle()
    (probe,) = (await only_pod(case)).containers[0].probes
    assert probe.last_failure == "refused"
    unready = pod("a", conditions=[{"type": "Ready", "status": "False"}])
    unready["status"]["containerStatuses"][0]["ready"] = False
    case.api.put("pods", unready)
    await settle()
    found = await only_pod(case)
    assert (found.trouble, found.why) == ("NotReady", "readiness probe of app fails: refused")
    assert found.containers[0].probes[0].state is ProbeState.FAILING


async def test_a_pod_knows_whether_its_service_sends_it_traffic(cases: Callable[..., WatchCase]) -> None:
    ready = {"conditions": {"ready": True}, "targetRef": {"kind": "Pod", "uid": "uid-a"}}
    slices = {"metadata": {"name": "s", "namespace": "shop", "uid": "s1"}, "endpoints": [ready]}
    case = cases(WatchedApi(pods=[pod("a"), pod("b")], endpointslices=[slices]))
    await case.whole()
    await until(lambda: "endpointslices" in case.api.streams)
    found = {one.name: one.in_endpoints for one in (await case.pods()).value.pods}
    assert found == {"a": True, "b": None}
    out = {"conditions": {"ready": False}, "targetRef": {"kind": "Pod", "uid": "uid-a"}}
    case.api.put("endpointslices", {"metadata": dict(slices["metadata"]), "endpoints": [out]})
    await settle()
    assert {one.name: one.in_endpoints for one in (await case.pods()).value.pods} == {"a": False, "b": None}
    case.api.delete("endpointslices", "s1")
    await settle()
    assert {one.name: one.in_endpoints for one in (await case.pods()).value.pods} == {"a": None, "b": None}


async def test_endpoints_are_read_where_slices_are_unknown(cases: Callable[..., WatchCase]) -> None:
    subset = {"notReadyAddresses": [{"ip": "1", "targetRef": {"kind": "Pod", "uid": "uid-a"}}]}
    endpoints = {"metadata": {"name": "s", "namespace": "shop", "uid": "s1"}, "subsets": [subset]}
    case = cases(WatchedApi(pods=[pod("a")], endpoints=[endpoints]))
    case.api.refused = {"/apis/discovery.k8s.io/v1/endpointslices": 404}
    await case.whole()
    await until(lambda: "endpoints" in case.api.streams)
    assert (await only_pod(case)).in_endpoints is False


async def test_the_revision_of_a_pod_follows_its_replica_set(cases: Callable[..., WatchCase]) -> None:
    def replica_set(revision: int) -> dict[str, object]:
        annotations = {"deployment.kubernetes.io/revision": str(revision)}
        return {"metadata": {"name": "checkout-1", "namespace": "shop", "uid": "rs-1", "annotations": annotations}}

    case = cases(WatchedApi(pods=[pod("a")], replicasets=[replica_set(3)]))
    await case.whole()
    assert (await only_pod(case)).revision == "3"
    case.api.put("replicasets", replica_set(5))
    await settle()
    assert (await only_pod(case)).revision == "5"


async def test_a_roll_back_is_told_once_its_first_pod_is_there(cases: Callable[..., WatchCase]) -> None:
    def replica_set(number: int, revision: int, history: str = "") -> dict[str, object]:
        annotations = {"deployment.kubernetes.io/revision": str(revision)}
        annotations |= {"deployment.kubernetes.io/revision-history": history} if history else {}
        owner = {"kind": "Deployment", "name": "checkout", "uid": "d-1", "controller": True}
        return {
            "metadata": {
                "name": f"checkout-{number}", "namespace": "shop", "uid": f"rs-{number}", "annotations": annotations,
                "labels": {"app": "checkout"}, "ownerReferences": [owner],
                "creationTimestamp": f"2027-01-15T0{number}:00:00Z",
            },
            "spec": {"template": {"spec": {"containers": [{"name": "app", "image": f"checkout:{number}"}]}}},
        }  # fmt: skip

    case = cases(WatchedApi(pods=[], replicasets=[replica_set(1, 3), replica_set(2, 4)]))
    await case.whole()

    async def titles() -> list[str]:
        reading = await case.source.changes(ALL)
        return [str(change.title) for change in reading.value.changes]

    assert await titles() == ["deploy checkout 2, revision 4", "deploy checkout 1, revision 3"]
    case.api.put("replicasets", replica_set(1, 5, "3"))
    await settle()
    assert await titles() == ["deploy checkout 2, revision 4"]
    case.api.put("pods", pod("new"))
    await settle()
    assert (await titles())[0] == "deploy checkout 1 (back to an earlier one), revision 5"


async def test_a_node_that_stops_reporting_takes_its_pods_with_it(cases: Callable[..., WatchCase]) -> None:
    def node(status: str) -> dict[str, object]:
        ready = {"type": "Ready", "status": status, "lastTransitionTime": "2027-01-15T07:59:00Z", "message": "why"}
        return {"metadata": {"name": "node-1", "uid": "n1"}, "status": {"conditions": [ready]}}

    case = cases(WatchedApi(pods=[pod("a")], nodes=[node("True")]))
    await case.whole()
    assert (await only_pod(case)).trouble == ""
    case.api.put("nodes", node("Unknown"))
    await settle()
    lost = await only_pod(case)
    assert (lost.trouble, lost.since) == ("NodeLost", 1_799_999_940.0)
    assert [(one.name, one.ready) for one in (await case.source.nodes()).value.nodes] == [("node-1", None)]


async def test_a_restart_becomes_a_change(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    assert (await case.source.changes(ALL)).value.changes == ()
    restarted = pod("a")
    end = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2027-01-15T07:59:30Z"}
    restarted["status"]["containerStatuses"][0] |= {"restartCount": 2, "lastState": {"terminated": end}}
    case.api.put("pods", restarted)
    await settle()
    (change,) = (await case.source.changes(ALL)).value.changes
    assert (change.title, change.cause) == ("a/app restarted (2 in all)", "OOMKilled, exit code 137")
    assert (await only_pod(case)).trouble == "OOMKilled"
    await case.clock.advance(601)
    assert (await only_pod(case)).trouble == ""  # an old end is no trouble of now


async def test_the_revisions_of_a_stateful_set_are_numbers_of_its_pods_and_changes(
    cases: Callable[..., WatchCase],
) -> None:
    def revision(number: int, image: str, created: str) -> dict[str, object]:
        owner = {"kind": "StatefulSet", "name": "postgres", "uid": "sts", "controller": True}
        return {
            "metadata": {
                "name": f"postgres-{image}", "namespace": "shop", "uid": f"cr-{image}", "creationTimestamp": created,
                "ownerReferences": [owner],
            },
            "revision": number,
            "data": {"spec": {"template": {"spec": {"containers": [{"name": "db", "image": f"postgres:{image}"}]}}}},
        }  # fmt: skip

    member = pod("postgres-0")
    member["metadata"]["ownerReferences"] = [
        {"kind": "StatefulSet", "name": "postgres", "uid": "sts", "controller": True}
    ]
    member["metadata"]["labels"] = {"app": "postgres", "controller-revision-hash": "postgres-16"}
    older, newer = revision(1, "15", "2027-01-15T07:00:00Z"), revision(2, "16", "2027-01-15T07:40:00Z")
    case = cases(WatchedApi(pods=[member], controllerrevisions=[older, newer]))
    await case.whole()
    await until(lambda: "controllerrevisions" in case.api.streams)
    assert (await only_pod(case)).revision == "2"
    first, _ = (await case.source.changes(ALL)).value.changes
    assert (first.kind, first.title) == (ChangeKind.DEPLOY, "deploy postgres 16, revision 2")
    case.api.put("controllerrevisions", revision(3, "15", "2027-01-15T07:00:00Z"))
    await settle()
    # Rolled back to the older one: it has a new number, and nobody knows since when.
    assert [change.title for change in (await case.source.changes(ALL)).value.changes] == [first.title]


def with_liveness(name: str, namespace: str = "shop") -> dict[str, Any]:
    """A pod with a liveness probe, of which nothing but events can tell."""
    made = pod(name, namespace)
    made["spec"]["containers"][0] = {"name": "app", "image": "i", "livenessProbe": {"tcpSocket": {"port": 80}}}
    return made


def liveness_of(pods: Iterable[Pod]) -> dict[str, ProbeState]:
    return {one.name: one.containers[0].probes[0].state for one in pods}


async def test_liveness_is_unknown_while_events_are_not_to_be_had_and_passes_once_they_are(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[with_liveness("a")], events=[]))
    await case.whole()
    await until(lambda: len(case.api.streams.get("events", ())) == 2)
    assert liveness_of((await case.pods()).value.pods) == {"a": ProbeState.PASSING}
    case.api.refused = {"/api/v1/events": 503}
    case.api.break_off("events")
    await settle()
    assert liveness_of((await case.pods()).value.pods) == {"a": ProbeState.UNKNOWN}
    case.api.refused = {}
    case.source.watch()
    await until(lambda: len(case.api.streams["events"]) == 3)
    await settle()
    assert liveness_of((await case.pods()).value.pods) == {"a": ProbeState.PASSING}


@pytest.mark.parametrize("watching", [True, False])
async def test_only_pods_of_namespaces_whose_events_are_forbidden_have_an_unknown_liveness(
    cases: Callable[..., WatchCase], watching: bool
) -> None:
    case = cases(WatchedApi(pods=[with_liveness("a"), with_liveness("x", "other")], events=[]), ("shop", "other"))
    case.api.refused = {"/api/v1/namespaces/other/events": 403}
    if watching:
        await case.whole()
        await until(lambda: len(case.api.streams.get("events", ())) == 2)
        await settle()
    else:
        await case.source.close()
    found = liveness_of((await case.pods()).value.pods)
    assert found == {"a": ProbeState.PASSING, "x": ProbeState.UNKNOWN}
