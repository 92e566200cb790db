"""Metric series and the panels that ask for them."""

from __future__ import annotations

import enum
import math

import msgspec

from opsconsole.domain.text import SafeText


class Exemplar(msgspec.Struct, frozen=True):
    """One observation kept beside a series, usually with the trace that caused it."""

    time: float
    value: float
    trace_id: SafeText | None = None


class Series(msgspec.Struct, frozen=True):
    """One labelled time series: equally long `times` (unix seconds, ascending) and `values`.

    Missing samples are absent, or NaN; the chart breaks its line at both.
    """

    labels: dict[SafeText, SafeText]
    times: tuple[float, ...]
    values: tuple[float, ...]
    name: SafeText = SafeText("")
    """The legend text, made from the panel's legend template."""

    def at(self, moment: float, reach: float) -> float | None:
        """The value nearest to `moment`, or None when none lies within `reach` seconds."""
        best, best_distance = None, reach
        for time, value in zip(self.times, self.values, strict=True):
            distance = abs(time - moment)
            if distance <= best_distance and not math.isnan(value):
                best, best_distance = value, distance
        return best

    @property
    def last(self) -> float | None:
        """The newest value that is a number, or None."""
        for value in reversed(self.values):
            if not math.isnan(value):
                return value
        return None


class Layer(enum.Enum):
    """The seed's three layers of metrics, outermost last."""

    APPLICATION = "application"
    MIDDLEWARE = "middleware"
    INFRASTRUCTURE = "infrastructure"


class Unit(enum.Enum):
    """How a value reads. RATIO is 0 to 1 and shown in per cent; SECONDS, BYTES are base units."""

    NUMBER = "number"
    RATIO = "ratio"
    SECONDS = "seconds"
    BYTES = "bytes"
    PER_SECOND = "per_second"
    CORES = "cores"


class Severity(enum.Enum):
    """Severities this console knows, worst first by `rank`."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Threshold(msgspec.Struct, frozen=True):
    """A level that means trouble when crossed upwards (`above`) or downwards."""

    value: float
    severity: Severity = Severity.WARNING
    above: bool = True

    def crossed_by(self, value: float) -> bool:
        """Whether `value` is on the bad side."""
        return value > self.value if self.above else value < self.value


class YAxis(msgspec.Struct, frozen=True):
    """Scale of the vertical axis; None bounds follow the values."""

    logarithmic: bool = False
    minimum: float | None = None
    maximum: float | None = None


class Panel(msgspec.Struct, frozen=True):
    """One chart: a PromQL template and how to draw its answer.

    `query` may hold `$service`, `$namespace`, `$pod`, `$interval` and `$__rate_interval`.
    `legend` is a template over labels such as `{{pod}}`; empty means the labels that differ.
    """

    id: str
    title: SafeText
    query: str
    unit: Unit = Unit.NUMBER
    layer: Layer = Layer.APPLICATION
    thresholds: tuple[Threshold, ...] = ()
    legend: str = ""
    y_axis: YAxis = YAxis(minimum=0.0)


class PanelReading(msgspec.Struct, frozen=True):
    """A panel's answer for one scope. `step` is the distance of samples in seconds."""

    panel: Panel
    series: tuple[Series, ...]
    step: float
    query: SafeText
    """The PromQL that was sent, for the operator to see and copy."""
    exemplars: tuple[Exemplar, ...] = ()


class PanelList(msgspec.Struct, frozen=True):
    """The panels that this server has metrics for, and what was looked for in vain."""

    panels: tuple[Panel, ...]
    missing: tuple[SafeText, ...] = ()
