"""Which certificates are trusted, and which one is shown."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ConfigError


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
