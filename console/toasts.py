"""Short messages over the screen that go by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import App
from textual.notifications import Notification, Notify, SeverityLevel

SHORTEST = 0.1
"""Seconds that a toast stands at least, once it is on its way to the screen."""


@dataclass
class Toast(Notification):
    """What a toast says.

    Textual 8.2 asks whether it has expired and then how much time is left, for a timer: where the last moment passed in
    between, the timer gets less than nothing, and its loop never ends nor lets anything else run. Whenever a screen
    opens or closes this is asked anew of every toast.
    """

    @property
    def time_left(self) -> float:
        """Seconds, at least `SHORTEST`."""
        return max(SHORTEST, super().time_left)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return super().time_left <= 0


class ToastingApp(App[int]):
    """An app whose toasts can't hang it."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """As Textual's."""
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Toast(message, title, severity, seconds, markup)))
