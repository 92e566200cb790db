from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from httpx_ws import AsyncWebSocketSession, WebSocketDisconnect, aconnect_ws
from httpx_ws.transport import ASGIWebSocketTransport

from opsconsole.practice import kubernetes
from practice_shop import Drill, standing

SHOP = "/api/v1/namespaces/shop"


async def pod_of(drill: Drill, service: str) -> dict[str, Any]:
    pods = (await drill.kubernetes.get(f"{SHOP}/pods?labelSelector=app={service}")).json()["items"]
    return dict(pods[0])


async def execute(drill: Drill, pod: str, *command: str) -> dict[int, bytes]:
    """What came on each channel until the server closed."""
    query = [("command", word) for word in command] + [("stdout", "true"), ("stderr", "true")]
    transport = ASGIWebSocketTransport(kubernetes.application(drill.shop))
    async with (
        httpx.AsyncClient(transport=transport) as client,
        aconnect_ws(
            f"http://practice{SHOP}/pods/{pod}/exec?{httpx.QueryParams(query)}",
            client,
            subprotocols=["v5.channel.k8s.io"],
        ) as session,
    ):
        assert session.subprotocol == "v5.channel.k8s.io"
        return await _told(session)


async def _told(session: AsyncWebSocketSession) -> dict[int, bytes]:
    told: dict[int, bytes] = {}
    try:
        while True:
            frame = await session.receive_bytes()
            told[frame[0]] = told.get(frame[0], b"") + frame[1:]
    except WebSocketDisconnect:
        return told


async def status_of(drill: Drill, service: str, *command: str) -> dict[str, Any]:
    pod = await pod_of(drill, service)
    told = await execute(drill, pod["metadata"]["name"], *command)
    return dict(json.loads(told[3]))


@pytest.mark.parametrize("command", [("kill", "1"), ("/bin/sh", "-c", "kill 1"), ("sh", "-c", "true && kill -TERM 1")])
async def test_kill_1_restarts_the_container_and_keeps_its_pod(command: tuple[str, ...]) -> None:
    drill = Drill("healthy")
    before = await pod_of(drill, "orders")
    name = before["metadata"]["name"]
    told = await execute(drill, name, *command)
    assert json.loads(told[3]) == {"metadata": {}, "status": "Success"}
    drill.wait(30)
    after = (await drill.kubernetes.get(f"{SHOP}/pods/{name}")).json()
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] == before["status"]["podIP"]
    was, now = before["status"]["containerStatuses"][0], after["status"]["containerStatuses"][0]
    assert (was["restartCount"], now["restartCount"]) == (0, 1)
    assert was["containerID"] != now["containerID"]
    assert now["lastState"]["terminated"]["containerID"] == was["containerID"]
    assert now["lastState"]["terminated"]["exitCode"] == 143
    assert now["ready"] is True


@pytest.mark.parametrize(
    ("service", "command"),
    [("orders", ("kill", "-9", "1")), ("orders", ("kill", "-0", "1")), ("payments", ("kill", "1"))],
)
async def test_signals_that_process_1_does_not_take_change_nothing(service: str, command: tuple[str, ...]) -> None:
    drill = Drill("healthy")
    before = await pod_of(drill, service)
    assert (await status_of(drill, service, *command))["status"] == "Success"
    drill.wait(60)
    after = await pod_of(drill, service)
    assert after["status"] == before["status"]


async def test_a_program_that_is_not_there_is_said_not_to_have_been_started() -> None:
    drill = standing("healthy")
    for service, command, why in (
        ("users", ("kill", "1"), 'exec: "kill": executable file not found in $PATH: unknown'),
        ("users", ("/bin/sh", "-c", "kill 1"), 'exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown'),
        ("orders", ("nosuch",), 'exec: "nosuch": executable file not found in $PATH: unknown'),
    ):
        status = await status_of(drill, service, *command)
        assert (status["status"], status["reason"], status["code"]) == ("Failure", "InternalError", 500)
        assert status["message"].endswith(f"unable to start container process: {why}")


async def test_output_and_exit_codes_come_over_their_channels() -> None:
    drill = standing("healthy")
    name = (await pod_of(drill, "orders"))["metadata"]["name"]
    told = await execute(drill, name, "sh", "-c", "echo hi; nosuch; exit 3")
    assert told[1] == b"hi\n"
    assert told[2] == b"sh: nosuch: not found\n"
    status = json.loads(told[3])
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
    stranger = await execute(drill, name, "sh", "-c", "kill -0 99999")
    assert stranger[2] == b"sh: can't kill pid 99999: No such process\n"
    assert json.loads((await execute(drill, name, "sh", "-c", "false || true"))[3])["status"] == "Success"


async def test_without_an_upgrade_nothing_is_run() -> None:
    drill = standing("healthy")
    name = (await pod_of(drill, "orders"))["metadata"]["name"]
    answer = await drill.kubernetes.get(f"{SHOP}/pods/{name}/exec?command=true&stdout=true")
    assert (answer.status_code, answer.json()["message"]) == (400, "Upgrade request required")
