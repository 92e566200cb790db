"""Panes that are a list of rows: follow one, open one, copy one."""

from __future__ import annotations

from abc import abstractmethod
from datetime import tzinfo
from functools import partial
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds.topic import Topic
from opsconsole.screens.jumps.jump import NOUNS, NOWHERE, Jump, Spot
from opsconsole.screens.messages import DetailAsked, ScopeChosen
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows.row_list import RowList

T = TypeVar("T")
Item = TypeVar("Item")


class ItemPane(Pane, Generic[Item]):
    """A pane with one item under its cursor. Subclasses say which, and what following and opening mean."""

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Times are shown in `zone`."""
        super().__init__(glyphs)
        self.zone = zone

    @property
    @abstractmethod
    def current(self) -> Item | None:
        """The item under the cursor."""

    @abstractmethod
    def followed(self, scope: Scope, item: Item, now: float) -> Scope:
        """The scope that follows `item`."""

    @abstractmethod
    def detail(self, item: Item, width: int, now: float) -> tuple[Content, ...]:
        """`item` whole, in lines drawn for `width` cells."""

    @abstractmethod
    def name_of(self, item: Item) -> SafeText:
        """A heading for `item`."""

    def action_follow(self) -> None:
        """Let every pane follow the item under the cursor."""
        item, view = self.current, self.view
        if item is not None and view is not None:
            self.post_message(ScopeChosen(self.followed(view.scope, item, view.now), NOUNS[self.pane_name]))

    def jumps(self, view: PaneView) -> tuple[Jump, ...]:
        """Where the item under the cursor leads."""
        item = self.current
        return () if item is None else self.leads(view, item)

    def leads(self, view: PaneView, item: Item) -> tuple[Jump, ...]:  # noqa: ARG002  - for items that lead somewhere
        """Where `item` leads."""
        return ()

    def action_open(self) -> None:
        """Show the item under the cursor whole."""
        item = self.current
        if item is not None:
            self.post_message(DetailAsked(self.name_of(item), partial(self.detail, item)))

    def action_copy(self) -> None:
        """Copy the item under the cursor, whole, as plain text."""
        item, view = self.current, self.view
        if item is not None and view is not None:
            lines = self.detail(item, 100, view.now)
            self.app.copy_to_clipboard("\n".join(line.plain for line in lines))
            self.notify("copied, if the terminal allows it (OSC 52)", markup=False)


class RowPane(ItemPane[Item], Generic[T, Item]):
    """An item pane around one `FeedList`. Subclasses say which topic it shows."""

    topic: Topic

    def __init__(self, glyphs: Glyphs, zone: tzinfo, rows: FeedList[T, Item]) -> None:
        """`rows` draws the snapshots of `topic`; times are shown in `zone`."""
        super().__init__(glyphs, zone)
        self.feed_list = rows

    def compose(self) -> ComposeResult:
        """The list alone."""
        yield self.feed_list

    @property
    def focus_target(self) -> Widget:
        """The rows."""
        return self.feed_list.rows

    @property
    def current(self) -> Item | None:
        """The item of the row under the cursor."""
        return self.feed_list.current

    @abstractmethod
    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """What the pane's heading adds to its name."""

    def _draw(self, view: PaneView) -> None:
        self.feed_list.show(view.feeds.snapshot(self.topic), now=view.now)
        self.set_title(*self.about(view))

    @property
    def row_key(self) -> str:
        """The key of the row under the cursor."""
        return self.feed_list.rows.cursor_key or ""

    def _take(self, spot: Spot) -> bool:
        """Put the cursor on the row of that key, and open it where that is asked for."""
        if not self.feed_list.rows.select(spot.row):
            return False
        if spot.opened:
            self.action_open()
        return True

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Who moves the cursor waits for no other row."""
        if event.by_user:
            self.stand_on(NOWHERE)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter on a row follows it."""
        event.stop()
        self.action_follow()
