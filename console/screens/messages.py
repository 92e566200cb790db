"""Facts that travel between feeds, panes and the screen."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.message import Message

from opsconsole.actions import PaneName
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds.topic import Topic
from opsconsole.screens.jumps.jump import NOWHERE, Spot, ViewMaker


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

    def __init__(self, scope: Scope, words: SafeText = SafeText("")) -> None:
        """`scope` becomes the screen's, and the present one goes to the history.

        `words` name what was chosen in the header's trail; without them a new trail begins.
        """
        super().__init__()
        self.scope = scope
        self.words = words


class JumpAsked(Message):
    """A pane, or a view over the panes, asks to go elsewhere with what is under its cursor.

    A view is closed by it. To be there again after the way back it gives `view`, which makes it anew.
    """

    def __init__(
        self, scope: Scope, pane: PaneName, words: SafeText, *, spot: Spot = NOWHERE, view: ViewMaker | None = None
    ) -> None:
        """Every pane follows `scope`, and `pane` takes the keys with the cursor on `spot`.

        `words` name the step in the header's trail.
        """
        super().__init__()
        self.scope = scope
        self.pane = pane
        self.words = words
        self.spot = spot
        self.view = view


class EvidenceAsked(Message):
    """A pane, or a view over the panes, asks to keep something in the incident that is worked on."""

    def __init__(self, pinned: Pinned) -> None:
        """`pinned` is what was under the cursor, as it was seen."""
        super().__init__()
        self.pinned = pinned


class DetailAsked(Message):
    """A pane asks to show something whole."""

    def __init__(self, title: SafeText, lines: Callable[[int, float], tuple[Content, ...]]) -> None:
        """`lines(width, now)` draws it for `width` cells at `now` unix seconds."""
        super().__init__()
        self.title = title
        self.lines = lines
