"""The kubelet's own counts of its probes, as read from whoever keeps them."""

from __future__ import annotations

import msgspec

from opsconsole.domain.pod import Evidence, ProbeKind
from opsconsole.domain.text import SafeText


class CounterSample(msgspec.Struct, frozen=True):
    """The counter `prober_probe_total` at one moment.

    `at` is unix seconds by the clock of whoever read it; the counts are of the pod's whole life, over restarts
    of the container, and begin anew with the kubelet.
    """

    at: float
    successful: int = 0
    failed: int = 0


class ProbeCounter(msgspec.Struct, frozen=True):
    """Successive readings of one probe's counter, oldest first."""

    pod_uid: SafeText
    container: SafeText
    kind: ProbeKind
    samples: tuple[CounterSample, ...]


class ProbeCounters(msgspec.Struct, frozen=True):
    """Counters of some pods, and who told them. Without `evidence` nobody could; `note` says why."""

    counters: tuple[ProbeCounter, ...] = ()
    evidence: Evidence | None = None
    note: SafeText = SafeText("")
