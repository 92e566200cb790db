"""What incidents and their events are called."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o and u, which are read as something else; sorted as the digits are."""

_CHANCE_BITS = 50
_CHANCE_LETTERS = 10
_TIME_LETTERS = 10
_FACT_LETTERS = 20
_PLACE_LETTERS = 6

Chance = Callable[[int], int]
"""That many random bits, such as `secrets.randbits`."""


def incident_id(at: float, chance: Chance) -> str:
    """`inc-20261128-7kq4`: the day (UTC) of `at` (unix seconds), and four letters of chance."""
    return f"inc-{datetime.fromtimestamp(at, UTC):%Y%m%d}-{_letters(chance(20), 4)}"


def fact_id(incident: str, key: str, place: int = 0) -> str:
    """The id of the event that tells the fact `key` in `incident`: the same, whoever sees it.

    Those of one key sort by their `place` among them.
    """
    digest = hashlib.sha256(f"{incident}\0{key}".encode()).digest()
    return f"fact-{_letters(int.from_bytes(digest), _FACT_LETTERS)}{_letters(place, _PLACE_LETTERS)}"


class EventNames:
    """Ids that no other event has; those of one console sort in the order in which they were made."""

    def __init__(self, chance: Chance) -> None:
        """`chance` makes them differ from those of other consoles."""
        self._chance = chance
        self._moment = -1
        self._within = 0

    def next(self, at: float) -> str:
        """An id for something written down at `at` (unix seconds)."""
        moment = int(at * 1000)
        if moment > self._moment:
            self._moment, self._within = moment, self._chance(_CHANCE_BITS - 1)
        else:
            # The same millisecond, or a clock that was put back.
            self._within += 1
        return f"ev-{_letters(self._moment, _TIME_LETTERS)}{_letters(self._within, _CHANCE_LETTERS)}"


def _letters(number: int, count: int) -> str:
    """The last `count` digits of `number` to the base 32."""
    return "".join(ALPHABET[(number >> 5 * place) & 31] for place in reversed(range(count)))
