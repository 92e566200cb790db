"""A notification as a mail."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from opsconsole.config.settings import NotificationSettings
from opsconsole.domain.notification import DeliveryError, Notification
from opsconsole.domain.text import SafeText

_SEVEN_BITS = SMTP.clone(cte_type="7bit", max_line_length=998)
"""For servers that know no 8BITMIME. Headers are not folded before the limit of RFC 5322, 2.1.1."""
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")


def mail(notification: Notification, settings: NotificationSettings, now: float) -> EmailMessage:
    """The mail, dated `now` (unix seconds). All mails of an incident refer to one id, so that readers thread them.

    Raises `DeliveryError` for a line that would break a header.
    """
    headline = notification.lines[0]
    if any(char in line for line in notification.lines for char in "\r\n\0"):
        raise DeliveryError(SafeText("a line of the message has an end of line in it; it is not sent"), lasting=True)
    domain = settings.sender.rpartition("@")[2]
    incident = _plain(notification.incident)
    message = EmailMessage(policy=_SEVEN_BITS)
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.recipients)
    message["Subject"] = headline
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{incident}.{_plain(notification.id)}@{domain}>"
    message["In-Reply-To"] = message["References"] = f"<{incident}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes in return
    message.set_content("\n".join(notification.lines) + "\n")
    return message


def _plain(name: str) -> str:
    """`name` as a part of a Message-ID; another one in its place where it could not be one."""
    return name if _PLAIN_ID.fullmatch(name) else hashlib.sha256(name.encode(errors="replace")).hexdigest()[:24]
