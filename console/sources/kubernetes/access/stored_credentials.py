"""Credentials that lie in files: in the kubeconfig itself, or in a token file that something else renews."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from opsconsole.clock import Clock
from opsconsole.sources.credentials import Credentials
from opsconsole.sources.kubernetes.access.refusals import unusable

TOKEN_PERIOD = 60.0
"""Seconds after which a token file is read again; client-go does so every minute."""

TOKEN_LIMIT = 65_536
"""Bytes of a token file read at most."""


class KubeconfigCredentials:
    """What stands in the kubeconfig; read again after the server refused it."""

    def __init__(self, read: Callable[[], Credentials]) -> None:
        """`read` reads the kubeconfig (in a thread later on) and raises `SourceError`; called at once."""
        self._read = read
        self._known = read()

    async def current(self) -> Credentials:
        """As they were read last."""
        return self._known

    async def refused(self, shown: Credentials) -> bool:
        """Whether the kubeconfig holds others than those `shown` by now."""
        if self._known == shown:
            self._known = await asyncio.to_thread(self._read)
        return self._known != shown


class TokenFileCredentials:
    """A bearer token in a file, such as a service account's, which the kubelet renews."""

    def __init__(self, path: Path, clock: Clock, further: tuple[tuple[str, str], ...] = ()) -> None:
        """`further` headers go with the token. The file is read at the first question."""
        self._path = path
        self._clock = clock
        self._further = further
        self._known: Credentials | None = None
        self._read_at = 0.0

    async def current(self) -> Credentials:
        """The token as it was at most a minute ago. While the file can't be read, the last one that could be."""
        if self._known is None or self._clock.monotonic() - self._read_at >= TOKEN_PERIOD:
            await self._read_again()
        if self._known is None:
            raise unusable(f"there is no token in {self._path}", "check `tokenFile` of the user in the kubeconfig")
        return self._known

    async def refused(self, shown: Credentials) -> bool:
        """Whether the file holds another token than the one `shown` by now."""
        if self._known == shown:
            await self._read_again()
        return self._known is not None and self._known != shown

    async def _read_again(self) -> None:
        self._read_at = self._clock.monotonic()
        token = await asyncio.to_thread(_token_in, self._path)
        if token:
            self._known = Credentials((("Authorization", f"Bearer {token}"), *self._further))


def _token_in(path: Path) -> str:
    """The file's token without the white space around it; empty when there is none that a header could carry."""
    try:
        with path.open("rb") as file:
            token = file.read(TOKEN_LIMIT).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return token if token.isascii() and token.isprintable() else ""
