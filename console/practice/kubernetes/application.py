"""Routes of the API server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.discovery import discovery
from opsconsole.practice.kubernetes.execution import Execution
from opsconsole.practice.kubernetes.kubelet_metrics import KubeletMetrics
from opsconsole.practice.kubernetes.logs import Logs
from opsconsole.practice.kubernetes.pod_proxy import VERBS, PodProxy
from opsconsole.practice.kubernetes.reads import Reads
from opsconsole.practice.kubernetes.registry import Registry, Resource
from opsconsole.practice.kubernetes.resources import resources
from opsconsole.practice.kubernetes.reviews import Reviews
from opsconsole.practice.kubernetes.scale import SCALABLE, Scales
from opsconsole.practice.kubernetes.status import Refusal, status
from opsconsole.practice.kubernetes.validation import WRITABLE
from opsconsole.practice.kubernetes.watching import BOOKMARK_SECONDS, Pace
from opsconsole.practice.kubernetes.writes import Writes
from opsconsole.practice.shop.shop import Shop

Answer = Callable[[Request], Awaitable[Response]]


def application(shop: Shop, pace: Pace | None = None, bookmark_seconds: float = BOOKMARK_SECONDS) -> Starlette:
    """The API server of `shop`'s cluster.

    `pace` is how watches and followed logs wait, real time when left out; a watch that asks for bookmarks gets
    one every `bookmark_seconds`. `POST /practice/compact` makes all versions so far too old to watch from.
    """
    registry, access = Registry(shop, resources(shop), pace), Access()
    reads = Reads(registry, access, bookmark_seconds)
    routes: list[BaseRoute] = []

    def route(path: str, answer: Answer, *methods: str) -> None:
        routes.append(Route(path, answer, methods=list(methods or ("GET",))))

    for resource in registry.resources.values():
        collection, named = _paths(resource)
        route(f"{resource.base}/{resource.plural}", partial(reads.listing, resource))
        if resource.namespaced:
            route(collection, partial(reads.listing, resource))
        route(named, partial(reads.single, resource))
    writes = Writes(registry, access, WRITABLE)
    for plural in WRITABLE:
        resource = registry.resources[plural]
        route(_paths(resource)[1], partial(writes.patch, resource), "PATCH")
        route(_paths(resource)[1], partial(writes.put, resource), "PUT")
    scales = Scales(registry, access, writes)
    for plural in SCALABLE:
        resource = registry.resources[plural]
        for method, scaling in (("GET", scales.get), ("PATCH", scales.patch), ("PUT", scales.put)):
            route(f"{_paths(resource)[1]}/scale", partial(scaling, resource), method)
    route("/api/v1/nodes/{name}/proxy/{path:path}", KubeletMetrics(registry, access).probes)
    pod = registry.resources["pods"]
    route(_paths(pod)[1], partial(writes.delete_pod, pod), "DELETE")
    route(f"{_paths(pod)[1]}/proxy/{{path:path}}", PodProxy(registry, access).answer, *VERBS)
    route(f"{_paths(pod)[1]}/eviction", partial(writes.evict, pod), "POST")
    execution = Execution(registry, access)
    route(f"{_paths(pod)[1]}/exec", execution.plain, "GET", "POST")
    routes.append(WebSocketRoute(f"{_paths(pod)[1]}/exec", execution.socket))
    route(f"{_paths(pod)[1]}/log", Logs(registry, access).answer)
    for path, answer in _reviews(Reviews(shop, access)).items():
        route(path, answer, "POST")
    for path, answer in discovery(registry).items():
        route(path, answer)

    async def compact(_request: Request) -> Response:
        registry.compact()
        return JSONResponse({"version": registry.version()})

    route("/practice/compact", compact, "POST")
    return Starlette(routes=routes, exception_handlers={Refusal: _refused, HTTPException: _unrouted})


def _reviews(reviews: Reviews) -> dict[str, Answer]:
    return {
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": reviews.access,
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": reviews.rules,
        "/apis/authentication.k8s.io/v1/selfsubjectreviews": reviews.who,
    }


def _paths(resource: Resource) -> tuple[str, str]:
    """Paths of the collection within a namespace and of one object."""
    within = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"{resource.base}{within}/{resource.plural}"
    return collection, f"{collection}/{{name}}"


async def _refused(_request: Request, error: Exception) -> Response:
    code, body = (error.code, error.body) if isinstance(error, Refusal) else (500, status(500, str(error)))
    return JSONResponse(body, code)


async def _unrouted(_request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    words = {
        404: "the server could not find the requested resource",
        405: "the server does not allow this method on the requested resource",
    }
    return JSONResponse(status(code, words.get(code, str(error)), {}), code)
