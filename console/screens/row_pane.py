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
from opsconsole.screens.messages import DetailAsked, ScopeChosen
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows.row_list import RowList

T = TypeVar("T")
Item = TypeVar("Item")


class RowPane(Pane, Generic[T, Item]):
    """A pane around one `FeedList`. Subclasses say which topic, what following and opening mean."""

    topic: Topic

    def __init__(self, glyphs: Glyphs, zone: tzinfo, rows: FeedList[T, Item]) -> None:
        """`rows` draws the snapshots of `topic`; times are shown in `zone`."""
        super().__init__(glyphs)
        self.zone = zone
        self.feed_list = rows

    def compose(self) -> ComposeResult:
        """The list alone."""
        yield self.feed_list

    @property
    def focus_target(self) -> Widget:
        """The rows."""
        return self.feed_list.rows

    @abstractmethod
    def followed(self, scope: Scope, item: Item, now: float) -> Scope:
        """The scope that follows `item`."""

    @abstractmethod
    def detail(self, item: Item, width: int, now: float) -> tuple[Content, ...]:
        """`item` whole, in lines drawn for `width` cells."""

    @abstractmethod
    def name_of(self, item: Item) -> SafeText:
        """A heading for `item`."""

    @abstractmethod
    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """What the pane's heading adds to its name."""

    def _draw(self, view: PaneView) -> None:
        self.feed_list.show(view.feeds.snapshot(self.topic), now=view.now)
        self.set_title(*self.about(view))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter on a row follows it."""
        event.stop()
        self.action_follow()

    def action_follow(self) -> None:
        """Let every pane follow the row under the cursor."""
        item, view = self.feed_list.current, self.view
        if item is not None and view is not None:
            self.post_message(ScopeChosen(self.followed(view.scope, item, view.now)))

    def action_open(self) -> None:
        """Show the row under the cursor whole."""
        item = self.feed_list.current
        if item is not None:
            self.post_message(DetailAsked(self.name_of(item), partial(self.detail, item)))

    def action_copy(self) -> None:
        """Copy the row under the cursor, whole, as plain text."""
        item, view = self.feed_list.current, self.view
        if item is not None and view is not None:
            lines = self.detail(item, 100, view.now)
            self.app.copy_to_clipboard("\n".join(line.plain for line in lines))
            self.notify("copied, if the terminal allows it (OSC 52)", markup=False)
