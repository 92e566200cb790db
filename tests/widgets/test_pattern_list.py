"""Patterns of log lines: flags, figures, trends, and what was looked at."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len

from hostile.corpus import HOSTILE
from opsconsole.domain.log_pattern import LogPattern, LookedAt, PatternChange, PatternReport, PatternShift
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.pattern_list import PatternList
from opsconsole.widgets.pattern_row import flag_word, share_text, short_count
from widget_samples import NOW, live
from widget_stage import Stage, screen_text, shown

MOMENT = NOW - 600
BEFORE = LookedAt(TimeRange(MOMENT - 600, MOMENT), 4000, 4000)
AFTER = LookedAt(TimeRange(MOMENT, NOW), 1000, 1000)
QUIET_THEN_LOUD = (*[0] * 24, *[5] * 24)
LOUD_THEN_QUIET = (*[5] * 24, *[0] * 24)


def shift(
    template: str,
    change: PatternChange,
    before: int,
    after: int,
    *,
    level: LogLevel = LogLevel.INFO,
    ratio: float | None = None,
    services: tuple[str, ...] = ("checkout",),
    trend: tuple[int, ...] = QUIET_THEN_LOUD,
) -> PatternShift:
    pattern = LogPattern(
        id=safe_text(f"id-{template}", 64),
        template=safe_text(template),
        count=before + after,
        level=level,
        services=tuple(safe_text(service) for service in services),
        first_seen=MOMENT + 1,
        last_seen=NOW,
        trend=trend,
        example=SafeText("line-1"),
    )
    return PatternShift(pattern, change, before, after, ratio, 0.001)


SHIFTS = (
    shift("pool wait timeout after <*> ms, <*> of <*> in use", PatternChange.NEW, 0, 412, level=LogLevel.ERROR),
    shift("payment <*> authorised", PatternChange.GONE, 1300, 0, services=("orders",), trend=LOUD_THEN_QUIET),
    shift("retry <*> of <*>", PatternChange.MORE, 3, 36, level=LogLevel.WARN, ratio=12.0, services=("a", "b", "c")),
    shift("cache miss", PatternChange.LESS, 90, 20, level=LogLevel.DEBUG, ratio=0.22),
    shift("用户登录成功", PatternChange.STEADY, 500, 532, level=LogLevel.UNKNOWN, ratio=1.06),
)
REPORT = PatternReport(SHIFTS, AFTER, BEFORE, MOMENT)


async def lines_of(report: PatternReport, width: int, glyphs: object = UNICODE) -> list[str]:
    patterns = PatternList(glyphs=glyphs)  # type: ignore[arg-type]
    app = Stage(patterns)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        patterns.show(live(report), now=NOW)
        await pilot.pause(0)
        return shown(app)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            38,
            """
▌NEW   412 E pool wait timeout after…
 GONE 1300 I payment <*> authorised
 ×12    36 W retry <*> of <*>
""",
        ),
        (
            80,
            """
▌NEW    412  41% ▁▁▁▁▁▁██████ ERROR checkout pool wait timeout after <*> ms, <…
 GONE 1,300  32% ██████▁▁▁▁▁▁ INFO  orders   payment <*> authorised
 ×12     36   4% ▁▁▁▁▁▁██████ WARN  a +2     retry <*> of <*>
""",
        ),
        (
            120,
            """
▌NEW    412  41% ▁▁▁▁▁▁▁▁████████ ERROR checkout 14:02:01 pool wait timeout after <*> ms, <*> of <*> in use
 GONE 1,300  32% ████████▁▁▁▁▁▁▁▁ INFO  orders   14:02:01 payment <*> authorised
 ×12     36   4% ▁▁▁▁▁▁▁▁████████ WARN  a +2     14:02:01 retry <*> of <*>
""",
        ),
    ],
)
async def test_columns_follow_the_width_and_flag_count_and_template_stay(width: int, expected: str) -> None:
    assert (await lines_of(REPORT, width))[:3] == expected.strip("\n").split("\n")


@pytest.mark.parametrize("width", [38, 40, 44, 59, 60, 64, 78, 80, 110, 116, 120, 160, 240])
async def test_no_line_is_wider_than_the_pane(width: int) -> None:
    lines = await lines_of(REPORT, width)
    assert all(cell_len(line) <= width for line in lines)
    assert all(word in "\n".join(lines) for word in ("NEW", "GONE", "pool wait", "payment", "retry", "用户登录成功"))


async def test_without_a_moment_there_are_no_flags() -> None:
    plain = tuple(msgspec.structs.replace(one, change=PatternChange.STEADY, ratio=None) for one in SHIFTS)
    lines = await lines_of(PatternReport(plain, AFTER), 64)
    assert lines[0] == "▌412  41% ▁▁▁▁████ ERROR pool wait timeout after <*> ms, <*> o…"
    assert lines[-1] == " all 1,000 lines looked at"


async def test_lines_of_one_service_leave_its_name_to_the_header() -> None:
    lines = await lines_of(PatternReport(SHIFTS[:1], AFTER, BEFORE, MOMENT), 80)
    assert lines[0] == "▌NEW  412  41% ▁▁▁▁▁▁██████ ERROR pool wait timeout after <*> ms, <*> of <*> i…"


@pytest.mark.parametrize(
    ("before", "after", "forgotten", "expected"),
    [
        (BEFORE, AFTER, 0, "since 14:02:00: all 1,000 lines; before: all 4,000 lines"),
        (
            LookedAt(TimeRange(MOMENT - 60, MOMENT), 4000, 88_310),
            AFTER,
            0,
            "since 14:02:00: all 1,000 lines; before: newest 4,000 of 88,310 lines, back to 14:01:00; NEW may be older",
        ),
        (
            LookedAt(BEFORE.span, 4000, 10_000, total_is_exact=False, share=0.4),
            AFTER,
            0,
            "since 14:02:00: all 1,000 lines; before: 4,000 of 10,000+ lines, drawn by chance; NEW may be older",
        ),
        (
            LookedAt(BEFORE.span, 0, 0),
            LookedAt(AFTER.span, 0, 0),
            2,
            (
                "too many patterns: 2 rare patterns of 7 lines not kept; since 14:02:00: no lines; before: no lines; "
                "NEW may be older"
            ),
        ),
        (LookedAt(BEFORE.span, 0, 0), AFTER, 0, "since 14:02:00: all 1,000 lines; before: no lines"),
    ],
)
async def test_what_was_looked_at_is_said(before: LookedAt, after: LookedAt, forgotten: int, expected: str) -> None:
    report = PatternReport(SHIFTS, after, before, MOMENT, forgotten, 7 if forgotten else 0)
    lines = await lines_of(report, 160)
    assert lines[-1].strip() == expected


async def test_three_lines_are_enough_for_it_in_a_narrow_pane() -> None:
    report = PatternReport(SHIFTS, AFTER, LookedAt(TimeRange(MOMENT - 60, MOMENT), 4000, 88_310), MOMENT)
    assert (await lines_of(report, 40))[-1].strip().endswith("NEW may be older")


def test_the_count_says_what_became_of_the_patterns() -> None:
    patterns = PatternList()
    assert patterns.count_text == ""
    patterns.show(live(REPORT), now=NOW)
    assert patterns.count_text == "5 patterns, 1 new, 1 gone, 1 more, 1 less"
    patterns.show(live(PatternReport(SHIFTS[-1:], AFTER)), now=NOW)
    assert patterns.count_text == "1 pattern"


async def test_the_pattern_under_the_cursor_is_at_hand_and_kept_over_a_refresh() -> None:
    patterns = PatternList()
    app = Stage(patterns)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        patterns.show(live(REPORT), now=NOW)
        await pilot.press("down", "enter")
        patterns.show(live(PatternReport(SHIFTS[::-1], AFTER, BEFORE, MOMENT)), now=NOW)
        await pilot.pause(0)
        assert patterns.current is not None
        assert patterns.current.pattern.template == "payment <*> authorised"
    assert [patterns.item(key) for key in app.chosen] == [SHIFTS[1]]


async def test_no_lines_says_what_may_help() -> None:
    lines = await lines_of(PatternReport((), LookedAt(AFTER.span, 0, 0)), 60)
    assert lines[0] == " no log lines to find patterns in"
    assert "longer range" in "\n".join(lines)


@pytest.mark.parametrize("width", [38, 80, 120])
async def test_ascii_signs_are_enough(width: int) -> None:
    report = PatternReport(SHIFTS[:4], AFTER, BEFORE, MOMENT)
    assert "\n".join(await lines_of(report, width, ASCII)).isascii()


async def test_variables_are_muted_and_errors_are_loud() -> None:
    patterns = PatternList()
    app = Stage(patterns)
    async with app.run_test(size=(120, 6), notifications=True) as pilot:
        patterns.show(live(REPORT), now=NOW)
        await pilot.pause(0)
        styles = {segment.text.strip(): segment.style for segment in patterns.rows.render_line(0) if segment.style}
    assert styles["<*>"].color != styles["pool wait timeout after"].color
    assert styles["pool wait timeout after"].color == styles["ERROR"].color


@pytest.mark.parametrize("width", [38, 80, 160])
async def test_hostile_templates_are_read_and_never_obeyed(width: int) -> None:
    shifts = tuple(
        shift(f"{number} {raw}", PatternChange.NEW, 0, 5, services=(raw,)) for number, raw in enumerate(HOSTILE)
    )
    patterns = PatternList()
    app = Stage(patterns)
    async with app.run_test(size=(width, 24), notifications=True) as pilot:
        patterns.show(live(PatternReport(shifts, AFTER, BEFORE, MOMENT)), now=NOW)
        await pilot.pause(0)
        lines = [patterns.rows.render_line(y).text for y in range(len(shifts))]
        assert all(cell_len(line) == width for line in lines)
        assert all(char.isprintable() for line in lines for char in line)
        await pilot.press("end", "enter")
        assert "[@click" in "\n".join(lines) or width < 80
        assert screen_text(app)


@pytest.mark.parametrize(
    ("ratio", "change", "expected"),
    [
        (None, PatternChange.NEW, "NEW"),
        (None, PatternChange.GONE, "GONE"),
        (2.04, PatternChange.MORE, "×2.0"),
        (9.96, PatternChange.MORE, "×10"),
        (12.4, PatternChange.MORE, "×12"),
        (12_000.0, PatternChange.MORE, "×999"),
        (0.5, PatternChange.LESS, "×.5"),
        (0.226, PatternChange.LESS, "×.23"),
        (0.0001, PatternChange.LESS, "×.01"),
        (1.3, PatternChange.STEADY, ""),
    ],
)
def test_the_flag_has_at_most_four_cells(ratio: float | None, change: PatternChange, expected: str) -> None:
    assert flag_word(shift("x", change, 1, 1, ratio=ratio), UNICODE) == expected


def test_figures_are_short() -> None:
    counts = (0, 9999, 10_000, 999_999, 1_000_000, 999_999_999, 10**9, 10**13)
    assert [short_count(count) for count in counts] == ["0", "9999", "10k", "999k", "1M", "999M", "1G", "999G"]
    assert [share_text(*pair) for pair in ((0, 5), (1, 1000), (125, 1000), (5, 5), (3, 0))] == [
        "0%", "<1%", "12%", "100%", "0%",
    ]  # fmt: skip
