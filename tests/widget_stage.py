"""A small app that holds one widget, and the text and colours it shows."""

from __future__ import annotations

import html
import re

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.widget import Widget

from opsconsole.themes import ALL_THEMES, VARIABLE_DEFAULTS
from opsconsole.widgets.rows import RowList

# Rich's export (`Console.export_svg`) writes cells 12.2 units wide, one `text` element a style.
_CELL = 12.2
_TEXT = re.compile(
    r'<text class="[^"]*" x="([\d.e+]+)" y="[^"]*" textLength="[^"]*" clip-path="url\(#[^"]*-line-(\d+)\)">(.*?)</text>'
)


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
    lines = ["" for _ in range(app.size.height)]
    for x, line, text in _TEXT.findall(app.export_screenshot()):
        place = int(line)
        start = round(float(x) / _CELL)
        lines[place] += " " * (start - cell_len(lines[place])) + html.unescape(text).replace("\xa0", " ")
    return [line.rstrip() for line in lines]


def screen_text(app: App[None]) -> str:
    """All of it as one string."""
    return "\n".join(shown(app))
