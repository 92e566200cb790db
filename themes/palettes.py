"""Themes for dark, light, high-contrast and 16-colour terminals.

Every colour that text is written in reaches 4.5:1 against the background, the surface and the
row under the cursor (WCAG 2.2, success criterion 1.4.3), 7:1 in high contrast (1.4.6). The ansi
theme names the terminal's own colours, whose contrast is the terminal's business. Colour never
is the only sign: NO_COLOR and a monochrome terminal lose nothing.
"""

from __future__ import annotations

from textual.theme import Theme

TEXT_VARIABLES: tuple[str, ...] = (
    "severity-critical",
    "severity-warning",
    "severity-info",
    "level-error",
    "level-warn",
    "level-info",
    "level-debug",
    "state-live",
    "state-stale",
    "state-partial",
    "state-down",
    "state-no-access",
    "probe-passing",
    "probe-failing",
    "series-1",
    "series-2",
    "series-3",
    "series-4",
    "series-5",
    "series-6",
    "threshold",
    "marker",
    "cursor-line",
    "muted",
    "production",
)
"""Our variables that colour text; the others are `row-cursor` and `row-cursor-text-style`."""


def _variables(
    *,
    red: str,
    amber: str,
    green: str,
    blue: str,
    violet: str,
    plain: str,
    muted: str,
    series: tuple[str, str, str, str, str, str],
    row_cursor: str,
    row_style: str = "bold",
) -> dict[str, str]:
    """Our variables out of few hues; one hue means one thing in every pane."""
    return {
        "severity-critical": red,
        "severity-warning": amber,
        "severity-info": blue,
        "level-error": red,
        "level-warn": amber,
        "level-info": plain,
        "level-debug": muted,
        "state-live": green,
        "state-stale": amber,
        "state-partial": amber,
        "state-down": red,
        "state-no-access": violet,
        "probe-passing": green,
        "probe-failing": red,
        **{f"series-{number}": color for number, color in enumerate(series, 1)},
        "threshold": amber,
        "marker": violet,
        "cursor-line": plain,
        "muted": muted,
        "production": red,
        "row-cursor": row_cursor,
        "row-cursor-text-style": row_style,
    }


_DARK = Theme(
    name="dark",
    dark=True,
    primary="#6cb6ff",
    secondary="#8fa3bf",
    accent="#6cb6ff",
    warning="#e3b341",
    error="#ff8078",
    success="#5fd08a",
    foreground="#d8dee9",
    background="#10141b",
    surface="#10141b",
    panel="#1a2029",
    variables={
        **_variables(
            red="#ff8078",
            amber="#e3b341",
            green="#5fd08a",
            blue="#6cb6ff",
            violet="#c9a5ff",
            plain="#d8dee9",
            muted="#98a4b5",
            series=("#6cb6ff", "#f0a04b", "#5fd08a", "#e79ac8", "#e8dc6a", "#b3b7ff"),
            row_cursor="#213049",
        ),
        "text": "#d8dee9",
        "text-muted": "#98a4b5",
        "text-disabled": "#98a4b5",
        "border": "#6cb6ff",
        "border-blurred": "#3b4657",
        "scrollbar": "#3b4657",
        "scrollbar-background": "#161b23",
    },
)

_LIGHT = Theme(
    name="light",
    dark=False,
    primary="#0a58ca",
    secondary="#44546a",
    accent="#0a58ca",
    warning="#7a4d00",
    error="#b3141d",
    success="#11632f",
    foreground="#1b2430",
    background="#fbfbfa",
    surface="#fbfbfa",
    panel="#eceef1",
    variables={
        **_variables(
            red="#b3141d",
            amber="#7a4d00",
            green="#11632f",
            blue="#0a4fb3",
            violet="#6b2fb3",
            plain="#1b2430",
            muted="#4d5866",
            series=("#0a58ca", "#9a4b00", "#11632f", "#a3246f", "#6a5a00", "#5a3fc0"),
            row_cursor="#d6e4f7",
        ),
        "text": "#1b2430",
        "text-muted": "#4d5866",
        "text-disabled": "#4d5866",
        "border": "#0a58ca",
        "border-blurred": "#b4bcc7",
        "scrollbar": "#b4bcc7",
        "scrollbar-background": "#eceef1",
    },
)

_HIGH_CONTRAST = Theme(
    name="high-contrast",
    dark=True,
    primary="#7fd4ff",
    secondary="#ffffff",
    accent="#ffe45c",
    warning="#ffd23f",
    error="#ff9d96",
    success="#6dff9c",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    variables={
        **_variables(
            red="#ff9d96",
            amber="#ffd23f",
            green="#6dff9c",
            blue="#7fd4ff",
            violet="#e0c2ff",
            plain="#ffffff",
            muted="#d0d0d0",
            series=("#7fd4ff", "#ffb45c", "#6dff9c", "#ffaede", "#fff27a", "#d3d0ff"),
            row_cursor="#00263d",
            row_style="bold underline",
        ),
        "text": "#ffffff",
        "text-muted": "#d0d0d0",
        "text-disabled": "#d0d0d0",
        "border": "#ffe45c",
        "border-blurred": "#9a9a9a",
        "scrollbar": "#ffffff",
        "scrollbar-background": "#303030",
    },
)

_ANSI = Theme(
    name="ansi",
    ansi=True,
    dark=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        **_variables(
            red="ansi_red",
            amber="ansi_yellow",
            green="ansi_green",
            blue="ansi_cyan",
            violet="ansi_magenta",
            plain="ansi_default",
            muted="ansi_default",
            series=("ansi_cyan", "ansi_yellow", "ansi_green", "ansi_magenta", "ansi_blue", "ansi_red"),
            row_cursor="ansi_default",
            row_style="reverse",
        ),
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "text": "ansi_default",
        "text-muted": "ansi_default",
        "text-disabled": "ansi_default",
        "foreground-muted": "ansi_default",
        "background-muted": "ansi_default",
        "border": "ansi_cyan",
        "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
    },
)

ALL_THEMES: tuple[Theme, ...] = (_DARK, _LIGHT, _HIGH_CONTRAST, _ANSI)
"""The console's themes, the default first; their names are those of `ThemeName`."""

VARIABLE_DEFAULTS: dict[str, str] = {
    name: _DARK.variables[name] for name in (*TEXT_VARIABLES, "row-cursor", "row-cursor-text-style")
}
"""For `App.get_theme_variable_defaults`: every variable of ours, so that any other theme works too."""
