"""A box for words that loses no letter to the keys of what had the focus before."""

from __future__ import annotations

from textual.widgets import Input


class TypingBox(Input):
    """An input that takes the keys at once.

    Over a slow link letters come in bursts: those on their way to the list behind when the box opened would be
    commands there. `take` puts them into the box.
    """

    def seize(self) -> None:
        """Take the keys now, not when the queue comes to it: the next ones may already be on their way."""
        self.screen.set_focus(self, scroll_visible=False)

    def take(self, character: str) -> None:
        """Put a letter at the cursor that was typed for the box and went elsewhere."""
        self.insert_text_at_cursor(character)
