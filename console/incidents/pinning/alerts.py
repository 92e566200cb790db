"""An alert as it stood."""

from __future__ import annotations

import math

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.evidence import AlertEvidence
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.incidents.pinning.standpoint import Standpoint, completeness_words, joined, shortened


def pinned_alert(alert: Alert, snapshot: Snapshot[tuple[Alert, ...]], seen: Standpoint) -> AlertEvidence:
    """`alert` out of the list `snapshot`; it speaks of the moment it began to fire."""
    value = alert.value if alert.value is not None and math.isfinite(alert.value) else None
    return AlertEvidence(
        title=SafeText(f"{alert.name}, {alert.severity.value}, {alert.state.value}"),
        span=seen.span,
        at=alert.started_at,
        captured_at=seen.now,
        source=SafeText("alertmanager" if alert.receivers else "prometheus"),
        completeness=joined(completeness_words(snapshot)),
        link=alert.generator_url or SafeText(""),
        alert=msgspec.structs.replace(
            alert, value=value, labels=shortened(alert.labels), annotations=shortened(alert.annotations)
        ),
    )
