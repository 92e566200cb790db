"""Routes of the API server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from opsconsole.practice.kubernetes import cluster, pods, workloads, writes
from opsconsole.practice.kubernetes.selection import Item, page
from opsconsole.practice.kubernetes.status import Refusal, not_found, status
from opsconsole.practice.shop.shop import Shop

_CORE, _APPS = "v1", "apps/v1"
_VERSION = {
    "major": "1",
    "minor": "37",
    "gitVersion": cluster.VERSION,
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-10-13T09:12:41Z",
    "goVersion": "go1.26.8",
    "compiler": "gc",
    "platform": "linux/amd64",
}


@dataclass(frozen=True)
class _Resource:
    """One listable kind: where its items come from and by what they may be selected."""

    kind: str
    version: str
    plural: str
    fields: frozenset[str]
    items: Callable[[], list[Item]]

    @property
    def group(self) -> str:
        return "" if self.version == _CORE else self.version.split("/", 1)[0]


def _resources(shop: Shop) -> list[_Resource]:
    control, names = shop.control, workloads.SELECTABLE

    def none() -> list[Item]:
        return []

    def deployments() -> list[Item]:
        return [
            workloads.deployment_object(one, control.pods_of(one), shop.now()) for one in control.deployments.values()
        ]

    def replica_sets() -> list[Item]:
        return [
            workloads.replica_set_object(owner, one, control.pods_of(one))
            for one in control.deployments.values()
            for owner in one.replica_sets
        ]

    def named(kind: str, plural: str, items: Callable[[], list[Item]], version: str = _CORE) -> _Resource:
        return _Resource(kind, version, plural, names, items)

    return [
        _Resource("Pod", _CORE, "pods", pods.SELECTABLE, lambda: [pods.pod_object(pod) for pod in control.pods]),
        _Resource(
            "Event", _CORE, "events", cluster.EVENT_FIELDS,
            lambda: [cluster.event_object(event) for event in control.events.at(shop.now())],
        ),
        named("Namespace", "namespaces", lambda: cluster.namespace_objects(shop.begin)),
        named("Node", "nodes", lambda: cluster.node_objects(shop.begin, shop.now())),
        named("Service", "services", lambda: cluster.service_objects(shop.begin)),
        named("Endpoints", "endpoints", lambda: cluster.endpoint_objects(shop.begin, control.pods)),
        named("Deployment", "deployments", deployments, _APPS),
        named("ReplicaSet", "replicasets", replica_sets, _APPS),
        named("StatefulSet", "statefulsets", none, _APPS),
        named("DaemonSet", "daemonsets", none, _APPS),
        named("ControllerRevision", "controllerrevisions", none, _APPS),
        named("Job", "jobs", none, "batch/v1"),
        named("PodDisruptionBudget", "poddisruptionbudgets", none, "policy/v1"),
    ]  # fmt: skip


def application(shop: Shop) -> Starlette:
    """The API server of `shop`'s cluster: lists, single objects, patches, deletions, access reviews."""
    routes: list[Route] = []

    def route(path: str, answer: Callable[[Request], Awaitable[Response]], *methods: str) -> None:
        routes.append(Route(path, answer, methods=list(methods or ("GET",))))

    for resource in _resources(shop):
        base = f"/api/{_CORE}" if resource.version == _CORE else f"/apis/{resource.version}"
        listing, single = _listing(shop, resource), _single(shop, resource)
        route(f"{base}/{resource.plural}", listing)
        if resource.plural in ("namespaces", "nodes"):
            route(f"{base}/{resource.plural}/{{name}}", single)
        else:
            route(f"{base}/namespaces/{{namespace}}/{resource.plural}", listing)
            route(f"{base}/namespaces/{{namespace}}/{resource.plural}/{{name}}", single)
    _add_writes(shop, route)
    _add_discovery(shop, route)
    return Starlette(routes=routes, exception_handlers={Refusal: _refused, HTTPException: _unrouted})


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


def _listing(shop: Shop, resource: _Resource) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        shop.advance()
        query = dict(request.query_params)
        if query.get("watch") in ("1", "true"):
            raise Refusal(400, "this server answers lists only")
        items, namespace = resource.items(), request.path_params.get("namespace")
        if namespace is not None:
            items = [item for item in items if item["metadata"].get("namespace") == namespace]
        kind = f"{resource.kind}List"
        return JSONResponse(page(items, query, shop.control.version, kind, resource.version, resource.fields))

    return answer


def _single(shop: Shop, resource: _Resource) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        shop.advance()
        name, namespace = request.path_params["name"], request.path_params.get("namespace")
        for item in resource.items():
            if item["metadata"]["name"] == name and namespace in (None, item["metadata"].get("namespace")):
                return JSONResponse({"kind": resource.kind, "apiVersion": resource.version, **item})
        raise not_found(resource.plural, name, resource.group)

    return answer


def _add_writes(shop: Shop, route: Callable[..., None]) -> None:
    async def patch(request: Request) -> Response:
        shop.advance()
        made = writes.patch_deployment(
            shop, request.path_params["namespace"], request.path_params["name"],
            request.headers.get("content-type", "").split(";")[0].strip(), await request.body(),
            dry=writes.is_dry(request.query_params.getlist("dryRun")),
        )  # fmt: skip
        return JSONResponse({"kind": "Deployment", "apiVersion": _APPS, **made})

    async def delete(request: Request) -> Response:
        shop.advance()
        body = await request.body()
        options: dict[str, Any] = writes.decoded(body) if body else {}
        if "gracePeriodSeconds" in request.query_params:
            options["gracePeriodSeconds"] = request.query_params["gracePeriodSeconds"]
        dry = writes.is_dry(request.query_params.getlist("dryRun"))
        path = request.path_params
        return JSONResponse(writes.delete_pod(shop, path["namespace"], path["name"], options, dry=dry))

    async def evict(request: Request) -> Response:
        shop.advance()
        body = writes.decoded(await request.body())
        options = body.get("deleteOptions") or {}
        dry = writes.is_dry(request.query_params.getlist("dryRun"))
        path = request.path_params
        writes.delete_pod(shop, path["namespace"], path["name"], options, dry=dry)
        done = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
        return JSONResponse(done, 201)

    async def review(request: Request) -> Response:
        asked = writes.decoded(await request.body())
        allowed = {"allowed": True, "reason": "the practice cluster allows everything"}
        made = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}}
        return JSONResponse({**made, "spec": asked.get("spec", {}), "status": allowed}, 201)

    async def who(_: Request) -> Response:
        made = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {}}
        user = {"username": "practice", "groups": ["system:authenticated"]}
        return JSONResponse({**made, "status": {"userInfo": user}}, 201)

    route("/apis/apps/v1/namespaces/{namespace}/deployments/{name}", patch, "PATCH")
    route("/api/v1/namespaces/{namespace}/pods/{name}", delete, "DELETE")
    route("/api/v1/namespaces/{namespace}/pods/{name}/eviction", evict, "POST")
    route("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, "POST")
    route("/apis/authentication.k8s.io/v1/selfsubjectreviews", who, "POST")


def _add_discovery(shop: Shop, route: Callable[..., None]) -> None:
    resources = _resources(shop)

    def constant(body: Any) -> Callable[[Request], Awaitable[Response]]:
        async def answer(_request: Request) -> Response:
            return JSONResponse(body)

        return answer

    def listed(version: str) -> dict[str, Any]:
        verbs = ["delete", "get", "list", "patch"]
        kinds = [
            {
                "name": one.plural,
                "singularName": one.kind.lower(),
                "namespaced": one.plural not in ("namespaces", "nodes"),
                "kind": one.kind,
                "verbs": verbs,
            }
            for one in resources
            if one.version == version
        ]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": kinds}

    versions = ("apps/v1", "batch/v1", "policy/v1", "authorization.k8s.io/v1")
    groups = []
    for version in versions:
        preferred = {"groupVersion": version, "version": "v1"}
        groups.append({"name": version.split("/")[0], "versions": [preferred], "preferredVersion": preferred})
        route(f"/apis/{version}", constant(listed(version)))
    address = {"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.10:6443"}
    route("/version", constant(_VERSION))
    route("/api", constant({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}))
    route("/api/v1", constant(listed(_CORE)))
    route("/apis", constant({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
    for path in ("/healthz", "/livez", "/readyz"):
        route(path, _fine)


async def _fine(_request: Request) -> Response:
    return Response("ok", media_type="text/plain")
