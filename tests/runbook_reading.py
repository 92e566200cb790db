"""What a person reads off the walk's pane, and which key they press then."""

from __future__ import annotations

import re

_KEYS = (
    (r"n looks at the next runbook", "n"),
    (r"c names it the cause of INC-\w+", "c"),
    (r"a digit answers", "1"),
    (r"Enter shows the plan,", "Enter"),
    (r"Enter goes on", "Enter"),
)
"""What the pane offers, and what somebody presses who trusts the runbook and says its first answer."""


def walk_words(screen: str) -> str:
    """The words of the walk's pane, which is the right one; empty while there is none."""
    lines = screen.splitlines()
    begins = next((at for at, line in enumerate(lines) if "╭─ 6 Runbook" in line), None)
    if begins is None:
        return ""
    inside = (line.split("│")[-2] for line in lines[begins:] if line.count("│") > 1)
    return " ".join(" ".join(inside).replace("▌", " ").split())


def walk_place(screen: str) -> str:
    """`step 3 of 13`, `over`: how far the walk is; empty while there is none."""
    found = re.search(r"6 Runbook · (step \d+ of \d+|over)", screen)
    return found.group(1) if found else ""


def wanted_key(screen: str) -> str:
    """The key that the step at hand asks for; empty while there is nothing to press."""
    words = walk_words(screen)
    return next((key for pattern, key in _KEYS if re.search(pattern, words)), "")
