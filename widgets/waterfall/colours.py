"""Which colour a service has."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from opsconsole.domain.text import SafeText

COLOURS = 6
"""Colours of series in every theme."""


def service_colours(services: Iterable[SafeText]) -> dict[SafeText, str]:
    """A style for each of `services`: by its name, so that it keeps its colour from trace to trace.

    Where two would have the same the later in the alphabet takes the next free one, while there are any.
    """
    found: dict[SafeText, str] = {}
    taken: set[int] = set()
    for service in sorted(set(services)):
        wanted = crc32(service.encode("utf-8", "replace")) % COLOURS
        free = (slot % COLOURS for slot in range(wanted, wanted + COLOURS) if slot % COLOURS not in taken)
        slot = next(free, wanted)
        taken.add(slot)
        found[service] = f"$series-{slot + 1}"
    return found
