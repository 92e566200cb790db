"""From a key to an operation: what is asked, what is refused, what is shown."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from console_case import SETTINGS, ConsoleCase, console
from textual import events

from opsconsole.actions import PaneName
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Confirmation, FieldChange, OperationKind, Order
from opsconsole.domain.text import SafeText
from opsconsole.screens.operations.plan_screen import PlanScreen
from opsconsole.screens.operations.progress_screen import ProgressScreen
from opsconsole.screens.operations.restart_screen import RestartScreen
from opsconsole.screens.operations.revision_screen import RevisionScreen
from opsconsole.screens.pane_board import PaneBoard
from still_operations import BLOCKED, WARNED, WORKLOAD

SIZES = [(80, 24), (120, 40)]


async def _until_plan(case: ConsoleCase) -> str:
    """Pods, then `b`, then the revision under the cursor: the plan of rolling back."""
    await case.press("5", "b")
    text = await case.screen_after("enter")
    await case.clock.advance(1)
    return text


@pytest.mark.parametrize("size", SIZES)
async def test_roll_back_starts_on_the_newest_revision_with_other_images(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        text = await case.screen_after("5", "b")
        assert "in force now" in text
        assert "1.8.2" in text
        await case.press("enter")
    (order,) = case.operations.checked
    assert (order.kind, order.target, order.revision) == (OperationKind.ROLL_BACK, WORKLOAD, 7)


async def test_roll_back_starts_on_a_revision_that_differs_in_its_settings_alone() -> None:
    async with console() as case:
        now, before, *older = case.operations.kept
        setting = FieldChange(SafeText("containers[checkout].env[TIMEOUT]"), SafeText("0s"), SafeText("5s"))
        case.operations.kept = (now, msgspec.structs.replace(before, changes=(setting,)), *older)
        await case.press("5", "b", "enter")
    assert case.operations.checked[-1].revision == 8


async def test_on_the_heading_of_a_workload_its_worst_pod_is_meant() -> None:
    async with console() as case:
        await case.press("5", "f", "g", "home", "r")
        assert isinstance(case.app.screen, RestartScreen)
        assert "checkout-7d9f8b6c5-abcde" in case.text


async def test_the_pod_is_found_while_the_pods_are_out_of_sight() -> None:
    async with console(size=(80, 24)) as case:
        assert PaneName.PODS not in case.screen.query_one(PaneBoard).in_sight
        text = await case.screen_after("r")
        assert "Restart app in checkout-7d9f8b6c5-abcde" in text


async def test_escape_from_a_plan_goes_back_to_where_it_was_chosen() -> None:
    async with console() as case:
        for key, list_of in (("r", RestartScreen), ("b", RevisionScreen)):
            await case.press("5", key, "enter")
            assert isinstance(case.app.screen, PlanScreen), key
            await case.press("escape")
            assert isinstance(case.app.screen, list_of), key
            await case.press("q")
            assert case.app.screen is case.screen, key


async def test_the_revision_in_force_can_not_be_chosen() -> None:
    async with console() as case:
        await case.press("5", "b", "up", "up", "enter")
    assert case.operations.checked == []


async def test_a_read_only_console_shows_the_plan_and_offers_no_yes() -> None:
    async with console() as case:
        text = await _until_plan(case)
        assert "READ-ONLY: W allows changes for 15 minutes" in text
        assert "Do it" not in text
        await case.press("y", "tab", "enter")
    assert case.operations.carried_out == []


@pytest.mark.parametrize("size", SIZES)
async def test_in_production_the_name_has_to_be_typed(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        await _until_plan(case)
        text = await case.screen_after("W")
        assert "Type checkout to do it" in text
        await case.press("y")
        assert case.operations.carried_out == []
        await case.press("tab")
        for letter in "checkout":
            await case.press(letter)
            await case.clock.advance(0.1)
        text = await case.screen_after("enter")
        ((plan, typed),) = case.operations.carried_out
        assert typed == "checkout"
        assert plan.order.revision == 7
        assert "3 of 3 ready" in text


async def test_a_wrong_name_does_nothing() -> None:
    async with console() as case:
        await _until_plan(case)
        await case.press("W", "tab", *"checkou")
        text = await case.screen_after("enter")
        assert "That is not the name" in text
    assert case.operations.carried_out == []


async def test_a_pasted_name_is_refused_with_and_without_brackets() -> None:
    async with console() as case:
        await _until_plan(case)
        await case.press("W", "tab")
        focused = case.app.focused
        assert focused is not None
        focused.post_message(events.Paste("checkout"))
        assert "type it, so that you have read it" in await case.settled()
        await case.press(*"checkout", "enter")  # no time goes by between these keys
    assert case.operations.carried_out == []


async def test_elsewhere_a_key_is_enough_but_not_in_the_first_moment() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        await case.press("W", "5", "b", "enter")
        await case.press("y")
        assert case.operations.carried_out == []
        await case.clock.advance(1)
        await case.press("y")
        assert len(case.operations.carried_out) == 1


async def test_the_focus_starts_on_cancel() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        await case.press("W")
        await _until_plan(case)
        await case.press("enter")
        assert isinstance(case.app.screen, RevisionScreen)
    assert case.operations.carried_out == []


async def test_a_blocked_plan_says_why_and_offers_no_yes() -> None:
    async with console() as case:
        case.operations.checks = (WARNED, BLOCKED)
        await case.press("W")
        text = await _until_plan(case)
        assert "blocked" in text
        assert "you may not patch deployments.apps in shop" in text
        assert text.index("you may not patch") < text.index("Argo CD")
        await case.press("y")
    assert case.operations.carried_out == []


async def test_a_plan_that_has_grown_old_is_checked_again_before_it_is_done() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        await case.press("W")
        await _until_plan(case)
        await case.clock.advance(61)
        text = await case.screen_after("y")
        assert "checked again" in text
        assert len(case.operations.checked) == 2
        assert case.operations.carried_out == []


async def test_an_api_server_that_does_not_answer_is_said_and_can_be_asked_again() -> None:
    async with console() as case:
        case.operations.failing = SourceError(ErrorKind.UNREACHABLE, "kubernetes")
        await case.press("W")
        text = await _until_plan(case)
        assert "kubernetes can't be reached" in text
        assert "Nothing was sent" in text
        case.operations.failing = None
        assert "roll-back checkout" in await case.screen_after("f5")


async def test_restart_offers_every_way_with_its_cost() -> None:
    async with console() as case:
        text = await case.screen_after("5", "r")
        for way in ("kill 1 in the container", "evict the pod", "restart all pods"):
            assert way in text
        assert "one pod at a time is not ready" in text
        await case.press("down", "enter")
        assert case.operations.checked[-1].kind is OperationKind.EVICT_POD


async def test_everything_else_is_a_menu_away_and_scaling_asks_for_a_number() -> None:
    async with console() as case:
        text = await case.screen_after("5", "a")
        for words in ("delete pod shop/", "scale deployment shop/checkout", "cordon node", "(r)", "checkout  (b)"):
            assert words in text
        await case.press(*"scale", "enter", *"five", "enter")
        assert "write a whole number" in case.text
        await case.press(*["backspace"] * 4, "4", "enter")
        assert case.operations.checked[-1] == Order(OperationKind.SCALE, WORKLOAD, replicas=4)


async def test_an_operation_goes_on_when_its_dialog_is_left_and_its_end_is_told() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        case.operations.going_on.clear()
        await case.press("W")
        await _until_plan(case)
        text = await case.screen_after("y")
        assert "it goes on" in text
        await case.clock.advance(75)
        assert isinstance(case.app.screen, ProgressScreen)
        case.app.screen.tick()
        assert "Under way for 1m" in await case.settled()
        await case.press("escape")
        assert case.app.screen is case.screen
        case.operations.going_on.set()
        assert "verified" in await case.settled()


async def test_the_way_back_is_offered_once_it_is_done() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        case.operations.advice = (Order(OperationKind.ROLL_BACK, WORKLOAD, revision=9),)
        await case.press("W")
        await _until_plan(case)
        text = await case.screen_after("y")
        assert "roll back deployment shop/checkout to revision 9" in text
        await case.press("1")
        assert case.operations.checked[-1].revision == 9


async def test_write_mode_shows_its_time_and_ends_by_itself() -> None:
    async with console() as case:
        await case.press("W")
        assert "WRITE 15m" in case.text.splitlines()[0]
        assert "WRITE 1m" in (await case.screen_later(870)).splitlines()[0]
        assert "READ-ONLY" in (await case.screen_later(31)).splitlines()[0]


async def test_w_again_goes_back_to_read_only() -> None:
    async with console() as case:
        await case.press("W", "W")
        assert "READ-ONLY" in case.text.splitlines()[0]


async def test_without_kubernetes_there_is_nothing_to_act_on() -> None:
    settings = msgspec.structs.replace(SETTINGS, service="checkout")
    async with console(settings=settings, without=("workloads",)) as case:
        assert "no pod is under the cursor" in await case.screen_after("r")


async def test_leaving_waits_for_the_answer_to_what_was_sent() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        case.operations.going_on.clear()
        await case.press("W")
        await _until_plan(case)
        await case.press("y")
        leaving = asyncio.ensure_future(case.screen.on_unmount())
        await case.settle()
        assert not leaving.done()
        case.operations.going_on.set()
        await leaving
