"""Screens that stand over another one and don't paint what changes there.

Textual asks the uppermost screen to paint itself for every cell that changes on the one below, and from then on for
every message that one gets: 50 kB a second, for what can't be seen. It asks by regions, as nobody else does.
"""

from __future__ import annotations

from typing import ClassVar, Self

from textual.await_complete import AwaitComplete
from textual.geometry import Region
from textual.screen import ModalScreen, Screen, ScreenResultType


class UpperScreen(Screen[ScreenResultType]):
    """Closes once, and nothing but itself.

    Keys that arrive together are all handled by the screen they were typed into. Textual takes the uppermost screen
    away for each of them, whichever that is by then. Where a class has another base, that comes first: Textual takes
    style sheets and component classes from the first.
    """

    _answered = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """As Textual's; what was opened over it goes with it, and asking again does nothing.

        What it was still reading is given up at once: an answer in the next moment would find its widgets gone.
        """
        if self._answered or self not in self.app.screen_stack:
            return AwaitComplete()
        self._answered = True
        if not self.is_current:
            self.pop_until_active()
        leaving = super().dismiss(result)
        self.workers.cancel_node(self)
        return leaving


class OpaqueScreen(UpperScreen[ScreenResultType]):
    """Covers what is below."""

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As Textual's, but for what is below."""
        if regions:
            return self
        return super().refresh(repaint=repaint, layout=layout, recompose=recompose)


class StillDialog(ModalScreen[ScreenResultType], UpperScreen[ScreenResultType]):
    """A dialog: what is dimmed below it stands still, save for once a minute, since some stay open for long."""

    BELOW_AGAIN: ClassVar[float] = 60.0
    """Seconds after which what is below is painted anew."""

    def on_mount(self) -> None:
        """Let nothing below get older than that. Textual calls this after the `on_mount` of a subclass."""
        self.set_interval(self.BELOW_AGAIN, self.refresh)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As Textual's, but for what is below."""
        if regions:
            return self
        return super().refresh(repaint=repaint, layout=layout, recompose=recompose)
