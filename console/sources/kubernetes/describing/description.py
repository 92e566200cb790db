"""A pod described: what `kubectl describe pod` tells (k8s.io/kubectl, describe.go), less its tolerations."""

from __future__ import annotations

import msgspec

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.pod_description import DescribedCondition, DescribedEvent, Pairs, PodDescription
from opsconsole.domain.secret_shapes import HIDDEN
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_mapping, safe_text
from opsconsole.sources.kubernetes.describing.containers import containers_of, moment_of
from opsconsole.sources.kubernetes.describing.described_objects import (
    NotedEvent,
    ObservedCondition,
    OwnedObject,
    SpecifiedPod,
    WholePod,
)
from opsconsole.sources.kubernetes.describing.hidden_values import LAST_APPLIED
from opsconsole.sources.kubernetes.describing.manifest import object_path
from opsconsole.sources.kubernetes.objects import Metadata, Page
from opsconsole.sources.together import together
from opsconsole.sources.wire import Wire

EVENTS_READ = 500
"""Events of one pod that are read; the kubelet's budget makes more than a few dozen rare."""

_OWNERS_WITH_OWNERS = (Kind.REPLICA_SET, Kind.JOB)
"""What belongs to something that the person knows by name: a Deployment, a CronJob."""


async def description_of(wire: Wire, ref: ObjectRef) -> PodDescription:
    """The pod `ref` read afresh, with its events and owners. Raises `SourceError` when it can't be read.

    Events and owners that can't be read are named in `missing`.
    """
    answer = await wire.request("GET", object_path(ref))
    pod = answer.decode(WholePod)
    missing: list[SafeText] = []
    told, owned = await together([_events(wire, ref, pod.metadata.uid), _owners(wire, pod.metadata)])
    if isinstance(told, SourceError):
        missing.append(_lacking("its events", told))
    if isinstance(owned, SourceError):
        missing.append(_lacking("the owner of its owner", owned))
    return _description(
        ref,
        pod,
        () if isinstance(told, SourceError) else told.events,
        _named(pod.metadata) if isinstance(owned, SourceError) else owned.owners,
        tuple(missing),
    )


class _Around(msgspec.Struct, frozen=True):
    """What was found around the pod."""

    events: tuple[DescribedEvent, ...] = ()
    owners: tuple[SafeText, ...] = ()


def _description(
    ref: ObjectRef,
    pod: WholePod,
    events: tuple[DescribedEvent, ...],
    owners: tuple[SafeText, ...],
    missing: tuple[SafeText, ...],
) -> PodDescription:
    metadata, status = pod.metadata, pod.status
    read = msgspec.structs.replace(
        ref, uid=safe_text(metadata.uid, 64), resource_version=safe_text(metadata.resource_version, 64)
    )
    return PodDescription(
        ref=read,
        phase=safe_text(status.phase, 64),
        events=events,
        conditions=tuple(map(_condition, status.conditions or ())),
        containers=containers_of(pod.spec, status),
        owners=owners,
        reason=safe_text(status.reason),
        message=safe_text(status.message),
        created=moment_of(metadata.creation_timestamp),
        started=moment_of(status.start_time),
        deleting=_told_to_end(metadata.deletion_timestamp, metadata.deletion_grace_period_seconds),
        grace=pod.spec.termination_grace_period_seconds,
        facts=_facts(pod),
        volumes=_volumes(pod.spec),
        labels=tuple(sorted(safe_mapping(metadata.labels or {}).items())),
        annotations=tuple(sorted(safe_mapping(_plain_annotations(metadata.annotations or {})).items())),
        missing=missing,
    )


def _told_to_end(deadline: str | None, grace: int | None) -> float | None:
    """`deletionTimestamp` is when the grace period ends (API reference, ObjectMeta)."""
    ends = moment_of(deadline)
    return None if ends is None else ends - (grace or 0)


def _facts(pod: WholePod) -> Pairs:
    spec, status = pod.spec, pod.status
    priority = "" if spec.priority is None else f" ({spec.priority})"
    pairs = (
        ("node", f"{spec.node_name} {status.host_ip}".strip()),
        ("address", f"{status.pod_ip}{' (the node’s own)' if spec.host_network else ''}"),
        ("account", spec.service_account_name),
        ("quality", status.qos_class),
        ("priority", f"{spec.priority_class_name}{priority}".strip() if spec.priority_class_name else ""),
        ("restarts", spec.restart_policy),
        ("node picked by", ", ".join(f"{key}={value}" for key, value in (spec.node_selector or {}).items())),
    )
    return tuple((SafeText(name), safe_text(value)) for name, value in pairs if value)


def _volumes(spec: SpecifiedPod) -> Pairs:
    shown = []
    for volume in spec.volumes or ():
        kind = next((key for key in volume if key != "name"), "")
        source = volume.get(kind)
        named = [] if not isinstance(source, dict) else [
            value for key in ("name", "claimName", "secretName", "path", "driver")
            if isinstance(value := source.get(key), str)
        ]  # fmt: skip
        shown.append((safe_text(volume.get("name", ""), 256), safe_text(" ".join((kind, *named)))))
    return tuple(shown)


def _plain_annotations(annotations: dict[str, str]) -> dict[str, str]:
    return {key: HIDDEN if key == LAST_APPLIED else value for key, value in annotations.items()}


def _condition(condition: ObservedCondition) -> DescribedCondition:
    return DescribedCondition(
        safe_text(condition.type, 256),
        safe_text(condition.status, 32),
        safe_text(condition.reason, 256),
        safe_text(condition.message),
        moment_of(condition.last_transition_time),
    )


async def _owners(wire: Wire, metadata: Metadata) -> _Around:
    """The pod's controller and, where that has one, its controller."""
    controller = metadata.controller
    kind = next((one for one in _OWNERS_WITH_OWNERS if controller is not None and one.value == controller.kind), None)
    if controller is None or kind is None:
        return _Around(owners=_named(metadata))
    owner = ObjectRef(kind, safe_text(metadata.namespace, 256), safe_text(controller.name, 256))
    answer = await wire.request("GET", object_path(owner))
    return _Around(owners=(*_named(metadata), *_named(answer.decode(OwnedObject).metadata)))


def _named(metadata: Metadata) -> tuple[SafeText, ...]:
    controller = metadata.controller
    return () if controller is None else (safe_text(f"{controller.kind} {controller.name}", 512),)


async def _events(wire: Wire, ref: ObjectRef, uid: str) -> _Around:
    """The pod's events, the newest first. Those of an older pod of the same name are left out."""
    params = {
        "fieldSelector": f"involvedObject.kind={ref.kind.value},involvedObject.name={ref.name}",
        "limit": str(EVENTS_READ),
    }
    answer = await wire.request("GET", f"/api/v1/namespaces/{ref.namespace}/events", params=params)
    noted = answer.decode(Page[NotedEvent]).items or ()
    events = [_event(event) for event in noted if event.involved_object.uid in ("", uid)]
    return _Around(events=tuple(sorted(events, key=lambda event: -(event.last or 0.0))))


def _event(event: NotedEvent) -> DescribedEvent:
    series = event.series
    begun = moment_of(event.first_timestamp) or moment_of(event.event_time)
    last = moment_of(series.last_observed_time) if series is not None else None
    path = event.involved_object.field_path
    return DescribedEvent(
        warning=event.type != "Normal",
        reason=safe_text(event.reason, 256),
        message=safe_text(event.message),
        count=max(event.count or 1, series.count if series is not None else 1),
        first=begun or moment_of(event.metadata.creation_timestamp),
        last=last or moment_of(event.last_timestamp) or begun or moment_of(event.metadata.creation_timestamp),
        source=safe_text(event.source.component or event.reporting_component, 256),
        container=safe_text(path.partition("{")[2].rstrip("}"), 256),
    )


def _lacking(what: str, error: SourceError) -> SafeText:
    words = "forbidden to these credentials" if error.kind is ErrorKind.FORBIDDEN else error.sentence
    return SafeText(f"{what}: {words}")
