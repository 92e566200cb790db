"""One list out of the two that know of alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.text import SafeText


def merged(alertmanager_alerts: tuple[Alert, ...], rule_alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """All alerts once, sorted by `Alert.order`.

    Alertmanager's labels hold those of the rule and may hold more: Prometheus adds its
    `external_labels` on the way. So an alert whose labels are a superset of a firing rule alert's
    is the same one; of several candidates the one with most labels in common wins. It keeps
    Alertmanager's state, receivers and labels and takes value and start from the rule. Pending
    alerts come from the rules alone; so do firing ones that have not arrived at Alertmanager.
    """
    by_name: dict[SafeText, list[Alert]] = defaultdict(list)
    for raised in rule_alerts:
        if raised.state is AlertState.FIRING:
            by_name[raised.name].append(raised)
    for known in by_name.values():
        known.sort(key=lambda raised: -len(raised.labels))
    used: set[int] = set()
    result: list[Alert] = []
    for routed in alertmanager_alerts:
        raised_same = _same(routed, by_name.get(routed.name, ()), used)
        result.append(routed if raised_same is None else _joined(routed, raised_same))
    result += [raised for raised in rule_alerts if id(raised) not in used]
    return tuple(sorted(result, key=lambda alert: alert.order))


def _same(routed: Alert, candidates: Iterable[Alert], used: set[int]) -> Alert | None:
    labels = routed.labels.items()
    for raised in candidates:
        if raised.labels.items() <= labels:
            used.add(id(raised))
            return raised
    return None


def _joined(routed: Alert, raised: Alert) -> Alert:
    return msgspec.structs.replace(
        routed,
        value=raised.value,
        started_at=raised.started_at or routed.started_at,
        annotations={**routed.annotations, **raised.annotations},
        runbook_url=raised.runbook_url or routed.runbook_url,
        query=raised.query,
    )
