"""A cluster of objects that stand still until a test moves them, as procedures read it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Any

import transcripts
from fake_clock import FakeClock, settle
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import OperationKind, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.label_selector import selects
from opsconsole.operations.procedure import Draft, Intent, Procedure

Json = dict[str, Any]


class StillCluster:
    """Objects by kind and name, all in namespace `shop`."""

    def __init__(self, *objects: Json) -> None:
        self.objects = {(Kind(one["kind"]), one["metadata"]["name"]): one for one in objects}

    def __getitem__(self, key: tuple[Kind, str]) -> Json:
        return self.objects[key]

    def add(self, one: Json) -> None:
        self.objects[Kind(one["kind"]), one["metadata"]["name"]] = one

    async def read(self, ref: ObjectRef) -> LiveObject:
        body = self.objects.get((ref.kind, ref.name))
        if body is None or (ref.uid and body["metadata"]["uid"] != ref.uid):
            raise SourceError(ErrorKind.NOT_FOUND, "kubernetes")
        return live(body)

    async def find(self, kind: Kind, namespace: SafeText, selector: JsonObject | None = None) -> tuple[LiveObject, ...]:
        assert namespace == "shop"
        found = [body for (one, _), body in self.objects.items() if one is kind]
        return tuple(
            live(body) for body in found if selector is None or selects(selector, body["metadata"].get("labels", {}))
        )

    async def draft(self, procedure: Procedure, ref: ObjectRef, **order: Any) -> Draft:
        """What the procedure makes of an order on the object as it is now."""
        draft = await procedure.draft(self, Order(procedure.kind, ref, **order), await self.read(ref), "op-1")  # type: ignore[arg-type]
        transcripts.heard.append(draft)
        return draft

    async def watched(
        self, procedure: Procedure, intent: Intent, clock: FakeClock, *moves: Callable[[], object], seconds: float = 2.0
    ) -> list[Step]:
        """The steps told while one move after the other is made, `seconds` apart, until the end."""
        steps: list[Step] = []

        async def listen() -> None:
            async for step in procedure.watch(self, intent, clock):  # type: ignore[arg-type]
                steps.append(step)  # noqa: PERF401  - seen as they come

        task = asyncio.ensure_future(listen())
        await settle()
        for move in moves:
            move()
            await clock.advance(seconds)
        for _ in range(2000):
            if task.done():
                break
            await clock.advance(seconds)
        await task
        transcripts.heard.append(steps)
        return steps


def live(body: Json) -> LiveObject:
    metadata = body["metadata"]
    ref = ObjectRef(
        Kind(body["kind"]),
        SafeText("" if body["kind"] == "Node" else "shop"),
        SafeText(metadata["name"]),
        SafeText(metadata["uid"]),
        SafeText(metadata.get("resourceVersion", "1")),
    )
    return LiveObject(ref, copy.deepcopy(body))


def intent_of(kind: OperationKind, ref: ObjectRef, baseline: dict[str, str], **order: Any) -> Intent:
    return Intent("op-1", Order(kind, ref, **order), ref, 1_800_000_000.0, baseline)


def owned_by(owner: Json) -> list[Json]:
    version = {"Deployment": "apps/v1", "Job": "batch/v1"}.get(owner["kind"], "apps/v1")
    metadata = owner["metadata"]
    return [
        {
            "apiVersion": version,
            "kind": owner["kind"],
            "name": metadata["name"],
            "uid": metadata["uid"],
            "controller": True,
        }
    ]


def template(image: str = "checkout:1", **annotations: str) -> Json:
    return {
        "metadata": {"labels": {"app": "checkout"}, **({"annotations": annotations} if annotations else {})},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }


def workload(kind: str = "Deployment", image: str = "checkout:2", replicas: int = 2, **spec: Any) -> Json:
    """A workload whose rollout is done."""
    return {
        "kind": kind,
        "metadata": {
            "name": "checkout",
            "uid": "w1",
            "generation": 5,
            "resourceVersion": "100",
            "annotations": {"deployment.kubernetes.io/revision": "2", "team": "shop"},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "checkout"}},
            "template": template(image),
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            **spec,
        },
        "status": {
            "observedGeneration": 5,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
            "desiredNumberScheduled": replicas,
            "updatedNumberScheduled": replicas,
            "numberAvailable": replicas,
            "updateRevision": "checkout-2",
            "currentRevision": "checkout-2",
        },
    }


def replica_set(owner: Json, number: int, image: str, **annotations: str) -> Json:
    made = template(image)
    made["metadata"]["labels"]["pod-template-hash"] = f"h{number}"
    return {
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"checkout-{number}",
            "uid": f"rs{number}",
            "creationTimestamp": f"2026-08-07T1{number}:00:00Z",
            "labels": {"app": "checkout", "pod-template-hash": f"h{number}"},
            "annotations": {"deployment.kubernetes.io/revision": str(number), **annotations},
            "ownerReferences": owned_by(owner),
        },
        "spec": {"selector": {"matchLabels": {"app": "checkout"}}, "template": made},
    }


def controller_revision(owner: Json, number: int, image: str) -> Json:
    return {
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"checkout-{number}",
            "uid": f"cr{number}",
            "creationTimestamp": f"2026-08-07T1{number}:00:00Z",
            "labels": {"app": "checkout"},
            "ownerReferences": owned_by(owner),
        },
        "revision": number,
        "data": {"spec": {"template": {"$patch": "replace", **template(image)}}},
    }


def pod(owner: Json | None = None, name: str = "checkout-a", *, ready: bool = True, **fields: Any) -> Json:
    """A running pod of one container; `fields` replace parts of metadata, spec or status by their names."""
    body: Json = {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-08-07T12:00:00Z",
            "labels": {"app": "checkout"},
            **({"ownerReferences": owned_by(owner)} if owner else {}),
        },
        "spec": {"containers": [{"name": "app", "image": "checkout:2"}], "terminationGracePeriodSeconds": 5},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [
                {
                    "name": "app",
                    "ready": ready,
                    "restartCount": 0,
                    "containerID": "containerd://1",
                    "state": {"running": {"startedAt": "2026-08-07T12:00:01Z"}},
                }
            ],
        },
    }
    for part in ("metadata", "spec", "status"):
        body[part] |= fields.get(part, {})
    return body
