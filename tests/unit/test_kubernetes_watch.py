"""Watching a cluster: what is shown, when, and how far it may be trusted when things go wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from fake_clock import settle
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.sources.protocols import Watched
from watched_api import ALL, WatchCase, WatchedApi, pod, until

SHOP = Selection(SafeText("prod"), namespace=SafeText("shop"))


@pytest.fixture
async def cases() -> AsyncIterator[Callable[..., WatchCase]]:
    made: list[WatchCase] = []

    def case(api: WatchedApi, namespaces: tuple[str, ...] = ()) -> WatchCase:
        made.append(WatchCase(api, namespaces))
        return made[-1]

    yield case
    for one in made:
        await one.source.close()


async def test_the_first_page_is_shown_before_the_list_is_whole(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod(f"p{number:04}") for number in range(1200)]))
    case.api.more_pages.clear()
    first = await case.pods()
    assert len(first.value.pods) == 500
    assert first.completeness.arriving
    assert not first.completeness.whole
    await until(lambda: "nodes" in case.api.streams)
    assert (await case.pods()).completeness.arriving
    case.api.more_pages.set()
    await until(lambda: "nodes" in case.api.streams and "pods" in case.api.streams)
    rest = await case.pods()
    assert len(rest.value.pods) == 1200
    assert rest.completeness.whole


async def test_other_kinds_wait_until_the_first_pods_are_there(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    assert case.api.asked[0].url.path == "/api/v1/pods"
    assert {request.url.path for request in case.api.asked[1:]} >= {"/api/v1/events", "/apis/apps/v1/replicasets"}


async def test_a_change_wakes_whoever_waits_and_leaves_the_other_pods_the_same_objects(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[pod("a"), pod("b")]))
    before = {one.name: one for one in (await case.whole()).value.pods}
    version = case.source._watched.state.versions.of(Watched.PODS)  # type: ignore[union-attr]
    case.api.put("pods", pod("b", phase="Failed", reason="Evicted", message="low on memory"))
    assert await case.source.changed(Watched.PODS, version) > version
    after = {one.name: one for one in (await case.pods()).value.pods}
    assert after["a"] is before["a"]
    assert (after["b"].trouble, after["b"].why) == ("Evicted", "low on memory")
    assert await case.names() == ["b", "a"]


async def test_a_pod_that_is_judged_anew_without_a_difference_stays_the_same_object(
    cases: Callable[..., WatchCase],
) -> None:
    fresh = pod("a", conditions=[{"type": "Ready", "status": "False"}])
    fresh["spec"]["containers"][0]["readinessProbe"]["initialDelaySeconds"] = 3600
    fresh["status"]["containerStatuses"][0]["ready"] = False
    case = cases(WatchedApi(pods=[fresh]))
    (before,) = (await case.whole()).value.pods
    await case.clock.advance(30)
    assert (await case.pods()).value.pods[0] is before


async def test_pods_come_and_go(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a"), pod("b")]))
    await case.whole()
    case.api.put("pods", pod("c"))
    case.api.delete("pods", "uid-a")
    await settle()
    assert await case.names() == ["b", "c"]


async def test_a_dropped_connection_is_resumed_from_the_last_version_without_a_list(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    case.api.put("pods", pod("b"))
    await settle()
    version = case.api.version
    case.api.break_off("pods")
    await settle()
    broken = await case.pods()
    assert broken.problem is not None
    assert broken.problem.kind is ErrorKind.UNREACHABLE
    assert [one.name for one in broken.value.pods] == ["a", "b"]
    await case.clock.advance(0.8)
    assert (await case.pods()).problem is None
    assert len(case.api.asked_of("pods", watch=False)) == 1
    assert case.api.asked_of("pods", watch=True)[-1].url.params["resourceVersion"] == str(version)


async def test_a_bookmark_moves_the_version_from_which_to_resume(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    first = case.api.asked_of("pods", watch=True)[-1]
    assert first.url.params["allowWatchBookmarks"] == "true"
    case.api.bookmark("pods")
    await settle()
    case.api.end("pods")
    await settle()
    assert case.api.asked_of("pods", watch=True)[-1].url.params["resourceVersion"] == str(case.api.version)


async def test_a_watch_that_ends_in_good_order_is_opened_again_at_once(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    await case.clock.advance(45)
    case.api.end("pods")
    await settle()
    assert len(case.api.asked_of("pods", watch=True)) == 2
    assert (await case.pods()).problem is None


async def test_a_server_that_ends_every_watch_at_once_is_not_asked_in_a_tight_loop(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    for opened in (1, 2):
        case.api.end("pods")
        await settle()
        assert len(case.api.asked_of("pods", watch=True)) == opened
        problem = (await case.pods()).problem
        assert problem is not None
        assert "ends every watch at once" in problem.sentence
        await case.clock.advance(0.8)


@pytest.mark.parametrize("way", ["status", "event"])
async def test_an_expired_version_lists_again_and_swaps_at_once(cases: Callable[..., WatchCase], way: str) -> None:
    case = cases(WatchedApi(pods=[pod(f"p{number:04}") for number in range(700)]))
    before = {one.name: one for one in (await case.whole()).value.pods}
    case.api.delete("pods", "uid-p0000", told=False)
    case.api.put("pods", pod("new"), told=False)
    case.api.put("pods", pod("p0001", phase="Failed", reason="Evicted"), told=False)
    case.api.more_pages.clear()
    if way == "status":
        case.api.watch_status = 410
        case.api.break_off("pods")
        await case.clock.advance(1)
        case.api.watch_status = 200
    else:
        case.api.say("pods", "ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "metadata": {}})
    await settle()
    while_listing = (await case.pods()).value.pods  # the old rows stay until the new list is whole
    assert {one.name: one for one in while_listing} == before
    case.api.more_pages.set()
    await until(lambda: len(case.api.asked_of("pods", watch=True)) >= 2 + (way == "status"))
    after = {one.name: one for one in (await case.pods()).value.pods}
    assert "p0000" not in after
    assert "new" in after
    assert after["p0500"] is before["p0500"]
    assert after["p0001"].trouble == "Evicted"
    assert (await case.pods()).problem is None


async def test_another_error_in_the_stream_is_told_and_ends_in_a_new_list(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    case.api.say("pods", "ERROR", {"kind": "Status", "code": 500, "message": "etcd is gone\x1b[2J", "metadata": {}})
    await settle()
    problem = (await case.pods()).problem
    assert problem is not None
    assert "etcd is gone" in problem.sentence
    assert "\x1b" not in problem.sentence
    await case.clock.advance(1)
    assert len(case.api.asked_of("pods", watch=False)) == 2
    assert (await case.pods()).problem is None


async def test_a_line_that_is_no_event_ends_in_a_new_list(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    case.api.newest("pods").send(b"<html>proxy</html>\n")
    await case.clock.advance(1)
    assert len(case.api.asked_of("pods", watch=False)) == 2


async def test_changes_may_arrive_in_any_pieces(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    lines = b"".join(json.dumps({"type": "ADDED", "object": pod(name)}).encode() + b"\n" for name in ("b", "c", "d"))
    case.api.newest("pods").send(*(lines[start : start + 7] for start in range(0, len(lines), 7)))
    await until(lambda: not case.api.newest("pods")._queue.qsize())
    await settle()
    assert sorted(await case.names()) == ["a", "b", "c", "d"]


async def test_silence_is_stale_and_says_since_when_the_server_was_heard(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    heard = case.clock.now()
    await case.clock.advance(59)
    assert (await case.pods()).problem is None
    await case.clock.advance(20)
    silent = await case.pods()
    assert silent.problem is not None
    assert silent.problem.kind is ErrorKind.TIMEOUT
    assert silent.as_of == heard
    case.api.bookmark("pods")
    await settle()
    assert (await case.pods()).problem is None


async def test_the_last_pods_stay_while_the_server_is_gone_and_it_is_tried_again_by_itself(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    case.api.down = True
    for plural in case.api.streams:
        case.api.break_off(plural)
    await case.clock.advance(600)
    gone = await case.pods()
    assert [one.name for one in gone.value.pods] == ["a"]
    assert gone.problem is not None
    assert gone.next_try is not None
    assert case.clock.now() <= gone.next_try <= case.clock.now() + 30
    assert (gone.as_of or 0) < case.clock.now() - 599
    case.api.down = False
    case.api.put("pods", pod("b"), told=False)
    await case.clock.advance(31)
    assert (await case.pods()).problem is None


async def test_a_server_that_was_never_there_is_an_error_until_it_comes(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    case.api.down = True
    with pytest.raises(SourceError) as caught:
        await case.pods()
    assert caught.value.kind is ErrorKind.UNREACHABLE
    case.api.down = False
    case.source.watch()
    await until(lambda: "nodes" in case.api.streams)
    assert await case.names() == ["a"]


async def test_waits_grow_to_half_a_minute_and_start_anew_after_two_calm_minutes(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    case.api.down = True
    case.api.break_off("pods")
    await case.clock.advance(300)
    attempts = len(case.api.asked_of("pods", watch=True)) - 1
    assert 12 <= attempts <= 60
    case.api.down = False
    await case.clock.advance(31)
    assert (await case.pods()).problem is None
    await case.clock.advance(44)
    case.api.bookmark("pods")
    await case.clock.advance(44)
    case.api.bookmark("pods")
    await case.clock.advance(44)
    opened = len(case.api.asked_of("pods", watch=True))
    case.api.break_off("pods")
    await case.clock.advance(0.9)
    assert len(case.api.asked_of("pods", watch=True)) == opened + 1


async def test_a_server_that_does_not_watch_is_listed_in_intervals_and_that_is_said(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    case.api.watch_status = 400
    await case.pods()
    await until(lambda: len(case.api.asked_of("pods", watch=True)) == 1)
    await settle()
    assert "does not watch pods: listed every 10 s" in " ".join((await case.pods()).completeness.notes)
    case.api.put("pods", pod("b"), told=False)
    await case.clock.advance(10.1)
    assert await case.names() == ["a", "b"]


async def test_a_cluster_that_may_not_be_listed_says_so_and_shows_the_selected_namespace_alone(
    cases: Callable[..., WatchCase],
) -> None:
    case = cases(WatchedApi(pods=[pod("a"), pod("x", "other")]))
    case.api.refused = {"/api/v1/pods": 403}
    with pytest.raises(SourceError) as caught:
        await case.pods()
    assert caught.value.kind is ErrorKind.FORBIDDEN
    assert "namespaces" in caught.value.hint
    mine = await case.pods(SHOP)
    assert [one.name for one in mine.value.pods] == ["a"]


async def test_namespaces_are_asked_one_by_one_and_those_that_refuse_are_named(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a"), pod("x", "other")]), ("shop", "other"))
    case.api.refused = {"/api/v1/namespaces/other/pods": 403}
    reading = await case.pods()
    assert [one.name for one in reading.value.pods] == ["a"]
    assert reading.value.forbidden == ("other",)
    assert (reading.completeness.got, reading.completeness.wanted) == (1, 2)
    assert "/api/v1/pods" not in {request.url.path for request in case.api.asked}


async def test_refused_events_leave_a_note(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    case.api.refused = {"/api/v1/events": 403, "/apis/apps/v1/replicasets": 403}
    await case.whole()
    await until(lambda: len(case.api.asked_of("nodes", watch=True)) == 1)
    assert (await case.pods()).completeness.notes == ("events: forbidden", "replicasets: forbidden")


async def test_nothing_is_asked_before_it_is_needed(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await settle()
    assert case.api.asked == []
    await case.whole()
    assert not case.api.asked_of("deployments", watch=False)
    await case.source.workloads(ALL)
    assert case.api.asked_of("deployments", watch=False)


async def test_a_fault_of_our_own_is_told_and_mended_by_a_refresh(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    case.api.break_off("pods", ZeroDivisionError("oops"))
    await settle()
    problem = (await case.pods()).problem
    assert problem is not None
    assert problem.kind is ErrorKind.INTERNAL
    case.source.watch()
    await settle()
    assert (await case.pods()).problem is None


async def test_closing_ends_all_watches(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    await case.source.close()
    streams = [stream for opened in case.api.streams.values() for _, stream in opened]
    assert streams
    assert all(stream.closed for stream in streams)


async def test_an_unauthorised_watch_is_told_and_taken_up_again(cases: Callable[..., WatchCase]) -> None:
    case = cases(WatchedApi(pods=[pod("a")]))
    await case.whole()
    case.api.watch_status = 401
    case.api.break_off("pods", httpx.ReadError("reset"))
    await case.clock.advance(1)
    problem = (await case.pods()).problem
    assert problem is not None
    assert problem.kind is ErrorKind.UNAUTHORIZED
    case.api.watch_status = 200
    await case.clock.advance(31)
    assert (await case.pods()).problem is None
