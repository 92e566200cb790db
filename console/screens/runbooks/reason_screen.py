"""One line that goes to the record."""

from __future__ import annotations

from opsconsole.domain.text import SafeText
from opsconsole.screens.choice_screen import ChoiceScreen

LINE = 300
"""Characters of a reason or an answer."""


def reason_screen(title: SafeText, hint: str = "the reason; it goes to the record") -> ChoiceScreen:
    """Asks for one line, not empty and not longer than `LINE`; None on Esc."""

    def accepts(typed: str) -> str:
        words = typed.strip()
        if not words:
            raise ValueError("write a few words, or Esc")
        if len(words) > LINE:
            raise ValueError(f"that is too long: at most {LINE} characters")
        return words

    return ChoiceScreen(title, (), hint, accepts=accepts)
