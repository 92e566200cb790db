"""What a scenario is: a fault, the change that brings it, and the truth about both."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsconsole.practice.shop.topology import NAMESPACE


class FaultKind(enum.Enum):
    """What an afflicted pod does wrong."""

    ERRORS = "errors"
    GOROUTINES = "goroutines"
    POOL = "pool"
    GARBAGE = "garbage"
    CACHE = "cache"
    SLOW_START = "slow-start"
    DEADLOCK = "deadlock"
    NEIGHBOUR = "neighbour"


@dataclass(frozen=True)
class Fault:
    """A defect that lives in every pod whose template carries it.

    Afflicted is a pod of `service` whose image is `image`, or whose variable `variable[0]` contains
    `variable[1]`. Its level climbs from 0 to 1 in `rise` seconds from the container's start, so a
    restart alone brings relief, not a cure.
    """

    kind: FaultKind
    service: str
    rise: float
    image: str = ""
    variable: tuple[str, str] | None = None
    patience: int = 0
    """SLOW_START: seconds until the process answers; a startup probe that waits so long is a cure."""
    one_in: int = 1
    """Of the pods made from such a template every so many-th has the defect: 3 of three replicas is one."""

    def afflicts(self, service: str, template: Mapping[str, Any]) -> bool:
        """Whether a pod of `service` made from `template` has the defect."""
        if service != self.service:
            return False
        container = template["spec"]["containers"][0]
        if self.variable is None:
            return bool(not self.image or container.get("image") == self.image)
        name, part = self.variable
        return any(entry.get("name") == name and part in entry.get("value", "") for entry in container.get("env", ()))


@dataclass(frozen=True)
class ScriptedChange:
    """A change that somebody made in the past: a new image or variable of a deployment, or a new pod.

    `before_trouble` is seconds; `cause` becomes the `kubernetes.io/change-cause` annotation.
    """

    before_trouble: int
    deployment: str
    cause: str
    image: str = ""
    variable: tuple[str, str] | None = None
    namespace: str = NAMESPACE


@dataclass(frozen=True)
class GroundTruth:
    """What a perfect investigation would report."""

    cause: str
    change: str
    healing: str
    alert: str
    service: str
    heals_by: tuple[str, ...] = ("rollback",)
    """Of `rollback`, `restart`, `delete pod`: those that cure for good when done to `service`."""


@dataclass(frozen=True)
class Scenario:
    """One frozen case. `truth`, `fault` and `changes` are absent when nothing is wrong."""

    id: str
    title: str
    truth: GroundTruth | None = None
    fault: Fault | None = None
    changes: tuple[ScriptedChange, ...] = ()

    @property
    def lead(self) -> int:
        """Seconds from its first change to the trouble."""
        return max((change.before_trouble for change in self.changes), default=0)
