"""Objects of the cluster by name, and as they are right now."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.text import SafeText

JsonObject = dict[str, object]
"""An object of the API as decoded JSON, nothing dropped. Never shown before it passed `safe_text`."""


class Kind(enum.Enum):
    """Kinds the console reads or acts on; the value is the API's `kind`."""

    POD = "Pod"
    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    REPLICA_SET = "ReplicaSet"
    CONTROLLER_REVISION = "ControllerRevision"
    JOB = "Job"
    NODE = "Node"
    EVENT = "Event"
    ENDPOINTS = "Endpoints"
    POD_DISRUPTION_BUDGET = "PodDisruptionBudget"
    HORIZONTAL_POD_AUTOSCALER = "HorizontalPodAutoscaler"
    PROGRAM = "Program"
    """No object of the API: a program of this machine, which a runbook runs."""

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in a namespace."""
        return self not in (Kind.NODE, Kind.PROGRAM)

    @property
    def plural(self) -> str:
        """The resource's name in paths and access reviews."""
        if self is Kind.ENDPOINTS:
            return "endpoints"
        return f"{self.value.lower()}s"

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return _GROUPS.get(self, "")

    @property
    def version(self) -> str:
        """The version within the group that the console speaks."""
        return "v2" if self is Kind.HORIZONTAL_POD_AUTOSCALER else "v1"

    @property
    def api_path(self) -> str:
        """`/api/v1` or `/apis/GROUP/VERSION`."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


_GROUPS = {
    Kind.DEPLOYMENT: "apps",
    Kind.STATEFUL_SET: "apps",
    Kind.DAEMON_SET: "apps",
    Kind.REPLICA_SET: "apps",
    Kind.CONTROLLER_REVISION: "apps",
    Kind.JOB: "batch",
    Kind.POD_DISRUPTION_BUDGET: "policy",
    Kind.HORIZONTAL_POD_AUTOSCALER: "autoscaling",
}


class ObjectRef(msgspec.Struct, frozen=True):
    """One object by name; `uid` and `resource_version` say which state of it, empty when any will do."""

    kind: Kind
    namespace: SafeText
    name: SafeText
    uid: SafeText = SafeText("")
    resource_version: SafeText = SafeText("")

    @property
    def words(self) -> SafeText:
        """`deployment shop/checkout`, as commands take and sentences say it."""
        place = f"{self.namespace}/" if self.kind.namespaced else ""
        return SafeText(f"{self.kind.value.lower()} {place}{self.name}")


class LiveObject(msgspec.Struct, frozen=True):
    """An object just read from the API server: `ref` carries its uid and resourceVersion, `body` all of it."""

    ref: ObjectRef
    body: JsonObject
