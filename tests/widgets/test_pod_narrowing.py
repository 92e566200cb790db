"""Pods narrowed by words and faults, grouped by workload, and lists of thousands."""

from __future__ import annotations

import msgspec
import pytest

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.pod import Pod, PodList, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.widgets import pod_facts
from opsconsole.widgets.glyphs import ASCII
from opsconsole.widgets.pod_facts import PodBook, last_end, searched_text, sentence_of, workload_of
from opsconsole.widgets.pod_list import PodListView
from opsconsole.widgets.pod_row import PodColumns
from opsconsole.widgets.pod_rows import PodRows
from opsconsole.widgets.text_filter import TextFilter
from widget_samples import NOW, PODS, live, pod, probe
from widget_stage import Stage, screen_text, shown

PASSING = probe(ProbeKind.READINESS, ProbeState.PASSING)


def many(count: int, *, broken: frozenset[int] = frozenset()) -> PodList:
    """Pods of workloads of ten; those `broken` stand first, as the source puts them."""
    pods = [
        pod(
            f"service-{number // 10}-7d9f8b6c5-{number:05d}",
            PASSING,
            ready=number not in broken,
            owner=SafeText(f"ReplicaSet/service-{number // 10}-7d9f8b6c5"),
            service=SafeText(f"service-{number // 10}"),
        )
        for number in range(count)
    ]
    return PodList(tuple(sorted(pods, key=lambda one: one.ready)))


def workload(name: str, desired: int, state: RolloutState = RolloutState.DONE, words: str = "") -> Workload:
    ref = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText(name))
    return Workload(ref, SafeText(name), desired, desired, 0, 0, state, SafeText(words))


@pytest.mark.parametrize(
    ("typed", "passes"),
    [
        ("", True),
        ("checkout", True),
        ("CHECKOUT node-3", True),
        ("checkout node-4", False),
        ("!redis", True),
        ("checkout !v1.9", False),
        ("!", True),
    ],
)
def test_words_must_be_there_and_words_after_an_exclamation_mark_must_not(typed: str, passes: bool) -> None:
    assert TextFilter.of(typed).passes(searched_text(PODS.pods[0])) is passes


async def test_the_list_shows_what_passes_and_counts_what_does_not() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 20)) as pilot:
        pods.show(live(PODS), now=NOW)
        pods.narrow("redis")
        await pilot.pause(0)
        assert "redis-0" in shown(app)[0]
        assert "checkout" not in shown(app)[0]
        assert pods.shown_text == "1 of 4 shown"
        pods.narrow("redis !redis")
        await pilot.pause(0)
        assert shown(app)[0] == " none of 4 pods matches"
        assert pods.shown_text == "0 of 4 shown"
        pods.narrow("")
        await pilot.pause(0)
        assert pods.shown_text == ""
        assert "checkout-7d9f8b6c5-abcde" in screen_text(app)


async def test_faults_alone_leave_out_what_is_well() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 20)) as pilot:
        pods.show(live(PODS), now=NOW)
        pods.show_faults(True)
        await pilot.pause(0)
        assert "fghij" not in screen_text(app)
        assert "qqqqq" in screen_text(app)
        assert pods.shown_text == "2 of 4 shown"
        pods.show(live(many(3)), now=NOW)
        await pilot.pause(0)
        assert shown(app)[0] == " none of 3 pods with something wrong is here"


async def test_a_filter_holds_for_pods_that_come_later() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 12)) as pilot:
        pods.show(live(many(10)), now=NOW)
        pods.narrow("00007")
        pods.show(live(many(30)), now=NOW)
        assert pods.shown_text == "1 of 30 shown"
        pods.narrow("0000")
        assert pods.shown_text == "10 of 30 shown"
        pods.show(live(many(5)), now=NOW)
        await pilot.pause(0)
        assert pods.shown_text == "5 of 5 shown"


@pytest.mark.parametrize(
    ("owner", "labels", "kind", "name"),
    [
        ("ReplicaSet/checkout-7d9f8b6c5", {}, "Deployment", "checkout"),
        ("ReplicaSet/checkout-abc", {"pod-template-hash": "abc"}, "Deployment", "checkout"),
        ("ReplicaSet/checkout", {}, "ReplicaSet", "checkout"),
        ("StatefulSet/redis", {}, "StatefulSet", "redis"),
        ("", {}, "", ""),
    ],
)
def test_a_replica_sets_pods_belong_to_its_deployment(owner: str, labels: dict[str, str], kind: str, name: str) -> None:
    one = msgspec.structs.replace(PODS.pods[0], owner=SafeText(owner), labels=labels)
    found = workload_of(one)
    assert (found.kind, found.name) == (kind, name)


async def test_headings_tell_ready_of_desired_versions_troubles_and_the_rollout() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(120, 20)) as pilot:
        pods.show(live(PODS), now=NOW)
        pods.group(True)
        await pilot.pause(0)
        assert shown(app)[0].startswith(" ▾ checkout 2/4 ready  NotReady ×1, Pending ×1  r42 v1.9.0  Deployment")
        pods.know(WorkloadList((workload("checkout", 6, RolloutState.STUCK, "2 of 6 replicas updated"),)))
        await pilot.pause(0)
        assert "2/6 ready" in shown(app)[0]
        assert "2 of 6 replicas updated" in shown(app)[0]


async def test_a_workload_folds_away_and_its_pods_come_back() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 20)) as pilot:
        pods.show(live(many(20)), now=NOW)
        pods.group(True)
        await pilot.press("home", "down", "down", "space")
        await pilot.pause(0)
        assert shown(app)[0].startswith("▌▸ service-0 10/10 ready")
        assert shown(app)[1].startswith(" ▾ service-1")
        assert pods.current is None
        assert pods.selected is not None
        assert pods.selected.name.startswith("service-0")
        await pilot.press("right")
        await pilot.pause(0)
        assert "service-0-7d9f8b6c5-00000" in shown(app)[1]


async def test_of_many_pods_only_workloads_with_faults_start_unfolded() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 30)) as pilot:
        pods.group(True)
        pods.show(live(many(100, broken=frozenset({55}))), now=NOW)
        await pilot.pause(0)
        assert "▾ service-5 9/10 ready" in shown(app)[0]
        assert sum("▸" in line for line in shown(app)) == 9
        # What heals stays as it is.
        pods.show(live(many(100)), now=NOW)
        await pilot.pause(0)
        assert sum("▾" in line for line in shown(app)) == 1


async def test_a_heading_speaks_of_all_pods_of_its_workload_however_few_are_shown() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 30)) as pilot:
        pods.show(live(many(100, broken=frozenset({55}))), now=NOW)
        pods.group(True)
        pods.narrow("00042")
        await pilot.pause(0)
        # The one that was looked for is in sight, though its workload is well and was folded.
        assert "service-4 10/10 ready" in shown(app)[0]
        assert "00042" in shown(app)[1]
        assert shown(app)[2] == ""
        await pilot.press("home", "space")
        await pilot.pause(0)
        assert shown(app)[1] == ""
        pods.narrow("")
        pods.show_faults(True)
        await pilot.pause(0)
        assert "service-5 9/10 ready" in shown(app)[0]
        assert "00055" in shown(app)[1]


async def test_the_cursor_keeps_its_pod_through_regrouping_narrowing_and_changes() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(80, 20)) as pilot:
        pods.show(live(many(30)), now=NOW)
        await pilot.press(*["down"] * 17)
        chosen = pods.current
        assert chosen is not None
        pods.group(True)
        assert pods.current == chosen
        pods.narrow("service-1")
        assert pods.current == chosen
        pods.group(False)
        pods.narrow("")
        pods.show(live(many(30, broken=frozenset({29}))), now=NOW)
        await pilot.pause(0)
        assert pods.current == chosen


async def test_a_pod_of_another_namespace_says_so() -> None:
    other = pod("checkout-1", namespace=SafeText("stage"))
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(120, 20)) as pilot:
        pods.show(live(PodList((*PODS.pods, other))), now=NOW)
        await pilot.pause(0)
        assert any("stage" in line for line in shown(app))
        pods.group(True)
        await pilot.pause(0)
        assert "shop/checkout" in screen_text(app)
        assert "stage/checkout" in screen_text(app)


async def test_wide_rows_tell_how_it_ended_why_and_since_when_and_where_it_runs() -> None:
    sick = pod(
        "checkout-7d9f8b6c5-abcde",
        ready=False,
        restarts=3,
        reason=SafeText("OOMKilled"),
        why=SafeText("app used 256Mi of 256Mi"),
        since=NOW - 250,
    )
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(200, 40)) as pilot:
        # With more in trouble than are explained, the sentence stands in the row itself.
        crowd = tuple(msgspec.structs.replace(sick, uid=SafeText(f"u{number}")) for number in range(25))
        pods.show(live(PodList(crowd)), now=NOW)
        await pilot.pause(0)
        row = shown(app)[0]
        for part in ("↻3 Error 137", "OOMKilled", "4m", "app used 256Mi of 256Mi", "3h03m", "r42 v1.9.0", "node-3"):
            assert part in row
        assert "ReplicaSet/checkout-7d9f8b6c5" in row


async def test_ages_stand_below_each_other_whether_a_pod_is_explained_or_not() -> None:
    pods = PodListView()
    app = Stage(pods)
    async with app.run_test(size=(120, 20)) as pilot:
        pods.show(live(PODS), now=NOW)
        await pilot.pause(0)
        rows = [line for line in shown(app) if "3h03m" in line]
        assert len({line.index("3h03m") for line in rows}) == 1
        assert len(rows) == 4


def test_a_pod_that_is_well_has_no_sentence() -> None:
    well = pod("a", PASSING, restarts=4)
    assert sentence_of(well) == ""
    assert last_end(well) == "Error 137"


def test_the_book_counts_as_if_it_saw_every_list_for_the_first_time() -> None:
    book = PodBook()
    lists = [many(50), many(50, broken=frozenset({3, 30})), many(20), PodList(()), PODS, many(50)]
    for value in (*lists, *reversed(lists)):
        book.take(value.pods)
        anew = PodBook()
        anew.take(value.pods)
        for name in ("ready", "faulty", "explainable"):
            assert getattr(book, name) == getattr(anew, name)
        for name in ("name_cells", "restarts", "trouble_cells", "since"):
            assert book.widest(name) == anew.widest(name)
        assert set(book.namespaces) == set(anew.namespaces)


def test_unchanged_pods_are_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counting(one: Pod) -> str:
        looked.append(one.name)
        return searched_text(one)

    monkeypatch.setattr(pod_facts, "searched_text", counting)
    book = PodBook()
    before = many(1000).pods
    book.take(before)
    book.narrow(TextFilter.of("service"))
    assert len(looked) == 1000
    changed = list(before)
    changed[400] = msgspec.structs.replace(changed[400], ready=False)
    book.take((changed.pop(400), *changed))
    assert len(looked) == 1001


def test_rows_of_differing_heights_are_found_by_line_and_by_key() -> None:
    pods = many(10).pods
    rows = PodRows(pods, PodColumns(10), explained=(0, 3))
    assert [rows.start_of(index) for index in range(10)] == [0, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert rows.line_count == 12
    starts = [index for index in range(10) for _ in range(rows[index].height)]
    assert [rows.index_at(line) for line in range(12)] == starts
    assert rows.index_of(pods[7].uid) == 7
    assert rows.index_of("nobody") is None


async def test_ascii_signs_are_enough_for_groups() -> None:
    pods = PodListView(glyphs=ASCII)
    app = Stage(pods)
    async with app.run_test(size=(80, 20)) as pilot:
        pods.show(live(PODS), now=NOW)
        pods.group(True)
        await pilot.pause(0)
        assert screen_text(app).isascii()
