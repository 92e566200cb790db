"""Books of incidents over a store in memory, with a clock and a chance that a test knows."""

from __future__ import annotations

import random
from pathlib import Path

from fake_clock import FakeClock
from memory_incidents import MemoryIncidents
from opsconsole.domain.known_secrets import NOTHING_KNOWN, KnownSecrets
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book

PROD = SafeText("prod")


class BookStage:
    """One store and one state folder; every `book` is a console on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.store = MemoryIncidents()
        self._chance = random.Random(7)

    def book(
        self,
        operator: str = "jane@laptop",
        cluster: SafeText = PROD,
        drill_since: float | None = None,
        known: KnownSecrets = NOTHING_KNOWN,
    ) -> Book:
        return Book(
            self.store,
            self.clock,
            cluster=cluster,
            operator=SafeText(operator),
            attachment=attachment_of(self.folder, cluster),
            chance=self._chance.getrandbits,
            drill_since=drill_since,
            known=known,
        )
