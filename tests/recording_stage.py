"""What the feeds of consoles show, held against one record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from book_stage import BookStage
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.incident import Incident, IncidentSeverity
from opsconsole.domain.incident_event import (
    IncidentEvent,
)
from opsconsole.domain.pod import Change, ChangeList, Container, Evidence, Pod, PodList, Probe, ProbeKind, ProbeState
from opsconsole.domain.pod import ChangeKind as ClusterChange
from opsconsole.domain.series import Severity
from opsconsole.domain.snapshot import Completeness, FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.incidents.book import Book
from opsconsole.incidents.recording.alerts import fired
from opsconsole.incidents.recording.recorder import Recorder
from opsconsole.incidents.recording.sight import Sight
from opsconsole.incidents.records import Records

LIVE = FeedState.LIVE


def texts(labels: dict[str, str]) -> dict[SafeText, SafeText]:
    return {SafeText(name): SafeText(value) for name, value in labels.items()}


def alert(name: str = "ErrorRateHigh", *, began: float, service: str = "checkout",
          state: AlertState = AlertState.FIRING, fingerprint: str = "",
          silenced_by: tuple[str, ...] = (), **labels: str) -> Alert:  # fmt: skip
    return Alert(
        SafeText(fingerprint or f"fp-{name}-{service}"), SafeText(name), state, Severity.CRITICAL, began,
        texts({"alertname": name, "service": service, "namespace": "shop", **labels}),
        texts({"summary": "8 % of requests fail"}), receivers=(SafeText("oncall"),),
        silenced_by=tuple(SafeText(one) for one in silenced_by),
    )  # fmt: skip


def change(kind: ClusterChange, at: float, title: str, service: str = "checkout", *, namespace: str = "shop",
           cause: str = "", workload: bool = False) -> Change:  # fmt: skip
    ref = ObjectRef(Kind.DEPLOYMENT, SafeText(namespace), SafeText(service)) if workload else None
    return Change(at, kind, SafeText(namespace), SafeText(service), SafeText(title), SafeText(cause), ref, 3)


def pod(state: ProbeState = ProbeState.FAILING, *, name: str = "checkout-1", service: str = "checkout",
        kind: ProbeKind = ProbeKind.LIVENESS, **facts: Any) -> Pod:  # fmt: skip
    probe = Probe(kind, SafeText("GET /healthz"), state, Evidence.EVENTS, **facts)
    container = Container(SafeText("app"), SafeText("checkout:2"), True, 0, SafeText("running"), probes=(probe,))
    return Pod(
        SafeText(f"uid-{name}"), SafeText(name), SafeText("shop"), SafeText(service), SafeText("Running"), True, 0.0,
        (container,),
    )  # fmt: skip


def deployment(desired: int, name: str = "checkout", namespace: str = "shop") -> Workload:
    ref = ObjectRef(Kind.DEPLOYMENT, SafeText(namespace), SafeText(name), SafeText("uid"), SafeText(str(desired)))
    return Workload(ref, SafeText(name), desired, desired, desired, desired, RolloutState.DONE, SafeText(""))


class Scene(BookStage):
    """An incident about checkout that begins now, and consoles that look at what is set here."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: dict[str, Snapshot[Any]] = {}
        self.t0 = self.clock.now()

    async def begin(self, *alerts: Alert, services: Sequence[str] = ("checkout",)) -> tuple[Book, Recorder]:
        book = self.book()
        await book.open(
            [fired(one) for one in alerts],
            title=SafeText("Checkout fails"),
            severity=IncidentSeverity.P2,
            namespace=SafeText("shop"),
            services=[SafeText(one) for one in services],
        )
        return book, Recorder(Records(self.store, book))

    async def joined(self, incident: Incident | None) -> Recorder:
        """Another console on the same incident."""
        assert incident is not None
        book = self.book("sam@bastion")
        await book.attach(incident.id)
        return Recorder(Records(self.store, book))

    def show(self, state: FeedState = LIVE, *, completeness: Completeness | None = None, **values: object) -> None:
        """From now on the feeds say this; lists of changes, pods and workloads are made of what is given."""
        made = {"changes": ChangeList, "pods": PodList, "workloads": WorkloadList}
        for name, value in values.items():
            whole = made[name](tuple(value)) if name in made else tuple(value)  # type: ignore[call-overload]
            snapshot: Snapshot[Any] = Snapshot(state, whole, self.clock.now())
            if completeness is not None:
                snapshot = msgspec.structs.replace(snapshot, completeness=completeness)
            self.seen[name] = snapshot

    async def look(self, *recorders: Recorder, after: float = 10.0) -> None:
        self.clock.turn_on(after)
        for recorder in recorders:
            await recorder.look(Sight(**self.seen))

    @property
    def events(self) -> list[IncidentEvent]:
        return sorted(self.store.written, key=lambda one: one.at)

    def told(self, kind: type) -> list[IncidentEvent]:
        return [one for one in self.events if isinstance(one.what, kind)]
