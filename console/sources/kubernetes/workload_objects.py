"""The parts of workloads, nodes and endpoints that the console reads; see `objects`."""

from __future__ import annotations

from opsconsole.sources.kubernetes.objects import AnnotatedMetadata, Condition, Metadata, ObjectReference, Part


class LabelRequirement(Part, frozen=True):
    """One expression of a label selector."""

    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class LabelSelector(Part, frozen=True):
    """Which pods belong. An empty one selects all, in a PodDisruptionBudget too (policy/v1)."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[LabelRequirement] | None = None


class RollingUpdate(Part, frozen=True):
    """How a rollout goes, as far as its status depends on it."""

    partition: int = 0


class UpdateStrategy(Part, frozen=True):
    """`RollingUpdate`, `OnDelete` or `Recreate`."""

    type: str = ""
    rolling_update: RollingUpdate | None = None


class PodTemplateMetadata(Part, frozen=True):
    """Metadata of a template, whose labels its pods get."""

    labels: dict[str, str] | None = None


class ImageContainer(Part, frozen=True):
    """A container of a template, as far as a list of workloads shows it."""

    name: str = ""
    image: str = ""


class ImageSpec(Part, frozen=True):
    """The pods of a template."""

    containers: tuple[ImageContainer, ...] = ()


class PodTemplate(Part, frozen=True):
    """What pods are made from."""

    metadata: PodTemplateMetadata = PodTemplateMetadata()
    spec: ImageSpec = ImageSpec()


class WorkloadSpec(Part, frozen=True):
    """A Deployment, StatefulSet, DaemonSet or Job as specified; each has some of these."""

    replicas: int = 1
    completions: int | None = None
    paused: bool = False
    suspend: bool | None = None
    progress_deadline_seconds: int = 600
    template: PodTemplate = PodTemplate()
    strategy: UpdateStrategy = UpdateStrategy()
    update_strategy: UpdateStrategy = UpdateStrategy()


class WorkloadStatus(Part, frozen=True):
    """A Deployment, StatefulSet, DaemonSet or Job as observed."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    active: int = 0
    ready: int | None = None
    succeeded: int = 0
    failed: int = 0
    conditions: list[Condition] | None = None


class GenerationMetadata(AnnotatedMetadata, frozen=True):
    """Metadata with annotations and the number of the newest specification."""

    generation: int = 0


class WorkloadObject(Part, frozen=True):
    """A Deployment, StatefulSet, DaemonSet or Job."""

    metadata: GenerationMetadata
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()


class ScaleTarget(Part, frozen=True):
    """What an autoscaler scales."""

    kind: str = ""
    name: str = ""


class AutoscalerSpec(Part, frozen=True):
    """Bounds."""

    scale_target_ref: ScaleTarget = ScaleTarget()
    min_replicas: int = 1
    max_replicas: int = 0


class AutoscalerObject(Part, frozen=True):
    """A HorizontalPodAutoscaler."""

    metadata: Metadata
    spec: AutoscalerSpec = AutoscalerSpec()


class BudgetSpec(Part, frozen=True):
    """Which pods it protects."""

    selector: LabelSelector | None = None


class BudgetStatus(Part, frozen=True):
    """How many may go."""

    disruptions_allowed: int = 0


class BudgetObject(Part, frozen=True):
    """A PodDisruptionBudget."""

    metadata: Metadata
    spec: BudgetSpec = BudgetSpec()
    status: BudgetStatus = BudgetStatus()


class NodeSpec(Part, frozen=True):
    """Whether it takes new pods."""

    unschedulable: bool = False


class NodeInfo(Part, frozen=True):
    """What runs on it."""

    kubelet_version: str = ""


class NodeStatus(Part, frozen=True):
    """A node as observed."""

    conditions: list[Condition] | None = None
    node_info: NodeInfo = NodeInfo()


class NodeObject(Part, frozen=True):
    """A node."""

    metadata: Metadata
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class EndpointConditions(Part, frozen=True):
    """Whether traffic is sent there; unknown counts as ready (discovery.k8s.io/v1)."""

    ready: bool | None = None


class Endpoint(Part, frozen=True):
    """One place of a slice."""

    conditions: EndpointConditions = EndpointConditions()
    target_ref: ObjectReference | None = None


class EndpointSliceObject(Part, frozen=True):
    """Some of the places behind a Service."""

    metadata: Metadata
    endpoints: list[Endpoint] | None = None


class EndpointAddress(Part, frozen=True):
    """One place of an Endpoints object."""

    target_ref: ObjectReference | None = None


class EndpointSubset(Part, frozen=True):
    """Places that take traffic, and places that don't."""

    addresses: list[EndpointAddress] | None = None
    not_ready_addresses: list[EndpointAddress] | None = None


class EndpointsObject(Part, frozen=True):
    """All places behind a Service, as clusters before discovery.k8s.io/v1 tell them."""

    metadata: Metadata
    subsets: list[EndpointSubset] | None = None
