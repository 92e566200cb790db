"""The pods pane and what opens from it, in the whole console."""

from __future__ import annotations

import msgspec
import pytest
from console_case import ConsoleCase, console

from opsconsole.domain.container_log import ContainerLine, LogBatch, LogRequest, LogState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.pod import Container, PodList, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.screens.container_log_view import ContainerLogView, told_first
from opsconsole.screens.page_view import DescribeView, ManifestView
from opsconsole.widgets.pod_list import PodRowList
from still_sources import backends
from widget_samples import NOW, PODS, pod, probe

APP = SafeText("app")
SIZES = [(120, 40), (80, 24)]


def lines(*texts: str, container: SafeText = APP) -> tuple[ContainerLine, ...]:
    return tuple(
        ContainerLine(NOW - 60 + place, container, LogLevel.UNKNOWN, SafeText(text)) for place, text in enumerate(texts)
    )


def asked_logs(case: ConsoleCase) -> list[LogRequest]:
    return [about for question, about in case.backends.workloads.asked if isinstance(about, LogRequest)]


async def drawn(case: ConsoleCase, words: str) -> str:
    """The screen once it has `words`; views that read draw four times a second at most."""
    for _ in range(200):
        if words in (text := await case.settled()):
            return text
    raise AssertionError(f"{words!r} never appeared in\n{case.text}")


@pytest.mark.parametrize("size", SIZES)
async def test_words_typed_narrow_the_pods_and_escape_brings_them_back(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        await case.press("5", "f", "slash")
        text = await case.screen_after(*"redis")
        assert "redis-0" in text
        assert "fghij" not in text
        assert "1 of 4 shown" in text
        # Letters were words, not keys; Enter gives the keys back and keeps the words.
        text = await case.screen_after("enter")
        assert "1 of 4 shown" in text
        text = await case.screen_after("escape")
        assert "fghij" in text
        assert case.screen.focused_pane is not None
        # The next Esc goes on where it always went.
        await case.press("escape")
        assert "1 Alerts" in case.text


async def test_escape_while_typing_takes_the_words_away() -> None:
    async with console() as case:
        await case.press("5", "slash", *"redis")
        text = await case.screen_after("escape")
        assert "shown" not in text
        assert "2/4 ready" in text
        await case.press("F")
        assert "2 of 4 shown" in case.text
        await case.press("escape")
        assert "faults ·" not in case.text
        assert "fghij" in case.text


async def test_pods_are_grouped_and_a_workload_folds_with_enter() -> None:
    async with console() as case:
        text = await case.screen_after("5", "f", "g")
        assert "checkout 2/4 ready" in text
        text = await case.screen_after("home", "enter")
        assert "▸ checkout 2/4 ready" in text
        assert "fghij" not in text
        await case.press("enter")
        assert "fghij" in case.text


@pytest.mark.parametrize("size", SIZES)
async def test_a_pod_is_described_with_its_events_first(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        text = await case.screen_after("5", "d")
        assert isinstance(case.app.screen, DescribeView)
        assert "Liveness probe failed: 500" in text
        assert text.index("events (1)") < text.index("conditions")
        assert "read at 14:12:00" in text
        await case.press("escape")
        assert case.app.screen is case.screen


async def test_of_several_containers_each_has_its_probes_shown_in_turn() -> None:
    two = pod("duo", probe(ProbeKind.LIVENESS, ProbeState.FAILING, failures=1))
    first = two.containers[0]
    proxy = msgspec.structs.replace(
        first, name=SafeText("proxy"), probes=(probe(ProbeKind.LIVENESS, ProbeState.PASSING),)
    )
    told = backends()
    told.workloads.pod_list = PodList((msgspec.structs.replace(two, containers=(first, proxy)),))
    async with console(told=told) as case:
        assert "app 1 of 2" in await case.screen_after("5", "f")
        assert "proxy 2 of 2" in await case.screen_after("c")
        assert "app 1 of 2" in await case.screen_after("c")


async def test_one_container_has_no_next_one() -> None:
    async with console() as case:
        assert "no other container with probes" in await case.screen_after("5", "f", "c")


async def test_the_cursor_stays_on_the_worst_pod_until_somebody_moves_it() -> None:
    first, second, *others = PODS.pods
    told = backends()
    async with console(told=told) as case:
        told.workloads.pod_list = PodList((second, first, *others))
        await case.press("R")
        await case.press("r")
        assert str(second.name) in case.text.split("Restart", 1)[1].splitlines()[0]
        await case.press("escape", "5", "down", "1")
        told.workloads.pod_list = PodList((second, *others, first))
        await case.press("R")
        held = case.screen.query_one(PodRowList).cursor_key
        assert held == first.uid


async def test_a_description_that_fails_says_why_and_keeps_what_was_read() -> None:
    async with console() as case:
        await case.press("5", "d")
        case.backends.workloads.failing = SourceError(ErrorKind.NOT_FOUND, "kubernetes", SafeText("pods gone"))
        text = await case.screen_after("R")
        assert "pods gone" in text
        assert "Liveness probe failed" in text


async def test_words_are_found_in_a_page() -> None:
    told = backends()
    told.workloads.manifest_lines = tuple(SafeText(f"line{number}: {number}") for number in range(200))
    async with console(told=told, size=(80, 24)) as case:
        await case.press("5", "Y")
        assert isinstance(case.app.screen, ManifestView)
        assert "line0: 0" in case.text
        await case.press("slash", *"line150:")
        text = await case.screen_after("enter")
        assert "line150: 150" in text
        await case.press("slash", *"xyz")
        assert "no such words here" in case.text
        await case.press("escape", "m")
        assert told.workloads.asked[-1][0] == "manifest"
        assert told.workloads.asked[-1][1][1] is True


@pytest.mark.parametrize("size", SIZES)
async def test_the_log_of_a_pod_is_followed_filtered_and_left(size: tuple[int, int]) -> None:
    told = backends()
    told.workloads.log_batches = {
        APP: (
            LogBatch(APP, LogState.OPENING),
            LogBatch(APP, LogState.FOLLOWING, lines("starts", "pool wait timeout", "retry")),
            LogBatch(APP, LogState.WAITING, words=SafeText("container app is waiting to start: CrashLoopBackOff")),
        )
    }
    async with console(told=told, size=size) as case:
        await case.press("5", "O")
        assert isinstance(case.app.screen, ContainerLogView)
        text = await drawn(case, "CrashLoopBackOff")
        assert "pool wait timeout" in text
        assert "3 lines" in text
        assert asked_logs(case)[-1] == LogRequest(SafeText("shop"), PODS.pods[0].name, APP, tail=500)
        text = await case.screen_after("slash", *"pool !retry")
        assert "starts" not in text
        assert "1 of 3 lines" in text
        await case.press("escape")
        assert "starts" in case.text
        await case.press("escape")
        assert case.app.screen is case.screen


async def test_a_key_asks_for_another_window_of_the_log() -> None:
    windows: tuple[tuple[str, dict[str, object]], ...] = (
        ("2", {"since": 60}),
        ("6", {"since": 3600}),
        ("1", {"head": 2000, "follow": False}),
        ("0", {"tail": 500}),
        ("p", {"tail": 500, "previous": True, "follow": False}),
    )
    async with console() as case:
        await case.press("5")
        for key, expected in windows:
            await case.press("O")
            before = len(asked_logs(case))
            await case.press(key)
            asked = asked_logs(case)[before:]
            assert asked == [LogRequest(SafeText("shop"), PODS.pods[0].name, APP, **expected)], key
            await case.press("escape")
            assert case.app.screen is case.screen, key


async def test_all_containers_are_read_at_once_and_each_by_itself() -> None:
    app, proxy = PODS.pods[0].containers[0], SafeText("proxy")
    both = (app, Container(proxy, SafeText("p"), True, 0, SafeText("running")))
    told = backends()
    told.workloads.pod_list = PodList((pod("checkout-7d9f8b6c5-abcde", containers=both),))
    told.workloads.log_batches = {
        name: (LogBatch(name, LogState.FOLLOWING, lines(f"from {name}", container=name)),) for name in (APP, proxy)
    }
    async with console(told=told) as case:
        await case.press("5", "O", "a")
        text = await drawn(case, "from proxy")
        assert "app from app" in text
        assert "all 2 containers" in text
        await case.press("c", "c")
        assert "container proxy" in await drawn(case, "from proxy")
        assert "from app" not in case.text


async def test_a_paused_log_says_what_waits_below() -> None:
    told = backends()
    told.workloads.log_batches = {APP: (LogBatch(APP, LogState.FOLLOWING, lines(*map(str, range(100)))),)}
    async with console(told=told, size=(80, 24)) as case:
        await case.press("5", "O")
        await drawn(case, "100 lines")
        await case.press("s")
        assert "scrolled up" in case.text
        screen = case.app.screen
        assert isinstance(screen, ContainerLogView)
        assert "follow" in case.text.splitlines()[-1]
        await case.press("s")
        assert "scrolled up" not in case.text


def test_the_container_in_trouble_is_read_first() -> None:
    well, sick = (
        Container(SafeText(name), SafeText("i"), True, 0, SafeText(state), SafeText(reason))
        for name, state, reason in (("well", "running", ""), ("sick", "waiting", "CrashLoopBackOff"))
    )
    init = Container(SafeText("init"), SafeText("i"), True, 0, SafeText("terminated"), SafeText("Completed"), init=True)
    assert told_first(pod("a", containers=(init, well, sick))) == "sick"
    assert told_first(pod("a", containers=(init, well))) == "well"


async def test_hostile_text_reaches_the_screen_as_text() -> None:
    told = backends()
    hostile = SafeText("[bold red]not markup[/]")
    told.workloads.manifest_lines = (hostile,)
    told.workloads.log_batches = {APP: (LogBatch(APP, LogState.WAITING, lines(hostile), hostile),)}
    told.workloads.pod_list = PodList((pod("[red]pod"),))
    async with console(told=told) as case:
        await case.press("5")
        for key in ("d", "Y", "O"):
            await case.press(key)
            assert case.app.screen is not case.screen, key
            if key != "d":
                assert hostile in await drawn(case, hostile)
            assert "[red]pod" in case.text or key == "d", key
            await case.press("escape")
            assert case.app.screen is case.screen, key


async def test_without_kubernetes_the_keys_say_so() -> None:
    async with console(without=("workloads",)) as case:
        await case.press("5", "d", "O", "Y")
        assert case.app.screen is case.screen
