"""Log lines from Elasticsearch 8 and 9."""

from __future__ import annotations

from opsconsole.clock import Clock
from opsconsole.config.settings import ElasticsearchSettings
from opsconsole.sources.elasticsearch.kibana import Kibana
from opsconsole.sources.elasticsearch.source import ElasticsearchSource
from opsconsole.sources.wire import Wire

__all__ = ["elasticsearch_source"]


def elasticsearch_source(wire: Wire, settings: ElasticsearchSettings, clock: Clock) -> ElasticsearchSource:
    """The source that `settings` describe, over `wire`."""
    kibana = None
    if settings.kibana is not None:
        kibana = Kibana(settings.kibana, settings.kibana_data_view, settings.kibana_space)
    return ElasticsearchSource(wire, settings.index, clock, fields=settings.fields, kibana=kibana)
