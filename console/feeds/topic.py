"""The questions a console keeps asking."""

from __future__ import annotations

import enum

import msgspec


class TopicKind(enum.Enum):
    """One kind of question each."""

    ALERTS = "alerts"
    RULE_ALERTS = "rule_alerts"
    PODS = "pods"
    PROBES = "probes"
    CHANGES = "changes"
    WORKLOADS = "workloads"
    NODES = "nodes"
    LOGS = "logs"
    LOG_HISTOGRAM = "log_histogram"
    TRACES = "traces"
    SERVICES = "services"
    PANELS = "panels"
    PANEL = "panel"


class Topic(msgspec.Struct, frozen=True):
    """A kind of question; `panel` is the panel's id for kind PANEL."""

    kind: TopicKind
    panel: str = ""


ALERTS = Topic(TopicKind.ALERTS)
RULE_ALERTS = Topic(TopicKind.RULE_ALERTS)
PODS = Topic(TopicKind.PODS)
PROBES = Topic(TopicKind.PROBES)
CHANGES = Topic(TopicKind.CHANGES)
WORKLOADS = Topic(TopicKind.WORKLOADS)
NODES = Topic(TopicKind.NODES)
LOGS = Topic(TopicKind.LOGS)
LOG_HISTOGRAM = Topic(TopicKind.LOG_HISTOGRAM)
TRACES = Topic(TopicKind.TRACES)
SERVICES = Topic(TopicKind.SERVICES)
PANELS = Topic(TopicKind.PANELS)


def panel_topic(panel_id: str) -> Topic:
    """The topic of one panel."""
    return Topic(TopicKind.PANEL, panel_id)
