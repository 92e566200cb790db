"""The themes are complete, legible, and need no colour."""

from __future__ import annotations

import pytest
from textual.color import Color

from opsconsole.config.settings import ThemeName
from opsconsole.themes import ALL_THEMES, TEXT_VARIABLES, VARIABLE_DEFAULTS
from opsconsole.widgets.alert_list import AlertList
from widget_samples import ALERTS, NOW, live
from widget_stage import Stage, shown

COLOURED = [theme for theme in ALL_THEMES if not theme.ansi]


def luminance(colour: Color) -> float:
    """Relative luminance, WCAG 2.2."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(Color.parse(first)), luminance(Color.parse(second))))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_guideline_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_theme_name_of_the_settings_has_its_theme() -> None:
    assert [theme.name for theme in ALL_THEMES] == [name.value for name in ThemeName]


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_every_theme_sets_every_variable(theme) -> None:
    assert set(VARIABLE_DEFAULTS) == {*TEXT_VARIABLES, "row-cursor", "row-cursor-text-style"}
    assert set(VARIABLE_DEFAULTS) <= set(theme.variables)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_text_is_legible_on_every_ground_it_stands_on(theme) -> None:
    wanted = 7.0 if theme.name == "high-contrast" else 4.5
    grounds = (theme.background, theme.surface, theme.panel, theme.variables["row-cursor"])
    poor = {
        (name, ground): round(contrast(theme.variables[name], ground), 2)
        for name in (*TEXT_VARIABLES, "text", "text-muted", "text-disabled")
        for ground in grounds
        if contrast(theme.variables[name], ground) < wanted
    }
    assert poor == {}


async def test_the_ansi_theme_sends_only_the_sixteen_colours_of_the_terminal() -> None:
    alerts = AlertList()
    app = Stage(alerts, "ansi")
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.pause()
        colours = {
            colour
            for y in range(alerts.rows.content_size.height)
            for segment in alerts.rows.render_line(y)
            if segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None
        }
    assert colours
    assert all(colour.is_default or (colour.number is not None and colour.number < 16) for colour in colours)


@pytest.mark.parametrize("name", [theme.name for theme in ALL_THEMES])
async def test_a_theme_can_be_switched_to_while_the_console_runs(name: str) -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.pause()
        before = alerts.rows.render_line(0)
        app.theme = name
        await pilot.pause()
        after = alerts.rows.render_line(0)
    assert after.text == before.text
    assert (after == before) == (name == "dark")


async def test_without_colour_state_and_severity_are_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.pause()
        assert app.no_color
        lines = shown(app)
    assert lines[0].startswith("▌● critical ErrorRateHigh checkout")
    assert "○ warning  CPUHigh redis" in "\n".join(lines)
    assert "muted" in "\n".join(lines)
