"""What a Kubernetes source answers of a single object."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.container_log import LogBatch, LogRequest
from opsconsole.domain.pod_description import PodDescription
from opsconsole.domain.snapshot import WHOLE, Completeness, Reading
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.describing.container_logs import log_batches
from opsconsole.sources.kubernetes.describing.description import description_of
from opsconsole.sources.kubernetes.describing.manifest import manifest_of
from opsconsole.sources.wire import Wire


class PodReading:
    """Describes pods, shows objects as YAML and follows containers, over the connection of a source."""

    _clock: Clock

    async def _connected(self) -> Wire:
        """The connection, opened when there is none."""
        raise NotImplementedError

    async def describe(self, ref: ObjectRef) -> Reading[PodDescription]:
        """The pod `ref` whole, read afresh, with its events."""
        wire = await self._connected()
        told = await description_of(wire, ref)
        missing = Completeness(1, 1 + len(told.missing), told.missing) if told.missing else WHOLE
        return Reading(told, missing)

    async def manifest(self, ref: ObjectRef, *, whole: bool = False) -> Reading[tuple[SafeText, ...]]:
        """The object `ref` as lines of YAML, read afresh; `managedFields` only when `whole`."""
        wire = await self._connected()
        return Reading(await manifest_of(wire, ref, whole=whole))

    def log_lines(self, asked: LogRequest) -> AsyncGenerator[LogBatch, None]:
        """Lines of one container as they come, read no faster than they are taken."""
        return log_batches(self._connected, asked, self._clock)
