"""What a client asks first: version, groups and resources, health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from opsconsole.practice.kubernetes.cluster import VERSION
from opsconsole.practice.kubernetes.registry import CORE, Registry

_VERSION = {
    "major": "1",
    "minor": "37",
    "gitVersion": VERSION,
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-10-13T09:12:41Z",
    "goVersion": "go1.26.8",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_REVIEWING = ("authorization.k8s.io/v1", "authentication.k8s.io/v1")
_SCALABLE = ("deployments", "statefulsets")

Answer = Callable[[Request], Awaitable[Response]]


def _constant(body: Any) -> Answer:
    async def answer(_request: Request) -> Response:
        return JSONResponse(body)

    return answer


def _listed(registry: Registry, version: str) -> dict[str, Any]:
    verbs = ["delete", "get", "list", "patch", "update", "watch"]
    kinds: list[dict[str, Any]] = []
    for one in registry.resources.values():
        if one.version != version:
            continue
        kinds.append(
            {
                "name": one.plural,
                "singularName": one.kind.lower(),
                "namespaced": one.namespaced,
                "kind": one.kind,
                "verbs": verbs,
            }
        )
        if one.plural in _SCALABLE:
            scale = {"group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"]}
            kinds.append({"name": f"{one.plural}/scale", "singularName": "", "namespaced": True, **scale})
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": kinds}


def discovery(registry: Registry) -> dict[str, Answer]:
    """Paths and what answers GET on each."""
    versions = sorted({one.version for one in registry.resources.values()} - {CORE}) + list(_REVIEWING)
    groups, routes = [], {}
    for version in versions:
        preferred = {"groupVersion": version, "version": version.split("/")[1]}
        name = version.split("/")[0]
        groups.append({"name": name, "versions": [preferred], "preferredVersion": preferred})
        routes[f"/apis/{version}"] = _constant(_listed(registry, version))
        routes[f"/apis/{name}"] = _constant({"kind": "APIGroup", "apiVersion": "v1", **groups[-1]})
    address = {"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.10:6443"}
    routes |= {
        "/version": _constant(_VERSION),
        "/api": _constant({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}),
        "/api/v1": _constant(_listed(registry, CORE)),
        "/apis": _constant({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}),
    }
    return {**routes, **dict.fromkeys(("/healthz", "/livez", "/readyz"), _fine)}


async def _fine(_request: Request) -> Response:
    return Response("ok", media_type="text/plain")
