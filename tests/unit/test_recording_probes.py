"""Probes that flip write themselves into the timeline, bounded however often they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from opsconsole.domain.incident_event import (
    ProbeFlipped,
)
from opsconsole.domain.pod import Pod, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from recording_stage import Scene, pod


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


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
