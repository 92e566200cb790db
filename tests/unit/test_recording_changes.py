"""Rollouts, scalings and restarts write themselves into the timeline; and what the recorder itself does."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_samples import note
from opsconsole.domain.incident import IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    ChangeKind,
    ChangeSeen,
    ProbeFlipped,
)
from opsconsole.domain.pod import ChangeKind as ClusterChange
from opsconsole.domain.pod import ProbeState
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.recording.recorder import Recorder
from opsconsole.incidents.records import Records
from recording_stage import Scene, alert, change, deployment, pod


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


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
