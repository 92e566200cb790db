"""The subresource `scale` of Deployments and StatefulSets."""

from __future__ import annotations

import copy
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.bodies import decoded, is_dry, media_type
from opsconsole.practice.kubernetes.patches import patched
from opsconsole.practice.kubernetes.registry import Registry, Resource
from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import conflict
from opsconsole.practice.kubernetes.validation import check_replicas
from opsconsole.practice.kubernetes.writes import STALE, Writes

SCALABLE = ("deployments", "statefulsets")


def scale_object(item: Item) -> dict[str, Any]:
    """The autoscaling/v1 Scale of a workload."""
    metadata = item["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = ",".join(f"{key}={value}" for key, value in item["spec"]["selector"]["matchLabels"].items())
    replicas = item["spec"].get("replicas", 1)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {"replicas": item["status"].get("replicas", 0), "selector": selector},
    }


class Scales:
    """The handlers."""

    def __init__(self, registry: Registry, access: Access, writes: Writes) -> None:
        """`writes` does what is wished."""
        self._registry, self._access, self._writes = registry, access, writes

    async def get(self, resource: Resource, request: Request) -> Response:
        """GET. Raises `Refusal`."""
        return JSONResponse(scale_object(self._workload(resource, request, "get")))

    async def patch(self, resource: Resource, request: Request) -> Response:
        """PATCH. Raises `Refusal`."""
        before = self._workload(resource, request, "patch")
        dry = is_dry(request, "PatchOptions")
        wish = patched(media_type(request), scale_object(before), decoded(await request.body()))
        return self._scaled(resource, before, wish, dry=dry)

    async def put(self, resource: Resource, request: Request) -> Response:
        """PUT. Raises `Refusal`."""
        before = self._workload(resource, request, "update")
        dry = is_dry(request, "UpdateOptions")
        return self._scaled(resource, before, decoded(await request.body()), dry=dry)

    def _workload(self, resource: Resource, request: Request, verb: str) -> Item:
        path = request.path_params
        self._access.require(request, verb, resource, path["namespace"], path["name"], "scale")
        return self._registry.find(resource.plural, path["namespace"], path["name"])

    def _scaled(self, resource: Resource, before: Item, wish: dict[str, Any], *, dry: bool) -> Response:
        name = before["metadata"]["name"]
        version = (wish.get("metadata") or {}).get("resourceVersion") or before["metadata"]["resourceVersion"]
        if version != before["metadata"]["resourceVersion"]:
            raise conflict(resource.plural, name, STALE, resource.group)
        replicas = (wish.get("spec") or {}).get("replicas", 0)
        check_replicas("Scale", name, replicas, "autoscaling")
        after = copy.deepcopy(before)
        after["spec"]["replicas"] = replicas
        kept = self._writes.apply(resource, before, after, dry=dry)
        made = kept or self._registry.find(resource.plural, before["metadata"]["namespace"], name)
        return JSONResponse(scale_object(made))
