"""A pattern shown whole, with the reason for its flag."""

from __future__ import annotations

from datetime import UTC

import pytest

from hostile.corpus import HOSTILE
from opsconsole.domain.log_pattern import LogPattern, LookedAt, PatternChange, PatternReport, PatternShift
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.details.pattern_detail import pattern_detail
from widget_samples import NOW
from widget_stage import Stage, screen_text

MOMENT = NOW - 600
BEFORE = LookedAt(TimeRange(MOMENT - 3600, MOMENT), 4000, 88_310)
AFTER = LookedAt(TimeRange(MOMENT, NOW), 1000, 1000)


def shift(change: PatternChange, before: int, after: int, ratio: float | None, chance: float) -> PatternShift:
    pattern = LogPattern(
        SafeText("f818f6d5aac109ac"),
        SafeText("retry <*> of <*>"),
        before + after,
        LogLevel.WARN,
        (SafeText("checkout"), SafeText("orders")),
        MOMENT - 60,
        NOW - 5,
        (1, 2),
        SafeText("line-1"),
    )
    return PatternShift(pattern, change, before, after, ratio, chance)


def text_of(one: PatternShift, report: PatternReport) -> str:
    return "\n".join(line.plain for line in pattern_detail(one, report, now=NOW, zone=UTC))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            shift(PatternChange.NEW, 0, 5, None, 0.2),
            "WARN  new since 14:02:00: not among the 4,000 lines looked at before",
        ),
        (
            shift(PatternChange.GONE, 90, 0, None, 0.0042),
            "WARN  gone since 14:02:00: so long a silence comes by chance in 0.4 % of cases",
        ),
        (
            shift(PatternChange.MORE, 60, 120, 12.04, 1e-20),
            "WARN  12 times as often since 14:02:00: so large a change comes by chance in less than 0.1 % of cases",
        ),
        (
            shift(PatternChange.LESS, 600, 25, 0.25, 0.002),
            "WARN  0.25 times as often since 14:02:00: so large a change comes by chance in 0.2 % of cases",
        ),
        (shift(PatternChange.STEADY, 6, 1, 1.0, 0.9), "WARN  no change since 14:02:00 that chance would not make"),
    ],
)
def test_the_flag_is_explained(one: PatternShift, expected: str) -> None:
    assert text_of(one, PatternReport((one,), AFTER, BEFORE, MOMENT)).splitlines()[0] == expected


def test_both_sides_have_their_rate() -> None:
    one = shift(PatternChange.MORE, 60, 120, 12.0, 1e-20)
    text = text_of(one, PatternReport((one,), AFTER, BEFORE, MOMENT))
    assert "after         120 of 1,000 lines, 12 a minute" in text
    assert "before        60 of 4,000 lines, 1 a minute" in text
    assert "checkout, orders" in text
    assert "retry <*> of <*>" in text


def test_without_a_moment_nothing_is_said_of_before() -> None:
    one = shift(PatternChange.STEADY, 0, 120, None, 1.0)
    text = text_of(one, PatternReport((one,), AFTER))
    assert "WARN  not compared" in text
    assert "before" not in text


async def test_hostile_templates_are_read_and_never_obeyed() -> None:
    view = DetailView()
    app = Stage(view)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        for raw in (*HOSTILE, "[@click=app.boom]press[/]"):
            text = safe_text(raw)
            pattern = LogPattern(text, text, 1, LogLevel.ERROR, (text,), NOW, NOW, (1,), text)
            one = PatternShift(pattern, PatternChange.NEW, 0, 1)
            view.show(pattern_detail(one, PatternReport((one,), AFTER, BEFORE, MOMENT), now=NOW, zone=UTC))
            await pilot.pause(0)
        assert "[@click=app.boom]press[/]" in screen_text(app)
