"""exec: a command in a container, over a WebSocket of channels.

Subprotocols `v5.channel.k8s.io` and `v4.channel.k8s.io` (apimachinery, `util/remotecommand`): the first byte of
every message is its channel, 1 stdout, 2 stderr, 3 a metav1.Status at the end. Frames and words as kube-apiserver
1.37 and its kubelet send them.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from opsconsole.practice.kubernetes import commands
from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.registry import Registry
from opsconsole.practice.kubernetes.status import Refusal
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.changes import SignalContainer
from opsconsole.practice.shop.topology import Kind
from opsconsole.practice.shop.workload import Pod

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDOUT, _STDERR, _ERROR = 1, 2, 3
_MOUNTED = {Kind.GO: "/app", Kind.JVM: "sh -c java -jar app.jar", Kind.REDIS: "redis-server", Kind.POSTGRES: "postgres"}


class Execution:
    """The handlers of `pods/exec`."""

    def __init__(self, registry: Registry, access: Access) -> None:
        """Signals that commands send reach the shop through `registry`."""
        self._registry = registry
        self._access = access
        self._count = 0

    async def plain(self, request: Request) -> Response:
        """Without an upgrade nothing is run. Raises `Refusal`."""
        self._pod(request, "get" if request.method == "GET" else "create")
        raise Refusal(400, "Upgrade request required")

    async def socket(self, websocket: WebSocket) -> None:
        """Run the command and tell how it ended; what can't be is answered instead of the upgrade."""
        try:
            pod = self._pod(websocket, "get")
        except Refusal as refusal:
            await websocket.send_denial_response(JSONResponse(refusal.body, refusal.code))
            return
        if pod.run is None:
            words = f'container not found ("{pod.service.name}")'
            await websocket.send_denial_response(PlainTextResponse(words, 500))
            return
        offered = [name for name in PROTOCOLS if name in websocket.scope.get("subprotocols", ())]
        if not offered:
            await websocket.send_denial_response(Response(status_code=403))
            return
        await websocket.accept(offered[0])
        try:
            await self._answer(websocket, pod)
            await websocket.close(1000)
        except WebSocketDisconnect:
            return

    async def _answer(self, websocket: WebSocket, pod: Pod) -> None:
        ended = commands.run(websocket.query_params.getlist("command"), _image(pod))
        await websocket.send_bytes(bytes([_STDOUT]))
        for signal in ended.signals:
            self._registry.apply(SignalContainer(pod.namespace, pod.name, signal))
        for channel, name, text in ((_STDOUT, "stdout", ended.stdout), (_STDERR, "stderr", ended.stderr)):
            if text and _asked(websocket.query_params, name):
                await websocket.send_bytes(bytes([channel]) + text.encode())
        self._count += 1
        told = json.dumps(_status(ended, identity.digest("exec", self._count).hex()), separators=(",", ":"))
        await websocket.send_bytes(bytes([_ERROR]) + told.encode())

    def _pod(self, connection: HTTPConnection, verb: str) -> Pod:
        namespace, name = connection.path_params["namespace"], connection.path_params["name"]
        resource = self._registry.resources["pods"]
        self._access.require(connection, verb, resource, namespace, name, "exec")
        # Since 1.35 an upgrade by GET asks for the right to create as well.
        self._access.require(connection, "create", resource, namespace, name, "exec")
        self._registry.find("pods", namespace, name)
        pod = self._registry.shop.control.pod(namespace, name)
        container = connection.query_params.get("container", "")
        if container not in ("", pod.service.name):
            raise Refusal(400, f"container {container} is not valid for pod {name}")
        return pod


def _asked(query: QueryParams, stream: str) -> bool:
    return query.get(stream, "") in ("1", "true")


def _image(pod: Pod) -> commands.Image:
    held = [(entry["name"], entry.get("value", "")) for entry in pod.container.get("env", ())]
    process = _MOUNTED.get(pod.service.kind, pod.service.name)
    return commands.Image(pod.service.shell, pod.name, tuple(held), process)


def _status(ended: commands.Ended, exec_id: str) -> dict[str, Any]:
    """The metav1.Status that ends the stream."""
    if ended.refusal:
        why = (
            "Internal error occurred: error executing command in container: failed to exec in container: "
            f'failed to start exec "{exec_id}": OCI runtime exec failed: exec failed: {ended.refusal}: unknown'
        )
        causes = {"causes": [{"message": why}]}
        failed = {"metadata": {}, "status": "Failure", "message": f"Internal error occurred: {why}"}
        return {**failed, "reason": "InternalError", "details": causes, "code": 500}
    if ended.code == 0:
        return {"metadata": {}, "status": "Success"}
    words = f"command terminated with exit code {ended.code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {words}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(ended.code)}]},
    }
