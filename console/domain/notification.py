"""Telling somebody of an incident: whom, what, and how it went."""

from __future__ import annotations

import msgspec

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.text import SafeText


class Address(msgspec.Struct, frozen=True):
    """Whom a notification goes to, without anything secret.

    `name` is what the settings call it, `channel` how it goes there (`slack`, `wecom`, `email`), `recipient` who reads
    it. `owners` are the names it is for; empty: everybody.
    """

    name: SafeText
    channel: SafeText
    recipient: SafeText
    owners: tuple[str, ...] = ()

    @property
    def words(self) -> SafeText:
        """How, and to whom."""
        return SafeText(f"{self.channel} to {self.recipient}")


class Notification(msgspec.Struct, frozen=True):
    """What is sent: `lines` exactly as they were shown, the first of which is the headline.

    `id` is the notification's own, the same for each attempt, so that a mail that comes twice can be told as one.
    """

    id: str
    incident: str
    lines: tuple[SafeText, ...]


class DeliveryError(OpsConsoleError):
    """It was not delivered, or nobody knows. `str()` says why and what to do, with no secret in it.

    `uncertain`: it may have arrived all the same. `lasting`: another attempt is refused as well. `retry_after`: seconds
    that the server asked us to wait.
    """

    def __init__(
        self, words: SafeText, *, uncertain: bool = False, lasting: bool = False, retry_after: float | None = None
    ) -> None:
        """`words` are shown and kept in the incident's record."""
        super().__init__(words)
        self.words = words
        self.uncertain = uncertain
        self.lasting = lasting
        self.retry_after = retry_after
