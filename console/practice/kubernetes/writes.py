"""What requests may change: one pipeline for PATCH and PUT of every kind, deletion, eviction.

Read, apply, check, compare: the order in which kube-apiserver refuses things.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.bodies import decoded, delete_options, is_dry, media_type
from opsconsole.practice.kubernetes.patches import patched
from opsconsole.practice.kubernetes.policies import check_eviction
from opsconsole.practice.kubernetes.registry import Registry, Resource
from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import Refusal, conflict, invalid, succeeded, timestamp
from opsconsole.practice.shop.changes import Change, DeletePod

STALE = "the object has been modified; please apply your changes to the latest version and try again"


@dataclass(frozen=True)
class Writable:
    """How one kind is written. `check` raises `Refusal` for what can't be; `change` says what was wished.

    `change` is None where nothing that lasts differs. `generation` tells whether a new spec counts one up.
    """

    plural: str
    check: Callable[[Item, Item], None]
    change: Callable[[Item, Item], Change | None]
    generation: bool = True


class Writes:
    """The handlers that change something."""

    def __init__(self, registry: Registry, access: Access, writable: Mapping[str, Writable]) -> None:
        """`writable` by plural."""
        self._registry = registry
        self._access = access
        self.writable = writable

    async def patch(self, resource: Resource, request: Request) -> Response:
        """PATCH of one object. Raises `Refusal`."""
        name, namespace = request.path_params["name"], request.path_params.get("namespace")
        self._access.require(request, "patch", resource, namespace, name)
        dry = is_dry(request, "PatchOptions")
        before = self._registry.find(resource.plural, namespace, name)
        whole = self._registry.whole(resource.plural, before)
        after = patched(media_type(request), whole, decoded(await request.body()))
        return self._written(resource, before, after, dry=dry)

    async def put(self, resource: Resource, request: Request) -> Response:
        """PUT of one object. Raises `Refusal`."""
        name, namespace = request.path_params["name"], request.path_params.get("namespace")
        self._access.require(request, "update", resource, namespace, name)
        dry = is_dry(request, "UpdateOptions")
        before = self._registry.find(resource.plural, namespace, name)
        after = _object(resource, await request.body())
        metadata = after.setdefault("metadata", {})
        if metadata.get("name", name) != name:
            raise _other_name(metadata["name"], name)
        for field in ("resourceVersion", "uid", "creationTimestamp", "generation"):
            metadata[field] = metadata.get(field) or before["metadata"].get(field)
        if metadata["uid"] != before["metadata"]["uid"]:
            why = f"Precondition failed: UID in precondition: {metadata['uid']}, UID in object meta: "
            raise conflict(resource.plural, name, why + str(before["metadata"]["uid"]), resource.group)
        return self._written(resource, before, after, dry=dry)

    def _written(self, resource: Resource, before: Item, after: dict[str, Any], *, dry: bool) -> Response:
        kept = self.apply(resource, before, after, dry=dry)
        if kept is not None:
            return JSONResponse(self._registry.whole(resource.plural, kept))
        made = self._registry.find(resource.plural, before["metadata"].get("namespace"), before["metadata"]["name"])
        return JSONResponse(self._registry.whole(resource.plural, made))

    def apply(self, resource: Resource, before: Item, after: dict[str, Any], *, dry: bool) -> Item | None:
        """Make `after` of `before`; the object of a rehearsal, or None when it is in force. Raises `Refusal`."""
        writable, name = self.writable[resource.plural], before["metadata"]["name"]
        metadata = after.get("metadata") or {}
        if metadata.get("name") != name:
            raise _other_name(metadata.get("name"), name)
        if metadata.get("uid") != before["metadata"]["uid"]:
            words = f'Invalid value: "{metadata.get("uid")}": field is immutable'
            raise invalid(resource.kind, name, "metadata.uid", words, resource.group)
        if str(metadata.get("resourceVersion")) != before["metadata"]["resourceVersion"]:
            raise conflict(resource.plural, name, STALE, resource.group)
        writable.check(before, after)
        after = {key: value for key, value in after.items() if key not in ("kind", "apiVersion", "status")}
        if "status" in before:
            after["status"] = before["status"]
        if dry:
            if writable.generation and after.get("spec") != before.get("spec"):
                after["metadata"]["generation"] = before["metadata"].get("generation", 0) + 1
            return after
        change = writable.change(before, after)
        if change is not None:
            self._registry.apply(change)
        return None

    async def delete_pod(self, resource: Resource, request: Request) -> Response:
        """DELETE of one pod. Raises `Refusal`."""
        path = request.path_params
        self._access.require(request, "delete", resource, path["namespace"], path["name"])
        dry = is_dry(request, "DeleteOptions")
        options = await delete_options(request)
        return JSONResponse(self._deleted(path["namespace"], path["name"], options, dry=dry))

    async def evict(self, resource: Resource, request: Request) -> Response:
        """POST of an Eviction. Raises `Refusal`, 429 where a disruption budget forbids it."""
        path = request.path_params
        self._access.require(request, "create", resource, path["namespace"], path["name"], "eviction")
        dry = is_dry(request, "CreateOptions")
        body = decoded(await request.body())
        pod = self._registry.find("pods", path["namespace"], path["name"])
        named = (body.get("metadata") or {}).get("name", path["name"])
        if named != path["name"]:
            raise _other_name(named, path["name"])
        options = body.get("deleteOptions") or {}
        _preconditions(pod, options)
        check_eviction(self._registry.shop, self._registry.shop.control.pod(path["namespace"], path["name"]))
        self._deleted(path["namespace"], path["name"], options, dry=dry)
        return JSONResponse(succeeded(), 201)

    def _deleted(self, namespace: str, name: str, options: dict[str, Any], *, dry: bool) -> dict[str, Any]:
        pod = self._registry.find("pods", namespace, name)
        _preconditions(pod, options)
        usual = pod["spec"].get("terminationGracePeriodSeconds", 30)
        grace = int(options.get("gracePeriodSeconds", usual))
        if dry or "All" in (options.get("dryRun") or ()):
            return self._registry.whole("pods", self._doomed(pod, grace))
        self._registry.apply(DeletePod(namespace, name, grace))
        return self._registry.whole("pods", self._registry.shelf("pods").get(namespace, name) or pod)

    def _doomed(self, pod: Item, grace: int) -> Item:
        marks = {"deletionTimestamp": timestamp(self._registry.shop.now() + grace), "deletionGracePeriodSeconds": grace}
        return {**pod, "metadata": {**pod["metadata"], **marks}}


def _object(resource: Resource, body: bytes) -> dict[str, Any]:
    try:
        made = json.loads(body)
    except ValueError:
        made = None
    if not isinstance(made, dict):
        words = f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind"
        raise Refusal(400, words)
    return made


def _other_name(given: object, name: str) -> Refusal:
    return Refusal(400, f"the name of the object ({given}) does not match the name on the URL ({name})")


def _preconditions(pod: Item, options: dict[str, Any]) -> None:
    metadata, wanted = pod["metadata"], options.get("preconditions") or {}
    uid, version = wanted.get("uid"), wanted.get("resourceVersion")
    if uid is not None and uid != metadata["uid"]:
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({metadata['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise conflict("Pod", metadata["name"], why)
    if version is not None and version != metadata["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
            f"({metadata['resourceVersion']}). The object might have been modified"
        )
        raise conflict("Pod", metadata["name"], why)
