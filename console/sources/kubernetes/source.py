"""Kubernetes as the console's source of pods, probes and changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import msgspec

from opsconsole.clock import Clock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.pod import ChangeList, PodList
from opsconsole.domain.scope import Selection
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.changes import REVISION, changes_of
from opsconsole.sources.kubernetes.kubeconfig import reached_by
from opsconsole.sources.kubernetes.listing import Listed, Query, listed
from opsconsole.sources.kubernetes.objects import (
    AnnotatedMetadata,
    EventObject,
    Page,
    PodObject,
    ReplicaSetObject,
    SelfSubjectReview,
    Version,
)
from opsconsole.sources.kubernetes.pods import domain_pods, service_of
from opsconsole.sources.kubernetes.probe_events import histories
from opsconsole.sources.protocols import Health
from opsconsole.sources.together import together
from opsconsole.sources.wire import Answer, Wire

NAME = SourceName.KUBERNETES

CORE = "/api/v1"
APPS = "/apis/apps/v1"
WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"
"""Asks for lists without spec and status (Kubernetes API concepts, "Metadata-only fetches")."""

REASONS = ("Unhealthy", "Killing")
"""Events that tell of probes; a field selector can't say "or"."""

T = TypeVar("T")


class Revised(msgspec.Struct, frozen=True):
    """A ReplicaSet's metadata alone."""

    metadata: AnnotatedMetadata


class KubernetesSource:
    """Reads the API server of `settings`: its URL, or what its kubeconfig and context lead to.

    `wire_of` opens the connection once it is known where to; `namespaces` of the settings bound every list.
    """

    name = NAME

    def __init__(self, settings: KubernetesSettings, wire_of: Callable[[SourceSettings], Wire], clock: Clock) -> None:
        """Raises `ConfigError` for a URL that is none. A kubeconfig is read at the first question."""
        self._settings = settings
        self._wire_of = wire_of
        self._clock = clock
        self._wire: Wire | None = wire_of(settings) if settings.url else None
        self._opening = asyncio.Lock()

    async def pods(self, selection: Selection) -> Reading[PodList]:
        """Pods of the selection with their probes, in trouble first."""
        wire = await self._connected()
        namespaces = self._namespaces(selection)
        events = tuple(
            Query(CORE, "events", Page[EventObject], {"fieldSelector": f"involvedObject.kind=Pod,reason={reason}"})
            for reason in REASONS
        )
        revisions = Query(APPS, "replicasets", Page[Revised], {}, METADATA_ONLY)
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(self._selected(wire, selection, namespaces))
            told = group.create_task(together(listed(wire, query, namespaces) for query in events))
            revised = group.create_task(together([listed(wire, revisions, namespaces)]))
        found = asked.result()
        if isinstance(found, SourceError):
            raise await self._refused(found)
        notes: list[SafeText] = []
        seen = [event for part in _parts(told.result(), "events", notes) for event in part.items]
        known = [item.metadata for part in _parts(revised.result(), "replicasets", notes) for item in part.items]
        by_uid = {metadata.uid: (metadata.annotations or {}).get(REVISION, "") for metadata in known}
        now = self._clock.now() + (found.clock_skew or 0.0)
        # Ten thousand pods take most of a second of Python, which a thread leaves the screen between.
        pods = await asyncio.to_thread(domain_pods, found.items, histories(seen), by_uid, now)
        return Reading(PodList(pods, found.forbidden), _completeness(found, notes))

    async def changes(self, selection: Selection) -> Reading[ChangeList]:
        """Rollouts (new ReplicaSet revisions) and container restarts, newest first."""
        wire = await self._connected()
        namespaces = self._namespaces(selection)
        rollouts = Query(APPS, "replicasets", Page[ReplicaSetObject], {})
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(self._selected(wire, selection, namespaces))
            told = group.create_task(together([listed(wire, rollouts, namespaces)]))
        found = asked.result()
        if isinstance(found, SourceError):
            raise await self._refused(found)
        notes: list[SafeText] = []
        replica_sets = [
            item
            for part in _parts(told.result(), "replicasets", notes)
            for item in part.items
            if selection.service is None or service_of(item.metadata) == selection.service
        ]
        changes = await asyncio.to_thread(changes_of, found.items, replica_sets)
        return Reading(ChangeList(changes), _completeness(found, notes))

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
        """Give back connections."""
        wire = self._wire
        if wire is not None:
            await wire.close()

    async def _selected(
        self, wire: Wire, selection: Selection, namespaces: tuple[str, ...]
    ) -> Listed[PodObject] | SourceError:
        params = {"fieldSelector": f"metadata.name={selection.pod}"} if selection.pod is not None else {}
        (found,) = await together([listed(wire, Query(CORE, "pods", Page[PodObject], params), namespaces)])
        if isinstance(found, SourceError) or selection.service is None:
            return found
        items = tuple(pod for pod in found.items if service_of(pod.metadata) == selection.service)
        return replace(found, items=items)

    def _namespaces(self, selection: Selection) -> tuple[str, ...]:
        return self._settings.namespaces if selection.namespace is None else (str(selection.namespace),)

    async def _connected(self) -> Wire:
        async with self._opening:
            if self._wire is None:
                try:
                    self._wire = self._wire_of(await asyncio.to_thread(reached_by, self._settings))
                except ConfigError as error:
                    raise SourceError(ErrorKind.CONFIGURATION, self.name.value, safe_text(error)) from error
                except ImportError as error:
                    detail = SafeText("the kubernetes package can't be imported")
                    raise SourceError(ErrorKind.UNSUPPORTED, self.name.value, detail) from error
            return self._wire

    async def _refused(self, error: SourceError) -> SourceError:
        """The error as it is, or with better advice. A token of a kubeconfig is read again after a 401."""
        if error.kind is ErrorKind.UNAUTHORIZED and not self._settings.url:
            wire, self._wire = self._wire, None
            if wire is not None:
                await wire.close()
        if error.kind is ErrorKind.FORBIDDEN and not self._settings.namespaces:
            hint = "name the namespaces you may read as `namespaces`, or ask for read access"
            return SourceError(error.kind, error.source, error.detail, hint=hint)
        if error.kind is ErrorKind.UNAUTHORIZED and not self._settings.url:
            hint = "renew the credentials of this context in the kubeconfig"
            return SourceError(error.kind, error.source, error.detail, hint=hint)
        return error

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
        questions = [
            (query, place)
            for place in places
            for query in (
                Query(CORE, "pods", Page[Revised], {}),
                Query(CORE, "events", Page[Revised], {}),
                Query(APPS, "replicasets", Page[Revised], {}),
            )
        ]
        answers = await together(_first_of(wire, query, place) for query, place in questions)
        return tuple(
            safe_text(f"list {query.plural} in {place or 'all namespaces'}", 200)
            for (query, place), answer in zip(questions, answers, strict=True)
            if isinstance(answer, SourceError)
        )


async def _first_of(wire: Wire, query: Query[Revised], place: str | None) -> Answer:
    headers = {"Accept": METADATA_ONLY}
    return await wire.request("GET", query.path(place), params={"limit": "1"}, headers=headers)


def _parts(answers: tuple[Listed[T] | SourceError, ...], what: str, notes: list[SafeText]) -> list[Listed[T]]:
    """The lists that arrived; what is lacking goes into `notes`."""
    parts: list[Listed[T]] = []
    for answer in answers:
        if isinstance(answer, SourceError):
            words = "forbidden" if answer.kind is ErrorKind.FORBIDDEN else answer.kind.value
            notes.append(SafeText(f"{what}: {words}"))
        else:
            parts.append(answer)
            notes.extend(answer.notes)
            notes.extend(SafeText(f"{what}: forbidden in {namespace}") for namespace in answer.forbidden)
    unique = dict.fromkeys(notes)
    notes[:] = unique
    return parts


def _completeness(found: Listed[PodObject], notes: list[SafeText]) -> Completeness:
    return Completeness(found.got, found.wanted, tuple(dict.fromkeys((*found.notes, *notes))))
