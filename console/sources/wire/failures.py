"""Every way a request can fail, as the one error the console knows."""

from __future__ import annotations

import html
import os
import re
import socket
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.wire.answer import Answer

WORDS_LIMIT = 300
"""Characters of a backend's own words that are shown."""

_STATUS_KINDS: dict[int, ErrorKind] = {
    401: ErrorKind.UNAUTHORIZED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.UNSUPPORTED,
    406: ErrorKind.UNSUPPORTED,
    407: ErrorKind.UNAUTHORIZED,
    408: ErrorKind.TIMEOUT,
    415: ErrorKind.UNSUPPORTED,
    429: ErrorKind.THROTTLED,
    501: ErrorKind.UNSUPPORTED,
    504: ErrorKind.TIMEOUT,
}
_PLAIN_TO_TLS = b"HTTP request to an HTTPS server"  # Go's net/http says so, with status 400
_CLIENT_REFUSED = ("CERTIFICATE_REQUIRED", "ALERT_HANDSHAKE_FAILURE", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA")
"""OpenSSL's reasons when the server ends the handshake over our side's certificate."""

_BROKEN_OFF = {
    "without sending a response": "it closed the connection without an answer",
    "without sending complete": "the connection broke off in mid-answer",
}
"""Parts of what httpcore and h11 say of a connection that ended too early, and our words for it."""

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def of_exception(error: httpx.HTTPError | httpx.InvalidURL | ssl.SSLError, source: str) -> SourceError:
    """The `SourceError` for what httpx or the TLS below it raised."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _of_tls(cause, source)
    if isinstance(error, httpx.TimeoutException):
        return SourceError(ErrorKind.TIMEOUT, source)
    if isinstance(error, httpx.ProxyError):
        return SourceError(ErrorKind.UNREACHABLE, source, SafeText("its proxy refused"), hint="check `proxy`")
    if isinstance(error, httpx.NetworkError):
        return SourceError(ErrorKind.UNREACHABLE, source, _network_words(error))
    if isinstance(error, httpx.RemoteProtocolError):
        return _of_protocol(error, source)
    # What remains is about our own request; httpx may quote a header in it, so its words stay here.
    return SourceError(ErrorKind.INTERNAL, source, SafeText(type(error).__name__))


def _of_protocol(error: httpx.RemoteProtocolError, source: str) -> SourceError:
    """What is no HTTP, or HTTP that ends too early; h11 and httpcore tell the two apart in words alone."""
    for part, words in _BROKEN_OFF.items():
        if part in str(error):
            hint = "look at the server and what stands before it; the console keeps trying"
            return SourceError(ErrorKind.UNREACHABLE, source, SafeText(words), hint=hint)
    return SourceError(ErrorKind.MALFORMED, source, safe_text(error, WORDS_LIMIT))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _network_words(error: BaseException) -> SafeText:
    words = ""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return SafeText("its name does not resolve")
        if isinstance(cause, OSError) and cause.errno:
            words = os.strerror(cause.errno).lower()
    return safe_text(words or error, WORDS_LIMIT)


def _of_tls(error: ssl.SSLError, source: str) -> SourceError:
    hint: str | None = None
    if isinstance(error, ssl.SSLCertVerificationError):
        words = safe_text(error.verify_message, WORDS_LIMIT)
        hint = {
            10: "its certificate must be renewed; the clock of this machine may be wrong, too",
            62: "use the name that the certificate is made out to, or have it made out to this one",
            64: "use the name that the certificate is made out to, or have it made out to this one",
        }.get(error.verify_code)  # X509_V_ERR_* of OpenSSL: expired, host name, IP address
        return SourceError(ErrorKind.TLS, source, words, hint=hint)
    if isinstance(error, ssl.SSLEOFError):
        hint = "if it wants a client certificate, set `client_certificate` and `client_key`"
        return SourceError(ErrorKind.UNREACHABLE, source, SafeText("it broke off the TLS handshake"), hint=hint)
    reason = (error.reason or "TLS failed").replace("_", " ").lower()
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        hint = "the server speaks plain HTTP here; write http:// in its URL"
    elif (error.reason or "").endswith(_CLIENT_REFUSED):
        hint = "it may want a client certificate: set `client_certificate` and `client_key`"
    return SourceError(ErrorKind.TLS, source, safe_text(reason, WORDS_LIMIT), hint=hint)


def of_answer(answer: Answer) -> SourceError:
    """The `SourceError` for an answer with a status of 300 or more."""
    source, status = answer.source, answer.status
    if 300 <= status < 400:
        place = safe_text(_location(answer.headers.get("location", "")), WORDS_LIMIT)
        advice = "write the address it points to as its `url`, if that is the server"
        return SourceError(ErrorKind.MALFORMED, source, SafeText(f"redirects to {place}"), hint=advice)
    if status == 400 and _PLAIN_TO_TLS in answer.body[:1000]:
        return SourceError(ErrorKind.TLS, source, hint="the server speaks TLS here; write https:// in its URL")
    kind = _STATUS_KINDS.get(status, ErrorKind.SERVER if status >= 500 else ErrorKind.BAD_QUERY)
    words = error_words(answer)
    hint = None
    if status in (413, 414, 431):
        words, hint = SafeText("the query is too long for it"), "shorten the query or select less"
    return SourceError(kind, source, words, hint=hint, retry_after=_retry_after(answer), status=status)


def of_size(limit: int, source: str) -> SourceError:
    """The error for an answer, or a line of one, of more than `limit` bytes."""
    return SourceError(ErrorKind.TOO_LARGE, source, SafeText(f"over {limit // 1_048_576} MB"))


def of_html(answer: Answer) -> SourceError:
    """The `SourceError` for a page where an API's answer should be."""
    words = error_words(answer)
    return SourceError(ErrorKind.MALFORMED, answer.source, SafeText(f"a web page{f' “{words}”' if words else ''}"))


def _location(location: str) -> str:
    """`location` without what may be a secret in it: user, password and query."""
    try:
        url = httpx.URL(location)
    except httpx.InvalidURL:
        return "an address that is none"
    return str(url.copy_with(query=None, fragment=None, userinfo=b""))


def error_words(answer: Answer) -> SafeText:
    """The backend's own words in an error's body, whatever its form; empty when there are none.

    Knows Prometheus' envelope, Alertmanager's bare string, Elasticsearch's and Jaeger's `error`
    object, Kubernetes' `Status`, a page's title and plain text.
    """
    text = answer.body[:65_536].decode("utf-8", "replace").strip()
    if answer.content_type in ("text/html", "application/xhtml+xml"):
        title = _TITLE.search(text)
        return safe_text(" ".join(html.unescape(title.group(1)).split()) if title else "", WORDS_LIMIT)
    try:
        found = _words_in(msgspec.json.decode(answer.body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = text.partition("\n")[0]
    return safe_text(found.strip(), WORDS_LIMIT)


def _words_in(body: Any, depth: int = 4) -> str:
    if isinstance(body, str):
        return body
    if depth == 0:
        return ""
    if isinstance(body, list):
        return _words_in(body[0], depth - 1) if body else ""
    if isinstance(body, dict):
        if body.get("kind") == "Status" and isinstance(body.get("message"), str):
            return str(body["message"])  # Kubernetes' `reason` is a code for programs
        for key in ("root_cause", "reason", "message", "msg", "error", "errors"):
            if body.get(key) and (words := _words_in(body[key], depth - 1)):
                return words
    return ""


def _retry_after(answer: Answer) -> float | None:
    """Seconds in `Retry-After`, which holds seconds or a date (RFC 9110, 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        until = parsedate_to_datetime(text).timestamp()
        since = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, until - since)
