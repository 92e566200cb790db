"""Which services there are, from everyone who knows some."""

from __future__ import annotations

import msgspec

from opsconsole.domain.pod import PodList
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.screens.following import service_of


def known_services(feeds: ClusterFeeds) -> tuple[SafeText, ...]:
    """Names from metrics, alerts, pods and log lines at hand, sorted."""
    names: set[SafeText] = set(feeds.snapshot(topics.SERVICES).value or ())
    names.update(name for alert in feeds.snapshot(topics.ALERTS).value or () if (name := service_of(alert)))
    lines = feeds.snapshot(topics.LOGS).value
    names.update(record.service for record in (lines.records if lines is not None else ()) if record.service)
    pods = feeds.snapshot(topics.PODS).value
    if isinstance(pods, PodList):
        names.update(pod.service for pod in pods.pods if pod.service)
    return tuple(sorted(names))


def with_service(scope: Scope, service: SafeText | None) -> Scope:
    """`scope` on `service` alone (None: all of them), in the same namespace and time."""
    selection = msgspec.structs.replace(scope.selection, service=service, pod=None, alert=None, trace=None)
    return msgspec.structs.replace(scope, selection=selection)
