"""Nodes: the machines that pods run on."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText


class Node(msgspec.Struct, frozen=True, gc=False):
    """One node. `since` (unix seconds) is when `ready` last changed; `ready` None: it has stopped reporting."""

    name: SafeText
    ready: bool | None
    since: float | None = None
    message: SafeText = SafeText("")
    """Why it is not ready, in the cluster's words."""
    cordoned: bool = False
    pressures: tuple[SafeText, ...] = ()
    """Conditions that should not be, such as `MemoryPressure`."""
    version: SafeText = SafeText("")
    created_at: float = 0.0

    @property
    def well(self) -> bool:
        """Whether it takes pods and keeps them."""
        return self.ready is True and not self.cordoned and not self.pressures


class NodeList(msgspec.Struct, frozen=True):
    """All nodes, in trouble first."""

    nodes: tuple[Node, ...]
