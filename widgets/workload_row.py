"""The heading over the pods of a workload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from textual.content import Content

from opsconsole.domain.pod import Pod
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import RolloutState, Workload
from opsconsole.widgets.pod_facts import WorkloadName
from opsconsole.widgets.rows import RowView, fit, fit_start, width_of

_WIDE = 84
_IMAGES_FROM = 20
"""Pods of a workload that are looked at for their images."""


class WorkloadRow(msgspec.Struct, frozen=True):
    """A workload with `ready` of `total` pods; `desired` as it wants them, None when nobody can say.

    `troubles` count the pods by the word for what is wrong with them.
    """

    key: str
    name: WorkloadName
    ready: int
    total: int
    desired: int | None
    versions: tuple[SafeText, ...]
    troubles: tuple[tuple[SafeText, int], ...]
    open: bool
    rollout: SafeText = SafeText("")
    """What its rollout waits for, empty when it is done."""
    images: tuple[SafeText, ...] = ()
    namespaced: bool = False
    """Whether the namespace must be told."""

    @property
    def height(self) -> int:
        """One line."""
        return 1

    @property
    def well(self) -> bool:
        """Whether every pod wanted is ready and none is in trouble."""
        wanted = self.total if self.desired is None else self.desired
        return self.ready >= wanted and not self.troubles and not self.rollout

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`▾ checkout 1/3 ready r42 v1.9.0 NotReady ×2`, the name losing its start where it must."""
        glyphs, width = view.glyphs, view.width
        fold = glyphs.unfolded if self.open else glyphs.folded
        wanted = self.total if self.desired is None else self.desired
        figures = f" {self.ready:,}/{wanted:,} ready"
        health = ", ".join(f"{word} {glyphs.times}{count}" for word, count in self.troubles)
        name = f"{self.name.namespace}/{self.name.name}" if self.namespaced else self.name.name
        name = name or "without a workload"
        room = width - width_of(fold) - 1 - width_of(figures)
        title = fit_start(SafeText(name), max(6, room), glyphs.cut)
        left = room - width_of(title)
        pieces: list[tuple[str, str]] = []
        for text, style in self._rest(health, width):
            said = fit(text, left - 2, glyphs.cut) if left >= 8 else SafeText("")
            if said:
                pieces.append((f"  {said}", style))
                left -= width_of(said) + 2
        style = "$probe-passing" if self.well else "$probe-failing"
        return (Content.assemble((f"{fold} ", "$muted"), (title, "bold"), (figures, style), *pieces),)

    def _rest(self, health: str, width: int) -> list[tuple[SafeText, str]]:
        """What follows the figures, the most telling first."""
        kind = self.name.kind if width >= _WIDE else ""
        images = ", ".join(self.images) if width >= _WIDE else ""
        parts = [
            (health, "$probe-failing"),
            (self.rollout, "$level-warn"),
            (" + ".join(self.versions), "$muted"),
            (kind, "$muted"),
            (images, "$muted"),
        ]
        return [(SafeText(text), style) for text, style in parts if text]


def workload_row(
    name: WorkloadName,
    pods: Sequence[Pod],
    versions: tuple[SafeText, ...],
    known: Workload | None,
    *,
    unfolded: bool,
    namespaced: bool,
) -> WorkloadRow:
    """The heading for `pods`, all of the workload `name` and of `versions`.

    `known` is that workload, None when nobody told of it.
    """
    troubles = Counter(trouble for pod in pods if (trouble := pod.trouble))
    containers = (container for pod in pods[:_IMAGES_FROM] for container in pod.containers)
    waits = known is not None and known.rollout is not RolloutState.DONE
    return WorkloadRow(
        key=name.key,
        name=name,
        ready=sum(pod.ready for pod in pods),
        total=len(pods),
        desired=None if known is None else known.desired,
        versions=versions[:3],
        troubles=tuple(troubles.most_common(3)),
        open=unfolded,
        rollout=known.rollout_words if known is not None and waits else SafeText(""),
        images=tuple(dict.fromkeys(container.image for container in containers if not container.init)),
        namespaced=namespaced,
    )
