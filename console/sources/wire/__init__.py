"""HTTP as the console speaks it: bounded in time, size and number, and read-only unless allowed."""

from opsconsole.sources.wire import failures
from opsconsole.sources.wire.answer import Answer
from opsconsole.sources.wire.connection import Wire
from opsconsole.sources.wire.policy import (
    ALERTMANAGER_READS,
    ELASTICSEARCH_READS,
    JAEGER_READS,
    KUBERNETES_READS,
    PROMETHEUS_READS,
    WritePolicy,
)

__all__ = [
    "ALERTMANAGER_READS",
    "ELASTICSEARCH_READS",
    "JAEGER_READS",
    "KUBERNETES_READS",
    "PROMETHEUS_READS",
    "Answer",
    "Wire",
    "WritePolicy",
    "failures",
]
