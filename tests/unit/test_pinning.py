"""Evidence: what is kept of a chart, of lines, traces, pods and alerts, and what is said of what is not."""

from __future__ import annotations

import math
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from tests.widget_samples import ALERTS, LOGS, NOW, PODS, SLOW_TRACE, live

from opsconsole.domain.errors import ErrorKind
from opsconsole.domain.evidence import ChartEvidence, Pinned
from opsconsole.domain.log_query import LogQuery, LogSearch
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.marker import Marker, MarkerKind
from opsconsole.domain.pod import PodList
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel, PanelReading, Series, Threshold
from opsconsole.domain.snapshot import Completeness, FeedState, Problem, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span, Trace
from opsconsole.incidents.pinning import (
    LinesSeen,
    Standpoint,
    WebLinks,
    pinned_alert,
    pinned_chart,
    pinned_lines,
    pinned_pod,
    pinned_trace,
    with_link,
)
from opsconsole.incidents.pinning.charts import GAP_STEPS, MOST_SAMPLES, MOST_SERIES

SPAN = TimeRange(NOW - 3600, NOW)
SEEN = Standpoint(Selection(SafeText("prod"), service=SafeText("checkout")), SPAN, NOW)
ERRORS = Panel("errors", SafeText("Errors"), "rate(errors_total[1m])", thresholds=(Threshold(0.05),))
RECORDS = tuple(reversed(LOGS.records))
SEARCH = LogSearch(SEEN.selection, SPAN, LogQuery(SafeText("timeout")))
LARGEST = 600_000
"""Bytes of JSON that no piece of evidence may pass."""


def series(values: list[float], *, step: float = 10.0, name: str = "checkout", end: float = NOW) -> Series:
    first = end - step * (len(values) - 1)
    times = tuple(first + step * place for place in range(len(values)))
    return Series({SafeText("service"): SafeText(name)}, times, tuple(values), SafeText(name))


def reading(*found: Series, step: float = 10.0) -> Snapshot[PanelReading]:
    return live(PanelReading(ERRORS, found, step, SafeText('rate(errors_total{service="checkout"}[1m])')))


def chart(snapshot: Snapshot[PanelReading], seen: Standpoint = SEEN) -> ChartEvidence:
    pinned = pinned_chart(snapshot, seen)
    assert pinned is not None
    return pinned


def stored(pinned: Pinned) -> Pinned:
    """What comes back from a store that keeps JSON."""
    raw = msgspec.json.encode(pinned)
    assert len(raw) < LARGEST
    return msgspec.json.decode(raw, type=Pinned)


def gaps(one: Series, step: float) -> int:
    """Places at which a chart breaks the line."""
    return sum(after - before > GAP_STEPS * step for before, after in zip(one.times, one.times[1:], strict=False))


# -- charts --------------------------------------------------------------------------------------


def test_a_chart_keeps_its_samples_its_query_and_its_markers() -> None:
    markers = (
        Marker(NOW - 300, MarkerKind.DEPLOY, SafeText("checkout v1.9.0")),
        Marker(NOW - 9000, MarkerKind.DEPLOY, SafeText("long before")),
    )
    pinned = pinned_chart(reading(series([0.0, 0.1, 0.2])), SEEN, markers)
    assert pinned is not None
    assert pinned.query == 'rate(errors_total{service="checkout"}[1m])'
    assert pinned.series[0].values == (0.0, 0.1, 0.2)
    assert pinned.markers == markers[:1]
    assert (pinned.title, pinned.span, pinned.at, pinned.step) == ("Errors, checkout", SPAN, NOW, 10.0)
    assert pinned.completeness == ""
    assert stored(pinned) == pinned


def test_a_chart_speaks_of_the_cursors_moment() -> None:
    assert chart(reading(series([0.0])), msgspec.structs.replace(SEEN, cursor=NOW - 600)).at == NOW - 600


def test_a_chart_without_an_answer_is_not_kept() -> None:
    assert pinned_chart(Snapshot(FeedState.CONNECTING), SEEN) is None


def test_what_is_no_number_is_left_out_and_the_line_breaks_there() -> None:
    pinned = chart(reading(series([1.0, math.nan, 3.0, math.inf, 5.0])))
    assert pinned.series[0].values == (1.0, 3.0, 5.0)
    assert gaps(pinned.series[0], pinned.step) == 2
    assert "1 infinite samples are left out" in pinned.completeness
    assert stored(pinned) == pinned


def test_ten_thousand_samples_are_thinned_and_a_spike_of_one_stays() -> None:
    values = [0.01] * 10_000
    values[7_777], values[3_333] = 9.0, -4.0
    span = TimeRange(NOW - 20_000, NOW)
    pinned = chart(reading(series(values, step=2.0), step=2.0), msgspec.structs.replace(SEEN, span=span))
    kept = pinned.series[0]
    assert len(kept.times) <= MOST_SAMPLES
    assert {9.0, -4.0} <= set(kept.values)
    assert kept.times[kept.values.index(9.0)] == NOW - 2.0 * (9_999 - 7_777)
    assert gaps(kept, pinned.step) == 0
    assert "thinned from 10,000 samples a series" in pinned.completeness
    stored(pinned)


def test_an_outage_stays_a_gap_when_a_chart_is_thinned() -> None:
    values = [1.0] * 10_000
    values[5_000:5_004] = [math.nan] * 4
    span = TimeRange(NOW - 20_000, NOW)
    pinned = chart(reading(series(values, step=2.0), step=2.0), msgspec.structs.replace(SEEN, span=span))
    assert gaps(pinned.series[0], pinned.step) == 1


def test_of_very_many_series_the_worst_are_kept_and_that_is_said() -> None:
    many = [series([place / 1000] * 360, name=f"pod-{place}") for place in range(500)]
    pinned = chart(reading(*many))
    assert len(pinned.series) == MOST_SERIES
    assert {one.name for one in pinned.series} == {f"pod-{place}" for place in range(480, 500)}
    assert "20 of 500 series, the worst ones" in pinned.completeness
    stored(pinned)


def test_where_little_is_bad_the_least_series_are_the_worst() -> None:
    panel = msgspec.structs.replace(ERRORS, thresholds=(Threshold(1.0, above=False),))
    many = tuple(series([float(place)], name=f"pod-{place}") for place in range(30))
    pinned = chart(live(PanelReading(panel, many, 10.0, SafeText("up"))))
    assert pinned.series[0].name == "pod-0"


def test_old_data_is_kept_as_old_with_what_the_source_said() -> None:
    problem = Problem(ErrorKind.UNREACHABLE, SafeText("prometheus: connection refused"))
    old = Snapshot(FeedState.STALE, reading(series([1.0])).value, NOW - 90, problem=problem)
    words = chart(old).completeness
    assert words.startswith("stale as of 2026-03-02 14:10:30 UTC")
    assert "prometheus: connection refused" in words


def test_partial_data_is_kept_as_partial() -> None:
    missing = Completeness(3, 5, (SafeText("store eu-2 timed out"),))
    half = Snapshot(FeedState.PARTIAL, reading(series([1.0])).value, NOW, missing)
    assert chart(half).completeness == "3 of 5 parts answered; store eu-2 timed out"


# -- lines ---------------------------------------------------------------------------------------


def test_the_line_under_the_cursor_is_kept_with_a_few_around_it() -> None:
    pinned = pinned_lines(LinesSeen(SEARCH, RECORDS, SafeText("elasticsearch"), RECORDS[-1], total=88_310), NOW)
    assert pinned is not None
    assert pinned.records == RECORDS[-6:]
    assert pinned.chosen == (RECORDS[-1].id,)
    assert pinned.at == RECORDS[-1].time
    assert pinned.search == SEARCH
    assert pinned.total == 88_310
    assert pinned.title.startswith("ERROR checkout: pool wait timeout")
    assert stored(pinned) == pinned


def test_marked_lines_are_kept_alone() -> None:
    marked = (RECORDS[0], RECORDS[3])
    pinned = pinned_lines(LinesSeen(SEARCH, RECORDS, SafeText("elasticsearch"), RECORDS[1], marked), NOW)
    assert pinned is not None
    assert pinned.records == marked
    assert pinned.title == "2 log lines of redis, checkout"


def test_nothing_is_kept_where_there_is_no_line() -> None:
    assert pinned_lines(LinesSeen(SEARCH, (), SafeText("elasticsearch")), NOW) is None


def huge(number: int) -> LogRecord:
    fields = tuple((SafeText(f"f{place}"), SafeText("x" * 8000)) for place in range(200))
    return LogRecord(
        SafeText(f"id-{number}"), NOW, LogLevel.ERROR, SafeText("checkout"), SafeText("y" * 8000), fields=fields
    )


def test_very_many_very_long_lines_are_bounded_and_that_is_said() -> None:
    marked = tuple(huge(number) for number in range(400))
    pinned = pinned_lines(LinesSeen(SEARCH, marked, SafeText("elasticsearch"), marked[0], marked), NOW)
    assert pinned is not None
    assert "long fields are cut" in pinned.completeness
    assert "of 400 lines, the rest was too much to keep" in pinned.completeness
    assert pinned.records[0].id == "id-0"
    stored(pinned)


# -- traces --------------------------------------------------------------------------------------


def test_a_trace_is_kept_whole_with_the_span_looked_at() -> None:
    chosen = SLOW_TRACE.spans[-1].span_id
    pinned = pinned_trace(SLOW_TRACE, NOW, chosen=chosen)
    assert pinned is not None
    assert pinned.trace == SLOW_TRACE
    assert pinned.chosen == chosen
    assert pinned.title == "gateway POST /pay, 812 ms, 4 errors"
    assert (pinned.at, pinned.completeness) == (SLOW_TRACE.start, "")
    assert stored(pinned) == pinned


def test_a_trace_known_from_a_list_alone_says_so() -> None:
    pinned = pinned_trace(SLOW_TRACE, NOW, whole=False)
    assert pinned is not None
    assert pinned.completeness == "only what a list of traces tells of it"


def large_trace(spans: int, attribute: int) -> Trace:
    """A chain of ten spans at the top, the rest below its end; one late short span failed."""
    made = []
    for number in range(spans):
        parent = None if number == 0 else SafeText(f"{min(number - 1, 9):x}")
        made.append(
            Span(
                SafeText("t"), SafeText(f"{number:x}"), parent, SafeText("checkout"), SafeText(f"call {number}"),
                NOW + number / 1000, 1.0 if number < 10 else 0.001, error=number == spans - 1,
                attributes={SafeText("sql"): SafeText("s" * attribute)},
            )
        )  # fmt: skip
    return Trace(SafeText("t"), tuple(made))


def test_of_ten_thousand_spans_the_telling_ones_are_kept_with_their_ancestors() -> None:
    trace = large_trace(10_000, 400)
    pinned = pinned_trace(trace, NOW)
    assert pinned is not None
    kept = {span.span_id for span in pinned.trace.spans}
    assert trace.spans[0].span_id in kept
    assert trace.spans[-1].span_id in kept
    assert all(span.parent_id is None or span.parent_id in kept for span in pinned.trace.spans)
    assert f"{len(kept):,} of 10,000 spans" in pinned.completeness
    assert pinned.span.end == trace.start + trace.duration
    stored(pinned)


def test_long_attributes_are_cut_before_spans_are_left_out() -> None:
    pinned = pinned_trace(large_trace(200, 8000), NOW)
    assert pinned is not None
    assert len(pinned.trace.spans) == 200
    assert pinned.completeness == "long attributes are cut"
    stored(pinned)


def test_spans_that_are_each_others_parents_do_not_hang_it() -> None:
    ring = [
        Span(
            SafeText("t"), SafeText(str(n)), SafeText(str((n + 1) % 3000)), SafeText("s" * 200), SafeText(""), NOW, 1.0
        )
        for n in range(3000)
    ]
    pinned = pinned_trace(Trace(SafeText("t"), tuple(ring)), NOW)
    assert pinned is not None
    stored(pinned)


# -- pods and alerts -----------------------------------------------------------------------------


def test_a_pod_is_kept_with_its_probes_as_of_the_lists_time() -> None:
    pods = Snapshot(FeedState.STALE, PODS, NOW - 30)
    pinned = pinned_pod(PODS.pods[0], pods, SEEN)
    assert pinned.pod == PODS.pods[0]
    assert pinned.at == NOW - 30
    assert pinned.completeness.startswith("stale as of")
    assert stored(pinned) == pinned


def test_a_pod_of_a_whole_list_says_nothing_is_missing() -> None:
    assert pinned_pod(PODS.pods[0], live(PodList(PODS.pods)), SEEN).completeness == ""


def test_an_alert_is_kept_at_the_moment_it_began() -> None:
    pinned = pinned_alert(ALERTS[0], live(ALERTS), SEEN)
    assert (pinned.alert, pinned.at) == (ALERTS[0], ALERTS[0].started_at)
    assert pinned.title == "ErrorRateHigh, critical, firing"
    assert stored(pinned) == pinned


def test_an_alert_with_endless_annotations_is_bounded() -> None:
    endless = {SafeText(f"a{number}"): SafeText("z" * 8000) for number in range(500)}
    odd = msgspec.structs.replace(ALERTS[0], annotations=endless, value=math.nan)
    stored(pinned_alert(odd, live(ALERTS), SEEN))


# -- links ---------------------------------------------------------------------------------------


def test_a_chart_links_to_prometheus_with_its_query_and_window() -> None:
    links = WebLinks("https://ops:hunter2@prom.example/base/?x=1", "https://jaeger.example/ui")
    linked = with_link(chart(reading(series([1.0]))), links)
    parts = urlsplit(linked.link)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://prom.example/base/graph"
    asked = parse_qs(parts.query)
    assert asked["g0.expr"] == ['rate(errors_total{service="checkout"}[1m])']
    assert asked["g0.range_input"] == ["3600s"]
    assert asked["g0.end_input"] == ["2026-03-02 14:12:00"]
    assert "hunter2" not in linked.link


def test_a_trace_links_to_jaeger() -> None:
    pinned = pinned_trace(SLOW_TRACE, NOW)
    assert pinned is not None
    linked = with_link(pinned, WebLinks(jaeger="https://jaeger.example/ui/"))
    assert linked.link == f"https://jaeger.example/ui/trace/{SLOW_TRACE.trace_id}"


@pytest.mark.parametrize("base", ["", "javascript:alert(1)", "ftp://x", "https://"])
def test_what_is_no_web_address_makes_no_link(base: str) -> None:
    assert with_link(chart(reading(series([1.0]))), WebLinks(prometheus=base)).link == ""
