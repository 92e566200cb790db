"""Keys as a monkey types them: any that the console knows, in any order, and words into whatever is open."""

from __future__ import annotations

import random

KEYS = (
    *(bytes([code]) for code in range(ord(" "), ord("~") + 1) if chr(code) != "q"),
    *[b"\r"] * 12,
    *[b"\x1b"] * 12,
    *[b"\t", b"\x1b[Z"] * 3,
    *[b"\x1b[A", b"\x1b[B"] * 6,
    *[b"\x1b[C", b"\x1b[D", b"\x1b[5~", b"\x1b[6~", b"\x1b[H", b"\x1b[F"] * 2,
    *(b"1", b"2", b"3", b"4", b"5") * 3,
    *(b"r", b"b", b"a", b"D", b"i", b"e", b"w", b"x", b"o", b"f", b"/", b"P", b"M", b":") * 3,
    b"\x7f",
    b"\x10",
    b"\x13",
    b"\x1bOP",
    b"\x1bOQ",
    b"\x1b[15~",
)
"""All but those that leave (q, Ctrl+C, Ctrl+Q) or hand the terminal over (Ctrl+Z); what opens dialogs, moves or closes
is there more often. y and Enter, which confirm, are among them: on a production cluster that must not be enough."""

WORDS = (b"checkout", b"timeout", b"error", b"shop", b"y", b"yes", b"a b c", "ü✘".encode())
CLOSED = b"\x1b"
"""What closes a dialog or a view."""

WORD, CLOSING = 0.06, 0.10
"""Shares of the monkey's moves."""

CLOSES = 6


def move(chance: random.Random) -> tuple[bytes, ...]:
    """The next keys, each to be sent by itself: Esc and a key in one write are an Alt chord."""
    drawn = chance.random()
    if drawn < WORD:
        return tuple(bytes([one]) for one in chance.choice(WORDS))
    if drawn < WORD + CLOSING:
        return (CLOSED,) * chance.randint(1, CLOSES)
    return (chance.choice(KEYS),)
