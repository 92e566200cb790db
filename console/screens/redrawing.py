"""When what is drawn: on new facts, for another size, and as time goes on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import dropwhile, islice

from textual.geometry import Size
from textual.screen import ModalScreen, Screen

from opsconsole.actions import Action, PaneName
from opsconsole.feeds.topic import Topic
from opsconsole.screens.frame_lines import FrameLines
from opsconsole.screens.layout import Placement
from opsconsole.screens.pane import PaneView
from opsconsole.screens.pane_board import PaneBoard
from opsconsole.widgets.tab_strip import TabStrip

_AGES = 5.0
"""Seconds between two looks at the ages inside panes."""


class Redrawing:
    """Draws the panes of `board` and the lines around them, each no more often than it has to be."""

    def __init__(
        self,
        screen: Screen[None],
        board: PaneBoard,
        lines: FrameLines,
        tabs: TabStrip,
        *,
        view: Callable[[], PaneView],
        actions: tuple[Action, ...],
    ) -> None:
        """`view` is what there is to draw now; `actions` carry the operator's keys."""
        self._screen = screen
        self._board = board
        self._lines = lines
        self._tabs = tabs
        self._view = view
        self._actions = actions
        self._laid_out: tuple[Size, Placement | None, tuple[PaneName, ...]] | None = None
        self._changed: set[Topic] = set()
        self._ages_drawn_at = 0.0

    def topic_changed(self, topic: Topic) -> None:
        """Redraw the panes that show it, once for all snapshots that wait in the queue."""
        if not self._changed:
            self._screen.call_later(self._draw_changed)
        self._changed.add(topic)

    @property
    def covered(self) -> bool:
        """Whether a view that is no dialog stands over the panes."""
        above = dropwhile(lambda screen: screen is not self._screen, self._screen.app.screen_stack)
        return any(not isinstance(screen, ModalScreen) for screen in islice(above, 1, None))

    def _draw_changed(self) -> None:
        changed, self._changed = self._changed, set()
        if self.covered:
            return
        view = self._view()
        with self._screen.app.batch_update():
            self._board.draw_topics(view, changed)
            self._lines.draw(view)

    def everything(self) -> None:
        """Draw panes, lines and keys, unless nobody can see them: then once they can be seen again."""
        if self.covered:
            return
        view = self._view()
        with self._screen.app.batch_update():
            self._board.draw(view)
            self._lines.draw(view)
            self.keys()

    def frame(self) -> None:
        """Draw the lines around the panes."""
        self._lines.draw(self._view())

    def keys(self) -> None:
        """Draw the keys of the pane that has the focus."""
        self._lines.draw_keys(self._board.holder(self._screen.focused), self._actions)

    def tick(self) -> None:
        """Let ages and the clock go on; charts wait for data.

        Ages inside panes are read in minutes, or beside data that is known to be old: every few
        seconds is enough for them, and a third of the idle cost.
        """
        if self.covered:
            return
        view = self._view()
        if view.now - self._ages_drawn_at >= _AGES:
            self._ages_drawn_at = view.now
            self._board.draw(view, lambda pane: pane is not self._board.metrics)
        self._lines.draw(view)

    def arrange(self) -> None:
        """Lay out for the size there is."""
        self._board.lay_out(self._screen.app.size)
        self.laid_out()

    def laid_out(self) -> None:
        """After the panes were laid out, perhaps anew, for a size of the terminal, perhaps another."""
        laid_out = (self._screen.app.size, self._board.placement, self._board.offered)
        if laid_out == self._laid_out:
            return
        self._laid_out = laid_out
        self._tabs.display = self._board.crowded
        self._tabs.show(_digits(self._board.in_sight), _digits(self._board.offered))
        # What came into sight is drawn, and charts ask for samples, once the new sizes are known.
        self._screen.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self._board.metrics.display:
            self._view().feeds.set_columns(self._board.metrics.plot_columns())
        self.everything()


def _digits(names: tuple[PaneName, ...]) -> frozenset[str]:
    return frozenset(name.digit for name in names)
