"""Webhooks of Slack and WeCom. Their whole address is a secret: who knows it may write there."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

import httpx
import msgspec

from opsconsole.clock import Clock
from opsconsole.config.incident_keeping import is_loopback
from opsconsole.config.settings import NotificationKind, NotificationSettings, SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.notification import DeliveryError, Notification
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.credentials import read_secret
from opsconsole.sources.notifying.bodies import slack_body, wecom_body
from opsconsole.sources.notifying.hiding import hiding
from opsconsole.sources.wire import Answer, Wire, WritePolicy
from opsconsole.sources.wire.tls import tls_context

ANSWER_LIMIT = 65_536
"""Bytes of an answer; both say a few words."""

_ROOT_ALONE = WritePolicy(reading=(("POST", re.compile("/")),), unsafe_reads=(re.compile(".*", re.DOTALL),))
"""The wire knows the server alone; what stands behind it is added below every log and every error."""

_FREQUENCY = 45009
"""WeCom's errcode for too many messages in a minute (20 for each robot)."""
_BUSY = -1
"""WeCom's errcode for a server that is busy; the only one that another attempt cures by itself."""

_LASTING = frozenset(
    {
        ErrorKind.TLS,
        ErrorKind.UNAUTHORIZED,
        ErrorKind.FORBIDDEN,
        ErrorKind.BAD_QUERY,
        ErrorKind.NOT_FOUND,
        ErrorKind.MALFORMED,
        ErrorKind.UNSUPPORTED,
        ErrorKind.CONFIGURATION,
    }
)
_ADDRESS_WRONG = "look whether the webhook is still there, and store its address anew"
_WORDS: dict[ErrorKind, tuple[str, str]] = {
    ErrorKind.UNREACHABLE: ("can't be reached", "look at the network"),
    ErrorKind.TIMEOUT: ("did not answer in time", "look at the network"),
    ErrorKind.TLS: ("has a certificate that can't be trusted", "set `ca` to the file of its authority"),
    ErrorKind.THROTTLED: ("takes no more messages for now", "wait"),
    ErrorKind.SERVER: ("failed", "look at its status page"),
    ErrorKind.MALFORMED: ("does not answer as a webhook does", _ADDRESS_WRONG),
    ErrorKind.TOO_LARGE: ("does not answer as a webhook does", _ADDRESS_WRONG),
}


class _Status(msgspec.Struct, frozen=True):
    """How WeCom answers, with status 200 whatever happened."""

    errcode: int
    errmsg: str = ""


class Webhook:
    """Sends to one webhook. Reads its address at each attempt, so that a new one counts at once."""

    def __init__(self, settings: NotificationSettings, clock: Clock) -> None:
        """Nothing is read or sent yet."""
        self._settings = settings
        self._clock = clock

    async def send(self, notification: Notification) -> SafeText:
        """Send it once; words of the server, empty for a plain yes. Raises `DeliveryError`."""
        settings = self._settings
        made = wecom_body if settings.kind is NotificationKind.WECOM else slack_body
        try:
            address = _address(settings)
            wire = _wire(settings, address, self._clock)
        except ConfigError as error:
            raise DeliveryError(safe_text(error, 300), lasting=True) from None
        secrets = _parts(address)
        failed: DeliveryError | None
        try:
            answer = await wire.request("POST", "/", json=made(notification.lines), body_limit=ANSWER_LIMIT)
        except SourceError as error:
            failed = self._failed(error, secrets)
        else:
            failed = self._refused(answer, secrets)
        finally:
            await wire.close()
        # Raised here, so that what failed below, which knows the whole address, is no context of it.
        if failed is not None:
            raise failed
        return SafeText("")

    def _failed(self, error: SourceError, secrets: tuple[str, ...]) -> DeliveryError:
        words, advice = _WORDS.get(error.kind, ("refused the message", _ADDRESS_WRONG))
        redirected = error.status is None and error.detail.startswith("redirects to")
        detail = SafeText("it leads elsewhere") if redirected else hiding(error.detail, secrets)
        status = f" ({error.status})" if error.status is not None else ""
        said = f": {detail}" if detail else ""
        # Who answered with a status of an error did not take it, save a server that broke in the middle.
        uncertain = error.sent and (error.status is None or error.status >= 500) and not redirected
        return DeliveryError(
            SafeText(f"{self._settings.name} {words}{status}{said}; {advice}"),
            uncertain=uncertain and error.kind is not ErrorKind.TLS,
            lasting=error.kind in _LASTING,
            retry_after=error.retry_after,
        )

    def _refused(self, answer: Answer, secrets: tuple[str, ...]) -> DeliveryError | None:
        """What WeCom says in its body; Slack says all by its status."""
        if self._settings.kind is not NotificationKind.WECOM:
            return None
        try:
            status = msgspec.json.decode(answer.body, type=_Status)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            words, advice = _WORDS[ErrorKind.MALFORMED]
            return DeliveryError(SafeText(f"{self._settings.name} {words}; {advice}"), uncertain=True, lasting=True)
        if status.errcode == 0:
            return None
        said = hiding(f"{status.errcode} {status.errmsg}".strip(), secrets)
        passing = status.errcode in (_FREQUENCY, _BUSY)
        return DeliveryError(
            SafeText(f"{self._settings.name} refused the message: {said}; {'wait' if passing else _ADDRESS_WRONG}"),
            lasting=not passing,
            retry_after=60.0 if status.errcode == _FREQUENCY else None,
        )


class _Behind(httpx.AsyncBaseTransport):
    """Asks for `target` whatever the request's path, so that httpx, which logs URLs, never knows it."""

    def __init__(self, target: bytes, inner: httpx.AsyncBaseTransport) -> None:
        self._target = target
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it there."""
        request.extensions = {**request.extensions, "target": self._target}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close connections."""
        await self._inner.aclose()


def _wire(settings: NotificationSettings, address: SplitResult, clock: Clock) -> Wire:
    server = SourceSettings(f"{address.scheme}://{address.netloc}", ca=settings.ca, timeout=settings.timeout)
    verify = tls_context(server, settings.name) if address.scheme == "https" else False
    target = address._replace(scheme="", netloc="", fragment="").geturl() or "/"
    inner = httpx.AsyncHTTPTransport(verify=verify, trust_env=False)
    return Wire(settings.name, server, clock, _ROOT_ALONE, transport=_Behind(target.encode("ascii"), inner))


def _address(settings: NotificationSettings) -> SplitResult:
    """The whole address. Raises `ConfigError`, which never repeats it."""
    if settings.url is None:
        raise ConfigError(f"{settings.name}: its `url` is missing; write env:NAME or file:PATH")
    text = read_secret(settings.url, settings.name)
    wrong = f"{settings.name}: what {settings.url} holds"
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:
        address, port = SplitResult("", "", "", "", ""), None
    if address.scheme not in ("http", "https") or not address.hostname or port == 0:
        raise ConfigError(f"{wrong} is no address of a webhook; store it again, from https:// on")
    if address.username is not None or not text.isascii() or any(char in text for char in ' \\"<>'):
        raise ConfigError(f"{wrong} is no address of a webhook; store it again, as it was given")
    if address.scheme == "http" and not is_loopback(address.hostname):
        raise ConfigError(f"{wrong} begins with http://, which anybody on the way can read; use its https:// address")
    return address


def _parts(address: SplitResult) -> tuple[str, ...]:
    """Whatever of the address must not be told: all behind the server, whole and in pieces."""
    values = (value for _, value in parse_qsl(address.query))
    pieces = (*(piece for piece in address.path.split("/") if not piece.islower()), *values)  # not `services`
    return (address.geturl(), f"{address.path}?{address.query}", address.path.strip("/"), address.query, *pieces)
