"""Which certificates are trusted, and which one is shown."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import httpx

from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

LOOK_TIMEOUT = 2.0
"""Seconds for each of the two handshakes that look at a refused certificate."""


def tls_context(settings: SourceSettings, source: str) -> ssl.SSLContext:
    """The context for an https URL: `ca` alone when it is set, else the system's authorities.

    There is no way to switch the check off. Raises `ConfigError` naming the file that is no use.
    """
    context = _trusting(settings.ca, source)
    if settings.client_certificate is not None:
        certificate = settings.client_certificate.expanduser()
        key = settings.client_key.expanduser() if settings.client_key is not None else None
        try:
            context.load_cert_chain(certificate, key, password="")
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"{source}: {certificate} is no usable client certificate with its key; "
                "check `client_certificate` and `client_key`"
            ) from error
    return context


def _trusting(ca: Path | None, source: str) -> ssl.SSLContext:
    if ca is not None:
        try:
            return ssl.create_default_context(cafile=ca.expanduser())
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{source}: {ca} holds no certificate authority; check `ca`") from error
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return ssl.create_default_context()
    # Pythons without a system store: the authorities that come with httpx.
    return httpx.create_ssl_context(trust_env=False)


def presented_certificate(host: str, port: int) -> SafeText:
    """Whom the server's certificate names, who signed it and until when; empty when that can't be seen.

    For the words of an error only: two handshakes, after which nothing is sent. The first takes
    the certificate unchecked; the second trusts exactly that one, because the standard library
    describes none that it does not trust. Blocks; call it in a thread.
    """
    try:
        presented = ssl.get_server_certificate((host, port), timeout=LOOK_TIMEOUT)
        context = ssl.create_default_context(cadata=presented)
        context.check_hostname = False
        context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
        with (
            socket.create_connection((host, port), LOOK_TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except (OSError, ValueError):
        return SafeText("")
    subject, issuer = (_name(certificate.get(part)) for part in ("subject", "issuer"))
    return safe_text(f"issued to {subject} by {issuer}, valid until {certificate.get('notAfter', '?')}", 300)


def _name(parts: object) -> str:
    """The common name in a distinguished name as `getpeercert` gives it, else the organisation's."""
    pairs = {key: value for part in parts for key, value in part} if isinstance(parts, tuple) else {}
    return str(pairs.get("commonName") or pairs.get("organizationName") or "nobody")
