"""The header: what, when, and what the console may do."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from rich.cells import cell_len

from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.widgets.glyphs import ASCII
from opsconsole.widgets.scope_header import Clock, HeaderFacts, ScopeHeader, ScopeLine
from widget_samples import NOW
from widget_stage import Stage, shown

SHOP = Selection(SafeText("prod"), SafeText("shop"), SafeText("checkout"))
LIVE = HeaderFacts(Scope(SHOP), NOW, production=True)
FROZEN = HeaderFacts(Scope(SHOP, TimeWindow(3600.0, NOW - 240)), NOW, production=True)
PAST = HeaderFacts(Scope(SHOP, TimeWindow(3600.0, NOW - 200_000)), NOW)
WRITE = HeaderFacts(Scope(SHOP), NOW, production=True, write=840.0)


async def line_of(facts: HeaderFacts, width: int, header: ScopeHeader | None = None) -> str:
    header = header or ScopeHeader()
    app = Stage(header)
    async with app.run_test(size=(width, 2), notifications=True) as pilot:
        header.show(facts)
        await pilot.pause()
        return shown(app)[0]


async def test_a_wide_header_tells_everything_in_words() -> None:
    assert (await line_of(LIVE, 120)).split("  ") == [
        " prod PRODUCTION",
        "ns shop ▸ service checkout ▸ pod –",
        *[""] * 11,
        " 13:12–14:12",
        "live",
        "READ-ONLY",
        "14:12:00 UTC",
    ]


async def test_eighty_columns_still_tell_cluster_selection_range_mode_and_clock() -> None:
    line = await line_of(LIVE, 80)
    assert line.split() == [
        "prod", "PROD", "shop", "▸", "checkout", "13:12–14:12", "UTC", "live", "READ-ONLY", "14:12:00",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 240])
@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (LIVE, ["prod", "PROD", "live", "R"]),
        (FROZEN, ["prod", "PROD", "FROZEN", "R"]),
        (PAST, ["prod", "PAST", "R"]),
        (WRITE, ["prod", "PROD", "live", "WRITE"]),
    ],
)
async def test_modes_are_told_in_words_at_every_width(facts: HeaderFacts, words: list[str], width: int) -> None:
    line = await line_of(facts, width)
    assert all(word in line for word in words)
    assert cell_len(line) <= width


async def test_a_frozen_screen_a_write_console_and_a_production_cluster_also_look_otherwise() -> None:
    header = ScopeHeader()
    app = Stage(header)
    async with app.run_test(size=(120, 2), notifications=True) as pilot:
        header.show(HeaderFacts(FROZEN.scope, NOW, production=True, write=840.0))
        await pilot.pause()
        loud = {
            segment.text.strip()
            for segment in header.query_one(ScopeLine).render_line(0)
            if segment.style and segment.style.reverse
        }
    assert loud == {"FROZEN 4m ago", "WRITE 14m"}


async def test_another_day_is_named() -> None:
    assert "28 Feb 05:38–06:38" in await line_of(PAST, 120)
    assert "PAST 2d07h ago" in await line_of(PAST, 120)


async def test_times_carry_their_zone() -> None:
    header = ScopeHeader(zone=timezone(timedelta(hours=8), "CST"))
    line = await line_of(LIVE, 120, header)
    assert "21:12–22:12" in line
    assert "22:12:00 CST" in line


async def test_the_cursor_is_shown_where_there_is_room() -> None:
    scope = Scope(SHOP, TimeWindow(), NOW - 1800)
    assert "@ 13:42:00" in await line_of(HeaderFacts(scope, NOW), 120)
    assert "13:42:00" not in await line_of(HeaderFacts(scope, NOW), 80)


async def test_a_ticking_clock_leaves_the_rest_of_the_header_alone() -> None:
    header = ScopeHeader()
    app = Stage(header)
    async with app.run_test(size=(120, 2), notifications=True) as pilot:
        header.show(LIVE)
        await pilot.pause()
        painted: list[str] = []
        for part in (header.query_one(ScopeLine), header.query_one(Clock)):
            draw = part.render_line
            part.render_line = lambda y, part=part, draw=draw: (painted.append(type(part).__name__), draw(y))[1]  # type: ignore[method-assign]
        header.show(HeaderFacts(LIVE.scope, NOW + 1, production=True))
        await pilot.pause()
        assert shown(app)[0].endswith("14:12:01 UTC")
    assert painted == ["Clock"]


async def test_the_clock_comes_and_goes_with_the_width() -> None:
    header = ScopeHeader()
    app = Stage(header)
    async with app.run_test(size=(120, 2), notifications=True) as pilot:
        header.show(LIVE)
        for width, end in ((50, "RO"), (80, "14:12:00"), (120, "14:12:00 UTC")):
            await pilot.resize_terminal(width, 2)
            await pilot.pause()
            assert shown(app)[0].endswith(end)


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_ascii_signs_are_enough(width: int) -> None:
    long = Selection(SafeText("c" * 50), SafeText("n" * 50), SafeText("s" * 80), SafeText("p" * 90))
    line = await line_of(HeaderFacts(Scope(long, TimeWindow(), NOW - 9), NOW), width, ScopeHeader(glyphs=ASCII))
    assert line.isascii()
    assert "live" in line
