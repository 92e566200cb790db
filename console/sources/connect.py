"""Builds the sources of one cluster from its settings."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opsconsole.clock import Clock
from opsconsole.config.settings import ClusterSettings, SourceSettings
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.snapshot import SourceName
from opsconsole.incidents.protocols import SharedIncidents
from opsconsole.safe_text import safe_text
from opsconsole.sources.late_import import late_import
from opsconsole.sources.protocols import (
    AlertSource,
    LogSource,
    MetricSource,
    Sources,
    TraceSource,
    WorkloadSource,
)
from opsconsole.sources.wire import (
    ALERTMANAGER_READS,
    ELASTICSEARCH_READS,
    JAEGER_READS,
    KUBERNETES_READS,
    PROMETHEUS_READS,
    Asking,
    OneIndex,
    Wire,
    WritePolicy,
)
from opsconsole.write_mode import WriteMode

if TYPE_CHECKING:
    from opsconsole.sources.kubernetes.access import Reached

INCIDENT_STORE = "the team's incident store"
"""What errors call it."""

_POLICIES: dict[SourceName, WritePolicy] = {
    SourceName.KUBERNETES: KUBERNETES_READS,
    SourceName.PROMETHEUS: PROMETHEUS_READS,
    SourceName.ALERTMANAGER: ALERTMANAGER_READS,
    SourceName.ELASTICSEARCH: ELASTICSEARCH_READS,
    SourceName.JAEGER: JAEGER_READS,
}


def connect(
    cluster: ClusterSettings, clock: Clock, *, write_mode: WriteMode | None = None, reached: Reached | None = None
) -> Sources:
    """The configured sources of `cluster`. Nothing is sent, and no secret is read, before the first question.

    No request leaves that could change anything, unless with a permit of `write_mode`. Only the
    modules of configured sources are imported. `reached` is whose credentials for Kubernetes are shared.
    Raises `ConfigError` for a URL that is none.
    """
    connector = _Connector(clock, write_mode, reached)
    workloads = connector.workloads(cluster)
    return Sources(
        metrics=connector.metrics(cluster),
        alerts=connector.alerts(cluster),
        logs=connector.logs(cluster),
        container_logs=connector.container_logs(workloads),
        traces=connector.traces(cluster),
        workloads=workloads,
        asked=connector.asked,
    )


def connect_incidents(cluster: ClusterSettings, clock: Clock, made: str) -> SharedIncidents | None:
    """The team's incident records of `cluster`; None where it has none configured. Nothing is sent.

    Its connection is one of its own, which reaches nothing but the one index, and may write to that in a read-only
    console, too. `made` is a word of chance. Raises `ConfigError` without a server, or for an index that is none.
    """
    settings = cluster.incidents
    if settings is None:
        return None
    server = settings.server or cluster.elasticsearch
    if server is None:
        words = "incidents are to be shared, and nothing says where; name a `server`, or configure `elasticsearch`"
        raise ConfigError(f"clusters.{cluster.name}.incidents: {words}")
    from opsconsole.sources.elasticsearch.incident_index import (  # noqa: PLC0415  - only what is configured
        SharedIncidentIndex,
    )

    wire = Wire(INCIDENT_STORE, server, clock, OneIndex(index=settings.index))
    return SharedIncidentIndex(wire, settings.index, clock, cluster=safe_text(cluster.name), made=made)


def import_ahead(cluster: ClusterSettings) -> None:
    """Import in threads the client packages that the first questions to `cluster` will need."""
    wanted = {
        "prometheus_api_client.prometheus_connect": cluster.prometheus,
        "elasticsearch": cluster.elasticsearch,
    }
    for module, settings in wanted.items():
        if settings is not None:
            threading.Thread(target=late_import, args=(module,), name=f"import {module}", daemon=True).start()


class _Connector:
    def __init__(self, clock: Clock, write_mode: WriteMode | None, reached: Reached | None) -> None:
        self._clock = clock
        self._write_mode = write_mode
        self._reached = reached
        self._asking = {source: Asking(clock) for source in SourceName}

    def asked(self, source: SourceName) -> int:
        """Requests that left for `source` in the last minute."""
        return self._asking[source].lately()

    def _wire(self, source: SourceName, settings: SourceSettings) -> Wire:
        return Wire(
            source.value,
            settings,
            self._clock,
            _POLICIES[source],
            write_mode=self._write_mode,
            asking=self._asking[source],
        )

    def metrics(self, cluster: ClusterSettings) -> MetricSource | None:
        if cluster.prometheus is None:
            return None
        from opsconsole.sources.prometheus import PrometheusSource  # noqa: PLC0415  - only what is configured

        return PrometheusSource(self._wire(SourceName.PROMETHEUS, cluster.prometheus), self._clock)

    def alerts(self, cluster: ClusterSettings) -> AlertSource | None:
        if cluster.alertmanager is None:
            return None
        from opsconsole.sources.alertmanager import AlertmanagerSource  # noqa: PLC0415  - only what is configured

        return AlertmanagerSource(self._wire(SourceName.ALERTMANAGER, cluster.alertmanager))

    def logs(self, cluster: ClusterSettings) -> LogSource | None:
        settings = cluster.elasticsearch
        if settings is None:
            return None
        from opsconsole.sources.elasticsearch import (  # noqa: PLC0415  - only what is configured
            elasticsearch_source,
        )

        return elasticsearch_source(self._wire(SourceName.ELASTICSEARCH, settings), settings, self._clock)

    def container_logs(self, workloads: WorkloadSource | None) -> LogSource | None:
        if workloads is None:
            return None
        from opsconsole.sources.kubernetes.container_log_source import (  # noqa: PLC0415  - only what is configured
            ContainerLogSource,
        )

        return ContainerLogSource(workloads, self._clock)

    def traces(self, cluster: ClusterSettings) -> TraceSource | None:
        if cluster.jaeger is None:
            return None
        from opsconsole.sources.jaeger.source import JaegerSource  # noqa: PLC0415  - only what is configured

        return JaegerSource(self._wire(SourceName.JAEGER, cluster.jaeger))

    def workloads(self, cluster: ClusterSettings) -> WorkloadSource | None:
        if cluster.kubernetes is None:
            return None
        from opsconsole.sources.kubernetes.source import KubernetesSource  # noqa: PLC0415  - only what is configured

        return KubernetesSource(
            cluster.kubernetes,
            lambda settings: self._wire(SourceName.KUBERNETES, settings),
            self._clock,
            reached=self._reached,
        )
