"""Probes of an incident's services that begin to fail, and that pass again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import Fact, ProbeFlipped
from opsconsole.domain.pod import Container, Pod, PodList, Probe, ProbeKind, ProbeState
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.incidents.recording.changes import KUBERNETES
from opsconsole.incidents.recording.reach import Reach
from opsconsole.incidents.recording.sight import tells_what_is_there
from opsconsole.incidents.recording.told import ProbeKey, Told

MOST_PODS = 20
"""Pods whose same probe is told one by one; of the others it is told together."""

_NAMED = 3


STARTING = 30.0
"""Seconds after its start in which a container may fail its probes, and nobody wonders."""


class _Seen(NamedTuple):
    about: ProbeKey
    pod: Pod
    container: Container
    probe: Probe

    def is_starting(self, seen: float) -> bool:
        """Whether it fails as anything does that begins to run."""
        probe = self.probe
        if probe.kind is ProbeKind.STARTUP:
            given_up = probe.killed_at is not None or (probe.failures or 0) >= probe.failure_threshold
            return not given_up
        return self.container.started_at is not None and seen < self.container.started_at + STARTING


class Flips:
    """How often each probe changed since it was told last, seen from here: a look may come between two flips."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._states: dict[ProbeKey, ProbeState] = {}
        self._counts: dict[ProbeKey, int] = {}

    def note(self, incident: Incident, pods: Snapshot[PodList]) -> None:
        """See `pods`."""
        for one in _seen(incident, pods):
            if self._states.setdefault(one.about, one.probe.state) is not one.probe.state:
                self._states[one.about] = one.probe.state
                self._counts[one.about] = self._counts.get(one.about, 0) + 1

    @property
    def counts(self) -> Mapping[ProbeKey, int]:
        """Flips since each was told last; none of what did not flip."""
        return self._counts

    def told(self, fact: Fact) -> None:
        """It was told: count anew."""
        if isinstance(fact.what, ProbeFlipped):
            what = fact.what
            self._counts.pop((what.namespace, what.pod, what.container, what.probe), None)


def probe_facts(
    incident: Incident, told: Told, pods: Snapshot[PodList], flips: Mapping[ProbeKey, int]
) -> tuple[Fact, ...]:
    """Probes that fail, or pass, where the record last told the other; `flips` as `Flips` counts them.

    A probe that fails when it is seen first is told, one that passes, or whose container only just begins to run, is
    not. Probes that flap are told now and then.
    """
    seen = pods.as_of
    if seen is None or not Reach(incident).covers(seen):
        return ()
    facts: list[Fact] = []
    crowd: dict[tuple[SafeText, object], list[_Seen]] = {}
    fresh: dict[tuple[SafeText, object], int] = {}
    for one in _seen(incident, pods):
        kind = (one.about[2], one.probe.kind)
        if told.last(one.about) is None and one.is_starting(seen):
            continue
        if told.last(one.about) is None and told.pods(one.about[2], one.probe.kind) + fresh.get(kind, 0) >= MOST_PODS:
            crowd.setdefault(kind, []).append(one)
            continue
        count = flips.get(one.about, 0)
        if _is_news(one.about, one.probe.state, told, seen, count):
            fresh[kind] = fresh.get(kind, 0) + (told.last(one.about) is None)
            facts.append(_fact(one.about, one.probe.state, _moment(one, told, seen), told, _words(one.probe, count)))
    return (*facts, *(fact for others in crowd.values() for fact in _together(others, told, seen)))


def _seen(incident: Incident, pods: Snapshot[PodList]) -> Iterator[_Seen]:
    """Probes of the incident's services that are known to pass or to fail."""
    if not tells_what_is_there(pods) or pods.value is None:
        return
    reach = Reach(incident)
    for pod in pods.value.pods:
        if not reach.holds(pod.namespace, pod.service):
            continue
        for container in pod.containers:
            for probe in container.probes:
                if probe.state in (ProbeState.PASSING, ProbeState.FAILING):
                    yield _Seen((pod.namespace, pod.name, container.name, probe.kind), pod, container, probe)


def _is_news(about: ProbeKey, state: ProbeState, told: Told, seen: float, flips: int) -> bool:
    last = told.last(about)
    if last is None or not isinstance(last.what, ProbeFlipped):
        return state is ProbeState.FAILING
    if seen <= last.at or told.too_soon(about, seen):
        return False
    return last.what.state is not state or (told.flaps(about) and flips > 0)


def _moment(one: _Seen, told: Told, seen: float) -> float:
    """When it began to fail, as far as its source tells; otherwise when it was seen."""
    probe, last = one.probe, told.last(one.about)
    if probe.state is not ProbeState.FAILING or probe.last_failure_at is None:
        return seen
    began = probe.last_failure_at - max(0, (probe.failures or 1) - 1) * probe.period
    began = max(began, one.pod.created_at)
    return began if began <= seen and (last is None or began > last.at) else seen


def _words(probe: Probe, flips: int) -> SafeText:
    said = probe.last_failure if probe.state is ProbeState.FAILING else ""
    words = [said] if said else []
    words += [f"{flips} flips since it was told last"] if flips > 1 else []
    return SafeText("; ".join((*words, f"as {probe.evidence.value} tells")))


def _fact(about: ProbeKey, state: ProbeState, at: float, told: Told, words: SafeText) -> Fact:
    namespace, pod, container, kind = about
    key = f"probe/{namespace}/{pod}/{container}/{kind.value}/{state.value}/after {told.after(about)}"
    return Fact(ProbeFlipped(namespace, pod, container, kind, state, words), at, KUBERNETES, key)


def _together(others: list[_Seen], told: Told, seen: float) -> list[Fact]:
    """One event about the probe of all the pods that are not told one by one."""
    first = others[0]
    namespace, _, container, kind = first.about
    failing = [one.pod.name for one in others if one.probe.state is ProbeState.FAILING]
    state = ProbeState.FAILING if failing else ProbeState.PASSING
    about = (namespace, SafeText(f"more pods of {first.pod.service}"), container, kind)
    if not _is_news(about, state, told, seen, 0):
        return []
    names = ", ".join((*failing[:_NAMED], *([] if len(failing) <= _NAMED else ["…"])))
    words = f"{len(failing)} more: {names}" if failing else f"all {len(others)} of them"
    return [_fact(about, state, seen, told, SafeText(words))]
