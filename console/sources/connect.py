"""Builds the sources of one cluster from its settings."""

from __future__ import annotations

import threading

from opsconsole.clock import Clock
from opsconsole.config.settings import ClusterSettings, SourceSettings
from opsconsole.domain.snapshot import SourceName
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
    Wire,
    WritePolicy,
)

_POLICIES: dict[SourceName, WritePolicy] = {
    SourceName.KUBERNETES: KUBERNETES_READS,
    SourceName.PROMETHEUS: PROMETHEUS_READS,
    SourceName.ALERTMANAGER: ALERTMANAGER_READS,
    SourceName.ELASTICSEARCH: ELASTICSEARCH_READS,
    SourceName.JAEGER: JAEGER_READS,
}


def connect(cluster: ClusterSettings, clock: Clock, *, write: bool = False) -> Sources:
    """The configured sources of `cluster`. Nothing is sent, and no secret is read, before the first question.

    Without `write` no request leaves that could change anything, whoever asks for it. Only the
    modules of configured sources are imported. Raises `ConfigError` for a URL that is none.
    """
    connector = _Connector(clock, write)
    return Sources(
        metrics=connector.metrics(cluster),
        alerts=connector.alerts(cluster),
        logs=connector.logs(cluster),
        traces=connector.traces(cluster),
        workloads=connector.workloads(cluster),
    )


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
    def __init__(self, clock: Clock, write: bool) -> None:
        self._clock = clock
        self._write = write

    def _wire(self, source: SourceName, settings: SourceSettings) -> Wire:
        return Wire(source.value, settings, self._clock, _POLICIES[source].allowing_writes(self._write))

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
        from opsconsole.sources.elasticsearch.source import (  # noqa: PLC0415  - only what is configured
            ElasticsearchSource,
        )

        return ElasticsearchSource(self._wire(SourceName.ELASTICSEARCH, settings), settings.index, self._clock)

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
            cluster.kubernetes, lambda settings: self._wire(SourceName.KUBERNETES, settings), self._clock
        )
