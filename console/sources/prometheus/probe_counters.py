"""The kubelets' probe counters, as Prometheus has scraped them."""

from __future__ import annotations

import re
from typing import Any

from opsconsole.domain.pod import Evidence, ProbeKind
from opsconsole.domain.probe_counters import CounterSample, ProbeCounter, ProbeCounters
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

METRIC = "prober_probe_total"
"""Kubelet, `/metrics/probes`: labels `probe_type`, `result`, `container`, `pod`, `namespace` and `pod_uid`."""

_UID = re.compile(r"[0-9A-Za-z.-]{1,128}")
_KINDS = {"Startup": ProbeKind.STARTUP, "Readiness": ProbeKind.READINESS, "Liveness": ProbeKind.LIVENESS}

Key = tuple[SafeText, SafeText, ProbeKind]
Counts = dict[float, dict[str, int]]


def counter_query(pod_uids: tuple[SafeText, ...], span: float) -> str:
    """PromQL for the raw samples of the last `span` seconds. A uid that is none is left out; without any, ""."""
    wanted = [uid.replace(".", "\\\\.") for uid in pod_uids if _UID.fullmatch(uid)]
    if not wanted:
        return ""
    return f'{METRIC}{{pod_uid=~"{"|".join(wanted)}",result=~"successful|failed"}}[{max(1, int(span))}s]'


def counters_of(result: list[dict[str, Any]]) -> ProbeCounters:
    """`data.result` of that query. Raises `TypeError`, `KeyError` or `ValueError` when it is something else.

    A scrape holds both results of a probe; one that is not there has not come yet and is 0. Of several scrapers of
    one kubelet the one with the most samples is read.
    """
    told: dict[Key, dict[str, Counts]] = {}
    for series in result:
        labels = series["metric"]
        kind = _KINDS.get(labels.get("probe_type", ""))
        if kind is None:
            continue
        # Where the scrape's own labels win, the kubelet's are called exported_….
        container = labels.get("exported_container") or labels.get("container", "")
        key = (safe_text(labels.get("pod_uid", ""), 128), safe_text(container, 256), kind)
        scraper = f"{labels.get('job', '')} {labels.get('instance', '')} {labels.get('prometheus', '')}"
        counts = told.setdefault(key, {}).setdefault(scraper, {})
        for at, value in series.get("values", ()):
            counts.setdefault(float(at), {})[labels["result"]] = int(float(value))
    counters = tuple(ProbeCounter(*key, _samples(max(scrapers.values(), key=len))) for key, scrapers in told.items())
    return ProbeCounters(counters, Evidence.COUNTER if counters else None)


def _samples(counts: Counts) -> tuple[CounterSample, ...]:
    return tuple(
        CounterSample(at, counts[at].get("successful", 0), counts[at].get("failed", 0)) for at in sorted(counts)
    )
