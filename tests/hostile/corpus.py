"""Strings that a service can log or a label can hold, and that must do nothing but be read."""

from __future__ import annotations

from hostile.rows import PLAIN, ROWS

_AMONG = ((1, 0), (3, 0), (2, 0), (4, 0), (5, 0), (6, 0), (1, 1), (6, 1), (7, 0), (7, 1), (8, 0), (11, 0), (11, 1))
_LATER = ((11, 2), (10, 0))

HOSTILE: tuple[str, ...] = (
    *(ROWS[row - 1].texts[at] for row, at in (*_AMONG, *_LATER)),
    PLAIN[0],
    ROWS[8].texts[0],
    *PLAIN[1:],
)
"""One or two of each kind that is text, for tests that draw a screen for each."""

EVERY: tuple[str, ...] = tuple(dict.fromkeys((*HOSTILE, *(text for row in ROWS for text in row.texts))))
"""All of them, some a megabyte long, for tests that take no time."""
