"""A small app that holds one widget, and the text it shows."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widget import Widget

from opsconsole.themes import ALL_THEMES, VARIABLE_DEFAULTS


class Stage(App[None]):
    """One widget on an otherwise empty screen, in one of the console's themes."""

    def __init__(self, widget: Widget, theme: str = "dark", beside: Widget | None = None) -> None:
        super().__init__()
        self.widget = widget
        self.beside = beside
        self.wanted_theme = theme
        self.messages: list[object] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLE_DEFAULTS

    def on_mount(self) -> None:
        for theme in ALL_THEMES:
            self.register_theme(theme)
        self.theme = self.wanted_theme
        self.widget.focus()

    def compose(self) -> ComposeResult:
        yield self.widget
        if self.beside is not None:
            yield self.beside


def shown(app: App[None]) -> list[str]:
    """The text on the screen, line by line, without trailing space."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height
    return [strip.text[:width].rstrip() for strip in lines]
