"""A small app that holds one widget, and the text and colours it shows."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widget import Widget

from opsconsole.screens.screen_text import screen_text as text_of_picture
from opsconsole.themes import ALL_THEMES, VARIABLE_DEFAULTS
from opsconsole.widgets.rows import RowList


class Stage(App[None]):
    """One widget on an otherwise empty screen, in one of the console's themes."""

    def __init__(self, widget: Widget, theme: str = "dark", beside: Widget | None = None) -> None:
        super().__init__()
        self.widget = widget
        self.beside = beside
        self.wanted_theme = theme
        self.highlighted: list[tuple[str, bool]] = []
        self.chosen: list[str] = []

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

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        self.highlighted.append((message.row_key, message.by_user))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.chosen.append(message.row_key)


def shown(app: App[None]) -> list[str]:
    """The text on the screen, line by line, without trailing space."""
    lines = text_of_picture(app.export_screenshot(simplify=True)).split("\n")
    return [*lines, *([""] * (app.size.height - len(lines)))]


def screen_text(app: App[None]) -> str:
    """All of it as one string."""
    return "\n".join(shown(app))
