"""The pods pane and how probes read."""

from __future__ import annotations

import msgspec
import pytest

from opsconsole.domain.pod import Evidence, PodList, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.names import image_tag, short_pod
from opsconsole.widgets.pod_list import EXPLAINED, PodListView
from opsconsole.widgets.probes import failures_text, probe_sign, restart_text
from widget_samples import FAILED, NOW, PODS, live, pod, probe
from widget_stage import Stage, screen_text, shown

LIVENESS = probe(ProbeKind.LIVENESS, ProbeState.FAILING, **FAILED)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (31, ["▌checkout-7d9f-abcde    ✔✘✘ ↻2", "▌  live ≈2/3 restart in ~8s"]),
        (40, ["▌checkout-7d9f8b6c5-abcde  S✔ R✘ L✘  ↻2", "▌  live ≈2/3 restart in ~8s HTTP probe…"]),
        (
            80,
            [
                "▌checkout-7d9f8b6c5-abcde S✔ R✘ L✘  ↻2 NotReady  3h03m",
                "▌  live ≈2/3 restart in ~8s HTTP probe failed with statuscode: 500 (events)",
            ],
        ),
        (
            120,
            [
                "▌checkout-7d9f8b6c5-abcde startup ✔ ready ✘ live ✘  ↻2 Error 137 NotReady  3h03m r42 v1.9.0",
                "▌  live ≈2/3 restart in ~8s HTTP probe failed with statuscode: 500 (events)",
            ],
        ),
    ],
)
async def test_a_pod_in_trouble_says_which_probe_fails_and_what_it_heard(width: int, expected: list[str]) -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        pods.show(live(PODS), now=NOW)
        await pilot.pause(0)
        assert shown(app)[:2] == expected


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_a_container_that_backs_off_is_not_said_to_be_due_for_a_restart(width: int) -> None:
    sick = pod("slow", probe(ProbeKind.STARTUP, ProbeState.FAILING, failures=3, last_failure_at=NOW - 60), ready=False)
    ended = msgspec.structs.replace(
        sick.containers[0], state=SafeText("waiting"), reason=SafeText("CrashLoopBackOff"), back_off_until=NOW + 185
    )
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        pods.show(live(PodList((msgspec.structs.replace(sick, containers=(ended,)),))), now=NOW)
        await pilot.pause(0)
        assert "startup ≈3/3 starts again in ~3m" in screen_text(app)
        assert "restart due" not in screen_text(app)


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_a_pod_without_a_failing_probe_repeats_the_clusters_own_words(width: int) -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        pods.show(live(PODS), now=NOW)
        await pilot.pause(0)
        assert "Pending" in screen_text(app)
        assert "0/3 nodes are available" in screen_text(app)
        assert "no access to pods in payments" in screen_text(app)
    assert pods.count_text == "2/4 ready"


async def test_the_usual_pane_names_probes_version_age_and_node_of_each_of_a_few_pods() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(36, 14), notifications=True) as pilot:
        pods.show(live(PODS), now=NOW)
        await pilot.pause(0)
        assert shown(app)[:3] == [
            "▌checkout-7d9f8b6c5-abcde S✔R✘L✘ ↻2",
            "▌  live ≈2/3 restart in ~8s",
            "▌  r42 v1.9.0  3h03m  node-3",
        ]


async def test_with_many_pods_in_trouble_each_keeps_to_one_line() -> None:
    many = PodList(tuple(pod(f"orders-{number}", LIVENESS, ready=False) for number in range(EXPLAINED + 1)))
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        pods.show(live(many), now=NOW)
        await pilot.pause(0)
        assert all("orders-" in line for line in shown(app))
        pods.show(live(PodList(many.pods[:EXPLAINED])), now=NOW)
        await pilot.pause(0)
        assert "statuscode: 500" in shown(app)[1]


async def test_the_cursor_keeps_its_pod_when_the_order_changes() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        pods.show(live(PODS), now=NOW)
        await pilot.press("down")
        pods.show(live(PodList(tuple(reversed(PODS.pods)))), now=NOW)
        await pilot.pause(0)
        assert pods.current == PODS.pods[1]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_every_state_of_a_probe_and_none_at_all_have_their_own_sign(glyphs) -> None:
    signs = {probe_sign(state, glyphs) for state in (*ProbeState, None)}
    assert len(signs) == 5


def test_a_count_is_an_estimate_unless_the_kubelets_counter_says_it() -> None:
    assert failures_text(LIVENESS, UNICODE) == "≈2/3"
    assert failures_text(msgspec.structs.replace(LIVENESS, evidence=Evidence.COUNTER), UNICODE) == "2/3"
    assert failures_text(msgspec.structs.replace(LIVENESS, failures=None), UNICODE) == ""


def test_the_time_to_the_restart_counts_remaining_failures_by_the_period() -> None:
    assert restart_text(LIVENESS, NOW) == "restart in ~8s"
    assert restart_text(msgspec.structs.replace(LIVENESS, failures=1), NOW) == "restart in ~18s"
    assert restart_text(LIVENESS, NOW + 60) == "restart due"
    assert restart_text(msgspec.structs.replace(LIVENESS, last_failure_at=None), NOW) == "restart after 1 more"
    assert restart_text(msgspec.structs.replace(LIVENESS, kind=ProbeKind.READINESS), NOW) == ""
    assert restart_text(msgspec.structs.replace(LIVENESS, state=ProbeState.PASSING), NOW) == ""


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (24, "checkout-7d9f8b6c5-abcde"),
        (23, "checkout-7d9f-abcde"),
        (18, "checkout-abcde"),
        (10, "…out-abcde"),
    ],
)
def test_a_pods_name_is_shortened_in_its_middle_first(width: int, expected: str) -> None:
    assert short_pod(SafeText("checkout-7d9f8b6c5-abcde"), width, UNICODE.cut) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("registry.example:5000/shop/checkout:v1.9.0", "v1.9.0"),
        ("registry.example:5000/shop/checkout", "latest"),
        ("checkout@sha256:0123456789abcdef", "sha256:01234567"),
        ("shop/checkout:v2@sha256:0123456789abcdef", "v2"),
    ],
)
def test_an_image_is_told_by_its_tag_or_digest(image: str, expected: str) -> None:
    assert image_tag(SafeText(image)) == expected


@pytest.mark.parametrize("width", [31, 40, 80, 120])
async def test_ascii_signs_are_enough(width: int) -> None:
    pods = PodListView(glyphs=ASCII)
    app = Stage(pods)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        pods.show(live(PODS), now=NOW)
        await pilot.pause(0)
        assert screen_text(app).isascii()


async def test_no_pods_says_what_may_help() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(40, 8), notifications=True) as pilot:
        pods.show(live(PodList(())), now=NOW)
        await pilot.pause(0)
        assert shown(app)[0] == " no pods here"
