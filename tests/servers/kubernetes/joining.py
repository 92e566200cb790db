"""Waiting until a node takes pods, and telling why when it doesn't."""

from __future__ import annotations

import httpx

from servers.kubernetes.client import Api, Json
from servers.kubernetes.control_plane import ControlPlane
from servers.kubernetes.node import Node
from servers.process import ServerError, end_of
from servers.waiting import until

LOG_LINES = 40


def wait_until_it_takes_pods(api: Api, plane: ControlPlane, node: Node, seconds: float) -> None:
    """Return once `node` is Ready and has no taints.

    Raises AssertionError after `seconds` and ServerError as soon as a server it takes has ended. Either tells
    what `state` tells.
    """
    path = f"/api/v1/nodes/{node.name}"
    needed = (node.process, plane.etcd, plane.api_server, *plane.controllers)

    def takes_pods() -> bool:
        for server in needed:
            if not server.running:
                raise ServerError(f"{server.log.stem} ended before the node took pods\n{state(api, plane, node)}")
        answer = api.http.get(path)
        return answer.status_code == httpx.codes.OK and _takes_pods(answer.json())

    try:
        until(takes_pods, "a Ready node without taints", seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{state(api, plane, node)}") from None


def is_ready(thing: Json) -> bool:
    """Whether a pod's or a node's condition Ready is True."""
    conditions = thing.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def state(api: Api, plane: ControlPlane, node: Node) -> str:
    """The conditions and taints of `node`, one a line, and the ends of the logs of those who set them.

    The kubelet, whose log is the node's, sets conditions; the controller manager makes taints of them.
    """
    logs = (node.process.log, node.folder / "containerd.log", plane.folder / "kube-controller-manager.log")
    ends = (f"--- {log.name} ends:\n{end_of(log, LOG_LINES)}" for log in logs)
    return "\n".join([*_told(api, node.name), *ends])


def _takes_pods(node: Json) -> bool:
    return is_ready(node) and not node["spec"].get("taints")


def _told(api: Api, name: str) -> list[str]:
    try:
        answer = api.http.get(f"/api/v1/nodes/{name}")
    except httpx.TransportError as error:
        return [f"the API server doesn't answer: {error!r}"]
    if answer.is_error:
        return [f"no node {name}: {answer.status_code} {answer.text}"]
    node: Json = answer.json()
    conditions = node.get("status", {}).get("conditions", [])
    return [
        *(
            f"condition {each['type']} {each['status']}: {each.get('reason')}: {each.get('message')}"
            for each in conditions
        ),
        *(f"taint {one['key']}:{one['effect']}" for one in node["spec"].get("taints", [])),
    ]
