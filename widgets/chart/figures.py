"""Which series a chart lists, and what each of them reads."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

import msgspec

from opsconsole.domain.series import PanelReading, Series, Severity, Threshold
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.lines import SERIES_ROLES
from opsconsole.widgets.chart.samples import GAP_STEPS, Curve, newest, trace_curve, value_at

MOST_LINES = len(SERIES_ROLES)
"""A cell has one colour, so more lines than these can't be told apart."""

END_LAG = 15.0
"""Seconds between the last sample and the arrival of a whole answer that still make it the value now."""

SeriesKey = tuple[SafeText, frozenset[tuple[SafeText, SafeText]]]


class Listed(msgspec.Struct, frozen=True):
    """A series that has a seat: `number` (1 to 6) is its key and colour.

    `whole` are its samples within the span, `curve` those of them that the scale can draw.
    """

    number: int
    key: SeriesKey
    name: SafeText
    whole: Curve
    curve: Curve


class Answer(msgspec.Struct, frozen=True):
    """A reading within a span, worked out once for all repaints. `others` counts series without a seat."""

    reading: PanelReading
    span: TimeRange
    logarithmic: bool
    listed: tuple[Listed, ...]
    others: int

    def fits(self, reading: PanelReading, span: TimeRange, *, logarithmic: bool) -> bool:
        """Whether this is the answer for just these."""
        return self.reading is reading and self.span == span and self.logarithmic == logarithmic

    @property
    def empty(self) -> bool:
        """Whether no series has a sample within the span."""
        return all(item.whole.low is None for item in self.listed)


class Figure(msgspec.Struct, frozen=True):
    """One entry of the legend.

    `value` is what the series reads at the cursor or now, `last` what it reads now; None where it has
    no sample then. `low` and `high` are its extremes within the span.
    """

    number: int
    key: SeriesKey
    name: SafeText
    hidden: bool
    value: float | None
    low: float | None
    high: float | None
    last: float | None


class Moment(msgspec.Struct, frozen=True):
    """When values are read: at `time` (unix seconds) within `reach` seconds; `newest` takes the last sample."""

    time: float
    reach: float
    newest: bool

    def read(self, series: Series) -> float | None:
        """What `series` reads then."""
        if not self.newest:
            return value_at(series, self.time, self.reach)
        found = newest(series, self.time)
        return None if found is None or found[0] < self.time - self.reach else found[1]


def series_key(series: Series) -> SeriesKey:
    """What makes a series the same one in the next answer."""
    return series.name, frozenset(series.labels.items())


def name_of(series: Series) -> SafeText:
    """The legend text: the series' own name, else its labels."""
    if series.name:
        return series.name
    labels = ", ".join(f"{name}={value}" for name, value in series.labels.items() if value and name != "__name__")
    return SafeText(labels) or series.labels.get(SafeText("__name__"), SafeText("value"))


def moment_of(reading: PanelReading, as_of: float | None, span: TimeRange, cursor: float | None) -> Moment:
    """The cursor, or the newest moment that the answer covers.

    A series that ended before it has no value now, however large its last one was.
    """
    if cursor is not None:
        return Moment(cursor, GAP_STEPS * reading.step / 2, newest=False)
    end = span.end if as_of is None else min(as_of, span.end)
    return Moment(end, GAP_STEPS * reading.step + END_LAG, newest=True)


def bad_is_high(thresholds: Iterable[Threshold]) -> bool:
    """Whether large values are the bad ones; where no threshold says, they are."""
    return next((threshold.above for threshold in thresholds), True)


def worst_severity(value: float | None, thresholds: Iterable[Threshold]) -> Threshold | None:
    """The gravest threshold that `value` crosses, or None."""
    if value is None or math.isnan(value):
        return None
    crossed = [threshold for threshold in thresholds if threshold.crossed_by(value)]
    return min(crossed, key=lambda threshold: threshold.severity.rank, default=None)


def crossed_since(series: Series, threshold: Threshold, span: TimeRange, step: float) -> tuple[float, bool]:
    """Since when (unix seconds) `series` has been over `threshold` without a break, up to its newest sample.

    False beside it when it was so from its first sample in `span`, or from a gap on: it may be longer.
    """
    times, values = series.times, series.values
    index = bisect_right(times, span.end) - 1
    while index >= 0 and math.isnan(values[index]):
        index -= 1
    began = span.end
    later = times[index] if index >= 0 else span.end
    while index >= 0 and times[index] >= span.start:
        if math.isnan(values[index]) or (step > 0 and later - times[index] > GAP_STEPS * step):
            return began, False
        if not threshold.crossed_by(values[index]):
            return began, True
        began = later = times[index]
        index -= 1
    return began, False


def worst_of(
    values: Sequence[tuple[Series, float | None]], thresholds: tuple[Threshold, ...]
) -> tuple[Series, float] | None:
    """The series that reads worst: by threshold crossed, then by value."""
    known = [(series, value) for series, value in values if value is not None]
    sign = -1.0 if bad_is_high(thresholds) else 1.0

    def rank(item: tuple[Series, float]) -> tuple[int, float]:
        crossed = worst_severity(item[1], thresholds)
        return (len(Severity) if crossed is None else crossed.severity.rank, sign * item[1])

    return min(known, key=rank, default=None)


def choose(
    series: Sequence[Series],
    thresholds: tuple[Threshold, ...],
    badness: Callable[[Series], float],
    seats: tuple[SeriesKey | None, ...],
) -> tuple[Series | None, ...]:
    """At most `MOST_LINES` series, each in the seat it had; `seats` are the keys of the last choice.

    The worst are chosen, by `badness`; with no more series than seats the server's order counts.
    An empty seat is None.
    """
    chosen = list(series)
    if len(chosen) > MOST_LINES:
        sign = -1.0 if bad_is_high(thresholds) else 1.0
        chosen = sorted(chosen, key=lambda item: sign * badness(item))[:MOST_LINES]
        kept = {series_key(item) for item in chosen}
        chosen = [item for item in series if series_key(item) in kept][:MOST_LINES]
    waiting = {series_key(item): item for item in chosen}
    placed = [waiting.pop(key, None) if key is not None else None for key in (*seats, *[None] * MOST_LINES)][
        :MOST_LINES
    ]
    free = iter(waiting.values())
    filled = [item if item is not None else next(free, None) for item in placed]
    while filled and filled[-1] is None:
        filled.pop()
    return tuple(filled)


def peak(thresholds: tuple[Threshold, ...], span: TimeRange) -> Callable[[Series], float]:
    """The function that ranks series by their worst value within `span`; no value ranks last."""
    high = bad_is_high(thresholds)

    def of(series: Series) -> float:
        curve = trace_curve(series, span, 0.0)
        value = curve.high if high else curve.low
        return value if value is not None else (-math.inf if high else math.inf)

    return of


def work_out(
    reading: PanelReading,
    span: TimeRange,
    thresholds: tuple[Threshold, ...],
    seats: tuple[SeriesKey | None, ...],
    *,
    logarithmic: bool,
) -> Answer:
    """The answer of `reading` within `span`; series that had one of `seats` keep it."""
    chosen = choose(reading.series, thresholds, peak(thresholds, span), seats)
    listed: list[Listed] = []
    for number, series in enumerate(chosen, 1):
        if series is None:
            continue
        whole = trace_curve(series, span, reading.step)
        curve = trace_curve(series, span, reading.step, logarithmic=True) if logarithmic else whole
        listed.append(Listed(number, series_key(series), name_of(series), whole, curve))
    return Answer(reading, span, logarithmic, tuple(listed), len(reading.series) - len(listed))


def seats_of(answer: Answer) -> tuple[SeriesKey | None, ...]:
    """The keys of the listed series by seat, for the next answer."""
    by_number = {item.number: item.key for item in answer.listed}
    return tuple(by_number.get(number) for number in range(1, MOST_LINES + 1))


def read_figures(answer: Answer, hidden: frozenset[SeriesKey], moment: Moment, now: Moment) -> tuple[Figure, ...]:
    """The legend's entries at `moment`."""
    return tuple(
        Figure(
            number=item.number,
            key=item.key,
            name=item.name,
            hidden=item.key in hidden,
            value=moment.read(item.whole.series),
            low=item.whole.low,
            high=item.whole.high,
            last=now.read(item.whole.series),
        )
        for item in answer.listed
    )


def read_worst(
    answer: Answer, hidden: frozenset[SeriesKey], moment: Moment, thresholds: tuple[Threshold, ...]
) -> tuple[Series, float] | None:
    """The series that reads worst at `moment`, of all that the server sent but the hidden ones."""
    seen = [series for series in answer.reading.series if not hidden or series_key(series) not in hidden]
    return worst_of([(series, moment.read(series)) for series in seen], thresholds)
