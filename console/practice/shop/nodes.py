"""The machines, as far as operators change them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Node:
    """One node. `cordoned_at` is unix seconds, None while pods may be put on it."""

    name: str
    index: int
    cordoned_at: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def schedulable(self) -> bool:
        """Whether new pods may be put on it."""
        return self.cordoned_at is None


def founded(names: tuple[str, ...]) -> list[Node]:
    """All nodes, with the labels a kubelet gives."""
    return [
        Node(
            name,
            index,
            labels={"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"},
            annotations={"node.alpha.kubernetes.io/ttl": "0"},
        )
        for index, name in enumerate(names)
    ]
