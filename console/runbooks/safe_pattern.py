"""Which regular expressions of a runbook are used: those that end soon on any text.

A repeat of what repeats, or of a choice, may take time that doubles with each character, and so may a reference back.
"""

from __future__ import annotations

import re

LONGEST_PATTERN = 200
MOST_REPEATS = 3
"""A pattern with k repeats may look at a text of n characters nᵏ/k! times."""

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\(\?|\(|\)|\||\{\d*,?\d*\}|[*+?]|.", re.DOTALL)
_REPEAT = re.compile(r"[*+]|\{\d*,?\d*\}")
_ONCE = ("{0,1}", "{1}", "{,1}")


def unsafe(pattern: str, repeats: int = MOST_REPEATS) -> str | None:
    """Why `pattern` is not used, and what to write instead; None when it is."""
    if len(pattern) > LONGEST_PATTERN:
        return f"the pattern is longer than {LONGEST_PATTERN} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern is no regular expression: {error}"
    pieces = [match.group() for match in _PIECE.finditer(pattern)]
    if any(piece == "(?" or re.fullmatch(r"\\[1-9]", piece) for piece in pieces):
        return "the pattern looks around or refers back; write what is to be matched"
    if _repeats_within(pieces):
        return "the pattern repeats what itself repeats or chooses; write one class, such as `[a-z0-9-]+`"
    count = sum(_is_repeat(piece) for piece in pieces)
    return f"the pattern has {count} repeats; at most {repeats} are used" if count > repeats else None


def _is_repeat(piece: str) -> bool:
    return _REPEAT.fullmatch(piece) is not None and piece not in _ONCE


def _repeats_within(pieces: list[str]) -> bool:
    """Whether a group that repeats or chooses is itself repeated."""
    groups = [False]
    ended = False
    """Whether the group that ended just before repeats or chooses; each of `groups`, which are open, the same."""
    for piece in pieces:
        if _is_repeat(piece) and ended:
            return True
        groups[-1] = groups[-1] or _is_repeat(piece) or piece == "|"
        ended = False
        if piece in ("(", "(?:"):
            groups.append(False)
        elif piece == ")" and len(groups) > 1:
            ended = groups.pop()
            groups[-1] = groups[-1] or ended
    return False
