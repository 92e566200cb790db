"""The wire to one API server, opened once it is known where to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from opsconsole.clock import Clock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.access.reached import LoggedIn, Reached
from opsconsole.sources.kubernetes.access.refusals import SOURCE
from opsconsole.sources.wire import Wire


class ClusterAccess:
    """One wire for whoever shares it. `reached` shares where to and the credentials, but not the connections."""

    def __init__(
        self,
        settings: KubernetesSettings,
        wire_of: Callable[[SourceSettings], Wire],
        clock: Clock,
        reached: Reached | None = None,
    ) -> None:
        """Raises `ConfigError` for a URL that is none. A kubeconfig is read at the first question."""
        self.reached = reached or Reached(settings, clock)
        self._wire_of = wire_of
        self._wire: Wire | None = wire_of(settings) if settings.url else None
        self._opening = asyncio.Lock()

    async def wire(self) -> Wire:
        """The wire to the API server. Raises `SourceError` while a kubeconfig leads nowhere; it is read again then."""
        async with self._opening:
            if self._wire is None:
                try:
                    self._wire = self._wire_of(await asyncio.to_thread(self.reached.found))
                except ConfigError as error:
                    raise SourceError(ErrorKind.CONFIGURATION, SOURCE, safe_text(error), sent=False) from error
            return self._wire

    def log_in(self) -> LoggedIn:
        """As `Reached.log_in`; counts for all that share its credentials."""
        return self.reached.log_in()

    async def close(self) -> None:
        """Give back connections. A later request connects afresh."""
        if self._wire is not None:
            await self._wire.close()
