"""What sends a notification, made of its settings."""

from __future__ import annotations

from opsconsole.clock import Clock
from opsconsole.config.settings import NotificationKind, NotificationSettings
from opsconsole.sources.notifying.mail_server import MailServer
from opsconsole.sources.notifying.webhook import Webhook


def messenger(settings: NotificationSettings, clock: Clock) -> Webhook | MailServer:
    """What sends by `settings`. Nothing is read or sent yet."""
    return MailServer(settings, clock) if settings.kind is NotificationKind.EMAIL else Webhook(settings, clock)
