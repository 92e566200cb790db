"""The parts of a pod that describing reads, beyond what lists keep; field names are the API's."""

from __future__ import annotations

import msgspec

from opsconsole.sources.kubernetes.objects import AnnotatedMetadata, Metadata, ProbeSpec


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """A piece of an object; what is not named is skipped unread."""


class KeyRef(_Part, frozen=True):
    """A key of a ConfigMap or Secret."""

    name: str = ""
    key: str = ""


class FieldRef(_Part, frozen=True):
    """A field of the pod."""

    field_path: str = ""


class ResourceFieldRef(_Part, frozen=True):
    """A request or limit of the container."""

    resource: str = ""


class ValueFrom(_Part, frozen=True):
    """Where a variable's value comes from."""

    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None
    field_ref: FieldRef | None = None
    resource_field_ref: ResourceFieldRef | None = None


class Variable(_Part, frozen=True):
    """An environment variable as specified."""

    name: str = ""
    value: str = ""
    value_from: ValueFrom | None = None


class SourceName(_Part, frozen=True):
    """A ConfigMap or Secret by name."""

    name: str = ""


class EnvironmentSource(_Part, frozen=True):
    """All keys of a ConfigMap or Secret as variables."""

    prefix: str = ""
    config_map_ref: SourceName | None = None
    secret_ref: SourceName | None = None


class Port(_Part, frozen=True):
    """A port that the container says it listens on."""

    container_port: int = 0
    name: str = ""
    protocol: str = "TCP"


class Resources(_Part, frozen=True):
    """Requests and limits, by resource."""

    requests: dict[str, str] | None = None
    limits: dict[str, str] | None = None


class Mount(_Part, frozen=True):
    """A volume in the container."""

    name: str = ""
    mount_path: str = ""
    read_only: bool = False


class SpecifiedContainer(_Part, frozen=True):
    """A container as specified."""

    name: str
    image: str = ""
    command: list[str] | None = None
    args: list[str] | None = None
    restart_policy: str | None = None
    ports: list[Port] | None = None
    env: list[Variable] | None = None
    env_from: list[EnvironmentSource] | None = None
    resources: Resources = Resources()
    volume_mounts: list[Mount] | None = None
    startup_probe: ProbeSpec | None = None
    readiness_probe: ProbeSpec | None = None
    liveness_probe: ProbeSpec | None = None


class SpecifiedPod(_Part, frozen=True):
    """A pod as specified. A volume is its name and, under the name of its kind, its source."""

    containers: list[SpecifiedContainer] = []
    init_containers: list[SpecifiedContainer] | None = None
    ephemeral_containers: list[SpecifiedContainer] | None = None
    node_name: str = ""
    service_account_name: str = ""
    restart_policy: str = ""
    priority_class_name: str = ""
    priority: int | None = None
    host_network: bool = False
    termination_grace_period_seconds: int | None = None
    node_selector: dict[str, str] | None = None
    volumes: list[dict[str, object]] | None = None


class EndedState(_Part, frozen=True):
    """Running, waiting or terminated, all fields of the three."""

    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    started_at: str | None = None
    finished_at: str | None = None


class ObservedState(_Part, frozen=True):
    """Exactly one of three, or none of the last state."""

    running: EndedState | None = None
    waiting: EndedState | None = None
    terminated: EndedState | None = None


class ObservedContainer(_Part, frozen=True):
    """A container as the kubelet sees it."""

    name: str
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    image_id: str = msgspec.field(name="imageID", default="")
    container_id: str = msgspec.field(name="containerID", default="")
    state: ObservedState = ObservedState()
    last_state: ObservedState = ObservedState()


class ObservedCondition(_Part, frozen=True):
    """One of the pod's conditions."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None


class ObservedPod(_Part, frozen=True):
    """A pod as observed."""

    phase: str = "Unknown"
    reason: str = ""
    message: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")
    host_ip: str = msgspec.field(name="hostIP", default="")
    qos_class: str = ""
    start_time: str | None = None
    conditions: list[ObservedCondition] | None = None
    container_statuses: list[ObservedContainer] | None = None
    init_container_statuses: list[ObservedContainer] | None = None
    ephemeral_container_statuses: list[ObservedContainer] | None = None


class WholePod(_Part, frozen=True):
    """A pod."""

    metadata: AnnotatedMetadata
    spec: SpecifiedPod = SpecifiedPod()
    status: ObservedPod = ObservedPod()


class EventSource(_Part, frozen=True):
    """Who noted it."""

    component: str = ""
    host: str = ""


class NotedSeries(_Part, frozen=True):
    """How often it came, in the newer counting."""

    count: int = 0
    last_observed_time: str | None = None


class NotedObject(_Part, frozen=True):
    """What it is about."""

    uid: str = ""
    field_path: str = ""


class NotedEvent(_Part, frozen=True):
    """An event with everything that is shown of it."""

    metadata: Metadata
    type: str = "Normal"
    reason: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    reporting_component: str = ""
    involved_object: NotedObject = NotedObject()
    source: EventSource = EventSource()
    series: NotedSeries | None = None


class OwnedObject(_Part, frozen=True):
    """Any object, for who owns it."""

    metadata: Metadata
