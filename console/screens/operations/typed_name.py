"""The line on which the operator types a target's name."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import Input

from opsconsole.clock import Clock

FASTEST_TYPIST = 0.02
"""Seconds a key takes a person at the very least; a paste into a terminal without brackets takes none."""


class TypedName(Input):
    """An input that a person has to type. What is pasted is thrown away, and `Pasted` says so."""

    class Pasted(Message):
        """Something was pasted and refused."""

    def __init__(self, clock: Clock, placeholder: str) -> None:
        """Empty; `clock` tells typing from pasting."""
        super().__init__(placeholder=placeholder, id="typed-name", select_on_focus=False)
        self.cursor_blink = False
        self._clock = clock
        self._began = 0.0

    def on_paste(self, event: events.Paste) -> None:
        """Refuse it."""
        event.prevent_default()
        event.stop()
        self.value = ""
        self.post_message(self.Pasted())

    def on_key(self, event: events.Key) -> None:
        """Note when the first character came."""
        if event.is_printable and not self.value:
            self._began = self._clock.monotonic()

    @property
    def typed(self) -> bool:
        """Whether the value came in at a speed at which people type."""
        return self._clock.monotonic() - self._began >= FASTEST_TYPIST * max(0, len(self.value) - 1)
