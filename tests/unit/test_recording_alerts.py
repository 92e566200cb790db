"""Alerts and silences write themselves into the timeline, once, with the times of their source."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.domain.alert import AlertState
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    ChangeKind,
    ChangeSeen,
    ProbeFlipped,
)
from opsconsole.domain.pod import ChangeKind as ClusterChange
from opsconsole.domain.pod import ProbeState
from opsconsole.domain.snapshot import Completeness, FeedState, Snapshot
from recording_stage import LIVE, Scene, alert, change, deployment, pod


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
