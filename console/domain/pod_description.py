"""One pod told whole, as it is right now."""

from __future__ import annotations

import msgspec

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.text import SafeText

Pairs = tuple[tuple[SafeText, SafeText], ...]


class DescribedEvent(msgspec.Struct, frozen=True):
    """What somebody noted of the pod; `first` and `last` in unix seconds, None when nobody said."""

    warning: bool
    reason: SafeText
    message: SafeText
    count: int = 1
    first: float | None = None
    last: float | None = None
    source: SafeText = SafeText("")
    container: SafeText = SafeText("")


class DescribedCondition(msgspec.Struct, frozen=True):
    """A condition; `status` is the API's True, False or Unknown, `since` unix seconds."""

    kind: SafeText
    status: SafeText
    reason: SafeText = SafeText("")
    message: SafeText = SafeText("")
    since: float | None = None


class DescribedState(msgspec.Struct, frozen=True):
    """Running, waiting or terminated, since `started` until `finished` (unix seconds)."""

    word: SafeText
    reason: SafeText = SafeText("")
    message: SafeText = SafeText("")
    exit_code: int | None = None
    started: float | None = None
    finished: float | None = None


class DescribedContainer(msgspec.Struct, frozen=True):
    """A container as specified and as it is. `role` is container, sidecar, init or ephemeral.

    `resources` are (`cpu`, `100m to 500m`) pairs; values of `environment` that look secret are left out.
    """

    name: SafeText
    role: SafeText
    image: SafeText
    image_id: SafeText = SafeText("")
    container_id: SafeText = SafeText("")
    command: SafeText = SafeText("")
    ready: bool = False
    started: bool | None = None
    restarts: int = 0
    state: DescribedState | None = None
    last_state: DescribedState | None = None
    ports: tuple[SafeText, ...] = ()
    resources: Pairs = ()
    probes: Pairs = ()
    """Kind of the probe, and its handler with its timings."""
    environment: Pairs = ()
    mounts: Pairs = ()


class PodDescription(msgspec.Struct, frozen=True):
    """A pod with what kubectl's `describe` tells of it, tolerations left out.

    `owners` go from the pod outwards (`ReplicaSet checkout-7d9f`, `Deployment checkout`); times in unix seconds.
    `missing` says what could not be read, in words.
    """

    ref: ObjectRef
    phase: SafeText
    events: tuple[DescribedEvent, ...]
    conditions: tuple[DescribedCondition, ...]
    containers: tuple[DescribedContainer, ...]
    owners: tuple[SafeText, ...] = ()
    reason: SafeText = SafeText("")
    message: SafeText = SafeText("")
    created: float | None = None
    started: float | None = None
    deleting: float | None = None
    """When it was told to end."""
    grace: float | None = None
    """Seconds it is given to end."""
    facts: Pairs = ()
    """Node, addresses, service account, quality of service and the like."""
    volumes: Pairs = ()
    labels: Pairs = ()
    annotations: Pairs = ()
    missing: tuple[SafeText, ...] = ()
