"""The console as its operator meets it: five panes, one selection, one time range."""

from __future__ import annotations

import msgspec
import pytest
from console_case import SETTINGS, console
from textual.widgets import OptionList

from opsconsole.actions import LIVE_PANES, PaneName
from opsconsole.config.settings import ThemeName
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.screens.logs_pane import LogsPane
from still_sources import backends
from widget_samples import LOGS, NOW, TRACE_ID

SIZES = [(80, 24), (100, 30), (120, 40), (170, 50), (240, 70)]


async def test_without_a_key_the_screen_says_what_is_wrong_since_when_where_and_what_changed() -> None:
    async with console() as case:
        text = case.text
    assert "CRITICAL ErrorRateHigh on checkout since 14:08 (4m)" in text
    assert "2m before: deploy checkout v1.9.0" in text
    assert "service checkout" in text.splitlines()[0]


async def test_all_five_panes_are_filled_from_their_sources() -> None:
    async with console() as case:
        text = case.text
    for word in ("ErrorRateHigh", "requests/s", "pool wait timeout", "POST /pay", "checkout-7d9f8b6c5-abcde"):
        assert word in text


async def test_every_source_is_on_the_freshness_line() -> None:
    async with console(size=(160, 45)) as case:
        last = case.text.splitlines()[-1]
    for name in ("k8s", "prom", "am", "es", "jaeger"):
        assert name in last
    assert last.count("live") == 5


async def test_the_service_given_on_the_command_line_is_not_overridden_by_an_alert() -> None:
    async with console(settings=msgspec.structs.replace(SETTINGS, service="payments")) as case:
        assert case.scope.selection.service == "payments"


async def test_enter_on_an_alert_moves_every_pane_to_its_service_and_esc_comes_back() -> None:
    async with console() as case:
        await case.press(*["down"] * 4, "enter")
        chosen = case.scope
        assert (chosen.selection.service, chosen.cursor) == ("orders", NOW - 190)
        asked = [about for question, about in case.backends.logs.asked if question == "logs"]
        assert asked[-1][0].selection == chosen.selection
        await case.press("escape")
        assert case.scope.selection.service == "checkout"


async def test_enter_on_a_log_line_leads_to_its_trace_and_moment() -> None:
    async with console() as case:
        text = await case.screen_after("3", "enter")
        assert case.scope.selection.trace == TRACE_ID
        assert case.scope.cursor == pytest.approx(NOW - 0.123)
        assert ("trace", TRACE_ID) in case.backends.traces.asked
    assert f"trace {TRACE_ID[:8]}" in text


async def test_enter_on_a_trace_leads_to_its_log_lines() -> None:
    async with console() as case:
        await case.press("4", "enter")
        trace = case.scope.selection.trace
        assert trace is not None
        asked = [about for question, about in case.backends.logs.asked if question == "logs"]
        assert asked[-1][0].selection.trace == trace


async def test_enter_on_a_pod_narrows_charts_and_logs_to_it_and_u_widens_again() -> None:
    async with console() as case:
        await case.press("5", "enter")
        assert case.scope.selection.pod == "checkout-7d9f8b6c5-abcde"
        panel = [about for question, about in case.backends.metrics.asked if question == "panel"][-1]
        assert panel[1].pod == "checkout-7d9f8b6c5-abcde"
        await case.press("u")
        assert case.scope.selection.pod is None


@pytest.mark.parametrize("size", SIZES)
async def test_at_every_size_the_lines_fit_and_digits_reach_every_pane(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        first = case.text
        assert len(first.splitlines()) <= size[1]
        assert "ErrorRateHigh" in first
        for pane in LIVE_PANES:
            text = await case.screen_after(pane.digit)
            assert case.screen.focused_pane is pane
            assert f"{pane.digit} {pane.title}" in text


async def test_tab_goes_round_all_panes_and_back() -> None:
    async with console() as case:
        seen = [case.screen.focused_pane]
        for _ in LIVE_PANES:
            await case.press("tab")
            seen.append(case.screen.focused_pane)
        assert seen == [*LIVE_PANES, PaneName.ALERTS]
        await case.press("shift+tab")
        assert case.screen.focused_pane is PaneName.PODS


async def test_f_gives_a_pane_the_whole_screen_and_takes_it_back() -> None:
    async with console() as case:
        for pane in LIVE_PANES:
            await case.press(pane.digit, "f")
            assert [name for name in PaneName if case.screen.pane(name).display] == [pane]
            await case.press("escape")
            assert all(case.screen.pane(name).display for name in LIVE_PANES), pane


async def test_o_opens_a_row_whole_and_esc_closes_it() -> None:
    async with console() as case:
        for pane, word in (
            ("1", "fingerprint"),
            ("3", "user_id"),
            ("4", "5 spans in 4 services"),
            ("5", "HTTP probe failed with statuscode: 500"),
        ):
            text = await case.screen_after(pane, "o")
            assert word in text, pane
            # A line opens within its list, the others over the panes.
            assert (case.app.screen is case.screen) == (pane == "3")
            await case.press("escape")
            assert case.app.screen is case.screen, pane


async def test_a_preset_range_reaches_every_windowed_source() -> None:
    async with console() as case:
        await case.press("t", *"3h", "enter")
        assert case.scope.window.duration == 10_800
        for source, question in ((case.backends.logs, "logs"), (case.backends.traces, "traces")):
            span = [about for asked, about in source.asked if asked == question][-1][0].span
            assert span.span == 10_800


async def test_any_duration_may_be_typed_and_nonsense_is_explained() -> None:
    async with console() as case:
        text = await case.screen_after("t", *"soon", "enter")
        assert "write 15m, 1h30m or 7d" in text
        await case.press(*["backspace"] * 4, *"45m", "enter")
        assert case.scope.window.duration == 2700


async def test_pan_zoom_freeze_and_live() -> None:
    async with console() as case:
        assert "PAST" in await case.screen_after("left_square_bracket") or "FROZEN" in case.text
        assert case.scope.window.end == NOW - 1800
        await case.press("0")
        assert case.scope.window.live
        await case.press("plus")
        assert case.scope.window.duration == 1800
        await case.press("minus")
        assert case.scope.window.duration == 3600
        assert "FROZEN" in await case.screen_after("p")
        await case.press("p")
        assert case.scope.window.live


async def test_a_window_in_the_past_is_asked_once_and_alerts_go_on() -> None:
    async with console() as case:
        await case.press("p")
        case.backends.logs.asked.clear()
        case.backends.alerts.asked.clear()
        await case.pass_time(60)
        assert case.backends.logs.asked == []
        assert len(case.backends.alerts.asked) >= 5


async def test_the_cursor_shows_one_moment_everywhere_and_goes_away() -> None:
    async with console() as case:
        await case.press("C")
        assert case.scope.cursor is None
        await case.press("comma", "comma")
        assert case.scope.cursor == NOW - 120
        await case.press("C")
        assert case.scope.cursor is None


async def test_s_offers_the_services_that_are_known_and_narrows_while_typing() -> None:
    async with console() as case:
        text = await case.screen_after("s", *"pay")
        assert "payments" in text
        await case.press("enter")
        assert case.scope.selection.service == "payments"


async def test_the_palette_finds_an_action_by_its_name() -> None:
    async with console() as case:
        await case.press("colon")
        await case.press(*"freeze the")
        await case.press("enter")
        assert not case.scope.window.live


async def test_the_palette_shows_the_keys_and_takes_several_words() -> None:
    async with console() as case:
        text = await case.screen_after("colon", *"pods only wrong")
        assert "Show only pods with something wrong, or all  F" in text


async def test_help_shows_the_keys_of_the_focused_pane() -> None:
    async with console() as case:
        for pane in LIVE_PANES:
            text = await case.screen_after(pane.digit, "question_mark")
            assert f"In {pane.title}" in text
            await case.press("escape")
            assert case.app.screen is case.screen, pane


async def test_enlarging_shows_one_panel_and_esc_all_again() -> None:
    async with console() as case:
        await case.press("2", "right", "enter")
        text = case.text
        assert "requests/s" in text
        assert "goroutines" not in text
        assert "goroutines" in await case.screen_after("escape")


async def test_panels_over_their_threshold_come_first() -> None:
    async with console() as case:
        pane = case.screen.pane(PaneName.METRICS)
        assert pane.panels[0].id == "errors"


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("logs", ErrorKind.UNAUTHORIZED, "wants credentials"),
        ("traces", ErrorKind.MALFORMED, "answered with something else than its API"),
        ("workloads", ErrorKind.FORBIDDEN, "refuses these credentials"),
        ("metrics", ErrorKind.TLS, "certificate that can't be trusted"),
    ],
)
async def test_a_sick_source_speaks_in_its_pane_and_the_rest_goes_on(source: str, kind: ErrorKind, words: str) -> None:
    told = backends()
    getattr(told, source).failing = SourceError(kind, source)
    async with console(told=told, size=(170, 50)) as case:
        text = " ".join(case.text.replace("│", " ").split())
        assert words.split(maxsplit=1)[0] in text
        assert all(part in text for part in words.split())
        assert "ErrorRateHigh" in text
        assert "live" in case.text.splitlines()[-1]


async def test_a_source_that_dies_leaves_its_last_rows_with_their_age() -> None:
    async with console(size=(170, 50)) as case:
        case.backends.logs.failing = SourceError(ErrorKind.UNREACHABLE, "elasticsearch")
        text = await case.screen_later(42)
        assert "pool wait timeout" in text
        assert "elasticsearch can't be reached" in " ".join(text.split())
        case.backends.logs.failing = None
        text = await case.screen_later(60)
        assert "can't be reached" not in text


async def test_r_asks_every_source_again() -> None:
    async with console() as case:
        case.backends.alerts.asked.clear()
        await case.press("R")
        assert [question for question, _ in case.backends.alerts.asked] == ["alerts"]


async def test_sources_left_out_say_where_to_read_on_and_the_rest_works() -> None:
    async with console(without=("logs", "traces", "workloads")) as case:
        assert case.text.count("is not configured") == 3
        assert "docs/configuration.md" in case.text
        assert "ErrorRateHigh" in case.text


@pytest.mark.parametrize("theme", ThemeName)
async def test_every_theme_shows_the_same_words(theme: ThemeName) -> None:
    async with console(settings=msgspec.structs.replace(SETTINGS, theme=theme)) as case:
        assert "ErrorRateHigh on checkout" in case.text
        assert case.app.theme == theme.value


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_ascii_mode_sends_nothing_but_ascii_of_our_own(size: tuple[int, int]) -> None:
    told = backends()
    told.logs.log_page = msgspec.structs.replace(
        told.logs.log_page, records=tuple(r for r in told.logs.log_page.records if r.message.isascii())
    )
    async with console(told=told, size=size, settings=msgspec.structs.replace(SETTINGS, ascii_only=True)) as case:
        for pane in LIVE_PANES:
            text = await case.screen_after(pane.digit)
            assert [char for char in text if not char.isascii()] == []


async def test_a_live_resize_keeps_the_focus_and_loses_nothing() -> None:
    async with console() as case:
        await case.press("4")
        for size in [(80, 24), (240, 70), (80, 24), (120, 40)]:
            await case.pilot.resize_terminal(*size)
            await case.settle()
            assert case.screen.focused_pane is PaneName.TRACES
            assert "POST /pay" in case.text


async def test_y_copies_the_row_without_anything_a_terminal_obeys() -> None:
    async with console() as case:
        await case.press("3", "y")
        assert "pool wait timeout" in case.app.clipboard
        assert "copied" in case.text


async def test_production_and_read_only_are_said_in_words() -> None:
    async with console(size=(170, 50)) as case:
        assert "PRODUCTION" in case.text.splitlines()[0]
        assert "READ-ONLY" in case.text.splitlines()[0]


async def test_keys_can_be_remapped_and_the_old_key_is_dead() -> None:
    async with console(settings=msgspec.structs.replace(SETTINGS, keymap={"freeze": "ctrl+f"})) as case:
        await case.press("p")
        assert case.scope.window.live
        await case.press("ctrl+f")
        assert not case.scope.window.live


async def test_all_sources_are_closed_on_the_way_out() -> None:
    told = backends()
    async with console(told=told):
        pass
    assert all(source.asked[-1] == ("close", None) for source in (told.metrics, told.logs, told.workloads))


async def test_hand_chosen_is_kept_when_alerts_change() -> None:
    async with console() as case:
        await case.press("s", *"payments", "enter")
        await case.pass_time(20)
        assert case.scope.selection.service == SafeText("payments")


async def test_the_highlighted_choice_shows_without_colour() -> None:
    async with console() as case:
        await case.press("s")
        options = case.app.screen.query_one(OptionList)
        underlined = [
            part.text
            for y in range(options.size.height)
            for part in options.render_line(y)
            if part.style and part.style.underline and part.text.strip()
        ]
    assert underlined == ["checkout"]


async def test_a_moment_chosen_elsewhere_leads_to_its_log_line_or_says_that_it_is_further_back() -> None:
    async with console() as case:
        logs = case.screen.pane(PaneName.LOGS)
        assert isinstance(logs, LogsPane)
        text = await case.screen_after("enter")
        assert "all after the cursor" in text
        oldest = min(LOGS.records, key=lambda line: line.time or 0.0)
        case.screen.follow(msgspec.structs.replace(case.scope, cursor=(oldest.time or 0.0) + 0.1))
        await case.pilot.pause()
        assert logs.current == oldest
        assert "all after the cursor" not in case.text


async def test_a_moment_asks_for_the_log_lines_up_to_it() -> None:
    async with console() as case:
        await case.press("comma", *["comma"] * 9)
        cursor = case.scope.cursor
        assert cursor == NOW - 600
        span = [about for question, about in case.backends.logs.asked if question == "logs"][-1][0].span
        assert cursor < span.end <= cursor + 60
        histogram = [about for question, about in case.backends.logs.asked if question == "histogram"][-1][0].span
        assert histogram.end == NOW


async def test_changes_are_asked_of_the_whole_namespace() -> None:
    async with console() as case:
        asked = [about for question, about in case.backends.workloads.asked if question == "changes"][-1]
        assert (asked.namespace, asked.service) == ("shop", None)
