"""Secrets, read from where the settings say they are, at the moment a connection is made.

What proves who we are may also change while the console runs: a `CredentialSource` is asked before every request.
"""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from opsconsole.config.settings import Auth, AuthKind, SecretRef, SourceSettings
from opsconsole.domain.errors import ConfigError

SECRET_LIMIT = 65_536
"""Bytes of a secret file read at most; a larger file is no secret."""


@dataclass(frozen=True)
class ClientCertificate:
    """A client certificate (with its chain) and its key, both PEM."""

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Credentials:
    """What one request shows: headers by name, several of one name where the server wants it so, and a certificate."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    certificate: ClientCertificate | None = None


class CredentialSource(Protocol):
    """Gives credentials that may change from one request to the next.

    Both methods raise `SourceError` with `sent` False when there are none to be had.
    """

    async def current(self) -> Credentials:
        """What to show now. May take as long as a program that fetches them; cancelling is safe."""
        ...

    async def refused(self, shown: Credentials) -> bool:
        """The server answered 401 to `shown`. Whether there are others now, so that asking once more may help."""
        ...


class FoundSettings(SourceSettings, frozen=True):
    """Settings that were found (in a kubeconfig) instead of written, with what a file of ours can't say."""

    tls_server_name: str | None = None
    """The name that the server's certificate must carry, where it is another than the URL's host."""
    credentials: CredentialSource | None = None

    def __repr__(self) -> str:
        """Where to; a proxy's URL may hold a password."""
        return f"FoundSettings(url={self.url!r})"


def read_secret(ref: SecretRef, source: str) -> str:
    """The secret's value without its line end.

    Raises `ConfigError` that names `source` and what to do, never the value: an unset variable, a
    file that is missing, empty, readable by group or others, or owned by somebody else.
    """
    kind, _, place = ref.place.partition(":")
    if kind == "env" and place:
        value = os.environ.get(place, "")
        if not value:
            raise ConfigError(f"{source}: the environment has no {place}; export {place} with the secret")
    elif kind == "file" and place:
        value = _read_file(Path(place).expanduser(), source)
    else:
        raise ConfigError(f"{source}: a secret is written env:NAME or file:PATH")
    value = value.rstrip("\r\n")
    if not value or not value.isprintable():
        raise ConfigError(f"{source}: the secret at {ref.place} is empty or holds control characters; store it again")
    return value


def _read_file(path: Path, source: str) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.geteuid():
                raise ConfigError(f"{source}: {path} belongs to another user; copy it to a file of your own")
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError(f"{source}: others can read {path}; run chmod 600 {path}")
            return file.read(SECRET_LIMIT).decode()
    except OSError as error:
        raise ConfigError(f"{source}: can't read {path} ({error.strerror}); check the path in `auth`") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: {path} is not text; store the secret as one line") from error


def _authorization(auth: Auth, source: str) -> str | None:
    if auth.kind is AuthKind.NONE:
        return None
    if auth.secret is None:
        raise ConfigError(f"{source}: `auth` needs `secret`; write env:NAME or file:PATH")
    secret = read_secret(auth.secret, source)
    if auth.kind is AuthKind.BASIC:
        pair = base64.b64encode(f"{auth.username}:{secret}".encode()).decode("ascii")
        return f"Basic {pair}"
    return f"Bearer {secret}" if auth.kind is AuthKind.BEARER else f"ApiKey {secret}"


def request_headers(settings: SourceSettings, source: str, tenant_header: str) -> dict[str, str]:
    """Headers every request of `source` carries: credentials, tenant and the configured ones.

    Raises `ConfigError` when a secret can't be read or a value can't stand in a header.
    """
    headers = {
        name: read_secret(value, source) if isinstance(value, SecretRef) else value
        for name, value in settings.headers.items()
    }
    if settings.tenant is not None:
        headers[tenant_header] = settings.tenant
    if (authorization := _authorization(settings.auth, source)) is not None:
        headers["Authorization"] = authorization
    for name, value in headers.items():
        if not (name.isascii() and name.isprintable() and value.isascii() and value.isprintable()):
            raise ConfigError(f"{source}: the value of header {name!r} holds characters that a header can't carry")
    return headers
