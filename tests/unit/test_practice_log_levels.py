"""The shop's processes log at the level that they are set to, each for itself and until it ends."""

from __future__ import annotations

from collections import Counter
from typing import Any

from opsconsole.practice.shop.changes import SignalContainer
from practice_shop import Drill

PODS = "/api/v1/namespaces/shop/pods"


async def two_pods(drill: Drill) -> tuple[str, str]:
    found = (await drill.kubernetes.get(f"{PODS}?labelSelector=app=orders")).json()["items"]
    return found[0]["metadata"]["name"], found[1]["metadata"]["name"]


async def set_level(drill: Drill, pod: str, level: str) -> None:
    answer = await drill.kubernetes.put(f"{PODS}/{pod}/proxy/level", json={"level": level})
    assert answer.json() == {"level": level}


async def level(drill: Drill, pod: str) -> str:
    told: str = (await drill.kubernetes.get(f"{PODS}/{pod}/proxy/level")).json()["level"]
    return told


def written(drill: Drill, pod: str, since: float) -> Counter[str]:
    """Lines of `pod` from `since` on, by level."""
    lines = drill.shop.logs(since, drill.clock.time)
    return Counter(line.level for line in lines if line.pod.name == pod)


async def test_at_debug_a_process_writes_more_lines_until_it_is_back_at_info() -> None:
    drill = Drill("healthy")
    pod, other = await two_pods(drill)
    begun = drill.clock.time
    await set_level(drill, pod, "debug")
    drill.wait(300)
    assert written(drill, pod, begun)["debug"] > 0
    assert written(drill, other, begun)["debug"] == 0
    await set_level(drill, pod, "info")
    ended = drill.clock.time
    before = written(drill, pod, begun)
    drill.wait(300)
    # What had begun before goes on at the level of its beginning.
    assert written(drill, pod, ended + 10)["debug"] == 0
    assert written(drill, pod, ended + 10)["info"] > 0
    assert written(drill, pod, begun)["debug"] >= before["debug"]


async def test_the_lines_stand_in_the_containers_log_and_in_elasticsearch() -> None:
    drill = Drill("healthy")
    pod, _ = await two_pods(drill)
    await set_level(drill, pod, "debug")
    drill.wait(120)
    log = (await drill.kubernetes.get(f"{PODS}/{pod}/log")).text
    asked: dict[str, Any] = {
        "query": {"bool": {"filter": [{"term": {"level.keyword": "debug"}}, {"term": {"service.keyword": "orders"}}]}}
    }
    found = (await drill.elasticsearch.post("/logs-shop-*/_search", json=asked)).json()["hits"]
    assert '"level":"debug"' in log
    assert found["total"]["value"] == log.count('"level":"debug"')


async def test_at_error_everything_below_is_left_out() -> None:
    drill = Drill("bad-release")
    pod, _ = await two_pods(drill)
    begun = drill.clock.time
    await set_level(drill, pod, "error")
    drill.wait(300)
    assert set(written(drill, pod, begun)) <= {"error"}
    assert written(drill, pod, begun - 300)["info"] > 0


async def test_a_container_that_starts_anew_is_at_info() -> None:
    drill = Drill("healthy")
    pod, _ = await two_pods(drill)
    await set_level(drill, pod, "debug")
    drill.shop.apply(SignalContainer("shop", pod, "TERM"))
    drill.wait(60)
    assert await level(drill, pod) == "info"


async def test_the_past_does_not_change_when_a_level_does() -> None:
    drill = Drill("healthy")
    pod, _ = await two_pods(drill)
    before = drill.shop.logs(drill.clock.time - 600, drill.clock.time - 20)
    await set_level(drill, pod, "debug")
    drill.wait(60)
    assert drill.shop.logs(drill.clock.time - 660, drill.clock.time - 80) == before
