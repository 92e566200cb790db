"""How fresh every source is."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from opsconsole.domain.snapshot import Completeness, FeedState, SourceFreshness, SourceName
from opsconsole.widgets.freshness_line import FreshnessLine
from opsconsole.widgets.glyphs import ASCII, UNICODE, Glyphs
from widget_samples import NOW
from widget_stage import Stage, shown

SOURCES = (
    SourceFreshness(SourceName.KUBERNETES, FeedState.LIVE, NOW),
    SourceFreshness(SourceName.PROMETHEUS, FeedState.STALE, NOW - 12),
    SourceFreshness(SourceName.ALERTMANAGER, FeedState.NO_ACCESS),
    SourceFreshness(SourceName.ELASTICSEARCH, FeedState.PARTIAL, NOW, Completeness(3, 5)),
    SourceFreshness(SourceName.JAEGER, FeedState.DOWN),
)


async def line_of(sources: tuple[SourceFreshness, ...], width: int, glyphs: Glyphs = UNICODE) -> str:
    line = FreshnessLine(glyphs=glyphs)
    app = Stage(line)
    async with app.run_test(size=(width, 2), notifications=True) as pilot:
        line.show(sources, now=NOW)
        await pilot.pause(0)
        return shown(app)[0]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (120, " k8s ● live  prom ◐ 12s old  am ⚿ no access  es ◔ 3/5 partial  jaeger ✘ down"),
        (80, " k8s ● live  prom ◐ 12s old  am ⚿ no access  es ◔ 3/5 partial  jaeger ✘ down"),
        (60, " k8s ● prom ◐ 12s am ⚿ es ◔ 3/5 jaeger ✘"),
        (40, " prom ◐ 12s am ⚿ es ◔ 3/5 jaeger ✘ +1"),
        (26, " prom ◐ 12s am ⚿ +3"),
        (8, " ●◐⚿◔✘"),
    ],
)
async def test_words_give_way_to_signs_and_the_well_give_way_to_the_unwell(width: int, expected: str) -> None:
    assert await line_of(SOURCES, width) == expected


@pytest.mark.parametrize("state", FeedState)
@pytest.mark.parametrize("width", [3, 10, 40, 80])
async def test_every_state_is_told_within_the_width(state: FeedState, width: int) -> None:
    line = await line_of((SourceFreshness(SourceName.PROMETHEUS, state, NOW - 90),), width)
    assert line.strip()
    assert cell_len(line) <= width


async def test_ascii_signs_are_enough() -> None:
    assert await line_of(SOURCES, 60, ASCII) == " k8s * prom ~ 12s am ! es % 3/5 jaeger X"


async def test_a_line_of_its_own_width_leaves_room_for_its_neighbour() -> None:
    line = FreshnessLine()
    app = Stage(line)
    async with app.run_test(size=(120, 2), notifications=True) as pilot:
        line.styles.width = "auto"
        line.show(SOURCES[:1], now=NOW)
        await pilot.pause(0)
        assert line.size.width == len(" k8s ● live ")
        line.show(SOURCES[:2], now=NOW)
        await pilot.pause(0)
        assert line.size.width == len(" k8s ● live  prom ◐ 12s old ")


@pytest.mark.parametrize(("width", "expected"), [(80, 33), (160, 62)])
async def test_beside_the_keys_the_line_takes_no_more_than_the_form_it_shows(width: int, expected: int) -> None:
    line = FreshnessLine()
    line.styles.width = "auto"
    app = Stage(line)
    async with app.run_test(size=(width, 2), notifications=True) as pilot:
        line.show(tuple(SourceFreshness(source, FeedState.LIVE, NOW) for source in SourceName), now=NOW)
        await pilot.pause(0)
        assert line.size.width == expected
