"""HTTP as the console speaks it: bounded in time, size and number, and read-only unless allowed."""

from opsconsole.sources.wire import failures
from opsconsole.sources.wire.answer import Answer
from opsconsole.sources.wire.asking import Asking
from opsconsole.sources.wire.connection import Wire
from opsconsole.sources.wire.one_index import OneIndex
from opsconsole.sources.wire.outgoing import Outgoing
from opsconsole.sources.wire.policy import (
    ALERTMANAGER_READS,
    ELASTICSEARCH_READS,
    JAEGER_READS,
    KUBERNETES_READS,
    PROMETHEUS_READS,
    WritePolicy,
    only_level,
    with_levels,
)

__all__ = [
    "ALERTMANAGER_READS",
    "ELASTICSEARCH_READS",
    "JAEGER_READS",
    "KUBERNETES_READS",
    "PROMETHEUS_READS",
    "Answer",
    "Asking",
    "OneIndex",
    "Outgoing",
    "Wire",
    "WritePolicy",
    "failures",
    "only_level",
    "with_levels",
]
