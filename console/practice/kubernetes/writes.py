"""What requests may change: deployments by patch, pods by deletion and eviction."""

from __future__ import annotations

import json
from typing import Any

from opsconsole.practice.kubernetes.patches import patched
from opsconsole.practice.kubernetes.pods import pod_object
from opsconsole.practice.kubernetes.status import Refusal, conflict, invalid, not_found
from opsconsole.practice.kubernetes.workloads import deployment_object
from opsconsole.practice.shop.control import DeletePod, SetDeployment
from opsconsole.practice.shop.shop import Shop
from opsconsole.practice.shop.workload import Deployment, Pod

_STALE = "the object has been modified; please apply your changes to the latest version and try again"


def decoded(body: bytes) -> Any:
    """The request's JSON. Raises `Refusal` 400."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refusal(400, f"error decoding the request body: {error}") from None


def is_dry(values: list[str]) -> bool:
    """Whether `dryRun` asks for a rehearsal. Raises `Refusal` 422 for a value that is not `All`."""
    if any(value != "All" for value in values):
        raise Refusal(422, f'dryRun: Unsupported value: "{values[0]}": supported values: "All"')
    return bool(values)


def find_deployment(shop: Shop, namespace: str, name: str) -> Deployment:
    """The deployment. Raises `Refusal` 404."""
    found = shop.control.deployments.get(name)
    if found is None or found.namespace != namespace:
        raise not_found("deployments", name, "apps")
    return found


def find_pod(shop: Shop, namespace: str, name: str) -> Pod:
    """The pod. Raises `Refusal` 404."""
    try:
        return shop.control.pod(namespace, name)
    except KeyError:
        raise not_found("pods", name) from None


def patch_deployment(
    shop: Shop, namespace: str, name: str, media_type: str, body: bytes, *, dry: bool
) -> dict[str, Any]:
    """The patched deployment, which is in force unless `dry`. Raises `Refusal`."""
    deployment = find_deployment(shop, namespace, name)
    before = deployment_object(deployment, shop.control.pods_of(deployment), shop.now())
    after = patched(media_type, before, decoded(body))
    _check(before, after, name)
    template = after["spec"]["template"]
    template["metadata"].pop("creationTimestamp", None)
    after["status"] = before["status"]
    if dry:
        if after["spec"] != before["spec"]:
            after["metadata"]["generation"] = deployment.generation + 1
        return after
    if after["spec"] == before["spec"] and after["metadata"] == before["metadata"]:
        return before
    shop.apply(
        SetDeployment(
            name,
            template,
            replicas=after["spec"].get("replicas", 1),
            paused=bool(after["spec"].get("paused", False)),
            annotations=after["metadata"].get("annotations", {}),
            labels=after["metadata"].get("labels", {}),
        )
    )
    return deployment_object(deployment, shop.control.pods_of(deployment), shop.now())


def _check(before: dict[str, Any], after: dict[str, Any], name: str) -> None:
    metadata, spec = after.get("metadata") or {}, after.get("spec") or {}
    if str(metadata.get("resourceVersion")) != before["metadata"]["resourceVersion"]:
        raise conflict("deployments", name, _STALE, "apps")
    if metadata.get("name") != name:
        raise Refusal(
            400, f"the name of the object ({metadata.get('name')}) does not match the name on the URL ({name})"
        )
    if spec.get("selector") != before["spec"]["selector"]:
        raise invalid("Deployment", name, "spec.selector: Invalid value: field is immutable")
    replicas = spec.get("replicas", 1)
    if not isinstance(replicas, int) or replicas < 0:
        raise invalid(
            "Deployment", name, f"spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0"
        )
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    wanted = before["spec"]["selector"]["matchLabels"]
    if any(labels.get(key) != value for key, value in wanted.items()):
        raise invalid(
            "Deployment",
            name,
            f"spec.template.metadata.labels: Invalid value: {labels}: `selector` does not match template `labels`",
        )
    containers = (template.get("spec") or {}).get("containers") or []
    if not containers:
        raise invalid("Deployment", name, "spec.template.spec.containers: Required value")
    for index, container in enumerate(containers):
        if not container.get("image"):
            raise invalid("Deployment", name, f"spec.template.spec.containers[{index}].image: Required value")


def delete_pod(shop: Shop, namespace: str, name: str, options: dict[str, Any], *, dry: bool) -> dict[str, Any]:
    """The pod as it is on its way out. `options` as in metav1.DeleteOptions. Raises `Refusal`."""
    pod = find_pod(shop, namespace, name)
    wanted = (options.get("preconditions") or {}).get("uid")
    if wanted is not None and wanted != pod.uid:
        why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {pod.uid}"
        raise conflict("pods", name, why)
    if not (dry or "All" in options.get("dryRun", ())):
        shop.apply(DeletePod(namespace, name, int(options.get("gracePeriodSeconds", 30))))
    return {"kind": "Pod", "apiVersion": "v1", **pod_object(pod)}
