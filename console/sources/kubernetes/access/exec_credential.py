"""What a credential plugin prints: an ExecCredential of client.authentication.k8s.io."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from opsconsole.sources.credentials import ClientCertificate, Credentials
from opsconsole.sources.kubernetes.access.plugin import Plugin
from opsconsole.sources.kubernetes.access.refusals import unusable

OUTPUT_LIMIT = 1_048_576
"""Bytes that a plugin may print."""


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None


class _ExecCredential(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    status: _Status | None = None


@dataclass(frozen=True)
class Issued:
    """Credentials from a plugin; `expires_at` is unix seconds, None when it did not say."""

    credentials: Credentials
    expires_at: float | None = None


def issued_by(plugin: Plugin, output: bytes, further: tuple[tuple[str, str], ...] = ()) -> Issued:
    """What the plugin's `output` says, with `further` headers. Raises `SourceError`, never with the output in it."""
    status = _status(plugin, output)
    certificate = None
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise _useless(plugin, "gave a certificate without its key, or a key alone")
    if status.client_certificate_data:
        certificate = ClientCertificate(status.client_certificate_data.encode(), status.client_key_data.encode())
    if not status.token and certificate is None:
        raise _useless(plugin, "gave neither a token nor a certificate")
    if not (status.token.isascii() and (status.token.isprintable() or not status.token)):
        raise _useless(plugin, "gave a token that a header can't carry")
    headers = (("Authorization", f"Bearer {status.token}"),) if status.token else ()
    return Issued(Credentials((*headers, *further), certificate), _unix_seconds(status.expiration_timestamp))


def _status(plugin: Plugin, output: bytes) -> _Status:
    if len(output) > OUTPUT_LIMIT:
        raise _useless(plugin, "printed far more than credentials")
    try:
        said = msgspec.json.decode(output, type=_ExecCredential)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _useless(plugin, "printed something else than credentials") from None
    if said.kind != "ExecCredential" or said.api_version != plugin.api_version:
        raise _useless(plugin, f"answered in another version than {plugin.api_version}")
    if said.status is None:
        raise _useless(plugin, "gave no credentials")
    return said.status


def _useless(plugin: Plugin, what: str) -> Exception:
    hint = f"run {plugin.name} by hand and compare with `exec` of the user in the kubeconfig"
    return unusable(f"the credential program {plugin.name} {what}", hint)


def _unix_seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
