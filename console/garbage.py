"""When Python looks for cyclic garbage.

A full collection walks every object there is, 80 ms with a screen full of widgets, and by default
happens every few dozen key presses: the slowest twentieth of them waited for it. A smaller one walks
what was made since the last of its kind, and how much that is, is for us to choose: each object is
walked once in each, so many short waits cost no more than few long ones.
"""

from __future__ import annotations

import gc

YOUNG = 5_000
"""New objects after which the youngest generation is looked through, 1 to 2 ms."""
MIDDLE = 5
"""Such looks after which what was left by them is looked through again, 5 ms."""
FULL_COLLECTION_INTERVAL = 600.0
"""Seconds between two full collections, which then are asked for."""


def spare_key_presses() -> None:
    """Leave out what is loaded by now, and let full collections happen only when they are asked for."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, 1_000_000)


def collect_everything() -> None:
    """A full collection, for a timer: Textual counts its callback's parameters, and can't those of `gc.collect`."""
    gc.collect()
