"""When Python looks for cyclic garbage.

A full collection walks every object there is, 80 ms with a screen full of widgets, and by default
happens every few dozen key presses: the slowest twentieth of them waited for it.
"""

from __future__ import annotations

import gc

YOUNG = 20_000
"""New objects after which the youngest generation is looked through."""
FULL_COLLECTION_INTERVAL = 600.0
"""Seconds between two full collections, which then are asked for."""


def spare_key_presses() -> None:
    """Leave out what is loaded by now, and let full collections happen only when they are asked for."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 1_000_000)
