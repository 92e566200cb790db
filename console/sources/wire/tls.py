"""Which certificates are trusted, and which one is shown."""

from __future__ import annotations

import socket
import ssl
import tempfile
from pathlib import Path

import httpx

from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.credentials import ClientCertificate

LOOK_TIMEOUT = 2.0
"""Seconds for each of the two handshakes that look at a refused certificate."""


class _NamedContext(ssl.SSLContext):
    """Checks the server's certificate against `server_name`, whatever host the URL names."""

    server_name: str

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,  # noqa: ARG002  - what is replaced
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As the base class does, with our name: in the handshake, and in the check."""
        return super().wrap_bio(incoming, outgoing, server_side, self.server_name, session)


def tls_context(
    settings: SourceSettings,
    source: str,
    *,
    server_name: str | None = None,
    certificate: ClientCertificate | None = None,
) -> ssl.SSLContext:
    """The context for an https URL: `ca` alone when it is set, else the system's authorities.

    `server_name` is the name that the certificate must carry when it is another than the URL's host;
    `certificate` is shown instead of the settings' file.
    There is no way to switch the check off. Raises `ConfigError` naming the file that is no use.
    """
    context = _trusting(settings.ca, source)
    if server_name is not None:
        context = _naming(context, server_name)
    if certificate is not None:
        _show(context, certificate, source)
    elif settings.client_certificate is not None:
        file = settings.client_certificate.expanduser()
        key = settings.client_key.expanduser() if settings.client_key is not None else None
        try:
            context.load_cert_chain(file, key, password="")
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"{source}: {file} is no usable client certificate with its key; "
                "check `client_certificate` and `client_key`"
            ) from error
    return context


def _naming(usual: ssl.SSLContext, server_name: str) -> ssl.SSLContext:
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.server_name = server_name
    context.options, context.verify_flags = usual.options, usual.verify_flags
    context.minimum_version = usual.minimum_version
    authorities = usual.get_ca_certs(binary_form=True)
    if authorities:
        context.load_verify_locations(cadata=b"".join(authorities))
    else:  # a folder of authorities is read when one of them is needed
        context.load_default_certs()
    return context


def _show(context: ssl.SSLContext, certificate: ClientCertificate, source: str) -> None:
    """Give `context` a certificate from memory; OpenSSL reads files alone, so it lies in one for that moment."""
    with tempfile.NamedTemporaryFile(prefix="opsconsole-") as file:  # mode 0600
        file.write(certificate.certificate.rstrip() + b"\n" + certificate.key)
        file.flush()
        try:
            context.load_cert_chain(file.name, password="")
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"{source}: the client certificate and its key do not go together or are none; "
                "renew the credentials of this context in the kubeconfig"
            ) from error


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
