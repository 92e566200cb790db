"""What a drill plays, and when it breaks, by its seed alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

QUIET = (30.0, 120.0)
"""Seconds, from and to, in which nothing is wrong yet."""
SOON = 3.0
"""The same where nobody wants to wait."""


def chosen(names: Sequence[str], seed: int, last: str | None) -> str:
    """One of `names`, but not `last`, which was played before, unless there is no other."""
    others = [name for name in names if name != last] or list(names)
    return random.Random(seed).choice(others)  # noqa: S311 - to be told by the seed, guards nothing


def quiet_time(seed: int) -> float:
    """Seconds until it breaks."""
    return random.Random(f"quiet {seed}").uniform(*QUIET)  # noqa: S311 - as above
