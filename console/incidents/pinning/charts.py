"""A chart's window with its samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from opsconsole.domain.evidence import ChartEvidence
from opsconsole.domain.marker import Marker
from opsconsole.domain.series import Panel, PanelReading, Series
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.incidents.pinning.standpoint import Standpoint, completeness_words, joined

MOST_SERIES = 20
MOST_SAMPLES = 400
"""Of each series: two for each column of a wide chart."""
MOST_MARKERS = 100

GAP_STEPS = 1.5
"""Steps between two samples from which on one is missing; charts break their line there."""

Samples = list[tuple[float, float]]


def pinned_chart(
    snapshot: Snapshot[PanelReading], seen: Standpoint, markers: Sequence[Marker] = ()
) -> ChartEvidence | None:
    """The panel as it was drawn, or None when it had no answer yet.

    It speaks of the cursor's moment, else of the newest one that the answer covers. Samples that are no finite
    numbers are left out, so that the line breaks there.
    """
    reading = snapshot.value
    if reading is None:
        return None
    series, said = _bounded(reading, seen.span)
    step = reading.step
    longest = max((len(one.times) for one in series), default=0)
    if longest > MOST_SAMPLES:
        step = _thinned_step(reading.step, longest)
        series = tuple(_thinned(one, reading.step, step, longest) for one in series)
        said.append(f"thinned from {longest:,} samples a series: the least and the greatest of every {step / 2:g} s")
    inside = [marker for marker in markers if seen.span.contains(marker.time)]
    newest = seen.span.end if snapshot.as_of is None else min(snapshot.as_of, seen.span.end)
    return ChartEvidence(
        title=SafeText(", ".join(part for part in (reading.panel.title, seen.whose) if part)),
        span=seen.span,
        at=newest if seen.cursor is None else seen.cursor,
        captured_at=seen.now,
        source=SafeText("prometheus"),
        completeness=joined((*completeness_words(snapshot), *said)),
        panel=_finite_panel(reading.panel),
        query=reading.query,
        series=series,
        markers=tuple(sorted(inside, key=lambda marker: marker.time)[-MOST_MARKERS:]),
        step=step,
    )


def _finite_panel(panel: Panel) -> Panel:
    return msgspec.structs.replace(panel, thresholds=tuple(one for one in panel.thresholds if math.isfinite(one.value)))


def _bounded(reading: PanelReading, span: TimeRange) -> tuple[tuple[Series, ...], list[str]]:
    """The worst series with their finite samples near `span`, and what has to be said about the rest."""
    said: list[str] = []
    chosen = list(reading.series)
    if len(chosen) > MOST_SERIES:
        high = next((threshold.above for threshold in reading.panel.thresholds), True)
        worst = sorted(chosen, key=lambda one: _extreme(one, high=high))[:MOST_SERIES]
        kept = {id(one) for one in worst}
        said.append(f"{MOST_SERIES} of {len(chosen):,} series, the worst ones")
        chosen = [one for one in chosen if id(one) in kept]
    infinite = 0
    bounded = []
    for one in chosen:
        near = TimeRange(span.start - reading.step, span.end + reading.step)
        pairs = [(time, value) for time, value in zip(one.times, one.values, strict=True) if near.contains(time)]
        infinite += sum(math.isinf(value) for _, value in pairs)
        bounded.append(_of(one, [pair for pair in pairs if math.isfinite(pair[1])]))
    if infinite:
        said.append(f"{infinite:,} infinite samples are left out")
    return tuple(bounded), said


def _extreme(series: Series, *, high: bool) -> float:
    """Less is worse; a series without values comes last."""
    values = [value for value in series.values if not math.isnan(value)]
    if not values:
        return math.inf
    return -max(values) if high else min(values)


def _of(series: Series, pairs: Samples) -> Series:
    return Series(series.labels, tuple(time for time, _ in pairs), tuple(value for _, value in pairs), series.name)


# -- thinning ------------------------------------------------------------------------------------


def _bucket(samples: int) -> int:
    """How many samples become two."""
    return math.ceil(2 * samples / MOST_SAMPLES)


def _thinned_step(step: float, samples: int) -> float:
    """Two kept samples of neighbouring stretches lie no further apart than this."""
    return 2 * _bucket(samples) * step


def _thinned(series: Series, step: float, new_step: float, longest: int) -> Series:
    """The least and the greatest of each stretch, with their own times; gaps stay gaps.

    A gap that the longer step would bridge is widened: what comes right after it is left out.
    """
    kept: Samples = []
    size = _bucket(longest)
    for run in _runs(series, step):
        after = kept[-1][0] + GAP_STEPS * new_step if kept else -math.inf
        for place in range(0, len(run), size):
            part = run[place : place + size]
            ends = {min(part, key=lambda pair: pair[1]), max(part, key=lambda pair: pair[1])}
            kept.extend(pair for pair in sorted(ends) if pair[0] > after)
    return _of(series, kept)


def _runs(series: Series, step: float) -> Iterator[Samples]:
    """Samples that follow each other without a gap."""
    run: Samples = []
    for pair in zip(series.times, series.values, strict=True):
        if run and step > 0 and pair[0] - run[-1][0] > GAP_STEPS * step:
            yield run
            run = []
        run.append(pair)
    if run:
        yield run
