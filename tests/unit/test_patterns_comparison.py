"""What a moment did to the patterns, and how honest that is about the lines looked at."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.domain.log_pattern import PatternChange, PatternReport, PatternShift
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.marker import Marker, MarkerKind
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns import LogSample, compared, last_change, patterns_of
from opsconsole.patterns.rates import CHANCE, change_of, tail

MOMENT = 1_790_000_000.0
EARLIER = TimeRange(MOMENT - 3600, MOMENT)
LATER = TimeRange(MOMENT, MOMENT + 600)


def lines(message: str, count: int, span: TimeRange, level: LogLevel = LogLevel.INFO) -> tuple[LogRecord, ...]:
    return tuple(
        LogRecord(
            SafeText(f"{message}-{span.start}-{number}"),
            span.start + (number + 0.5) * span.span / count,
            level,
            SafeText("checkout"),
            SafeText(message),
        )
        for number in range(count)
    )


def all_of(records: tuple[LogRecord, ...], span: TimeRange) -> LogSample:
    return LogSample.newest(records, span, len(records))


def shift_of(report: PatternReport, template: str) -> PatternShift:
    return next(shift for shift in report.shifts if shift.pattern.template == template)


def test_what_is_new_gone_more_and_less_is_told_most_telling_first() -> None:
    before = (
        *lines("request completed", 3600, EARLIER),
        *lines("payment authorised", 360, EARLIER),
        *lines("retry soon", 12, EARLIER, LogLevel.WARN),
        *lines("cache warmed up", 720, EARLIER),
        *lines("nightly report written", 2, EARLIER),
    )
    after = (
        *lines("request completed", 580, LATER),
        *lines("pool wait timeout", 7, LATER, LogLevel.ERROR),
        *lines("starting new pool", 40, LATER),
        *lines("retry soon", 24, LATER, LogLevel.WARN),
        *lines("cache warmed up", 30, LATER),
    )
    report = compared(all_of(before, EARLIER), all_of(after, LATER), MOMENT, columns=7)
    assert [(shift.pattern.template, shift.change) for shift in report.shifts] == [
        ("pool wait timeout", PatternChange.NEW),
        ("starting new pool", PatternChange.NEW),
        ("payment authorised", PatternChange.GONE),
        ("retry soon", PatternChange.MORE),
        ("cache warmed up", PatternChange.LESS),
        ("request completed", PatternChange.STEADY),
        ("nightly report written", PatternChange.STEADY),
    ]
    more = shift_of(report, "retry soon")
    assert (more.before, more.after, more.ratio) == (12, 24, pytest.approx(12.0))
    assert shift_of(report, "payment authorised").pattern.trend == (60, 60, 60, 60, 60, 60, 0)
    assert report.lines == len(before) + len(after)
    assert (report.count_of(PatternChange.NEW), report.moment) == (2, MOMENT)


def test_a_pattern_that_widens_after_the_moment_is_not_new() -> None:
    before = lines("login of ann from web failed", 5, EARLIER)
    after = lines("login of bob from web failed", 5, LATER)
    (shift,) = compared(all_of(before, EARLIER), all_of(after, LATER), MOMENT).shifts
    assert (shift.before, shift.after) == (5, 5)
    assert shift.pattern.template == "login of <*> from web failed"


def test_branches_folded_after_the_moment_keep_what_was_before() -> None:
    words = [f"{a}{b}" for a in "abcdef" for b in "uvwxyz"]
    before = tuple(record for word in words[:20] for record in lines(f"loading {word}", 2, EARLIER))
    after = tuple(record for word in words for record in lines(f"loading {word}", 1, LATER))
    (shift,) = compared(all_of(before, EARLIER), all_of(after, LATER), MOMENT).shifts
    assert (shift.before, shift.after) == (40, 36)


def test_silence_is_told_only_where_it_is_improbable() -> None:
    assert change_of(4, 0, 100, 100)[0] is PatternChange.STEADY
    assert change_of(7, 0, 100, 100)[0] is PatternChange.GONE
    # Long known, silence is as improbable as Poisson's exp(-expected): below 1 % from five expected lines on.
    assert change_of(4_000, 0, 100_000, 100)[0] is PatternChange.STEADY
    change, ratio, chance = change_of(5_000, 0, 100_000, 100)
    assert (change, ratio) == (PatternChange.GONE, None)
    assert chance == pytest.approx(math.exp(-5), rel=0.01)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0, 1, PatternChange.NEW),
        (1, 3, PatternChange.STEADY),
        (10, 30, PatternChange.MORE),
        (1000, 1900, PatternChange.STEADY),
        (1000, 2100, PatternChange.MORE),
        (30, 10, PatternChange.LESS),
        (3, 1, PatternChange.STEADY),
        (50, 50, PatternChange.STEADY),
    ],
)
def test_a_change_must_be_large_and_improbable(before: int, after: int, expected: PatternChange) -> None:
    assert change_of(before, after, 60, 60)[0] is expected


def test_a_side_without_time_tells_nothing_but_what_is_new() -> None:
    assert change_of(50, 0, 60, 0) == (PatternChange.STEADY, None, 1.0)
    assert change_of(0, 3, 0, 60) == (PatternChange.NEW, None, 1.0)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.floats(0.01, 0.99), st.data())
def test_the_chance_is_that_of_the_binomial(tries: int, probability: float, data: st.DataObject) -> None:
    hits = data.draw(st.integers(min(tries, math.ceil(tries * probability)), tries))
    exact = sum(
        math.comb(tries, count) * probability**count * (1 - probability) ** (tries - count)
        for count in range(hits, tries + 1)
    )
    assert tail(hits, tries, probability) == pytest.approx(exact, rel=1e-6, abs=1e-300)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_rule_is_total_and_consistent(before: int, after: int, earlier: float, later: float) -> None:
    change, ratio, chance = change_of(before, after, earlier, later)
    assert 0 <= chance <= 1
    assert (ratio is None) == (not (before and after and earlier > 0 and later > 0))
    if change in {PatternChange.GONE, PatternChange.MORE, PatternChange.LESS}:
        assert chance < CHANCE
    assert (change is PatternChange.NEW) == (before == 0 and after > 0)


def test_the_newest_lines_of_many_speak_for_the_time_they_cover() -> None:
    newest = lines("request completed", 100, TimeRange(MOMENT - 60, MOMENT))
    sample = LogSample.newest(newest, EARLIER, 88_310)
    assert sample.looked_at.span == TimeRange(pytest.approx(MOMENT - 59.7), MOMENT)
    assert (sample.looked_at.whole, sample.looked_at.lines, sample.looked_at.total) == (False, 100, 88_310)
    # At the same rate the ten minutes since have ten times as many lines, and nothing changed.
    report = compared(sample, all_of(lines("request completed", 1000, LATER), LATER), MOMENT)
    assert report.shifts[0].change is PatternChange.STEADY
    assert report.shifts[0].ratio == pytest.approx(1.0, abs=0.02)


def test_lines_drawn_by_chance_speak_for_all_of_them() -> None:
    sample = LogSample.scattered(lines("request completed", 360, EARLIER), EARLIER, 3600)
    assert (sample.looked_at.share, sample.looked_at.exposure) == (0.1, 360.0)
    report = compared(sample, all_of(lines("request completed", 600, LATER), LATER), MOMENT)
    assert report.shifts[0].change is PatternChange.STEADY


def test_a_count_the_server_gave_up_on_is_not_the_whole() -> None:
    records = lines("request completed", 10, EARLIER)
    assert LogSample.newest(records, EARLIER, 10).looked_at.whole
    assert not LogSample.newest(records, EARLIER, 10, exact=False).looked_at.whole


def test_without_a_moment_nothing_is_compared() -> None:
    report = patterns_of(all_of(lines("request completed", 10, LATER), LATER), columns=5)
    assert (report.moment, report.before, report.lines) == (None, None, 10)
    (shift,) = report.shifts
    assert (shift.change, shift.after, shift.pattern.trend) == (PatternChange.STEADY, 10, (2, 2, 2, 2, 2))


def test_no_lines_are_no_patterns() -> None:
    report = compared(all_of((), EARLIER), all_of((), LATER), MOMENT)
    assert (report.shifts, report.lines) == ((), 0)


def test_forgotten_patterns_are_told() -> None:
    letters = "abcdefghij"
    words = [one + other for one in letters for other in letters]
    many = tuple(record for one in words for two in words[:23] for record in lines(f"{one} {two}", 1, LATER))
    report = patterns_of(all_of(many, LATER))
    assert report.forgotten_lines + sum(shift.after for shift in report.shifts) == len(many)
    assert report.forgotten > 0


def test_the_last_change_is_the_newest_deploy_else_restart() -> None:
    deploy, restart, later = (
        Marker(time, kind, SafeText("x"))
        for time, kind in ((100.0, MarkerKind.DEPLOY), (200.0, MarkerKind.RESTART), (900.0, MarkerKind.DEPLOY))
    )
    alert = Marker(300.0, MarkerKind.ALERT, SafeText("x"))
    assert last_change((deploy, restart, alert, later), 500.0) is deploy
    assert last_change((restart, alert), 500.0) is restart
    assert last_change((alert, later), 500.0) is None
