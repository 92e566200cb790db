"""A list that shows one feed's snapshots."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.problem_note import ProblemNote, Standing, standing
from opsconsole.widgets.rows.row import Row
from opsconsole.widgets.rows.row_list import RowList

T = TypeVar("T")
Item = TypeVar("Item")


class FeedList(Vertical, Generic[T, Item]):
    """Rows of a `Snapshot[T]` and, below them, how far they may be trusted.

    `focus()` goes to the rows. `RowList.Highlighted` and `RowList.Chosen` carry a row key;
    `item(key)` gives the domain value behind it.
    """

    DEFAULT_CSS = """
    FeedList { width: 1fr; height: 1fr; }
    """

    NEWEST_FIRST: ClassVar[bool] = False
    """Whether new rows arrive at the top and may not push the reader away."""

    SOURCE: ClassVar[str]
    """The backend's name in sentences, where no other is given."""

    ROWS: ClassVar[type[RowList]] = RowList
    """The list inside."""

    def __init__(
        self,
        *,
        source: str | None = None,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """Nothing asked yet of `source`, the backend's name in sentences (`SOURCE` when None)."""
        super().__init__(id=id, classes=classes)
        self._source = self.SOURCE if source is None else source
        self._glyphs = glyphs
        self._zone = zone
        self._rows = self.ROWS(glyphs=glyphs, zone=zone, newest_first=self.NEWEST_FIRST)
        self._note = ProblemNote()
        self._snapshot: Snapshot[T] | None = None
        self._value: T | None = None
        self._built: Sequence[Row] = ()
        self._items: dict[str, Item] = {}
        self._standing = Standing((), Content(""), False)
        self._now = 0.0

    def compose(self) -> ComposeResult:
        """The rows, and the note below them."""
        yield self._rows
        yield self._note

    @property
    def rows(self) -> RowList:
        """The list inside, which takes the focus."""
        return self._rows

    @property
    def current(self) -> Item | None:
        """The value under the cursor."""
        key = self._rows.cursor_key
        return None if key is None else self.item(key)

    def item(self, key: str) -> Item | None:
        """The value of the row with `key`, None when there is no such row."""
        return self._items.get(key)

    @abstractmethod
    def build(self, value: T) -> Sequence[tuple[Row, Item]]:
        """The rows of `value` in order, each with the value behind it."""

    @abstractmethod
    def empty(self) -> tuple[SafeText, ...]:
        """Sentences for a value without rows: that there are none, then what to do."""

    def remark(self, value: T) -> str:  # noqa: ARG002  - for lists that have something to add
        """What is to be said below the rows about the value itself; empty by default."""
        return ""

    def show(self, snapshot: Snapshot[T], *, now: float) -> None:
        """Draw `snapshot` as of `now` (unix seconds). Call again with the same one to move ages on."""
        self._now = now
        if snapshot.value is not self._value:
            self._value = snapshot.value
            self._build()
        self._snapshot = snapshot
        self._stand()
        self._draw()

    def rebuild(self) -> None:
        """Make the rows anew from the value at hand, after the way they are shown changed."""
        self._build()
        self._stand()
        self._draw()

    def focus(self, scroll_visible: bool = True) -> FeedList[T, Item]:
        """Give the focus to the rows."""
        self._rows.focus(scroll_visible)
        return self

    def on_row_list_unseen_changed(self) -> None:
        """Say how many rows wait above the reader."""
        self._say()

    def _build(self) -> None:
        pairs = () if self._value is None else self.build(self._value)
        self._built = tuple(row for row, _ in pairs)
        self._items = {row.key: item for row, item in pairs}

    def _stand(self) -> None:
        if self._snapshot is not None:
            self._standing = standing(
                self._snapshot,
                source=self._source,
                empty=self.empty(),
                now=self._now,
                zone=self._zone,
                glyphs=self._glyphs,
            )

    def _draw(self) -> None:
        self._rows.show(
            self._built, now=self._now, dimmed=self._standing.dimmed, placeholder=self._standing.placeholder
        )
        self._say()

    def _say(self) -> None:
        unseen = self._rows.unseen
        lines = []
        if unseen:
            new = (f"{self._glyphs.above} {unseen:,} new", "bold")
            lines.append(Content.assemble(new, (", Home shows them", "$muted")))
        if self._standing.note:
            lines.append(self._standing.note)
        if self._value is not None and (remark := self.remark(self._value)):
            lines.append(Content.assemble((remark, "$muted")))
        self._note.say(Content("\n").join(lines))
