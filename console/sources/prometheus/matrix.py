"""Query results as series of the domain."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from opsconsole.domain.series import Exemplar, Series
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.panels.legend import legends
from opsconsole.safe_text import safe_mapping, safe_text

SERIES_LIMIT = 100
"""Series of one panel kept; a chart shows far fewer."""

VALUES_LIMIT = 1000
"""Values of one instant query looked at."""

EXEMPLAR_PARTS = 8
"""Parts of a panel's span, each of which keeps one exemplar."""

_TRACE_LABELS = ("trace_id", "traceID", "traceId", "TraceID", "trace")


class Matrix(msgspec.Struct, frozen=True):
    """The series of a range query, and what had to be left out of them."""

    series: tuple[Series, ...]
    notes: tuple[SafeText, ...] = ()


def matrix(result: list[dict[str, Any]], legend: str) -> Matrix:
    """`data.result` of a range query: gaps stay gaps, NaN stays NaN, an infinity is drawn as a gap.

    Raises `TypeError`, `KeyError` or `ValueError` when it is none.
    """
    kept = result[:SERIES_LIMIT]
    labels = [safe_mapping(entry["metric"]) for entry in kept]
    names = legends(legend, labels)
    series = tuple(
        _series(entry.get("values", ()), own, name) for entry, own, name in zip(kept, labels, names, strict=True)
    )
    notes = []
    if len(result) > len(kept):
        notes.append(SafeText(f"{len(result) - len(kept)} more series not shown; select a service or a pod"))
    if any("histograms" in entry for entry in kept):
        notes.append(SafeText("native histograms have no single value; use histogram_quantile() or histogram_count()"))
    return Matrix(tuple(each for each in series if each.times), tuple(notes))


def vector(result: list[Any]) -> Matrix:
    """`data.result` of an instant query: a series of one value for each of it; a scalar is one without labels.

    Raises `TypeError`, `KeyError` or `ValueError` when it is none.
    """
    if len(result) == 2 and isinstance(result[1], str):
        return Matrix((Series({}, (float(result[0]),), (float(result[1]),)),))
    kept = result[:VALUES_LIMIT]
    samples = [(entry["metric"], entry["value"]) for entry in kept if "histogram" not in entry]
    notes = []
    if len(result) > len(kept):
        notes.append(SafeText(f"{len(result) - len(kept)} more values not looked at"))
    if len(samples) < len(kept):
        notes.append(SafeText("native histograms have no single value; use histogram_quantile() or histogram_count()"))
    series = (Series(safe_mapping(labels), (float(at),), (float(value),)) for labels, (at, value) in samples)
    return Matrix(tuple(series), tuple(notes))


def _series(samples: list[list[Any]], labels: dict[SafeText, SafeText], name: SafeText) -> Series:
    values = [float(value) for _, value in samples]
    return Series(
        labels,
        tuple(float(time) for time, _ in samples),
        tuple(math.nan if math.isinf(value) else value for value in values),
        name,
    )


def exemplars(data: list[dict[str, Any]]) -> tuple[Exemplar, ...]:
    """`data` of an exemplar query, by time. Early servers gave milliseconds where later ones give seconds."""
    found = []
    for series in data:
        for entry in series["exemplars"]:
            time, labels = float(entry["timestamp"]), entry.get("labels") or {}
            trace = next((labels[label] for label in _TRACE_LABELS if labels.get(label)), None)
            found.append(
                Exemplar(
                    time / 1000 if time > 1e11 else time,
                    float(entry["value"]),
                    None if trace is None else safe_text(trace, 64),
                )
            )
    return tuple(sorted(found, key=lambda exemplar: exemplar.time))


def foremost(found: tuple[Exemplar, ...], span: TimeRange, parts: int = EXEMPLAR_PARTS) -> tuple[Exemplar, ...]:
    """Of each of `parts` equal parts of `span` the highest exemplar: few enough to see the line."""
    highest: dict[int, Exemplar] = {}
    for exemplar in found:
        part = int((exemplar.time - span.start) / (span.span or 1.0) * parts)
        if part not in highest or exemplar.value > highest[part].value:
            highest[part] = exemplar
    return tuple(highest[part] for part in sorted(highest))
