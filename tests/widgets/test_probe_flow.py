"""The flow of a pod's probes: where it is now, and what comes next."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len

from hostile.corpus import HOSTILE
from opsconsole.domain.pod import Container, Evidence, Pod, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.widgets.glyphs import ASCII, UNICODE, Glyphs
from opsconsole.widgets.probe_flow import HEIGHT, Place, ProbeFlow, place_of, probe_flow
from widget_samples import NOW, PODS, pod, probe
from widget_stage import Stage, shown

FAILED = {"failures": 2, "last_failure": SafeText("statuscode: 500"), "last_failure_at": NOW - 2}
STARTED = probe(ProbeKind.STARTUP, ProbeState.PASSING)


def text(shown_pod: Pod, width: int = 60, glyphs: Glyphs = UNICODE) -> str:
    return "\n".join(line.plain for line in probe_flow(shown_pod, NOW, glyphs, width))


def changed(shown_pod: Pod, **values: object) -> Pod:
    (container,) = shown_pod.containers
    return msgspec.structs.replace(shown_pod, containers=(msgspec.structs.replace(container, **values),))


def live(state: ProbeState = ProbeState.FAILING, **more: object) -> Pod:
    return pod("checkout-1", STARTED, probe(ProbeKind.LIVENESS, state, **more))


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_a_failing_pod_says_count_next_time_and_who_told_at_every_width(width: int, glyphs: Glyphs) -> None:
    lines = [line.plain for line in probe_flow(PODS.pods[0], NOW, glyphs, width)]
    assert len(lines) <= HEIGHT
    assert all(cell_len(line) <= width for line in lines)
    said = "\n".join(lines)
    for part in (f"[failed {glyphs.about}2/3]", "restart in ~8s", "by events, an estimate", "grace 30s", "back-off"):
        assert part in said
    assert glyphs is UNICODE or said.isascii()


def test_the_place_is_told_by_brackets_and_by_weight() -> None:
    lines = probe_flow(live(**FAILED), NOW, UNICODE, 100)
    way = next(line for line in lines if "[" in line.plain)
    spans = [(way.plain[span.start : span.end], str(span.style)) for span in way.spans]
    assert [words for words, style in spans if "bold" in style and "[" in words] == ["[failed ≈2/3]"]


@pytest.mark.parametrize(
    ("shown_pod", "place", "says"),
    [
        (live(ProbeState.PASSING, failures=0), Place.LIVE, "passes"),
        (live(ProbeState.UNKNOWN, throttled=True), Place.LIVE, "not known: event-throttled"),
        (live(**FAILED), Place.COUNT, "restart in ~8s, and up to 30s to end"),
        (live(failures=3, killed_at=NOW - 4, grace=20.0), Place.GRACE, "ends within 16s, then restart"),
        (pod("a", probe(ProbeKind.STARTUP, ProbeState.UNKNOWN)), Place.STARTUP, "the other probes wait"),
        (pod("a", probe(ProbeKind.STARTUP, ProbeState.FAILING, **FAILED)), Place.COUNT, "restart in ~8s"),
        (
            changed(live(), state=SafeText("waiting"), reason=SafeText("CrashLoopBackOff"), back_off_until=NOW + 42.0),
            Place.BACK_OFF,
            "starts again in ~42s",
        ),
        (changed(live(), state=SafeText("terminated")), Place.RESTART, "has ended"),
    ],
)
def test_the_place_follows_from_the_state(shown_pod: Pod, place: Place, says: str) -> None:
    assert place_of(shown_pod.containers[0]) is place
    assert says in text(shown_pod)


def test_a_count_of_the_kubelets_own_is_no_estimate_and_says_when_it_was_read() -> None:
    said = text(live(**FAILED, as_of=NOW - 4))
    assert "≈" in said
    counted = live(**FAILED, as_of=NOW - 4)
    probes = tuple(msgspec.structs.replace(one, evidence=Evidence.COUNTER) for one in counted.containers[0].probes)
    said = text(changed(counted, probes=probes))
    assert "[failed 2/3]" in said
    assert "by prober_probe_total, read 4s ago" in said


def test_readiness_says_whether_the_pod_gets_traffic() -> None:
    failing = pod("a", probe(ProbeKind.READINESS, ProbeState.FAILING, **FAILED), in_endpoints=False)
    assert "ready ✘ ≈2/3 no traffic: out of its endpoints" in text(failing)
    passing = pod("a", probe(ProbeKind.READINESS, ProbeState.PASSING), in_endpoints=True)
    assert "ready ✔ gets traffic" in text(passing)
    assert "restarts only when the process ends" in text(passing)


def test_of_several_containers_the_worst_comes_first_and_the_others_can_be_seen() -> None:
    well, bad = live(ProbeState.PASSING), live(**FAILED)
    named: list[Container] = [
        msgspec.structs.replace(one.containers[0], name=SafeText(name)) for one, name in ((well, "proxy"), (bad, "app"))
    ]
    both = msgspec.structs.replace(bad, containers=tuple(named))
    assert text(both).startswith("app 1 of 2")
    other = probe_flow(both, NOW, UNICODE, 60, SafeText("proxy"))
    assert other[0].plain.startswith("proxy 2 of 2")


def test_a_pod_without_probes_says_what_that_means() -> None:
    assert "only sees whether the process runs" in text(pod("a"))


@pytest.mark.parametrize("evil", HOSTILE)
def test_what_a_probe_said_stays_text_in_its_line(evil: str) -> None:
    shown_pod = live(**{**FAILED, "last_failure": safe_text(evil)})
    lines = probe_flow(shown_pod, NOW, UNICODE, 60)
    assert all(cell_len(line.plain) <= 60 for line in lines)
    assert "\x1b" not in "".join(line.plain for line in lines)


async def test_the_widget_draws_the_pod_it_is_given_and_turns_to_the_next_container() -> None:
    widget = ProbeFlow()
    app = Stage(widget)
    two = live(**FAILED)
    proxy = msgspec.structs.replace(live(ProbeState.PASSING).containers[0], name=SafeText("proxy"))
    two = msgspec.structs.replace(two, containers=(*two.containers, proxy))
    async with app.run_test(size=(60, 12), notifications=True) as pilot:
        widget.show(two, NOW)
        await pilot.pause(0)
        assert any("[failed ≈2/3]" in line for line in shown(app))
        widget.turn()
        await pilot.pause(0)
        assert any("proxy 2 of 2" in line for line in shown(app))
        widget.show(None, NOW)
        await pilot.pause(0)
        assert not "".join(shown(app)).strip()
