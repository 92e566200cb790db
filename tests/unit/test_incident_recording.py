"""The timeline that writes itself: what is seen becomes events, once, whoever looks and how often."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from book_stage import BookStage
from incident_samples import note
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    ChangeKind,
    ChangeSeen,
    IncidentEvent,
    ProbeFlipped,
)
from opsconsole.domain.pod import Change, ChangeList, Container, Evidence, Pod, PodList, Probe, ProbeKind, ProbeState
from opsconsole.domain.pod import ChangeKind as ClusterChange
from opsconsole.domain.series import Severity
from opsconsole.domain.snapshot import Completeness, FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.incidents.book import Book
from opsconsole.incidents.protocols import StoreError
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


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


# -- alerts --------------------------------------------------------------------------------------


async def test_an_alert_that_clears_and_fires_again_is_told_with_the_times_of_the_source(scene: Scene) -> None:
    one = alert(began=scene.t0 - 240)
    book, recorder = await scene.begin(one)
    scene.show(alerts=[one])
    await scene.look(recorder)
    assert len(scene.told(AlertFired)) == 1
    scene.clock.turn_on(60)
    scene.show(alerts=[])
    await scene.look(recorder)
    await scene.look(recorder)
    cleared = scene.told(AlertCleared)
    assert [event.at for event in cleared] == [scene.t0 + 70]
    assert book.current is not None
    assert book.current.alerts[0].cleared_at == scene.t0 + 70
    again = alert(began=scene.t0 + 100)
    scene.clock.turn_on(60)
    scene.show(alerts=[again])
    await scene.look(recorder)
    await scene.look(recorder)
    assert [event.at for event in scene.told(AlertFired)] == [scene.t0 - 240, scene.t0 + 100]
    assert book.current.alerts[0].cleared_at is None
    assert scene.told(AlertFired)[0].origin == "alertmanager"


@pytest.mark.parametrize("state", [one for one in FeedState if one is not LIVE])
async def test_nothing_is_cleared_by_a_source_that_does_not_tell_all(scene: Scene, state: FeedState) -> None:
    _, recorder = await scene.begin(alert(began=scene.t0 - 240))
    scene.clock.turn_on(60)
    scene.show(state, alerts=[])
    await scene.look(recorder)
    assert scene.told(AlertCleared) == []


async def test_nothing_is_cleared_by_an_answer_that_lacks_something(scene: Scene) -> None:
    _, recorder = await scene.begin(alert(began=scene.t0 - 240))
    scene.clock.turn_on(60)
    scene.show(alerts=[], completeness=Completeness(1, 2))
    await scene.look(recorder)
    scene.seen["alerts"] = Snapshot(LIVE, None, None)
    await scene.look(recorder)
    assert scene.told(AlertCleared) == []


async def test_an_answer_from_before_the_alert_fired_does_not_clear_it(scene: Scene) -> None:
    scene.show(alerts=[])
    scene.clock.turn_on(20)
    _, recorder = await scene.begin(alert(began=scene.t0 + 15))
    await scene.look(recorder)
    assert scene.told(AlertCleared) == []


@pytest.mark.parametrize("state", [AlertState.SILENCED, AlertState.INHIBITED])
async def test_muted_is_not_cleared_and_pending_is(scene: Scene, state: AlertState) -> None:
    _, recorder = await scene.begin(alert(began=scene.t0 - 240))
    scene.clock.turn_on(60)
    scene.show(alerts=[alert(began=scene.t0 - 240, state=state)])
    await scene.look(recorder)
    assert scene.told(AlertCleared) == []
    scene.clock.turn_on(60)
    scene.show(alerts=[alert(began=scene.t0 + 100, state=AlertState.PENDING)])
    await scene.look(recorder)
    assert len(scene.told(AlertCleared)) == 1


async def test_new_alerts_of_the_services_join_and_others_do_not(scene: Scene) -> None:
    book, recorder = await scene.begin(alert(began=scene.t0 - 240))
    scene.show(
        FeedState.PARTIAL,
        alerts=[
            alert("LatencyHigh", began=scene.t0 + 5),
            alert("PodRestarts", began=scene.t0 - 600),
            alert("Old", began=scene.t0 - 86_400),
            alert("Quiet", began=scene.t0, state=AlertState.SILENCED),
            alert("Coming", began=scene.t0, state=AlertState.PENDING),
            alert("PoolWaiting", began=scene.t0, service="orders"),
            alert("ErrorRateHigh", began=scene.t0, fingerprint="elsewhere", namespace="staging"),
        ],
    )
    await scene.look(recorder)
    await scene.look(recorder)
    assert [str(event.what.name) for event in scene.told(AlertFired)] == ["PodRestarts", "ErrorRateHigh", "LatencyHigh"]
    assert book.current is not None
    assert len(book.current.alerts) == 3


async def test_the_same_alert_by_more_labels_is_the_same(scene: Scene) -> None:
    _, recorder = await scene.begin(alert(began=scene.t0 - 240, fingerprint="by-rule"))
    scene.clock.turn_on(60)
    scene.show(alerts=[alert(began=scene.t0 - 230, fingerprint="by-alertmanager", region="eu")])
    await scene.look(recorder)
    assert len(scene.told(AlertFired)) == 1
    assert scene.told(AlertCleared) == []


async def test_two_consoles_write_one_event(scene: Scene) -> None:
    one = alert(began=scene.t0 - 240)
    book, mine = await scene.begin(one)
    theirs = await scene.joined(book.current)
    rollout = change(ClusterChange.DEPLOY, scene.t0 - 90, "deploy checkout 1.15.0, revision 4", workload=True)
    scene.show(
        alerts=[one, alert("LatencyHigh", began=scene.t0, silenced_by=("s1",), state=AlertState.SILENCED)],
        changes=[rollout], pods=[pod()], workloads=[deployment(3)],
    )  # fmt: skip
    await scene.look(mine, theirs)
    scene.show(alerts=[], changes=[rollout], pods=[pod(ProbeState.PASSING)], workloads=[deployment(5)])
    await scene.look(mine)
    scene.show(alerts=[], changes=[rollout], pods=[pod(ProbeState.PASSING)], workloads=[deployment(5)])
    await scene.look(theirs)
    assert [len(scene.told(kind)) for kind in (AlertFired, AlertCleared, ProbeFlipped)] == [1, 1, 2]
    assert [event.what.kind for event in scene.told(ChangeSeen)] == [
        ChangeKind.ROLLOUT,
        ChangeKind.SILENCE,
        ChangeKind.SCALING,
    ]


async def test_an_alert_that_flaps_is_told_now_and_then(scene: Scene) -> None:
    _, recorder = await scene.begin(alert(began=scene.t0 - 240))
    for turn in range(200):
        scene.clock.turn_on(10)
        scene.show(alerts=[] if turn % 2 == 0 else [alert(began=scene.clock.now() - 5)])
        await scene.look(recorder, after=0.5)
    assert len(scene.told(AlertFired)) <= 6 + 200 * 11 // 600 + 1
    assert len(scene.told(AlertFired)) >= 6


# -- silences ------------------------------------------------------------------------------------


async def test_a_silence_is_told_when_it_is_set_and_when_it_is_over(scene: Scene) -> None:
    one = alert(began=scene.t0 - 240)
    _, recorder = await scene.begin(one)
    scene.show(alerts=[one])
    await scene.look(recorder)
    muted = alert(began=scene.t0 - 240, state=AlertState.SILENCED, silenced_by=("s1",))
    scene.show(alerts=[muted])
    await scene.look(recorder)
    scene.show(FeedState.PARTIAL, alerts=[one])
    await scene.look(recorder)
    scene.show(alerts=[one])
    await scene.look(recorder)
    assert [(str(event.what.target), str(event.what.words)) for event in scene.told(ChangeSeen)] == [
        ("silence s1", "set: ErrorRateHigh is muted"),
        ("silence s1", "over: ErrorRateHigh is heard again"),
    ]
    assert [event.at - scene.t0 for event in scene.told(ChangeSeen)] == [10, 30]


async def test_a_silence_from_before_is_in_force_and_one_whose_alerts_are_gone_tells_nothing(scene: Scene) -> None:
    muted = [
        alert(name, began=scene.t0 - 240, state=AlertState.SILENCED, silenced_by=("s1",)) for name in ("A", "B", "C")
    ]
    _, recorder = await scene.begin(muted[0])
    scene.show(alerts=muted)
    await scene.look(recorder)
    scene.show(alerts=[])
    await scene.look(recorder)
    assert [str(event.what.words) for event in scene.told(ChangeSeen)] == ["in force: A, B and 1 more are muted"]


# -- changes -------------------------------------------------------------------------------------


async def test_changes_of_the_hour_before_and_since_are_told_once(scene: Scene) -> None:
    book, recorder = await scene.begin(alert(began=scene.t0 - 240))
    scene.show(
        changes=[
            change(ClusterChange.DEPLOY, scene.t0 + 5, "deploy orders 2.1.0, revision 7", "orders", workload=True),
            change(ClusterChange.DEPLOY, scene.t0 - 300, "deploy checkout 1.15.0, revision 4", cause="pipeline 812",
                   workload=True),
            change(ClusterChange.RESTART, scene.t0 - 60, "checkout-1/app restarted (1 in all)",
                   cause="OOMKilled, exit code 137"),
            change(ClusterChange.DEPLOY, scene.t0 - 4000, "deploy checkout 1.14.0, revision 3", workload=True),
            change(ClusterChange.DEPLOY, scene.t0 - 60, "deploy checkout 9, revision 1", namespace="staging"),
            change(ClusterChange.JOB, scene.t0 - 60, "job backup started", "postgres"),
            change(ClusterChange.JOB, scene.t0 - 50, "job migrate started"),
        ]
    )  # fmt: skip
    await scene.look(recorder)
    await scene.look(recorder, await scene.joined(book.current))
    told = [(event.at - scene.t0, event.what) for event in scene.told(ChangeSeen)]
    assert [at for at, _ in told] == [-300, -60, -50, 5]
    rollout, restart = told[0][1], told[1][1]
    assert isinstance(rollout, ChangeSeen)
    assert isinstance(restart, ChangeSeen)
    assert (rollout.kind, rollout.target) == (ChangeKind.ROLLOUT, "deployment shop/checkout")
    assert rollout.words == "deploy checkout 1.15.0, revision 4 (pipeline 812)"
    assert restart.words == "checkout-1/app restarted (1 in all): OOMKilled, exit code 137"
    assert {event.origin for event in scene.told(ChangeSeen)} == {"kubernetes"}


async def test_a_rollout_whose_words_change_is_told_once(scene: Scene) -> None:
    _, recorder = await scene.begin(alert(began=scene.t0 - 240))
    for title in ("deploy checkout TIMEOUT changed, revision 4", "deploy checkout 1.15.0, revision 4"):
        scene.show(changes=[change(ClusterChange.DEPLOY, scene.t0 - 300, title, workload=True)])
        await scene.look(recorder)
    assert [event.what.words for event in scene.told(ChangeSeen)] == ["deploy checkout TIMEOUT changed, revision 4"]


async def test_what_happens_after_the_end_is_not_told_and_the_alerts_end_is(scene: Scene) -> None:
    one = alert(began=scene.t0 - 240)
    book, recorder = await scene.begin(one)
    scene.show(alerts=[one], pods=[pod(ProbeState.PASSING)])
    await scene.look(recorder)
    for state in ("started", "resolved"):
        await book.set_field(IncidentField.STATE, SafeText(state))
    scene.clock.turn_on(60)
    scene.show(
        alerts=[alert("LatencyHigh", began=scene.clock.now())],
        changes=[change(ClusterChange.DEPLOY, scene.clock.now(), "deploy checkout 1.16.0, revision 5")],
        pods=[pod()],
    )
    await scene.look(recorder)
    assert (scene.told(ChangeSeen), scene.told(ProbeFlipped), len(scene.told(AlertFired))) == ([], [], 1)
    assert len(scene.told(AlertCleared)) == 1


async def test_a_container_that_restarts_again_and_again_is_told_now_and_then(scene: Scene) -> None:
    _, recorder = await scene.begin()
    for count in range(1, 101):
        scene.clock.turn_on(30)
        title = f"checkout-1/app restarted ({count} in all)"
        scene.show(changes=[change(ClusterChange.RESTART, scene.clock.now(), title)])
        await scene.look(recorder, after=0.5)
    told = scene.told(ChangeSeen)
    assert 6 + 4 <= len(told) <= 6 + 6
    assert "(6 in all)" in told[5].what.words


async def test_another_number_of_replicas_is_a_scaling(scene: Scene) -> None:
    _, recorder = await scene.begin()
    scene.show(workloads=[deployment(3), deployment(1, "orders"), deployment(1, "web", "staging")])
    await scene.look(recorder)
    scene.show(
        workloads=[deployment(3), deployment(4, "orders"), deployment(4, "web", "staging"), deployment(9, "new")]
    )
    await scene.look(recorder)
    scene.show(FeedState.STALE, workloads=[deployment(0)])
    await scene.look(recorder)
    assert [(event.what.target, event.what.words) for event in scene.told(ChangeSeen)] == [
        ("deployment shop/orders", "scaled from 1 to 4")
    ]


# -- probes --------------------------------------------------------------------------------------


async def test_a_probe_that_flips_is_told_with_pod_container_and_when_it_began_to_fail(scene: Scene) -> None:
    _, recorder = await scene.begin()
    scene.show(pods=[pod(ProbeState.PASSING), pod(ProbeState.PASSING, name="orders-1", service="orders")])
    await scene.look(recorder)
    scene.clock.turn_on(50)
    failing = pod(
        failures=3, period=10.0, last_failure_at=scene.clock.now() - 4, last_failure=SafeText("HTTP 500 from /healthz")
    )
    scene.show(pods=[failing, pod(name="orders-1", service="orders")])
    await scene.look(recorder)
    await scene.look(recorder)
    (flip,) = scene.told(ProbeFlipped)
    what = flip.what
    assert isinstance(what, ProbeFlipped)
    assert (what.pod, what.container, what.probe, what.state) == (
        "checkout-1",
        "app",
        ProbeKind.LIVENESS,
        ProbeState.FAILING,
    )
    assert what.words == "HTTP 500 from /healthz; as events tells"
    assert flip.at == scene.t0 + 60 - 4 - 20
    for state in (ProbeState.UNKNOWN, ProbeState.SUSPENDED, ProbeState.FAILING):
        scene.show(pods=[pod(state)])
        await scene.look(recorder)
    scene.show(pods=[pod(ProbeState.PASSING)])
    await scene.look(recorder)
    assert [event.what.state for event in scene.told(ProbeFlipped)] == [ProbeState.FAILING, ProbeState.PASSING]


async def test_a_probe_that_fails_when_it_is_seen_first_is_told_once_whoever_begins_to_look(scene: Scene) -> None:
    book, recorder = await scene.begin()
    scene.show(pods=[pod()])
    await scene.look(recorder)
    await scene.look(await scene.joined(book.current), recorder)
    assert len(scene.told(ProbeFlipped)) == 1


async def test_a_container_that_only_just_starts_may_fail_its_probes(scene: Scene) -> None:
    _, recorder = await scene.begin()

    def young(kind: ProbeKind, state: ProbeState = ProbeState.FAILING, **facts: Any) -> Pod:
        one = pod(state, name=f"checkout-{kind.value}", kind=kind, **facts)
        container = msgspec.structs.replace(one.containers[0], started_at=scene.t0)
        return msgspec.structs.replace(one, containers=(container,))

    scene.show(pods=[young(ProbeKind.READINESS), young(ProbeKind.STARTUP, failures=1)])
    await scene.look(recorder)
    assert scene.told(ProbeFlipped) == []
    scene.show(pods=[young(ProbeKind.READINESS, ProbeState.PASSING), young(ProbeKind.STARTUP, failures=2)])
    await scene.look(recorder)
    assert scene.told(ProbeFlipped) == []
    scene.clock.turn_on(20)
    scene.show(pods=[young(ProbeKind.READINESS), young(ProbeKind.STARTUP, failures=3)])
    await scene.look(recorder)
    assert {str(event.what.pod) for event in scene.told(ProbeFlipped)} == {"checkout-readiness", "checkout-startup"}


async def test_an_old_answer_does_not_take_back_what_another_console_saw(scene: Scene) -> None:
    book, mine = await scene.begin()
    theirs = await scene.joined(book.current)
    scene.show(pods=[pod(ProbeState.PASSING)])
    old = dict(scene.seen)
    scene.clock.turn_on(30)
    scene.show(pods=[pod()])
    await scene.look(mine)
    scene.seen = old
    await scene.look(theirs)
    assert [event.what.state for event in scene.told(ProbeFlipped)] == [ProbeState.FAILING]


async def test_a_probe_that_flaps_is_counted_not_told_a_thousand_times(scene: Scene) -> None:
    _, recorder = await scene.begin()
    for turn in range(1000):
        scene.clock.turn_on(5)
        scene.show(pods=[pod(ProbeState.FAILING if turn % 2 == 0 else ProbeState.PASSING)])
        await scene.look(recorder, after=0.0)
    told = scene.told(ProbeFlipped)
    assert 6 + 6 <= len(told) <= 6 + 10
    assert "flips since it was told last" in told[-1].what.words
    assert "flips" not in told[0].what.words


async def test_flips_that_end_where_they_began_are_told_too(scene: Scene) -> None:
    _, recorder = await scene.begin()
    states = [ProbeState.FAILING, ProbeState.PASSING] * 5
    for state in states:
        scene.show(pods=[pod(state)])
        await scene.look(recorder)
    assert [event.what.state for event in scene.told(ProbeFlipped)] == states[:6]
    scene.clock.turn_on(700)
    scene.show(pods=[pod(ProbeState.PASSING)])
    await scene.look(recorder)
    await scene.look(recorder)
    told = scene.told(ProbeFlipped)
    assert len(told) == 7
    assert told[-1].what.words == "4 flips since it was told last; as events tells"


async def test_of_many_pods_with_the_same_trouble_some_are_told_one_by_one(scene: Scene) -> None:
    _, recorder = await scene.begin()
    scene.show(pods=[pod(name=f"checkout-{number:03}") for number in range(300)])
    await scene.look(recorder)
    await scene.look(recorder)
    told = scene.told(ProbeFlipped)
    assert len(told) == 21
    last = next(event.what for event in told if event.what.pod == "more pods of checkout")
    assert last.words == "280 more: checkout-020, checkout-021, checkout-022, …"


# -- the recorder --------------------------------------------------------------------------------


async def test_without_an_incident_nothing_is_read_or_written(scene: Scene) -> None:
    recorder = Recorder(Records(scene.store, scene.book()))
    scene.show(alerts=[alert(began=scene.t0)])
    scene.store.broken = StoreError("must not be asked")
    await scene.look(recorder)
    assert scene.store.written == []


async def test_what_could_not_be_written_is_written_by_the_next_look(scene: Scene) -> None:
    book, recorder = await scene.begin()
    scene.show(workloads=[deployment(3)])
    await scene.look(recorder)
    scene.show(workloads=[deployment(5)], pods=[pod()])
    scene.store.broken = StoreError("no space left")
    with pytest.raises(StoreError):
        await scene.look(recorder)
    scene.store.broken = None
    await book.write(note("disk freed"))
    await scene.look(recorder)
    assert [len(scene.told(kind)) for kind in (ChangeSeen, ProbeFlipped)] == [1, 1]


async def test_what_was_seen_of_one_incident_is_not_held_against_the_next(scene: Scene) -> None:
    book, recorder = await scene.begin()
    scene.show(workloads=[deployment(3)], pods=[pod()])
    await scene.look(recorder)
    await scene.begin()
    assert book.current is not None
    first = book.current.id
    await book.attach(None)
    second = await book.open([], title=SafeText("Again"), severity=IncidentSeverity.P3, services=[SafeText("checkout")])
    scene.show(workloads=[deployment(5)], pods=[pod()])
    await scene.look(recorder)
    assert [event.incident for event in scene.told(ProbeFlipped)] == [first, second.id]
    assert scene.told(ChangeSeen) == []
