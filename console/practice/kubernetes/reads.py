"""Lists, watches and single objects."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.registry import Registry, Resource
from opsconsole.practice.kubernetes.selection import Item, page
from opsconsole.practice.kubernetes.watching import BOOKMARK_SECONDS, Watch, WatchedKind, watches

_META = "meta.k8s.io/v1"


class Reads:
    """The handlers that only read."""

    def __init__(self, registry: Registry, access: Access, bookmark_seconds: float = BOOKMARK_SECONDS) -> None:
        """`bookmark_seconds` is how often a watch tells its version."""
        self._registry = registry
        self._access = access
        self._bookmark_seconds = bookmark_seconds

    async def listing(self, resource: Resource, request: Request) -> Response:
        """A list or, when asked so, a watch. Raises `Refusal`."""
        query, namespace = dict(request.query_params), request.path_params.get("namespace")
        going_on = watches(query)
        self._access.require(request, "watch" if going_on else "list", resource, namespace)
        if going_on:
            return self._watch(resource, namespace, query)
        shelf = self._registry.shelf(resource.plural)
        items = shelf.items
        if namespace is not None:
            items = [item for item in items if item["metadata"].get("namespace") == namespace]
        version = self._registry.version()
        body = page(items, query, version, f"{resource.kind}List", resource.version, resource.fields, shelf.oldest())
        if "as=PartialObjectMetadataList" in request.headers.get("accept", ""):
            body |= {"kind": "PartialObjectMetadataList", "apiVersion": _META}
            body["items"] = [_metadata_alone(item) for item in body["items"]]
        return JSONResponse(body, headers=_warned(resource))

    async def single(self, resource: Resource, request: Request) -> Response:
        """One object. Raises `Refusal`."""
        name, namespace = request.path_params["name"], request.path_params.get("namespace")
        self._access.require(request, "get", resource, namespace, name)
        item = self._registry.find(resource.plural, namespace, name)
        if "as=PartialObjectMetadata;" in request.headers.get("accept", ""):
            return JSONResponse(_metadata_alone(item), headers=_warned(resource))
        return JSONResponse(self._registry.whole(resource.plural, item), headers=_warned(resource))

    def _watch(self, resource: Resource, namespace: str | None, query: dict[str, str]) -> Response:
        registry = self._registry

        def look() -> int:
            registry.shelf(resource.plural)
            return registry.version()

        watched = WatchedKind(resource.kind, resource.version, resource.fields, registry.shelf(resource.plural), look)
        watch = Watch(watched, query, namespace, registry.shop.now, registry.pace, self._bookmark_seconds)
        return StreamingResponse(watch.lines(), media_type="application/json", headers=_warned(resource))


def _metadata_alone(item: Item) -> dict[str, Any]:
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": item["metadata"]}


def _warned(resource: Resource) -> dict[str, str]:
    return {"warning": f'299 - "{resource.warning}"'} if resource.warning else {}
