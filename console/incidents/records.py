"""What a console keeps its incidents with."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.incidents.notifying import Notifier
from opsconsole.incidents.protocols import IncidentBook, IncidentStore


class Records(msgspec.Struct, frozen=True):
    """The store that is read, and the one door by which this console writes to it.

    `notifier` tells somebody of an incident; None: nobody is to be told. `news` are sentences
    about what a process before this one had left unfinished.
    """

    store: IncidentStore
    book: IncidentBook
    notifier: Notifier | None = None
    news: tuple[SafeText, ...] = ()
