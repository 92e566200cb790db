"""Credentials that a plugin fetches, kept until they expire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.sources.credentials import Credentials
from opsconsole.sources.kubernetes.access.exec_credential import Issued, issued_by
from opsconsole.sources.kubernetes.access.plugin import InteractiveMode, Plugin
from opsconsole.sources.kubernetes.access.plugin_run import TIME_LIMIT, run_unwatched, run_watched
from opsconsole.sources.kubernetes.access.refusals import unsigned

EARLY = 10.0
"""Seconds before their expiry at which credentials are fetched anew."""

PAUSE = 30.0
"""Seconds between two runs by itself after a failure or a refusal: a program that fails may open a browser each time,
or lock an account."""


class PluginCredentials:
    """Runs the plugin when credentials are needed and none are left; many requests wait for one run.

    They are kept in memory alone, until 10 s before they expire, or without an expiry until the server refuses them.
    """

    def __init__(
        self,
        plugin: Plugin,
        clock: Clock,
        environ: Mapping[str, str],
        further: tuple[tuple[str, str], ...] = (),
        *,
        limit: float = TIME_LIMIT,
    ) -> None:
        """`further` headers go with what the plugin gives; `limit` is seconds for one run. Nothing is run yet."""
        self.plugin = plugin
        self._clock = clock
        self._environ = environ
        self._further = further
        self._limit = limit
        self._issued: Issued | None = None
        self._failure: SourceError | None = None
        self._ran_at = 0.0
        self._running: asyncio.Task[Issued] | None = None

    @property
    def expires_at(self) -> float | None:
        """When the credentials at hand end, unix seconds; None without any, or without an end."""
        return None if self._issued is None else self._issued.expires_at

    async def current(self) -> Credentials:
        """Credentials that are valid for 10 s at least. Raises `SourceError` SIGN_IN or CONFIGURATION."""
        if self._issued is not None and not self._ends_soon(self._issued):
            return self._issued.credentials
        if self._failure is not None and self._clock.monotonic() - self._ran_at < PAUSE:
            raise self._failure
        if self.plugin.mode is InteractiveMode.ALWAYS:
            detail = f"the credential program {self.plugin.name} wants to talk to a person"
            raise unsigned(detail, "sign in with the console's log-in action")
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name=f"credentials by {self.plugin.name}")
            self._running.add_done_callback(self._ended)
        # Shielded: a request that is dropped must not take away what others wait for.
        return (await asyncio.shield(self._running)).credentials

    async def refused(self, shown: Credentials) -> bool:
        """Whether others than those `shown` are here, or may be had by another run, not too soon after the last."""
        if self._issued is None or self._issued.credentials is not shown:
            return self._issued is not None
        if self._clock.monotonic() - self._ran_at < PAUSE or self.plugin.mode is InteractiveMode.ALWAYS:
            return False
        self._issued = None
        return True

    def log_in(self) -> None:
        """Run the plugin with the terminal handed to it, and keep what it gives.

        Blocks until it ends: call it while nothing draws. Raises `SourceError`.
        """
        self._issued = self._checked(issued_by(self.plugin, run_watched(self.plugin, self._environ), self._further))
        self._failure = None
        self._ran_at = self._clock.monotonic()

    async def _run(self) -> Issued:
        self._ran_at = self._clock.monotonic()
        try:
            output = await run_unwatched(self.plugin, self._environ, self._limit)
            self._issued = self._checked(issued_by(self.plugin, output, self._further))
        except SourceError as error:
            self._issued, self._failure = None, error
            raise
        self._failure = None
        return self._issued

    def _ended(self, task: asyncio.Task[Issued]) -> None:
        self._running = None
        if not task.cancelled():
            task.exception()  # seen, even when everybody who waited is gone

    def _ends_soon(self, issued: Issued) -> bool:
        return issued.expires_at is not None and self._clock.now() >= issued.expires_at - EARLY

    def _checked(self, issued: Issued) -> Issued:
        if issued.expires_at is not None and self._clock.now() >= issued.expires_at:
            detail = f"the credential program {self.plugin.name} gave credentials that have expired"
            raise unsigned(detail, "sign in again; check this machine's clock")
        return issued
