"""What the feeds ask of a source. Each backend has one module that answers it.

Every method raises `SourceError` and nothing else. Every answer is a `Reading`: the value and
whether it is whole. Calls may be cancelled at any await; the request is then dropped.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.container_log import LogBatch, LogRequest
from opsconsole.domain.log_query import FieldValue, LogOrigin, LogSearch
from opsconsole.domain.log_record import LogPage, LogRecord, TailBatch
from opsconsole.domain.node import NodeList
from opsconsole.domain.pod import ChangeList, PodList
from opsconsole.domain.pod_description import PodDescription
from opsconsole.domain.probe_counters import ProbeCounters
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel, PanelList, PanelReading, Series
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.topology import Topology
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.domain.workload import WorkloadList


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

    async def instant(self, query: str, at: float) -> Reading[tuple[Series, ...]]:
        """What the PromQL `query` comes to as of `at` (unix seconds): series of one value each, NaN among them."""
        ...

    async def rule_alerts(self) -> Reading[tuple[Alert, ...]]:
        """Alerts of the rules, pending and firing, as Prometheus itself sees them."""
        ...

    async def probe_counters(self, pod_uids: tuple[SafeText, ...], span: float) -> Reading[ProbeCounters]:
        """Readings of `prober_probe_total` in the last `span` seconds for these pods; none where it is not scraped."""
        ...


class ProbeCounterSource(Protocol):
    """Who may have scraped the kubelets' `prober_probe_total`."""

    async def probe_counters(self, pod_uids: tuple[SafeText, ...], span: float) -> Reading[ProbeCounters]:
        """Readings of the last `span` seconds for the pods of these uids, as they were scraped."""
        ...


class AlertSource(Source, Protocol):
    """Alertmanager."""

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """Firing, silenced and inhibited alerts."""
        ...


class LogReader(Protocol):
    """Pages of one search, from the newest line back; what matched when it was opened, whatever comes meanwhile."""

    async def older(self, limit: int) -> Reading[LogPage]:
        """The next `limit` (≤ 500) lines back in time, newest first; `exhausted` in the last page.

        Where the server has forgotten the place it is found again by the last line's own; no line comes twice.
        """
        ...

    async def close(self) -> None:
        """Let the server forget the place. Never raises."""
        ...


class LogSource(Source, Protocol):
    """Elasticsearch, or the containers themselves."""

    async def newest(self, search: LogSearch, limit: int) -> Reading[LogPage]:
        """The newest `limit` (≤ 500) lines of `search`, newest first, without histogram."""
        ...

    async def histogram(self, search: LogSearch, columns: int) -> Reading[LogPage]:
        """Counts by level over the search's span in about `columns` buckets; `records` stays empty."""
        ...

    def reader(self, search: LogSearch) -> LogReader:
        """Reads `search` page by page. Nothing is asked before the first page."""
        ...

    def tail(self, search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        """Lines of `search` later than `after` (unix seconds) as they come; the end of its span does not matter.

        Late ones too, within some seconds; none twice. Never raises `SourceError`: what goes wrong is a batch
        with words. Close it to stop.
        """
        ...

    async def around(self, record: LogRecord, selection: Selection, lines: int) -> Reading[LogPage]:
        """Up to `lines` lines before and as many after `record`, newest first, `record` among them.

        Of the same container where the line tells it, else of the same pod, else of the same service; whatever
        query found it.
        """
        ...

    async def values(self, search: LogSearch, field: SafeText, limit: int) -> Reading[tuple[FieldValue, ...]]:
        """The most frequent values of `field` (named as in `LogFilter`) among the lines of `search`."""
        ...

    def link(self, search: LogSearch) -> SafeText | None:
        """The same search in a browser, when it is known where; None else."""
        ...


class TraceSource(Source, Protocol):
    """Jaeger."""

    async def search(self, search: TraceSearch, limit: int) -> Reading[TraceList]:
        """Traces of the selected service that match, at most `limit`: errors first, then the slowest."""
        ...

    async def trace(self, trace_id: SafeText) -> Reading[Trace]:
        """One trace, whole. `SourceError` of kind NOT_FOUND when the store lacks it."""
        ...

    async def services(self) -> Reading[tuple[SafeText, ...]]:
        """Names of the services it has spans of, sorted."""
        ...

    async def operations(self, service: SafeText) -> Reading[tuple[SafeText, ...]]:
        """Names of the service's operations, sorted."""
        ...

    async def dependencies(self, span: TimeRange) -> Reading[Topology]:
        """Who called whom in `span`, as the store itself counted; no edges where it does not count."""
        ...


class Watched(enum.Enum):
    """What a watching source can say has changed."""

    PODS = "pods"
    CHANGES = "changes"
    WORKLOADS = "workloads"
    NODES = "nodes"


class WorkloadSource(Source, Protocol):
    """Kubernetes. Lists at every question, or, after `watch`, keeps the lists and answers from what it has."""

    def watch(self) -> None:
        """From the next question until `close` keep what is asked for up to date by watching.

        Called again it tries at once where it waits after a failure. Must run inside the event loop.
        """
        ...

    async def changed(self, what: Watched, seen: int) -> int:
        """Returns when the answer about `what` is of another version than `seen`: its version, from 1 on.

        Before anything is known the version is 0. Without `watch`, never returns.
        """
        ...

    async def workloads(self, selection: Selection) -> Reading[WorkloadList]:
        """Deployments, StatefulSets, DaemonSets and Jobs of the selection, in trouble first."""
        ...

    async def nodes(self) -> Reading[NodeList]:
        """All nodes, in trouble first."""
        ...

    async def pods(self, selection: Selection) -> Reading[PodList]:
        """Pods of the selection with their probes, in trouble first."""
        ...

    async def changes(self, selection: Selection) -> Reading[ChangeList]:
        """Rollouts (new ReplicaSet revisions) and container restarts, newest first."""
        ...

    async def probe_counters(self, selection: Selection, metrics: ProbeCounterSource | None) -> Reading[ProbeCounters]:
        """The kubelet's counts of the probes of the selection's pods, those in trouble first, as far as one asks.

        From `metrics` where it has them, else from the kubelets themselves where that is permitted. What they tell
        is in the probes of `pods` from then on. No `SourceError` where nobody can tell: the value says why.
        """
        ...

    async def describe(self, ref: ObjectRef) -> Reading[PodDescription]:
        """The pod `ref` whole, read afresh, with its events. `SourceError` of kind NOT_FOUND when it is gone."""
        ...

    async def manifest(self, ref: ObjectRef, *, whole: bool = False) -> Reading[tuple[SafeText, ...]]:
        """The object `ref` as lines of YAML, read afresh; `managedFields` only when `whole`."""
        ...

    def log_lines(self, asked: LogRequest) -> AsyncGenerator[LogBatch, None]:
        """Lines of one container as they come, read no faster than they are taken.

        Never raises `SourceError`: what goes wrong is a batch with words, the last one ENDED when trying again
        would not help. Close it to end the request.
        """
        ...


class Sources(msgspec.Struct, frozen=True):
    """The backends of one cluster; None for one that is not configured."""

    metrics: MetricSource | None = None
    alerts: AlertSource | None = None
    logs: LogSource | None = None
    container_logs: LogSource | None = None
    """The second source of lines: what Kubernetes keeps of its containers."""
    traces: TraceSource | None = None
    workloads: WorkloadSource | None = None
    asked: Callable[[SourceName], int] = lambda _: 0
    """How many requests left for a source in the last minute."""

    def lines(self, origin: LogOrigin) -> LogSource | None:
        """The source of log lines from `origin`; where only one of the two is there, that one."""
        store, containers = self.logs, self.container_logs
        return (containers or store) if origin is LogOrigin.CONTAINERS else (store or containers)

    def configured(self) -> tuple[Source, ...]:
        """Those that are there, in the order of the freshness line."""
        everyone = (self.workloads, self.metrics, self.alerts, self.logs, self.traces)
        return tuple(source for source in everyone if source is not None)
