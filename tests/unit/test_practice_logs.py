from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from opsconsole.practice.shop.changes import SignalContainer
from practice_shop import Drill, standing

SHOP = "/api/v1/namespaces/shop"


async def pod_of(drill: Drill, service: str, restarted: bool = False) -> str:
    pods = (await drill.kubernetes.get(f"{SHOP}/pods?labelSelector=app={service}")).json()["items"]
    chosen = [pod for pod in pods if bool(pod["status"]["containerStatuses"][0]["restartCount"]) is restarted]
    return str(chosen[0]["metadata"]["name"])


async def log(drill: Drill, pod: str, **query: Any) -> httpx.Response:
    return await drill.kubernetes.get(f"{SHOP}/pods/{pod}/log", params=query)


async def lines(drill: Drill, pod: str, **query: Any) -> list[str]:
    answer = await log(drill, pod, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain"
    return answer.text.splitlines()


async def test_a_log_holds_what_the_pod_wrote_and_nothing_else() -> None:
    drill = standing("bad-release")
    pod = await pod_of(drill, "checkout")
    told = [json.loads(line) for line in await lines(drill, pod)]
    assert told
    assert {line["service"] for line in told} == {"checkout"}
    assert any(line["level"] == "error" for line in told)
    assert [line["@timestamp"] for line in told] == sorted(line["@timestamp"] for line in told)
    written = [line for line in drill.shop.logs(0, 2e9) if line.pod.name == pod]
    assert [line["message"] for line in told] == [line.message for line in written][-len(told) :]


async def test_the_tail_is_the_end_of_the_whole() -> None:
    drill = standing("healthy")
    pod = await pod_of(drill, "gateway")
    whole = await lines(drill, pod)
    assert len(whole) > 50
    for count in (0, 1, 7, 50):
        assert await lines(drill, pod, tailLines=count) == whole[len(whole) - count :]
    assert await lines(drill, pod, tailLines=10**6) == whole


async def test_since_and_timestamps_go_by_the_time_of_the_line() -> None:
    drill = standing("healthy")
    pod = await pod_of(drill, "gateway")
    whole = await lines(drill, pod, timestamps="true")
    recent = await lines(drill, pod, timestamps="true", sinceSeconds=120)
    assert 0 < len(recent) < len(whole)
    assert recent == whole[-len(recent) :]
    since = recent[0].partition(" ")[0]
    assert (datetime.fromisoformat(since).timestamp() - drill.clock.now()) > -120
    assert await lines(drill, pod, timestamps="true", sinceTime=since) == recent


async def test_a_limit_of_bytes_cuts_where_it_falls() -> None:
    drill = standing("healthy")
    pod = await pod_of(drill, "gateway")
    whole = (await log(drill, pod)).content
    assert (await log(drill, pod, limitBytes=100)).content == whole[:100]


async def test_after_a_restart_the_previous_log_is_that_of_the_life_before() -> None:
    drill = Drill("healthy")
    pod = await pod_of(drill, "orders")
    drill.shop.apply(SignalContainer("shop", pod, "TERM"))
    drill.wait(60)
    before, now = await lines(drill, pod, previous="true"), await lines(drill, pod)
    assert "signal terminated received" in before[-1]
    assert "starting orders" in now[0]
    assert not set(before) & set(now)


async def test_a_container_that_waits_for_its_next_start_shows_how_the_last_one_ended() -> None:
    drill = standing("slow-start")
    pods = (await drill.kubernetes.get(f"{SHOP}/pods?labelSelector=app=users")).json()["items"]
    waiting = [pod for pod in pods if "waiting" in pod["status"]["containerStatuses"][0]["state"]]
    name = waiting[0]["metadata"]["name"]
    assert "signal terminated received" in (await lines(drill, name))[-1]


async def test_following_tells_every_line_once_and_ends_with_the_container() -> None:
    drill = Drill("healthy")
    pod = await pod_of(drill, "gateway")
    start = drill.clock.now()
    drill.shop.apply(SignalContainer("shop", pod, "TERM"))
    followed = await lines(drill, pod, follow="true", tailLines=0, timestamps="true")
    assert followed
    assert len(set(followed)) == len(followed)
    assert "signal terminated received" in followed[-1]
    assert drill.clock.now() - start < 10
    rest = await lines(drill, pod, timestamps="true", sinceTime=followed[0].partition(" ")[0])
    assert rest == followed


async def test_a_follower_who_looks_seldom_gets_nothing_of_the_next_life() -> None:
    drill = Drill("healthy")
    pod = await pod_of(drill, "gateway")
    drill.shop.apply(SignalContainer("shop", pod, "TERM"))
    drill.pace.at_least = 30.0
    followed = await lines(drill, pod, follow="true", tailLines=0)
    assert "signal terminated received" in followed[-1]


async def test_following_misses_nothing_that_a_later_reader_finds() -> None:
    drill = Drill("bad-release")
    pod = await pod_of(drill, "payments")
    answer = await log(drill, pod, follow="true", tailLines=3, timestamps="true", limitBytes=9000)
    followed = answer.text.splitlines()[:-1]
    rest = await lines(drill, pod, timestamps="true", sinceTime=followed[0].partition(" ")[0])
    assert followed == rest[: len(followed)]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"tailLines": "-1"}, 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"limitBytes": "0"}, 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "0"}, 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "5", "sinceTime": "2020-01-01T00:00:00Z"}, 422, "at most one of"),
        ({"tailLines": "x"}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ({"sinceTime": "yesterday"}, 400, 'parsing time "yesterday"'),
        ({"container": "nope"}, 400, "container nope is not valid for pod"),
        ({"previous": "true"}, 400, 'previous terminated container "orders" in pod'),
    ],
)
async def test_what_can_not_be_asked_is_refused_in_words(query: dict[str, str], status: int, words: str) -> None:
    drill = standing("healthy")
    answer = await log(drill, await pod_of(drill, "orders"), **query)
    assert answer.status_code == status
    assert words in answer.json()["message"]


async def test_a_container_that_never_ran_is_waiting_to_start() -> None:
    drill = Drill("healthy")
    await drill.restart("orders")
    drill.wait(1)
    pods = (await drill.kubernetes.get(f"{SHOP}/pods?labelSelector=app=orders")).json()["items"]
    name = next(pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Pending")
    answer = await log(drill, name)
    assert answer.status_code == 400
    assert answer.json()["message"] == f'container "orders" in pod "{name}" is waiting to start: ContainerCreating'
