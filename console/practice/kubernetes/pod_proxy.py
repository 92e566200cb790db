"""`pods/proxy`: the API server hands a request on to a port of a pod, where the shop's processes listen.

What is behind it is zap's `AtomicLevel` as an HTTP handler at `/level` (`zap/http_handler.go`); nothing else of the
processes is played. Words and statuses as kube-apiserver 1.37 (`registry/core/pod`, apimachinery `util/proxy`) and zap
1.27 have them.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.registry import Registry
from opsconsole.practice.kubernetes.status import Refusal
from opsconsole.practice.shop.log_levels import FIRST, LEVELS, level_at, set_level
from opsconsole.practice.shop.workload import Pod

VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
"""What each method asks the right for."""

_HANDLER = "level"
_FORM = "application/x-www-form-urlencoded"


class PodProxy:
    """The handler of `pods/proxy`."""

    def __init__(self, registry: Registry, access: Access) -> None:
        """Levels are set in the pods of `registry`'s shop."""
        self._registry = registry
        self._access = access

    async def answer(self, request: Request) -> Response:
        """What the process says. Raises `Refusal` for the API server's own words."""
        namespace, asked = request.path_params["namespace"], request.path_params["name"]
        pods = self._registry.resources["pods"]
        self._access.require(request, VERBS[request.method], pods, namespace, asked, "proxy")
        name, _, port = asked.partition(":")
        self._registry.find("pods", namespace, name)
        pod = self._registry.shop.control.pod(namespace, name)
        number = port or str(pod.service.port)
        if pod.run is None or number != str(pod.service.port):
            words = f"dial tcp {pod.address}:{number}: connect: connection refused"
            raise Refusal(503, f"error trying to reach service: {words}")
        if not pod.service.endpoints:
            raise Refusal(503, "error trying to reach service: EOF")
        if request.path_params["path"] != _HANDLER:
            return PlainTextResponse("404 page not found\n", HTTPStatus.NOT_FOUND)
        return await self._level(request, pod)

    async def _level(self, request: Request, pod: Pod) -> Response:
        now = self._registry.shop.now()
        if request.method == "PUT":
            wanted, refused = _wanted(request.headers.get("content-type", ""), await request.body())
            if refused:
                return _said({"error": refused}, HTTPStatus.BAD_REQUEST)
            set_level(pod, now, wanted)
            return _said({"level": wanted})
        if request.method != "GET":
            return _said({"error": "Only GET and PUT are supported."}, HTTPStatus.METHOD_NOT_ALLOWED)
        return _said({"level": level_at(pod, now)})


def _wanted(kind: str, body: bytes) -> tuple[str, str]:
    """The level in a request, or why there is none."""
    if kind == _FORM:
        level: object = (parse_qs(body.decode("utf-8", "replace")).get("level") or [""])[0]
    else:
        try:
            decoded = json.loads(body)
        except ValueError as error:
            return "", f"malformed request body: {error}"
        level = decoded.get("level") if isinstance(decoded, dict) else None
        # Empty text is info to zap (`zapcore.Level.UnmarshalText`).
        level = FIRST if level == "" else level
    if not level:
        return "", "must specify logging level"
    if not isinstance(level, str) or level.lower() not in LEVELS:
        why = f'unrecognized level: "{level}"'
        return "", why if kind == _FORM else f"malformed request body: {why}"
    return level.lower(), ""


def _said(body: dict[str, str], code: int = HTTPStatus.OK) -> Response:
    text = json.dumps(body, separators=(",", ":"))
    return PlainTextResponse(f"{text}\n", code)
