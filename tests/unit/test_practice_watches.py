from __future__ import annotations

import json
from typing import Any

import pytest

from opsconsole.practice.kubernetes.patches import MERGE_PATCH
from practice_shop import Drill, standing

SHOP = "/api/v1/namespaces/shop"
APPS = "/apis/apps/v1/namespaces/shop"

Told = dict[str, Any]


async def watch(drill: Drill, path: str, seconds: int = 5, **query: str) -> list[Told]:
    """What a watch of so many seconds tells; the clock moves on with it."""
    query = {"watch": "1", "timeoutSeconds": str(seconds), **query}
    answer = await drill.kubernetes.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def version(drill: Drill, path: str) -> str:
    return str((await drill.kubernetes.get(path)).json()["metadata"]["resourceVersion"])


def kinds(told: list[Told]) -> list[str]:
    return [one["type"] for one in told]


async def delete(drill: Drill, service: str) -> str:
    pods = (await drill.kubernetes.get(f"{SHOP}/pods?labelSelector=app={service}")).json()["items"]
    name = str(pods[0]["metadata"]["name"])
    assert (await drill.kubernetes.delete(f"{SHOP}/pods/{name}")).status_code == 200
    return name


@pytest.mark.parametrize("begin", ["", "0"])
async def test_a_watch_from_anywhere_begins_with_all_there_is(begin: str) -> None:
    drill = Drill("healthy")
    listed = (await drill.kubernetes.get(f"{SHOP}/pods")).json()["items"]
    told = await watch(drill, f"{SHOP}/pods", resourceVersion=begin)
    assert set(kinds(told)) == {"ADDED"}
    assert [one["object"]["metadata"]["name"] for one in told] == [pod["metadata"]["name"] for pod in listed]
    assert {one["object"]["kind"] for one in told} == {"Pod"}


async def test_a_watch_tells_what_came_after_the_list() -> None:
    drill = Drill("healthy")
    begin = await version(drill, f"{SHOP}/pods")
    assert await watch(drill, f"{SHOP}/pods", resourceVersion=begin) == []
    gone = await delete(drill, "orders")
    told = await watch(drill, f"{SHOP}/pods", seconds=60, resourceVersion=begin)
    of_gone = [one for one in told if one["object"]["metadata"]["name"] == gone]
    assert kinds(of_gone) == ["MODIFIED", "DELETED"]
    assert of_gone[0]["object"]["metadata"]["deletionTimestamp"]
    assert "ADDED" in kinds(told)
    versions = [int(one["object"]["metadata"]["resourceVersion"]) for one in told]
    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)
    assert int(begin) < versions[0]


async def test_a_watch_can_be_taken_up_where_it_was_left() -> None:
    drill = Drill("healthy")
    begin = await version(drill, f"{SHOP}/pods")
    await delete(drill, "orders")
    whole = await watch(drill, f"{SHOP}/pods", seconds=40, resourceVersion=begin)
    middle = whole[1]["object"]["metadata"]["resourceVersion"]
    assert await watch(drill, f"{SHOP}/pods", resourceVersion=middle) == whole[2:]


async def test_an_object_whose_labels_no_longer_match_is_gone_to_those_who_select() -> None:
    drill = Drill("healthy")
    begin = await version(drill, f"{APPS}/deployments")
    for labels in ({"tier": "front"}, {"tier": None}):
        await drill.patch("orders", {"metadata": {"labels": labels}}, MERGE_PATCH)
        await drill.kubernetes.get(f"{APPS}/deployments")
    told = await watch(drill, f"{APPS}/deployments", resourceVersion=begin, labelSelector="tier=front")
    assert kinds(told) == ["ADDED", "DELETED"]
    assert told[1]["object"]["metadata"]["labels"]["tier"] == "front"


async def test_field_selectors_and_namespaces_bound_a_watch() -> None:
    drill = Drill("healthy")
    name = (await watch(drill, f"{SHOP}/pods"))[0]["object"]["metadata"]["name"]
    told = await watch(drill, "/api/v1/pods", fieldSelector=f"metadata.name={name}")
    assert len(told) == 1
    assert await watch(drill, "/api/v1/namespaces/default/pods") == []


async def test_bookmarks_come_every_minute_and_shortly_before_the_end() -> None:
    drill = Drill("healthy")
    begin = await version(drill, f"{SHOP}/pods")
    drill.pace.at_least = 2.0
    told = await watch(drill, f"{SHOP}/pods", seconds=150, resourceVersion=begin, allowWatchBookmarks="true")
    assert kinds(told) == ["BOOKMARK"] * 3
    mark = told[-1]["object"]
    assert (mark["kind"], mark["apiVersion"]) == ("Pod", "v1")
    assert await watch(drill, f"{SHOP}/pods", resourceVersion=mark["metadata"]["resourceVersion"]) == []
    drill.pace.at_least = 50.0
    assert await watch(drill, f"{SHOP}/pods", seconds=150, resourceVersion=begin) == []


async def test_initial_events_end_with_a_bookmark_when_asked_for() -> None:
    drill = Drill("healthy")
    told = await watch(
        drill, f"{SHOP}/services", sendInitialEvents="true", resourceVersionMatch="NotOlderThan",
        allowWatchBookmarks="true", seconds=1,
    )  # fmt: skip
    assert kinds(told)[:-1] == ["ADDED"] * 7
    assert told[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


@pytest.mark.parametrize("how", ["compaction", "age"])
async def test_a_version_too_old_is_answered_with_an_error_within_the_stream(how: str) -> None:
    drill = Drill("healthy")
    begin = await version(drill, f"{SHOP}/pods")
    if how == "age":
        await delete(drill, "orders")
        drill.pace.at_least = 200.0
        await watch(drill, f"{SHOP}/pods", seconds=700)
        drill.pace.at_least = 0.0
    else:
        assert (await drill.kubernetes.post("/practice/compact")).status_code == 200
    told = await watch(drill, f"{SHOP}/pods", resourceVersion=begin)
    assert kinds(told) == ["ERROR"]
    assert (told[0]["object"]["code"], told[0]["object"]["reason"]) == (410, "Expired")
    assert told[0]["object"]["message"].startswith(f"too old resource version: {begin} (")
    again = await version(drill, f"{SHOP}/pods")
    assert await watch(drill, f"{SHOP}/pods", resourceVersion=again) == []


async def test_counts_of_a_workload_change_its_version() -> None:
    drill = Drill("healthy")
    begin = await version(drill, f"{APPS}/deployments")
    await delete(drill, "orders")
    told = await watch(drill, f"{APPS}/deployments", seconds=60, resourceVersion=begin)
    ready = [one["object"]["status"]["readyReplicas"] for one in told]
    assert (ready[0], ready[-1]) == (2, 3)


@pytest.mark.parametrize(
    ("query", "status"),
    [({"resourceVersion": "abc"}, 500), ({"timeoutSeconds": "x"}, 400), ({"fieldSelector": "spec.colour=red"}, 400)],
)
async def test_a_watch_that_makes_no_sense_is_refused_before_it_begins(query: dict[str, str], status: int) -> None:
    answer = await standing("healthy").kubernetes.get(f"{SHOP}/pods", params={"watch": "1", **query})
    assert answer.status_code == status
    assert answer.json()["kind"] == "Status"


async def test_nothing_is_made_while_nobody_asks() -> None:
    drill = Drill("healthy")
    before = drill.shop.control.version
    drill.wait(600)
    assert drill.shop.control.version == before
