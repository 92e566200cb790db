"""Facts that travel between feeds, panes and the screen."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.message import Message

from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds.topic import Topic


class TopicChanged(Message):
    """A feed has a new snapshot of `topic`. Later ones of the same topic replace it in the queue."""

    def __init__(self, topic: Topic) -> None:
        """`topic` names the feed; the snapshot itself is read when the message is handled."""
        super().__init__()
        self.topic = topic

    def can_replace(self, message: Message) -> bool:
        """Whether this makes `message` superfluous."""
        return isinstance(message, TopicChanged) and message.topic == self.topic


class ScopeChosen(Message):
    """A pane asks every pane to follow `scope`."""

    def __init__(self, scope: Scope) -> None:
        """`scope` becomes the screen's, and the present one goes to the history."""
        super().__init__()
        self.scope = scope


class DetailAsked(Message):
    """A pane asks to show something whole."""

    def __init__(self, title: SafeText, lines: Callable[[int, float], tuple[Content, ...]]) -> None:
        """`lines(width, now)` draws it for `width` cells at `now` unix seconds."""
        super().__init__()
        self.title = title
        self.lines = lines
