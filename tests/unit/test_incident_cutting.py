"""What is too large for the team's store is cut, and says what is missing; what fits is left alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from opsconsole.domain.evidence import ChartEvidence, LinesEvidence, TraceEvidence
from opsconsole.domain.incident_event import EvidencePinned, Noted, Unreadable, What
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel, Series
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span, Trace
from opsconsole.sources.elasticsearch.incident_cutting import EVENT_LIMIT, cut_down

LIMIT = 20_000
SPAN = TimeRange(0.0, 1000.0)
SHOWN: dict[str, Any] = {
    "title": SafeText("seen"),
    "span": SPAN,
    "at": 100.0,
    "captured_at": 1000.0,
    "source": SafeText("prometheus"),
}


def size(what: What) -> int:
    return len(msgspec.json.encode(what))


def lines(count: int, **changed: Any) -> LinesEvidence:
    records = tuple(
        LogRecord(SafeText(f"l{number}"), float(number), LogLevel.ERROR, SafeText("checkout"), SafeText("x" * 100))
        for number in range(count)
    )
    search = LogSearch(Selection(SafeText("prod")), SPAN)
    return LinesEvidence(**SHOWN, search=search, records=records, total=count, **changed)


def chart(*series: int) -> ChartEvidence:
    made = tuple(
        Series({SafeText("pod"): SafeText(f"p{number}")}, tuple(map(float, range(count))), (1.5,) * count)
        for number, count in enumerate(series)
    )
    panel = Panel("p", SafeText("requests"), "up")
    return ChartEvidence(**SHOWN, panel=panel, query=SafeText("up"), series=made, step=1.0)


def evidence_of(what: What) -> Any:
    assert isinstance(what, EvidencePinned)
    return what.evidence


def test_what_fits_is_left_as_it_is() -> None:
    for what in (Noted(SafeText("seen")), EvidencePinned(lines(20)), EvidencePinned(chart(10, 10))):
        assert cut_down(what) is what


def test_lines_nearest_to_the_moment_are_kept() -> None:
    cut = cut_down(EvidencePinned(lines(500), SafeText("look")), LIMIT)
    kept = evidence_of(cut)
    times = [record.time for record in kept.records]
    assert size(cut) <= LIMIT
    assert len(times) > 20
    assert times == sorted(times)
    assert times[0] < 100.0 < times[-1]
    assert times[-1] - times[0] == len(times) - 1
    assert kept.completeness == f"the team's store has {len(times)} of 500 lines"
    assert kept.total == 500


def test_lines_that_were_chosen_are_kept_first() -> None:
    cut = cut_down(EvidencePinned(lines(500, chosen=(SafeText("l400"), SafeText("l10")))), LIMIT)
    assert {SafeText("l400"), SafeText("l10")} <= {record.id for record in evidence_of(cut).records}


def test_what_was_missing_before_is_still_said() -> None:
    cut = cut_down(EvidencePinned(lines(500, completeness=SafeText("1 of 3 shards failed"))), LIMIT)
    assert evidence_of(cut).completeness.startswith("1 of 3 shards failed; the team's store has ")


def test_whole_series_are_kept_as_long_as_there_is_room() -> None:
    kept = evidence_of(cut_down(EvidencePinned(chart(500, 500, 5000)), LIMIT))
    assert [len(series.times) for series in kept.series] == [500, 500]
    assert kept.completeness == "the team's store has 2 of 3 series"


def test_a_series_that_is_too_long_by_itself_is_thinned() -> None:
    cut = cut_down(EvidencePinned(chart(5000, 10)), LIMIT)
    kept = evidence_of(cut)
    assert size(cut) <= LIMIT
    (series,) = kept.series
    assert 300 < len(series.times) == len(series.values) < 5000
    assert {after - before for before, after in zip(series.times, series.times[1:], strict=False)} == {kept.step}
    assert f"{len(series.times)} of 5000 samples" in kept.completeness


def test_the_way_to_a_failed_span_is_kept() -> None:
    def span(number: int, parent: int | None, *, error: bool = False) -> Span:
        above = None if parent is None else SafeText(f"s{parent}")
        names = (SafeText("t"), SafeText(f"s{number}"), above, SafeText("checkout"), SafeText("op" * 20))
        return Span(*names, float(number), 1.0, error)

    spans = (span(0, None), *(span(number, 0) for number in range(1, 400)), span(400, 399), span(401, 400, error=True))
    evidence = TraceEvidence(**SHOWN, trace=Trace(SafeText("t"), spans))
    cut = cut_down(EvidencePinned(evidence), LIMIT)
    kept = evidence_of(cut)
    assert size(cut) <= LIMIT
    assert {"s0", "s399", "s400", "s401"} <= {one.span_id for one in kept.trace.spans}
    assert kept.completeness == f"the team's store has {len(kept.trace.spans)} of 402 spans"


def test_long_texts_are_shortened_and_count_what_is_missing() -> None:
    cut = cut_down(Noted(SafeText("x" * 50_000)), LIMIT)
    assert isinstance(cut, Noted)
    assert cut.words.endswith("characters")
    assert len(cut.words) == 1024


@pytest.mark.parametrize("limit", [400, EVENT_LIMIT])
def test_what_can_not_be_made_small_enough_is_named(limit: int) -> None:
    raw = msgspec.json.encode({"type": "teleported", "to": ["mars"] * limit}).decode()
    cut = cut_down(Unreadable(SafeText("teleported"), raw), limit)
    assert isinstance(cut, Noted)
    assert cut.words.startswith("(teleported: ")
    assert "too large for the team's store" in cut.words
