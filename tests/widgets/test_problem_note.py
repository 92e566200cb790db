"""What a pane says about the truth of its rows."""

from __future__ import annotations

from datetime import UTC

import pytest

from opsconsole.domain.alert import Alert
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import Completeness, FeedState, Problem, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.widgets.alert_list import AlertList
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.problem_note import STATE_STYLES, Standing, clock_text, standing, state_sign
from widget_samples import ALERTS, NOW, live
from widget_stage import Stage, screen_text, shown

Alerts = tuple[Alert, ...]
REFUSED = Problem.of(SourceError(ErrorKind.UNREACHABLE, "alertmanager", SafeText("connection refused")))


def stand(snapshot: Snapshot[Alerts]) -> Standing:
    return standing(snapshot, source="alertmanager", empty=(SafeText("no alerts"),), now=NOW, zone=UTC, glyphs=UNICODE)


@pytest.mark.parametrize("state", FeedState)
def test_every_state_has_a_sign_and_a_colour(state: FeedState) -> None:
    assert state_sign(state, UNICODE)
    assert state_sign(state, ASCII).isascii()
    assert STATE_STYLES[state].startswith("$")


@pytest.mark.parametrize("state", FeedState)
@pytest.mark.parametrize("with_value", [True, False])
def test_no_state_is_a_blank_pane(state: FeedState, with_value: bool) -> None:
    snapshot: Snapshot[Alerts] = Snapshot(state, () if with_value else None, NOW if with_value else None)
    assert "".join(line.plain for line in stand(snapshot).placeholder).strip()


def test_a_question_that_is_out_is_said_as_such() -> None:
    assert stand(Snapshot(FeedState.CONNECTING)).placeholder[0].plain == "asking alertmanager…"


def test_a_source_that_is_not_configured_names_the_page_that_helps() -> None:
    said = stand(Snapshot(FeedState.NOT_CONFIGURED)).placeholder[0].plain
    assert said == "alertmanager is not configured, see docs/configuration.md"


def test_a_problem_without_rows_is_told_with_the_next_try() -> None:
    told = stand(Snapshot(FeedState.DOWN, problem=REFUSED, next_try=NOW + 8))
    assert [line.plain for line in told.placeholder] == [
        "✘ alertmanager can't be reached: connection refused; check its URL and the network or tunnel",
        "asks again at 14:12:08",
    ]


@pytest.mark.parametrize("state", [FeedState.STALE, FeedState.DOWN, FeedState.NO_ACCESS, FeedState.THROTTLED])
def test_old_rows_are_dimmed_and_their_age_is_told(state: FeedState) -> None:
    told = stand(Snapshot(state, ALERTS, NOW - 130, problem=REFUSED))
    assert told.dimmed
    assert "2m old; alertmanager can't be reached" in told.note.plain


def test_an_empty_answer_that_is_old_is_not_told_as_live() -> None:
    told = stand(Snapshot(FeedState.STALE, (), NOW - 130))
    assert told.placeholder[0].plain == "no alerts"
    assert told.note.plain == "◐ 2m old"


def test_a_partial_answer_tells_what_is_missing() -> None:
    whole = Completeness(3, 5, (SafeText("store x unavailable"),))
    told = stand(Snapshot(FeedState.PARTIAL, ALERTS, NOW, whole))
    assert told.note.plain == "◔ partial: 3 of 5 parts answered; store x unavailable"
    assert not told.dimmed
    assert stand(Snapshot(FeedState.LIVE, ALERTS, NOW, whole)).note.plain == told.note.plain


def test_whole_and_live_rows_need_no_words() -> None:
    told = stand(live(ALERTS))
    assert not told.note
    assert not told.dimmed


def test_paused_rows_say_as_of_when_they_are() -> None:
    assert stand(Snapshot(FeedState.PAUSED, ALERTS, NOW - 61)).note.plain == "‖ paused, as of 14:10:59, 1m ago"


@pytest.mark.parametrize("moment", [None, 1e18, -1e18, float("nan"), float("inf")])
def test_a_moment_that_no_calendar_holds_is_said_as_such(moment: float | None) -> None:
    assert clock_text(moment, UTC) == "no time"


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_rows_stay_on_the_screen_when_the_source_goes_away(width: int) -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(width, 14), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.pause(0)
        before = shown(app)
        colours = alerts.rows.render_line(0)
        alerts.show(Snapshot(FeedState.DOWN, ALERTS, NOW, problem=REFUSED, next_try=NOW + 90), now=NOW + 30)
        await pilot.pause(0)
        text = screen_text(app)
        assert "ErrorRateHigh" in text
        assert alerts.rows.render_line(0) != colours
        joined = " ".join(text.split())
        assert "30s old" in joined
        assert "can't be reached: connection refused" in joined
        alerts.show(Snapshot(FeedState.LIVE, ALERTS, NOW), now=NOW)
        await pilot.pause(0)
        assert shown(app) == before


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "ansi"])
async def test_old_rows_look_old_in_every_theme(theme: str) -> None:
    alerts = AlertList()
    app = Stage(alerts, theme)
    async with app.run_test(size=(80, 14), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.pause(0)
        fresh = [alerts.rows.render_line(y) for y in range(5)]
        alerts.show(Snapshot(FeedState.STALE, ALERTS, NOW), now=NOW)
        await pilot.pause(0)
        old = [alerts.rows.render_line(y) for y in range(5)]
    assert [strip.text for strip in old] == [strip.text for strip in fresh]
    assert all(before != after for before, after in zip(fresh, old, strict=True))


def test_a_list_of_which_more_pages_come_says_so() -> None:
    some = Snapshot(FeedState.PARTIAL, "rows", NOW, Completeness(0, 1, arriving=True))
    found = standing(some, source="kubernetes", empty=(), now=NOW, zone=UTC, glyphs=UNICODE)
    assert found.note.plain == "◔ partial: the rest is still arriving"
