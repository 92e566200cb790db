"""Sends mail by SMTP, in a thread, encrypted unless told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
import threading
from email.message import EmailMessage

from opsconsole.clock import Clock
from opsconsole.config.incident_keeping import is_loopback
from opsconsole.config.settings import NotificationSettings, SourceSettings
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.notification import DeliveryError, Notification
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.credentials import read_secret
from opsconsole.sources.notifying.hiding import hiding
from opsconsole.sources.notifying.mail_message import mail
from opsconsole.sources.wire.tls import tls_context

_TLS_PORT = 465
_PLAIN_PORT = 25
_GREETING = "localhost"
"""What we call ourselves: looking our own name up may take a resolver's whole patience."""


class MailServer:
    """Sends to one server, over a connection of its own for each attempt."""

    def __init__(self, settings: NotificationSettings, clock: Clock) -> None:
        """Nothing is read or sent yet."""
        self._settings = settings
        self._clock = clock

    async def send(self, notification: Notification) -> SafeText:
        """Send it once; words about recipients that were refused, else empty. Raises `DeliveryError`."""
        settings = self._settings
        message = mail(notification, settings, self._clock.now())
        try:
            password = read_secret(settings.password, settings.name) if settings.password is not None else ""
            context = None
            if not _unencrypted(settings):
                context = tls_context(SourceSettings("https://", ca=settings.ca), settings.name)
        except ConfigError as error:
            raise DeliveryError(safe_text(error, 300), lasting=True) from None
        session = _Session(settings, password, context)
        try:
            async with asyncio.timeout(settings.timeout):
                refused = await _in_thread(session, message)
        except TimeoutError:
            failed = _failure(settings, "did not answer in time", "look at the network", uncertain=session.handed_over)
        except _FAILURES as error:
            failed = _of_error(settings, error, session, (password, settings.username))
        else:
            return refused
        finally:
            session.abort()
        # Raised here: an error of smtplib may quote what was sent to log in.
        raise failed


class _NoEncryptionError(Exception):
    """The server offers no STARTTLS."""


_FAILURES = (_NoEncryptionError, OSError, smtplib.SMTPException, ValueError)
"""What the standard library raises; a broken reply is a `ValueError`."""


class _Session:
    """One conversation with a server; `deliver` blocks, `abort` ends it from another thread."""

    def __init__(self, settings: NotificationSettings, password: str, context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._password = password
        self._context = context
        self._connection: socket.socket | None = None
        self._server = smtplib.SMTP(local_hostname=_GREETING)
        self._over = False
        self.connected = False
        self.handed_over = False
        """Whether the server may have the message."""

    def deliver(self, message: EmailMessage) -> SafeText:
        """Send `message`; words about who was refused. Raises one of `_FAILURES`."""
        try:
            self._greet()
            return self._delivered(self._server, message)
        finally:
            self._server.close()
            if self._connection is not None:
                self._connection.close()

    def abort(self) -> None:
        """End it; a thread that waits for the server goes on at once."""
        self._over = True
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _delivered(self, server: smtplib.SMTP, message: EmailMessage) -> SafeText:
        settings = self._settings
        if settings.username:
            server.login(settings.username, self._password)
        _expect(server.mail(settings.sender), 250)
        refused = {one: answer for one in settings.recipients if (answer := server.rcpt(one))[0] not in (250, 251)}
        if len(refused) == len(settings.recipients):
            raise smtplib.SMTPResponseException(*next(iter(refused.values())))
        self.handed_over = True
        _expect(server.data(message.as_bytes()), 250)
        server.putcmd("quit")  # the answer to that is nobody's concern
        told = "; ".join(f"{one} {code} {_text(said)}" for one, (code, said) in refused.items())
        return hiding(f"refused for {told}", (self._password,)) if refused else SafeText("")

    def _greet(self) -> None:
        """Connect, encrypted where it has to be, and say who we are."""
        settings, context = self._settings, self._context
        # Connected here, not by smtplib, so that it can be broken off before the server has said a word.
        self._reached(socket.create_connection((settings.host, settings.port), settings.timeout))
        if context is not None and settings.port == _TLS_PORT:
            self._reached(self._encrypted(context))
        server = self._server
        server.sock = self._connection
        _expect(server.getreply(), 220)
        server.ehlo_or_helo_if_needed()
        if context is not None and settings.port != _TLS_PORT:
            if not server.has_extn("starttls"):
                raise _NoEncryptionError
            _expect(server.docmd("STARTTLS"), 220)
            self._reached(self._encrypted(context))
            # A new conversation: whatever came before it was said by anybody (RFC 3207, 4.2).
            server.close()
            self._server = smtplib.SMTP(local_hostname=_GREETING)
            self._server.sock = self._connection
            self._server.ehlo_or_helo_if_needed()

    def _reached(self, connection: socket.socket) -> None:
        self._connection = connection
        self.connected = True
        if self._over:
            raise ConnectionAbortedError

    def _encrypted(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        assert self._connection is not None  # noqa: S101  - connected by the caller
        return context.wrap_socket(self._connection, server_hostname=self._settings.host)


async def _in_thread(session: _Session, message: EmailMessage) -> SafeText:
    """`session.deliver` in a thread that holds up nobody's end: looking a name up can't be broken off."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[SafeText] = loop.create_future()

    def settle(result: SafeText | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        elif result is not None:
            done.set_result(result)

    def work() -> None:
        result: SafeText | None = None
        failed: Exception | None = None
        try:
            result = session.deliver(message)
        except _FAILURES as error:
            failed = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=work, name="mail", daemon=True).start()
    return await done


def _unencrypted(settings: NotificationSettings) -> bool:
    return settings.plain or (settings.port == _PLAIN_PORT and is_loopback(settings.host))


def _expect(answer: tuple[int, bytes], code: int) -> None:
    if answer[0] != code:
        raise smtplib.SMTPResponseException(*answer)


def _of_error(
    settings: NotificationSettings, error: Exception, session: _Session, secrets: tuple[str, ...]
) -> DeliveryError:
    if isinstance(error, smtplib.SMTPResponseException):
        return _of_answer(settings, error, secrets)
    for kind, said, advice in _LASTING:
        if isinstance(error, kind):
            words = hiding(getattr(error, "verify_message", ""), secrets)
            return _failure(settings, f"{said}{f': {words}' if words else ''}", advice, lasting=True)
    said = "broke the connection off" if session.connected else "can't be reached"
    return _failure(settings, said, "look at `host`, `port` and the network", uncertain=session.handed_over)


_LASTING: tuple[tuple[type[Exception], str, str], ...] = (
    (_NoEncryptionError, "offers no encryption", "use a port that does, or `plain` for a server that can't"),
    (
        ssl.SSLCertVerificationError,
        "has a certificate that can't be trusted",
        "set `ca` to the file of its authority, and `host` to the name it is made out to",
    ),
    (smtplib.SMTPNotSupportedError, "takes no log-in", "leave `username` and `password` out"),
    (UnicodeError, "can't be told a `username` or `password` like that", "use ASCII characters"),
)
"""What another attempt does not cure."""


def _of_answer(
    settings: NotificationSettings, error: smtplib.SMTPResponseException, secrets: tuple[str, ...]
) -> DeliveryError:
    """A refusal with its code: from 500 on it is for good (RFC 5321, 4.2.1)."""
    words = f"{error.smtp_code} {hiding(_text(error.smtp_error), secrets)}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _failure(settings, f"refused the log-in: {words}", "renew `username` and `password`", lasting=True)
    lasting = error.smtp_code >= 500
    return _failure(settings, f"refused the mail: {words}", "look at `sender` and `recipients`", lasting=lasting)


def _failure(
    settings: NotificationSettings, said: str, advice: str, *, uncertain: bool = False, lasting: bool = False
) -> DeliveryError:
    return DeliveryError(SafeText(f"{settings.name} {said}; {advice}"), uncertain=uncertain, lasting=lasting)


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)
