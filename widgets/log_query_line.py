"""The line above log lines: what narrows them, or the box in which words are typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from opsconsole.domain.log_query import LogSyntax
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import OneLine, truncated
from opsconsole.widgets.typing_box import TypingBox

_PLAIN = "words; Ctrl+R raw query"
_RAW = "raw query; Ctrl+R words"
_KEPT = 50
"""Searches of this session that the arrows bring back."""


class ChipLine(OneLine):
    """What narrows the lines, one after the other; what does not fit is counted."""

    def __init__(self, glyphs: Glyphs) -> None:
        """Nothing narrows yet."""
        super().__init__()
        self._glyphs = glyphs
        self._chips: tuple[SafeText, ...] = ()

    def show(self, chips: tuple[SafeText, ...]) -> None:
        """Show `chips`."""
        if chips != self._chips:
            self._chips = chips
            self.changed()

    def longest(self) -> Content:
        """All of them."""
        return self.line(10_000)

    def line(self, width: int) -> Content:
        """As many as fit in `width` cells, the first one cut where even that is too long."""
        shown: list[Content] = []
        used, room = 0, max(0, width - 10)
        for chip in self._chips:
            piece = truncated(Content.assemble((chip, "$primary")), room, self._glyphs.cut)
            if shown and used + piece.cell_length + 2 > room:
                break
            shown += [Content("  "), piece] if shown else [piece]
            used += piece.cell_length + 2
        rest = len(self._chips) - (len(shown) + 1) // 2
        if rest:
            shown.append(Content.assemble((f"  +{rest}", "$primary")))
        if (hint := Content.assemble(("  F changes", "$muted"))) and used + hint.cell_length + 4 <= width:
            shown.append(hint)
        return Content.assemble(*shown)


class SearchWords(TypingBox):
    """The words; the arrows bring earlier ones back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", show=False, id="search.leave"),
        Binding("up", "recall(-1)", "earlier", show=False, id="search.earlier"),
        Binding("down", "recall(1)", "later", show=False, id="search.later"),
        Binding("ctrl+r", "syntax", "raw", show=False, id="search.syntax"),
    ]

    class Left(Message):
        """Typing is given up."""

    class SyntaxTurned(Message):
        """The other way of reading the words is wanted."""

    class Recalled(Message):
        """An earlier search, or a later one for `step` 1, is wanted."""

        def __init__(self, step: int) -> None:
            """One further back for -1."""
            super().__init__()
            self.step = step

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(self.Left())

    def action_recall(self, step: int) -> None:
        """Bring one back."""
        self.post_message(self.Recalled(step))

    def action_syntax(self) -> None:
        """Turn between words and query language."""
        self.post_message(self.SyntaxTurned())


class LogQueryLine(Horizontal):
    """One line, there only while something narrows or words are typed."""

    DEFAULT_CSS = """
    LogQueryLine {
        height: 1; width: 1fr; display: none;
        &.-said, &.-open { display: block; }
        & > ChipLine { width: 1fr; }
        & > Static { width: auto; padding: 0 0 0 1; color: $primary; text-style: bold; display: none; }
        & > Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; display: none; }
        &.-open > ChipLine { display: none; }
        &.-open > Static, &.-open > Input { display: block; }
    }
    """

    class Asked(Message):
        """Lines with these words are wanted; empty words take the search away."""

        def __init__(self, words: str, syntax: LogSyntax) -> None:
            """`words` as they were typed, to be read as `syntax`."""
            super().__init__()
            self.words = words
            self.syntax = syntax

    class Closed(Message):
        """Typing is over, the keys go back to where they were."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        """Nothing narrows, nothing is typed."""
        super().__init__()
        self._chips = ChipLine(glyphs)
        self._mode = Static(Content("/"))
        self._input = SearchWords(compact=True)
        self._input.cursor_blink = False
        self._syntax = LogSyntax.PLAIN
        self._earlier: list[tuple[str, LogSyntax]] = []
        self._place = 0

    def compose(self) -> ComposeResult:
        """The chips; how words are read, and the words."""
        yield self._chips
        yield self._mode
        yield self._input

    @property
    def is_open(self) -> bool:
        """Whether words are being typed."""
        return self.has_class("-open")

    def show(self, chips: tuple[SafeText, ...]) -> None:
        """What narrows the lines now, in words."""
        self._chips.show(chips)
        self.set_class(bool(chips), "-said")

    def open(self, words: SafeText, syntax: LogSyntax) -> None:
        """Take the keys; the words in force stand there to be changed."""
        self._place = len(self._earlier)
        self._put(words, syntax)
        self.add_class("-open")
        self._input.seize()

    def _put(self, words: str, syntax: LogSyntax) -> None:
        self._input.value = words
        self._input.cursor_position = len(words)
        self._read_as(syntax)

    def _read_as(self, syntax: LogSyntax) -> None:
        self._syntax = syntax
        raw = syntax is LogSyntax.RAW
        self._mode.update(Content("RAW /" if raw else "/"))
        self._input.placeholder = _RAW if raw else _PLAIN

    def _close(self) -> None:
        self.remove_class("-open")
        self.post_message(self.Closed())

    def on_descendant_blur(self) -> None:
        """Typing is given up where the keys go elsewhere."""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nothing is asked before Enter."""
        event.stop()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask, and remember."""
        event.stop()
        words, syntax = event.value.strip(), self._syntax
        if words:
            kept = [one for one in self._earlier if one != (words, syntax)]
            self._earlier = [*kept, (words, syntax)][-_KEPT:]
        self._close()
        self.post_message(self.Asked(words, syntax))

    def on_search_words_left(self, event: SearchWords.Left) -> None:
        """Leave the search as it was."""
        event.stop()
        self._close()

    def on_search_words_syntax_turned(self, event: SearchWords.SyntaxTurned) -> None:
        """Read the words the other way."""
        event.stop()
        self._read_as(LogSyntax.PLAIN if self._syntax is LogSyntax.RAW else LogSyntax.RAW)

    def on_search_words_recalled(self, event: SearchWords.Recalled) -> None:
        """Put an earlier search there, or nothing after the latest."""
        event.stop()
        self._place = max(0, min(self._place + event.step, len(self._earlier)))
        if self._place < len(self._earlier):
            self._put(*self._earlier[self._place])
        else:
            self._put("", self._syntax)
