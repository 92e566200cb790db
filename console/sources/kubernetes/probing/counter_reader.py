"""Asks for probe counters: Prometheus first, else the kubelets themselves through the API server.

A kubelet is asked only about pods somebody looks at, one node at a time, no node more often than every five
seconds, and not at all for a while where that is forbidden.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.pod import Evidence, Pod, ProbeKind
from opsconsole.domain.probe_counters import CounterSample, ProbeCounter, ProbeCounters
from opsconsole.domain.snapshot import Completeness, Reading
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.probing.exposition import probe_samples
from opsconsole.sources.protocols import ProbeCounterSource
from opsconsole.sources.wire import Wire

ASKED = 40
"""Pods asked about at a time, those in trouble first."""

SPAN = 300.0
"""Seconds of samples asked of Prometheus: enough to meet a success before a run of failures."""

FIRST_SPAN = 900.0
"""The same for pods not asked about before: the life before the longest back-off is in it."""

NODE_PAUSE = 5.0
"""Seconds between two questions to one node."""

REFUSAL_KEPT = 300.0
"""Seconds for which a node's refusal is remembered."""

NOT_SCRAPED_KEPT = 30.0
"""Seconds for which Prometheus is not asked again after it knew nothing of the pods."""

BODY_LIMIT = 8 * 2**20
"""Bytes of one node's answer: 250 pods have 1,500 series of 300 bytes."""

_KINDS = {"Startup": ProbeKind.STARTUP, "Readiness": ProbeKind.READINESS, "Liveness": ProbeKind.LIVENESS}


class CounterReader:
    """Reads counters of pods. `connected` opens the way to the API server."""

    def __init__(self, connected: Callable[[], Awaitable[Wire]], clock: Clock) -> None:
        """Nothing is asked before `read`."""
        self._connected = connected
        self._clock = clock
        self._asked_at: dict[SafeText, float] = {}
        self._asked_of: frozenset[SafeText] = frozenset()
        self._refused: SourceError | None = None
        self._refused_at = 0.0
        self._unknown_until = 0.0
        self._unknown: SafeText = SafeText("")

    async def read(self, pods: Sequence[Pod], metrics: ProbeCounterSource | None) -> Reading[ProbeCounters]:
        """Counters of up to `ASKED` of `pods` that have probes, in their order; a value without evidence says why."""
        wanted = tuple(pod for pod in pods if any(container.probes for container in pod.containers))[:ASKED]
        if not wanted:
            return Reading(ProbeCounters(note=SafeText("no probes here")))
        scraped = await self._scraped(wanted, metrics)
        if scraped.value.evidence is not None:
            return scraped
        polled = await self._polled(wanted)
        if polled.evidence is not None:
            return Reading(polled)
        note = safe_text("; ".join(text for text in (scraped.value.note, polled.note) if text), 400)
        return Reading(ProbeCounters(note=note))

    async def _scraped(self, pods: Sequence[Pod], metrics: ProbeCounterSource | None) -> Reading[ProbeCounters]:
        if metrics is None:
            return Reading(ProbeCounters(note=SafeText("no Prometheus configured")))
        if self._clock.monotonic() < self._unknown_until:
            return Reading(ProbeCounters(note=self._unknown))
        try:
            uids = frozenset(pod.uid for pod in pods)
            span = SPAN if uids <= self._asked_of else FIRST_SPAN
            reading = await metrics.probe_counters(tuple(pod.uid for pod in pods), span)
        except SourceError as error:
            self._unknown = safe_text(error.sentence, 300)
        else:
            if reading.value.evidence is not None:
                self._asked_of = uids
                return reading
            self._unknown = SafeText("Prometheus has no prober_probe_total of these pods")
        self._unknown_until = self._clock.monotonic() + NOT_SCRAPED_KEPT
        return Reading(ProbeCounters(note=self._unknown), Completeness())

    async def _polled(self, pods: Sequence[Pod]) -> ProbeCounters:
        """What the node says that was asked longest ago, of those the pods are on."""
        now = self._clock.monotonic()
        if self._refused is not None and now - self._refused_at < REFUSAL_KEPT:
            return ProbeCounters(note=_words(self._refused))
        nodes = dict.fromkeys(pod.node for pod in pods if pod.node)
        due = [node for node in nodes if now - self._asked_at.get(node, -NODE_PAUSE) >= NODE_PAUSE]
        if not due:
            return ProbeCounters(note=SafeText("" if nodes else "no node runs these pods"))
        node = min(due, key=lambda name: self._asked_at.get(name, -NODE_PAUSE))
        self._asked_at[node] = now
        for gone in self._asked_at.keys() - nodes.keys():
            del self._asked_at[gone]
        try:
            return await self._of_node(node, frozenset(pod.uid for pod in pods))
        except SourceError as error:
            if error.kind in (ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.REFUSED_WRITE):
                self._refused, self._refused_at = error, now
            return ProbeCounters(note=_words(error))

    async def _of_node(self, node: SafeText, uids: frozenset[SafeText]) -> ProbeCounters:
        wire = await self._connected()
        path = f"/api/v1/nodes/{quote(node, safe='')}/proxy/metrics/probes"
        answer = await wire.request("GET", path, headers={"Accept": "text/plain"}, body_limit=BODY_LIMIT)
        at = self._clock.now() + (answer.clock_skew or 0.0)
        try:
            found = kubelet_counters(answer.body.decode("utf-8", "replace"), uids, at)
        except ValueError as error:
            raise SourceError(ErrorKind.MALFORMED, wire.source, safe_text(f"{node}: {error}", 200)) from error
        return ProbeCounters(found, Evidence.KUBELET)


def kubelet_counters(text: str, uids: frozenset[SafeText], at: float) -> tuple[ProbeCounter, ...]:
    """Counters of the pods `uids` in a kubelet's answer of the moment `at`, unix seconds. Raises `ValueError`."""
    counts: dict[tuple[SafeText, SafeText, ProbeKind], dict[str, int]] = {}
    for labels, value in probe_samples(text):
        kind = _KINDS.get(labels.get("probe_type", ""))
        uid = safe_text(labels.get("pod_uid", ""), 128)
        if kind is not None and uid in uids:
            key = (uid, safe_text(labels.get("container", ""), 256), kind)
            counts.setdefault(key, {})[labels.get("result", "")] = int(value)
    return tuple(
        ProbeCounter(*key, (CounterSample(at, results.get("successful", 0), results.get("failed", 0)),))
        for key, results in counts.items()
    )


def _words(error: SourceError) -> SafeText:
    if error.kind is ErrorKind.FORBIDDEN:
        return SafeText("nodes/proxy is forbidden")
    return safe_text(f"kubelet: {error.sentence}", 300)
