"""What the feeds ask of a source. Each backend has one module that answers it.

Every method raises `SourceError` and nothing else. Every answer is a `Reading`: the value and
whether it is whole. Calls may be cancelled at any await; the request is then dropped.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.log_record import LogPage
from opsconsole.domain.pod import ChangeList, PodList
from opsconsole.domain.scope import Selection
from opsconsole.domain.series import Panel, PanelList, PanelReading
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Trace, TraceList


class Health(msgspec.Struct, frozen=True):
    """What `opsconsole check` says of one source.

    `latency` and `clock_skew` are seconds (skew > 0: the server's clock is ahead; None when it
    sent no usable Date header); `missing` names what the console needs and did not find.
    """

    source: SourceName
    url: SafeText
    version: SafeText = SafeText("")
    identity: SafeText = SafeText("")
    latency: float = 0.0
    clock_skew: float | None = None
    missing: tuple[SafeText, ...] = ()


class Source(Protocol):
    """One backend."""

    name: SourceName

    async def health(self) -> Health:
        """One round trip that proves the backend is there and is what it should be."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class MetricSource(Source, Protocol):
    """Prometheus."""

    async def panels(self, configured: tuple[Panel, ...], selection: Selection) -> Reading[PanelList]:
        """The panels this server can fill for `selection`: defaults it has series for, then `configured`."""
        ...

    async def read_panel(
        self, panel: Panel, selection: Selection, span: TimeRange, columns: int
    ) -> Reading[PanelReading]:
        """The panel's series over `span`, about `columns` samples each."""
        ...

    async def services(self) -> Reading[tuple[SafeText, ...]]:
        """Names of the services it knows metrics of, sorted."""
        ...

    async def rule_alerts(self) -> Reading[tuple[Alert, ...]]:
        """Alerts of the rules, pending and firing, as Prometheus itself sees them."""
        ...


class AlertSource(Source, Protocol):
    """Alertmanager."""

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """Firing, silenced and inhibited alerts."""
        ...


class LogSource(Source, Protocol):
    """Elasticsearch."""

    async def newest(self, selection: Selection, span: TimeRange, limit: int) -> Reading[LogPage]:
        """The newest `limit` (≤ 500) lines in `span`, newest first, without histogram."""
        ...

    async def histogram(self, selection: Selection, span: TimeRange, columns: int) -> Reading[LogPage]:
        """Counts by level over `span` in about `columns` buckets; `records` stays empty."""
        ...


class TraceSource(Source, Protocol):
    """Jaeger."""

    async def recent(self, selection: Selection, span: TimeRange, limit: int) -> Reading[TraceList]:
        """Traces of the selected service in `span`: errors first, then the newest."""
        ...

    async def trace(self, trace_id: SafeText) -> Reading[Trace]:
        """One trace, whole. `SourceError` of kind NOT_FOUND when the store lacks it."""
        ...


class WorkloadSource(Source, Protocol):
    """Kubernetes."""

    async def pods(self, selection: Selection) -> Reading[PodList]:
        """Pods of the selection with their probes, in trouble first."""
        ...

    async def changes(self, selection: Selection) -> Reading[ChangeList]:
        """Rollouts (new ReplicaSet revisions) and container restarts, newest first."""
        ...


class Sources(msgspec.Struct, frozen=True):
    """The backends of one cluster; None for one that is not configured."""

    metrics: MetricSource | None = None
    alerts: AlertSource | None = None
    logs: LogSource | None = None
    traces: TraceSource | None = None
    workloads: WorkloadSource | None = None

    def configured(self) -> tuple[Source, ...]:
        """Those that are there, in the order of the freshness line."""
        everyone = (self.workloads, self.metrics, self.alerts, self.logs, self.traces)
        return tuple(source for source in everyone if source is not None)
