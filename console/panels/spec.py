"""How a default panel is described before it is known what the server has."""

from __future__ import annotations

import msgspec

from opsconsole.domain.series import Layer, Threshold, Unit, YAxis
from opsconsole.domain.text import SafeText


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One way to fill a panel: possible when the server has all of `metrics`.

    `query` is PromQL with the panel's variables and these marks: `<scope>` matchers of the
    selection, `<by>` the label that names the service, `<instance>` the one that names the
    instance, `<choice>` the first of `choice` that the metric carries (without one of them the
    candidate is not possible), `<container>` matchers that leave pod-level sums out.
    """

    metrics: tuple[str, ...]
    query: str
    choice: tuple[str, ...] = ()
    per_container: bool = False
    """From the container runtime, whose `service` and `job` may name the exporter instead."""
    per_node: bool = False
    """Of machines; belongs to no service and is shown with every selection."""
    title: str | None = None
    unit: Unit | None = None
    thresholds: tuple[Threshold, ...] | None = None


class PanelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A default panel: what it shows and, best first, the candidates to fill it."""

    id: str
    title: str
    unit: Unit
    layer: Layer
    candidates: tuple[Candidate, ...]
    thresholds: tuple[Threshold, ...] = ()
    legend: str = "{{<by>}}"
    y_axis: YAxis = YAxis(minimum=0.0)

    @property
    def missing(self) -> SafeText:
        """What to say when no candidate is possible."""
        names = dict.fromkeys(candidate.metrics[0] for candidate in self.candidates)
        return SafeText(f"{self.title}: none of {', '.join(names)}")
