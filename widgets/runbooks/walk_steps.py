"""A walk, drawn line by line with a cursor on one of its steps."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.style import Style

from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.line_scroll import LineScroll, Place
from opsconsole.widgets.runbooks.step_lines import foot_lines, head_lines, step_lines
from opsconsole.widgets.runbooks.step_view import StepView, WalkView


class WalkSteps(LineScroll):
    """What is walked, then its steps, then how it ended.

    The cursor goes to the step at hand whenever that is another one. A step that is taller than the view is scrolled
    through before the cursor leaves it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"walk-steps--cursor"}

    DEFAULT_CSS = """
    WalkSteps {
        & > .walk-steps--cursor { background: $row-cursor; text-style: $row-cursor-text-style; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(n), f"say({n})", f"answer {n}", show=False, id=f"walk.say_{n}") for n in range(1, 10)),
    ]

    class Said(Message):
        """A digit answers the question at hand."""

        def __init__(self, digit: int) -> None:
            """`digit` is one of those shown."""
            super().__init__()
            self.digit = digit

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """No walk yet."""
        super().__init__(glyphs=glyphs, id=id)
        self._walk: WalkView | None = None
        self._index = 0
        self._top = (0, 0)

    @property
    def current(self) -> StepView | None:
        """The step under the cursor."""
        return self._walk.steps[self._index] if self._walk is not None and self._walk.steps else None

    def show(self, walk: WalkView) -> None:
        """Draw `walk`."""
        before, self._walk = self._walk, walk
        if before == walk:
            return
        other = before is None or (before.sha256, before.here) != (walk.sha256, walk.here)
        self._index = min(self._index, max(0, len(walk.steps) - 1))
        if other:
            self._index = walk.here if walk.here is not None else walk.furthest
        if self.is_mounted:
            self._show_cursor(to_end=walk.here is None and other)
        self.repaint()

    # --- entries: what is walked, the steps, how it ended

    @property
    def _count(self) -> int:
        return 0 if self._walk is None else len(self._walk.steps) + 1 + bool(self._walk.ending)

    def _entry(self, index: int) -> list[Content]:
        if self._walk is None:
            return [Content("")]
        if index == 0:
            return head_lines(self._walk, self._glyphs, self._text_width)
        if index > len(self._walk.steps):
            return foot_lines(self._walk, self._text_width)
        return step_lines(self._walk.steps[index - 1], self._glyphs, self._text_width)

    def _edge(self, entry: int, line: int) -> tuple[str, Style]:
        plain = self.visual_style
        if entry - 1 != self._index or entry == 0:
            return " ", plain
        if not self.has_focus:
            return self._glyphs.cursor_blurred, plain
        # The first line alone is lit: a step at hand may fill the view.
        return self._glyphs.cursor, self._cursor_style() if line == 0 else plain

    def _cursor_style(self) -> Style:
        style = self.get_visual_style("walk-steps--cursor")
        # The visual style leaves `reverse` out, which is how the 16-colour theme marks the cursor.
        if self.get_component_styles("walk-steps--cursor").text_style.reverse:
            style += Style(reverse=True)
        return style

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A digit that answers nothing means what it means everywhere."""
        if action != "say":
            return True
        here = self._walk.here if self._walk is not None else None
        said = self._walk.steps[here].said if self._walk is not None and here is not None else ()
        return any(one.digit == parameters[0] for one in said)

    def action_say(self, digit: int) -> None:
        """Answer the question at hand."""
        self.post_message(self.Said(digit))

    def action_move(self, lines: int) -> None:
        """To another step, once all of this one was in view."""
        if self._walk is None:
            return
        step = 1 if lines > 0 else -1
        for _ in range(abs(lines)):
            wanted = self._index + step
            if not self._scrolled_within(step) and 0 <= wanted < len(self._walk.steps):
                self._index = wanted
                self._show_cursor(to_end=step < 0)
        self.repaint()

    def _scrolled_within(self, step: int) -> bool:
        """Scroll by a line where the step under the cursor, or what stands beyond the last one, is not all in view."""
        first, last = self._span()
        top = self._first
        lowest = self._moved(top, self._page_lines)
        if step > 0 and lowest < last:
            self._top = self._moved(top, 1)
            return True
        if step < 0 and top > first:
            self._top = self._moved(top, -1)
            return True
        return False

    def _span(self) -> tuple[Place, Place]:
        """The first and the last line that belong to the cursor's step: what stands over the first, below the last."""
        first = (0, 0) if self._index == 0 else (self._index + 1, 0)
        last_step = self._walk is None or self._index == len(self._walk.steps) - 1
        entry = self._count - 1 if last_step else self._index + 1
        return first, (entry, self._height(entry) - 1)

    def action_page(self, pages: int) -> None:
        """Scroll, the cursor staying on its step."""
        self._top = max((0, 0), min(self._moved(self._first, pages * self._page_lines), self._bottom()))
        self.repaint()

    def action_top(self) -> None:
        """To the first step."""
        self._index = 0
        self._show_cursor()
        self.repaint()

    def action_bottom(self) -> None:
        """To the last step."""
        self._index = max(0, len(self._walk.steps) - 1) if self._walk is not None else 0
        self._show_cursor(to_end=True)
        self.repaint()

    def on_focus(self) -> None:
        """Light the cursor."""
        self.repaint()

    def on_blur(self) -> None:
        """Dim it."""
        self.repaint()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._show_cursor()
        self.repaint()

    def _show_cursor(self, *, to_end: bool = False) -> None:
        """Scroll as little as shows the step under the cursor, its end where `to_end` and there is no room for all."""
        if not self._count:
            return
        first, last = self._span()
        lowest = self._moved(last, -self._page_lines)
        top = max(self._first, lowest)
        if top > first and not to_end:
            top = first
        self._top = max((0, 0), min(top, self._bottom()))
