"""From `w` to a runbook that is walked beside the live panes."""

from __future__ import annotations

import msgspec
import pytest
from console_case import SETTINGS, ConsoleCase, console
from log_case import OBEYED

from hostile.corpus import HOSTILE
from opsconsole.actions import LIVE_PANES, PaneName
from opsconsole.domain.operation import Confirmation, OperationKind
from opsconsole.domain.runbook import Lint
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult, Verdict, Walk
from opsconsole.incidents.protocols import StoreError
from opsconsole.safe_text import safe_text
from opsconsole.screens.operations.plan_screen import PlanScreen
from still_runbooks import BAD_RELEASE, SLOW_START

SIZES = [(80, 24), (120, 40)]


async def walked(case: ConsoleCase) -> str:
    """`w` on the alert, its runbook, its inputs as they are filled in, without an incident: the walk."""
    await case.press("1", "w")
    await case.press("enter")
    await case.press("enter")
    return await case.screen_after("enter")


async def test_w_offers_the_runbook_of_the_alert_first_with_the_reason() -> None:
    async with console() as case:
        text = await case.screen_after("1", "w")
        assert "Runbooks for ErrorRateHigh on checkout" in text
        assert text.index("Bad release") < text.index("Slow start")
        assert "for ErrorRateHigh" in text
        assert "Errors that began with a rollout." in text


async def test_the_inputs_are_filled_in_and_what_is_wrong_with_one_is_said() -> None:
    async with console() as case:
        await case.press("1", "w", "enter")
        assert "Service in trouble" in case.text
        assert "checkout" in case.text
        text = await case.screen_after("end", "space", "x", "enter")
        assert "write a name: letters, digits, - and ." in text
        await case.press("backspace", "backspace", "enter")
        assert "nothing of this walk would be kept" in case.text


@pytest.mark.parametrize("size", SIZES)
async def test_the_walk_opens_beside_the_live_panes(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        text = await walked(case)
        assert case.screen.focused_pane is PaneName.RUNBOOK
        assert "6 Runbook" in text
        shown = [name for name in PaneName if case.screen.pane(name).display]
        assert PaneName.RUNBOOK in shown
        assert len(shown) == (2 if size == (80, 24) else 6)
        assert "not recorded" in text


async def test_tab_and_a_digit_reach_the_walk_and_escape_leaves_it_without_losing_it() -> None:
    async with console() as case:
        await walked(case)
        await case.press("escape")
        assert case.screen.focused_pane is PaneName.LOGS  # where the last check was shown
        await case.press("1")
        seen = []
        for _ in PaneName:
            await case.press("tab")
            seen.append(case.screen.focused_pane)
        assert seen == [*LIVE_PANES[1:], PaneName.RUNBOOK, PaneName.ALERTS]
        for key in ("6", "w"):
            await case.press("3", key)
            assert case.screen.focused_pane is PaneName.RUNBOOK
        assert "6 Runbook" in case.text


async def recorded(case: ConsoleCase) -> str:
    """The same with an incident, opened where its absence is told."""
    await case.press("1", "w", "enter", "enter", "i")
    await case.press("enter")
    await case.finish("runbook")
    case.runbooks.incident = "inc-1"
    return await case.settled()


def told(case: ConsoleCase) -> str:
    """The words in the walk's pane, one after another."""
    region = case.screen.pane(PaneName.RUNBOOK).region
    lines = case.text.splitlines()[region.y + 1 : region.bottom - 1]
    return " ".join(" ".join(line[region.x + 1 : region.right - 1] for line in lines).replace("▌", " ").split())


def outcomes(case: ConsoleCase) -> list[tuple[int, StepOutcome]]:
    """Steps of the newest walk that came out."""
    return [(one.number, one.outcome) for one in case.runbooks.walkers[-1].walk.results]


# -- what is offered ---------------------------------------------------------------------------------


async def test_a_file_that_cannot_be_walked_is_named_with_its_line() -> None:
    async with console() as case:
        case.runbooks.lints = (Lint("/runbooks/broken.md", 12, SafeText("no such block; write `check`")),)
        assert "1 file can't be walked: broken.md line 12: no such block" in await case.screen_after("w")


async def test_without_an_alert_the_selected_service_is_what_runbooks_are_offered_for() -> None:
    settings = msgspec.structs.replace(SETTINGS, service="orders")
    async with console(settings=settings) as case:
        assert "Runbooks for orders" in await case.screen_after("2", "w")
        ((alert, selection),) = case.runbooks.asked
        assert alert is None
        assert selection.service == "orders"


async def test_escape_from_any_dialog_before_the_walk_begins_nothing() -> None:
    async with console() as case:
        for entered in range(3):
            await case.press("w", *["enter"] * entered, "escape")
            assert case.app.screen is case.screen
        assert case.runbooks.walkers == []
        assert not case.screen.pane(PaneName.RUNBOOK).display


async def test_six_without_a_walk_offers_runbooks_and_no_tab_names_it() -> None:
    async with console(size=(80, 24)) as case:
        assert "6 Runbook" not in case.text
        assert "Runbooks for" in await case.screen_after("6")


# -- steps -------------------------------------------------------------------------------------------


async def test_checks_run_by_themselves_and_show_what_was_found_against_what_was_expected() -> None:
    async with console() as case:
        case.runbooks.outcomes = {2: StepOutcome.FAILS}
        text = await walked(case)
        assert "holds: 8.1 % > 1 %" in text
        assert "does not hold: 8.1 % > 1 %" in text
        assert "there is trouble" in text
        assert outcomes(case) == [(1, StepOutcome.HOLDS), (2, StepOutcome.FAILS)]


async def test_a_check_that_is_being_asked_says_so_and_blocks_no_key() -> None:
    async with console() as case:
        case.runbooks.answering.clear()
        assert "asking now" in await walked(case)
        await case.press("3", "5", "6")
        assert case.screen.focused_pane is PaneName.RUNBOOK
        case.runbooks.answering.set()
        assert "holds: 8.1 %" in await case.settled()


async def test_a_check_that_cannot_be_judged_is_asked_again_by_enter() -> None:
    async with console() as case:
        case.runbooks.outcomes = {1: StepOutcome.UNKNOWN}
        assert "Enter asks again" in await walked(case)
        case.runbooks.outcomes = {}
        assert "step 3 of 7" in await case.screen_after("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_the_panes_follow_what_the_check_speaks_of_while_the_walk_keeps_the_keys(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        case.runbooks.outcomes = {1: StepOutcome.UNKNOWN}
        text = await walked(case)
        assert case.screen.pane(PaneName.METRICS).display
        assert case.screen.focused_pane is PaneName.RUNBOOK
        case.runbooks.outcomes = {2: StepOutcome.UNKNOWN}
        text = await case.screen_after("enter")
        assert "6 Runbook" in text
        assert case.screen.pane(PaneName.LOGS).display
        assert case.scope.logs.words == "pool wait"
        assert case.scope.selection.service == "checkout"


async def test_enter_on_a_step_before_shows_what_it_asked_about_and_keeps_the_walk() -> None:
    async with console() as case:
        await walked(case)
        assert case.scope.logs.words == "pool wait"
        text = await case.screen_after("up", "up", "enter")
        assert case.scope.logs.words == ""
        assert "step 3 of 7" in text
        assert case.screen.focused_pane is PaneName.RUNBOOK


async def test_a_digit_answers_a_question_and_goes_to_a_pane_where_there_is_none() -> None:
    async with console() as case:
        await walked(case)
        text = await case.screen_after("enter")
        assert "Does the owner agree?" in text
        assert "1 yes" in text
        await case.press("2")
        assert case.runbooks.walkers[-1].walk.results[-1].output == "no"
        assert case.screen.focused_pane is PaneName.RUNBOOK
        await case.press("2")
        assert case.screen.focused_pane is PaneName.METRICS


async def test_a_step_is_skipped_with_a_reason_and_not_without() -> None:
    async with console() as case:
        await walked(case)
        await case.press("enter", "s")
        assert "write a few words" in await case.screen_after("space", "enter")
        text = await case.screen_after(*"asleep", "enter")
        assert "skipped: asleep" in text
        await case.press("s", "escape")
        assert outcomes(case)[-1] == (4, StepOutcome.SKIPPED)


@pytest.mark.parametrize("key", ["B", "backspace"])
async def test_a_step_back_takes_its_result_away(key: str) -> None:
    async with console() as case:
        await walked(case)
        await case.press("enter", "1")
        assert "step 5 of 7" in case.text
        assert "step 4 of 7" in await case.screen_after(key)
        assert (4, StepOutcome.DONE) not in outcomes(case)


async def test_what_a_step_does_not_allow_is_said_at_the_step() -> None:
    async with console() as case:
        case.runbooks.runbooks = [SLOW_START]
        await case.press("w", "enter", "enter")
        assert "this is the first step" in await case.screen_after("B")


async def test_a_question_without_choices_takes_a_line() -> None:
    async with console() as case:
        case.runbooks.runbooks = [SLOW_START]
        await case.press("w", "enter", "enter", "enter", "enter", *"slow", "enter")
        assert case.runbooks.walkers[-1].walk.results[-1].output == "slow"
        assert "The end of the runbook" in case.text


# -- acts --------------------------------------------------------------------------------------------


async def at_act(case: ConsoleCase) -> None:
    await case.press("W")
    await walked(case)
    await case.press("enter", "1")


async def test_an_act_goes_through_the_plan_and_its_outcome_is_the_steps() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        await at_act(case)
        assert "Enter shows the plan" in case.text
        await case.press("enter")
        assert isinstance(case.app.screen, PlanScreen)
        await case.clock.advance(1)
        await case.press("y")
        ((plan, _),) = case.operations.carried_out
        assert plan.order.kind is OperationKind.ROLL_BACK
        text = await case.screen_after("escape")
        assert "done: 3 of 3 ready" in text
        assert "step 6 of 7" in text
        assert case.runbooks.walkers[-1].operations == [plan.id]


async def test_a_plan_that_is_left_does_nothing_and_stays_at_the_step() -> None:
    async with console() as case:
        await at_act(case)
        await case.press("enter", "escape")
        assert case.operations.carried_out == []
        assert "step 5 of 7" in case.text
        assert case.runbooks.walkers[-1].operations == []


async def test_what_cannot_be_written_down_is_not_sent() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        await at_act(case)
        case.runbooks.failing = StoreError("the disk is full; make room, then try again")
        await case.press("enter")
        await case.clock.advance(1)
        await case.press("y")
        assert "the disk is full; make room, then try again" in told(case)
        assert case.operations.carried_out == []


async def test_an_act_whose_dialog_is_left_stays_under_way_and_comes_out_later() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        case.operations.going_on.clear()
        await at_act(case)
        await case.press("enter")
        await case.clock.advance(1)
        await case.press("y")
        text = await case.screen_after("escape")
        assert "under way" in text
        assert "Under way for" in await case.screen_after("enter")
        await case.press("escape")
        case.operations.going_on.set()
        assert "done: 3 of 3 ready" in await case.settled()
        assert len(case.operations.carried_out) == 1


# -- conclusions -------------------------------------------------------------------------------------


async def test_the_cause_is_named_in_the_incident_by_one_key() -> None:
    async with console() as case:
        await recorded(case)
        await case.press("enter", "1")
        await case.press("s", *"by hand", "enter")
        await case.press("c")
        (incident,) = await case.store.incidents()
        assert incident.cause == "the release of checkout broke it"
        assert f"named the cause of {incident.name}" in told(case)
        await case.press("enter")
        assert "Found: the release of checkout broke it" in told(case)


async def test_without_an_incident_the_key_for_the_cause_says_what_to_do() -> None:
    async with console() as case:
        await walked(case)
        await case.press("enter", "1", "s", *"by hand", "enter")
        await case.press("c")
        assert "no incident is open; i opens one" in told(case)


async def test_not_this_leads_to_the_next_runbook_with_the_cursor_on_it() -> None:
    async with console() as case:
        case.runbooks.outcomes = {1: StepOutcome.FAILS}
        await walked(case)
        await case.press("enter")
        assert "n looks at the next runbook" in told(case)
        text = await case.screen_after("n")
        assert "walked: not this" in text
        assert case.runbooks.walkers[-1].walk.verdict is Verdict.NOT_THIS
        await case.press("enter", "enter")
        assert case.runbooks.walkers[-1].runbook is SLOW_START


# -- the record --------------------------------------------------------------------------------------


async def test_the_incident_can_be_opened_first_by_one_key() -> None:
    async with console() as case:
        await recorded(case)
        assert len(await case.store.incidents()) == 1
        assert case.screen.focused_pane is PaneName.RUNBOOK


async def test_a_file_that_changed_stops_the_walk_and_it_can_be_begun_anew() -> None:
    async with console() as case:
        await walked(case)
        case.runbooks.changed = True
        await case.press("enter")
        assert "the file was changed: this walk ends here" in told(case)
        assert "Enter begins anew" in told(case)
        await case.press("enter", "enter", "enter")
        assert len(case.runbooks.walkers) == 2
        assert "step 3 of 7" in case.text


def unfinished() -> Walk:
    return Walk(
        id="walk-old",
        incident="inc-1",
        runbook=BAD_RELEASE.name,
        title=BAD_RELEASE.title,
        sha256=BAD_RELEASE.sha256,
        path=BAD_RELEASE.path,
        begun_at=0.0,
        position=4,
        inputs={"service": SafeText("checkout")},
    )


async def test_a_walk_that_was_not_finished_is_offered_first_and_goes_on_at_its_step() -> None:
    async with console() as case:
        case.runbooks.walks = (unfinished(),)
        assert "resume Bad release at step 4" in await case.screen_after("w")
        assert "step 4 of 7" in await case.screen_after("enter")
        assert case.runbooks.walkers[-1].walk.id == "walk-old"


async def test_a_walk_whose_file_changed_since_is_begun_anew_with_its_inputs() -> None:
    async with console() as case:
        case.runbooks.walks = (unfinished(),)
        case.runbooks.changed = True
        text = await case.screen_after("w", "enter")
        assert "the file was changed" in text
        assert "Service in trouble" in text
        await case.press("enter", "enter")
        (walker,) = case.runbooks.walkers
        assert walker.walk.id != "walk-old"
        assert walker.walk.inputs == {"service": "checkout"}


async def test_at_the_start_a_walk_of_the_incident_that_was_not_finished_is_told_once() -> None:
    async with console() as case:
        # Before the incident is there: how soon it is looked for is not this test's business.
        case.runbooks.walks = (unfinished(),)
        await case.press("i", "enter")
        for _ in range(60):
            if "Bad release was not finished: w takes it up" in await case.screen_later(1):
                break
        else:
            pytest.fail("nobody is told")
        await case.pass_time(30)
        assert case.runbooks.looked == 1


async def test_an_act_that_was_under_way_when_the_console_ended_is_looked_up_and_never_done_again() -> None:
    async with console() as case:
        under_way = StepResult(
            number=5, title=SafeText("Roll back"), kind=StepKind.ACT, outcome=StepOutcome.UNDER_WAY, at=0.0
        )
        case.runbooks.walks = (msgspec.structs.replace(unfinished(), position=5, results=(under_way,)),)
        await case.press("W", "w", "enter")
        assert "Enter looks what became of it" in told(case)
        await case.press("enter")
        assert "done: verified, as the record tells" in told(case)
    assert case.operations.checked == []


async def test_w_in_the_walk_offers_others_and_the_walk_is_kept() -> None:
    async with console() as case:
        await walked(case)
        assert "Runbooks for" in await case.screen_after("w")
        await case.press("down", "enter", "enter")
        assert case.runbooks.walkers[-1].runbook is SLOW_START
        assert "resume Bad release at step 3" in await case.screen_after("w")


async def test_a_walk_that_is_full_stays_so_until_the_operator_wants_to_see_something() -> None:
    async with console() as case:
        case.runbooks.outcomes = {1: StepOutcome.UNKNOWN}
        await walked(case)
        case.runbooks.outcomes = {}
        await case.press("f", "enter")
        assert not case.screen.pane(PaneName.LOGS).display
        await case.press("up", "enter")
        assert case.screen.pane(PaneName.LOGS).display


async def test_what_a_check_finds_while_one_looks_elsewhere_moves_nothing_there() -> None:
    async with console() as case:
        case.runbooks.answering.clear()
        await walked(case)
        await case.press("5")
        before = case.scope
        case.runbooks.answering.set()
        assert "step 3 of 7" in await case.settled()
        assert case.scope == before


async def test_a_walk_that_is_put_away_is_taken_up_where_it_was() -> None:
    async with console() as case:
        await walked(case)
        await case.press("enter", "X")
        assert not case.screen.pane(PaneName.RUNBOOK).display
        assert case.screen.focused_pane in LIVE_PANES
        assert "resume Bad release at step 4" in await case.screen_after("w")
        assert "step 4 of 7" in await case.screen_after("enter")
        assert len(case.runbooks.walkers) == 1


# -- no trust ----------------------------------------------------------------------------------------


@pytest.mark.long
async def test_no_text_of_a_runbook_is_obeyed() -> None:
    texts = [safe_text(raw) for raw in HOSTILE]
    steps = tuple(
        msgspec.structs.replace(SLOW_START.steps[0], number=at, title=text, prose=text)
        for at, text in enumerate(texts, start=1)
    )
    hostile = tuple(
        msgspec.structs.replace(
            BAD_RELEASE,
            name=text,
            title=text,
            summary=text,
            path=text,
            inputs=(msgspec.structs.replace(BAD_RELEASE.inputs[0], title=text, choices=(text,)),),
            steps=steps,
        )
        for text in texts
    )
    async with console() as case:
        case.runbooks.runbooks = list(hostile)
        title = case.app.title
        for key in ("w", "down", "end", "enter", "enter", "enter", "o", "escape", *["enter"] * len(texts)):
            shown = await case.screen_after(key)
            assert OBEYED.findall(shown) == []
        assert case.app.title == title
        assert case.app.is_running


async def test_ascii_mode_draws_a_walk_in_ascii_alone() -> None:
    async with console(settings=msgspec.structs.replace(SETTINGS, ascii_only=True)) as case:
        case.runbooks.outcomes = {1: StepOutcome.FAILS, 2: StepOutcome.UNKNOWN}
        for keys in (("1", "w"), ("enter",), ("enter",), ("enter",), ("s", "x", "enter"), ("enter",)):
            await case.press(*keys)
        assert "6 Runbook" in case.text
        assert [char for char in told(case) if not char.isascii()] == []
