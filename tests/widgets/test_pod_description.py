"""A pod described: what is wrong first."""

from __future__ import annotations

from datetime import UTC

import pytest

from hostile.corpus import HOSTILE
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.pod import ProbeKind, ProbeState
from opsconsole.domain.pod_description import (
    DescribedCondition,
    DescribedContainer,
    DescribedEvent,
    DescribedState,
    PodDescription,
)
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.widgets.container_log import ContainerLog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.details.pod_description import pod_description
from opsconsole.widgets.glyphs import ASCII, UNICODE, Glyphs
from widget_samples import FAILED, NOW, pod, probe
from widget_stage import Stage, screen_text

S = SafeText
REF = ObjectRef(Kind.POD, S("shop"), S("checkout-1-abcde"), S("u1"), S("42"))


def described(**more: object) -> PodDescription:
    values: dict[str, object] = {
        "ref": REF,
        "phase": S("Running"),
        "events": (
            DescribedEvent(
                True, S("BackOff"), S("Back-off restarting"), 7, NOW - 300, NOW - 60, S("kubelet"), S("app")
            ),
        ),
        "conditions": (
            DescribedCondition(S("Initialized"), S("True"), since=NOW - 900),
            DescribedCondition(S("Ready"), S("False"), S("ContainersNotReady"), since=NOW - 60),
            DescribedCondition(S("DisruptionTarget"), S("False")),
        ),
        "containers": (
            DescribedContainer(
                S("app"),
                S("container"),
                S("shop/checkout:v1"),
                restarts=4,
                state=DescribedState(S("waiting"), S("CrashLoopBackOff"), S("back-off 40s")),
                last_state=DescribedState(
                    S("terminated"), S("OOMKilled"), exit_code=137, started=NOW - 120, finished=NOW - 60
                ),
                resources=((S("memory"), S("128Mi requested, 256Mi limit")),),
                probes=((S("liveness"), S("GET /healthz:8080, every 10s")),),
                environment=((S("A"), S("1")), (S("B"), S("2"))),
            ),
        ),
        "owners": (S("ReplicaSet checkout-1"), S("Deployment checkout")),
        "created": NOW - 900,
        **more,
    }
    return PodDescription(**values)  # type: ignore[arg-type]


def page(told: PodDescription, known: bool = True, glyphs: Glyphs = UNICODE) -> str:
    sick = pod("a", probe(ProbeKind.LIVENESS, ProbeState.FAILING, **FAILED), ready=False, restarts=4, since=NOW - 250)
    lines = pod_description(told, sick if known else None, now=NOW, zone=UTC, glyphs=glyphs)
    return "\n".join(line.plain for line in lines)


def test_what_is_wrong_comes_first_then_events_then_what_the_pod_is() -> None:
    text = page(described())
    order = ("trouble", "BackOff ×7 in 4m app: Back-off restarting", "✘ Ready False for 1m", "container app", "owner")
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert text.index("Ready False") < text.index("Initialized True")
    assert "✔ DisruptionTarget False" in text


def test_a_container_tells_how_it_ended_its_limits_and_what_the_list_knows_of_its_probes() -> None:
    text = page(described())
    for part in (
        "waiting CrashLoopBackOff",
        "back-off 40s",
        "terminated OOMKilled, exit code 137 (signal 9), after 1m",
        "128Mi requested, 256Mi limit",
        "✘ failing ≈2/3 restart in ~8s  GET /healthz:8080, every 10s (events)",
        "HTTP probe failed with statuscode: 500",
        "A = 1",
        "ReplicaSet checkout-1 ▸ Deployment checkout",
    ):
        assert part in text


def test_a_probe_that_passes_again_says_when_it_failed_last() -> None:
    well = pod(
        "a", probe(ProbeKind.LIVENESS, ProbeState.PASSING, last_failure=S("code 500"), last_failure_at=NOW - 130)
    )
    lines = pod_description(described(), well, now=NOW, zone=UTC, glyphs=UNICODE)
    (said,) = [line for line in lines if "code 500" in line.plain]
    assert said.plain.strip() == "failed 2m ago: code 500"
    assert "failing" not in said.markup


def test_without_the_list_the_probes_stand_as_specified() -> None:
    assert "liveness      GET /healthz:8080, every 10s" in page(described(), known=False)


def test_a_pod_that_ends_and_one_without_events_say_so() -> None:
    text = page(described(events=(), deleting=NOW - 100, missing=(S("its events: forbidden to these credentials"),)))
    assert "told to end" in text
    assert "events (0)" in text
    assert "not read      its events: forbidden" in text


def test_ascii_signs_are_enough() -> None:
    assert page(described(), glyphs=ASCII).isascii()


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
async def test_whatever_a_pod_says_or_writes_is_read_and_never_obeyed(raw: str) -> None:
    text = safe_text(raw)
    state = DescribedState(text, text, text, 1, NOW, NOW)
    pairs = ((text, text),)
    told = described(
        phase=text,
        events=(DescribedEvent(True, text, text, 2, NOW, NOW, text, text),),
        conditions=(DescribedCondition(text, text, text, text, NOW),),
        containers=(
            DescribedContainer(
                text, text, text, text, text, text, False, None, 1, state, state, (text,), pairs, pairs, pairs, pairs
            ),
        ),
        owners=(text,),
        facts=pairs,
        labels=pairs,
        missing=(text,),
    )
    view, log = DetailView(), ContainerLog()
    app = Stage(view, beside=log)
    async with app.run_test(size=(80, 60), notifications=True) as pilot:
        view.show(pod_description(told, None, now=NOW, zone=UTC, glyphs=UNICODE))
        log.take([ContainerLine(NOW, text, LogLevel.ERROR, text, text, text)])
        log.look_as(log.look)
        log.say()
        await pilot.press("down", "up", "end", "home")
        await pilot.pause(0)
        assert all(char.isprintable() or char == "\n" for char in screen_text(app))
