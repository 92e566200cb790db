"""Kubernetes as the console's source of pods, probes, changes, workloads and nodes."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from opsconsole.clock import Clock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.node import NodeList
from opsconsole.domain.pod import ChangeList, Pod, PodList
from opsconsole.domain.probe_counters import ProbeCounters
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import WorkloadList
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.access import ClusterAccess, Reached
from opsconsole.sources.kubernetes.describing.pod_reading import PodReading
from opsconsole.sources.kubernetes.listing import METADATA_ONLY, Query
from opsconsole.sources.kubernetes.nodes import node_order
from opsconsole.sources.kubernetes.objects import SelfSubjectReview, Version
from opsconsole.sources.kubernetes.probing.counter_reader import CounterReader
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeWatch
from opsconsole.sources.kubernetes.watching.cluster_state import ClusterState
from opsconsole.sources.kubernetes.watching.reflector import Way
from opsconsole.sources.kubernetes.watching.subjects import APPS, CORE
from opsconsole.sources.kubernetes.watching.trust import Trust
from opsconsole.sources.kubernetes.watching.watched_cluster import WatchedCluster
from opsconsole.sources.kubernetes.workloads import workload_order
from opsconsole.sources.protocols import Health, ProbeCounterSource, Watched
from opsconsole.sources.together import together
from opsconsole.sources.wire import Answer, Wire

NAME = SourceName.KUBERNETES

WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

NEEDED = ((CORE, "pods"), (CORE, "events"), (APPS, "replicasets"))
"""Lists whose refusal is worth a word of `check`."""


class KubernetesSource(PodReading):
    """Reads the API server of `settings`: its URL, or what its kubeconfig and context lead to.

    `wire_of` opens the connection once it is known where to; `namespaces` of the settings bound every list. Every
    question lists; after `watch` the first one begins to watch, and all are answered from what is kept.
    """

    name = NAME

    def __init__(
        self,
        settings: KubernetesSettings,
        wire_of: Callable[[SourceSettings], Wire],
        clock: Clock,
        *,
        chance: random.Random | None = None,
        reached: Reached | None = None,
    ) -> None:
        """Raises `ConfigError` for a URL that is none. A kubeconfig is read at the first question.

        `reached` shares the credentials with others who talk to this API server.
        """
        self._settings = settings
        self._clock = clock
        self.access = ClusterAccess(settings, wire_of, clock, reached)
        chance = chance or random.Random()  # noqa: S311  - spreads attempts in time, guards nothing
        self._way = Way(NAME.value, self._connected, self._advised, clock, chance)
        self._watched: WatchedCluster | None = None
        self._probes = ProbeWatch()
        self._counters = CounterReader(self._connected, clock)
        self._known: tuple[Selection, tuple[Pod, ...]] | None = None

    # -- watching ----------------------------------------------------------------------------------

    def watch(self) -> None:
        """From the next question until `close` keep what is asked for up to date by watching.

        Called again it tries at once where it waits after a failure.
        """
        if self._watched is None:
            self._watched = self._cluster()
        self._watched.nudge()

    async def changed(self, what: Watched, seen: int) -> int:
        """Returns when the answer about `what` is of another version than `seen`: its version.

        Without `watch`, never returns.
        """
        cluster = self._watched or self._cluster()
        return await cluster.state.versions.changed(what, seen)

    # -- answers -----------------------------------------------------------------------------------

    async def pods(self, selection: Selection) -> Reading[PodList]:
        """Pods of the selection with their probes, in trouble first. One that did not change is the same object."""
        state, trust = await self._asked(Watched.PODS, selection.namespace)
        pods = _selected(state.pods_by_health(), selection)
        self._known = selection, pods
        return trust.reading(PodList(pods, trust.forbidden))

    async def changes(self, selection: Selection) -> Reading[ChangeList]:
        """Rollouts (new ReplicaSet revisions) and container restarts, newest first."""
        state, trust = await self._asked(Watched.CHANGES, selection.namespace)
        return trust.reading(ChangeList(state.changes(selection.namespace, selection.service)))

    async def workloads(self, selection: Selection) -> Reading[WorkloadList]:
        """Deployments, StatefulSets, DaemonSets and Jobs of the selection, in trouble first."""
        state, trust = await self._asked(Watched.WORKLOADS, selection.namespace)
        found = state.workloads(selection.namespace)
        kept = (one for one in found if selection.service is None or one.service == selection.service)
        return trust.reading(WorkloadList(tuple(sorted(kept, key=workload_order)), trust.forbidden))

    async def nodes(self) -> Reading[NodeList]:
        """All nodes, in trouble first."""
        state, trust = await self._asked(Watched.NODES, None)
        return trust.reading(NodeList(tuple(sorted(state.nodes(), key=node_order))))

    async def probe_counters(self, selection: Selection, metrics: ProbeCounterSource | None) -> Reading[ProbeCounters]:
        """The kubelet's counts of the probes of the selection's pods, those in trouble first, as far as one asks.

        What they tell is in the probes of `pods` from then on. Where nobody can tell the value says why.
        """
        try:
            if self._known is None or self._known[0] != selection:
                await self.pods(selection)
            pods = self._known[1] if self._known else ()
            reading = await self._counters.read(pods, metrics)
        except SourceError as error:
            return Reading(ProbeCounters(note=error.sentence))
        self._probes.learn(reading.value)
        if self._watched is not None:
            self._watched.state.learn(self._probes.stirred())
        return reading

    async def health(self) -> Health:
        """Version, who we are, and which of the lists the console needs are refused."""
        wire = await self._connected()
        answer = await wire.request("GET", "/version")
        return Health(
            source=self.name,
            url=safe_text(wire.url),
            version=safe_text(answer.decode(Version).git_version, 64),
            identity=await self._identity(wire),
            latency=answer.latency,
            clock_skew=answer.clock_skew,
            missing=await self._missing(wire),
        )

    async def close(self) -> None:
        """End watching and give back connections."""
        watched, self._watched = self._watched, None
        if watched is not None:
            await watched.stop()
        await self.access.close()

    # -- inside ------------------------------------------------------------------------------------

    def _cluster(self) -> WatchedCluster:
        return WatchedCluster(self._way, self._settings.namespaces, self._probes)

    async def _asked(self, what: Watched, namespace: SafeText | None) -> tuple[ClusterState, Trust]:
        watched = self._watched
        if watched is not None:
            return watched.state, await watched.watch(what, namespace)
        cluster = self._cluster()
        return cluster.state, await cluster.once(what, namespace)

    async def _connected(self) -> Wire:
        return await self.access.wire()

    def _advised(self, error: SourceError) -> SourceError:
        """The error to keep, without the frames it came through, and with better advice where there is some."""
        hint: str = error.hint
        if error.kind is ErrorKind.FORBIDDEN and not self._settings.namespaces:
            hint = "name the namespaces you may read as `namespaces`, or ask for read access"
        if error.kind is ErrorKind.UNAUTHORIZED and not self._settings.url:
            hint = "renew the credentials of this context in the kubeconfig"
        retry_after, status = error.retry_after, error.status
        return SourceError(error.kind, error.source, error.detail, hint=hint, retry_after=retry_after, status=status)

    async def _identity(self, wire: Wire) -> SafeText:
        """The user the server sees; before Kubernetes 1.28, which can't be asked, the settings' context."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            answer = await wire.request("POST", WHO_AM_I, json=body)
            return safe_text(answer.decode(SelfSubjectReview).status.user_info.username, 256)
        except SourceError:
            return safe_text(f"context {self._settings.context}" if self._settings.context else "", 256)

    async def _missing(self, wire: Wire) -> tuple[SafeText, ...]:
        places: tuple[str | None, ...] = self._settings.namespaces or (None,)
        questions = [(prefix, plural, place) for place in places for prefix, plural in NEEDED]
        answers = await together(_first_of(wire, *question) for question in questions)
        return tuple(
            safe_text(f"list {plural} in {place or 'all namespaces'}", 200)
            for (_, plural, place), answer in zip(questions, answers, strict=True)
            if isinstance(answer, SourceError)
        )


def _selected(pods: tuple[Pod, ...], selection: Selection) -> tuple[Pod, ...]:
    """Those of `pods` that the selection means, in their order."""
    namespace, service, name = selection.namespace, selection.service, selection.pod
    if namespace is None and service is None and name is None:
        return pods
    return tuple(
        pod
        for pod in pods
        if (namespace is None or pod.namespace == namespace)
        and (service is None or pod.service == service)
        and (name is None or pod.name == name)
    )


async def _first_of(wire: Wire, prefix: str, plural: str, place: str | None) -> Answer:
    query = Query(prefix, plural, msgspec.Raw)
    return await wire.request("GET", query.path(place), params={"limit": "1"}, headers={"Accept": METADATA_ONLY})
