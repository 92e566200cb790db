"""What a walk does and asks: written before it is sent, looked up after a crash, never done twice by itself."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from act_stage import ACTING, ASK, DEPLOYMENT, MUCH, RUN, O, at, staged
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.incident_event import OperationTold
from opsconsole.domain.operation import AuditRecord, OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import WorkloadList
from opsconsole.runbooks.protocols import RunbookChangedError, WalkError
from opsconsole.runbooks.walking.record import UNTRACED_SECONDS
from opsconsole.runbooks.walking.walker import RunbookWalker
from runbook_files import CHECK, DECIDE, ENDS, FRONT, step
from walk_stage import WalkStage, quiet

# -- acts ----------------------------------------------------------------------------------------------


async def test_an_act_is_an_order_on_the_workload_of_the_service(tmp_path: Path) -> None:
    stage = await staged(tmp_path, ACTING)
    walker = await stage.begun()
    await walker.go_on()
    order = await walker.order()
    assert (order.kind, order.target, order.replicas) == (OperationKind.SCALE, DEPLOYMENT, 5)
    assert order.reason == "runbook case, step 3: More of it"
    stage.told.workloads.workload_list = WorkloadList(())
    with pytest.raises(WalkError, match="shop has no workload called checkout"):
        await walker.order()
    with pytest.raises(WalkError, match="confirm it, or skip it"):
        await walker.go_on()


async def at_the_act(tmp_path: Path) -> tuple[WalkStage, RunbookWalker]:
    stage = await staged(tmp_path, ACTING)
    walker = await stage.begun()
    await walker.go_on()
    return stage, walker


async def test_what_is_confirmed_is_written_before_and_its_outcome_after(tmp_path: Path) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    assert stage.recorded.results[-1].outcome is O.UNDER_WAY
    assert stage.recorded.results[-1].operation == "op-1"
    assert at(walker) == 3
    with pytest.raises(WalkError, match="is under way"):
        await walker.acting("op-2")
    await walker.acted("op-1", O.NOT_DONE, SafeText("refused"))
    assert at(walker) == 3
    await walker.acting("op-2")
    await walker.acted("op-2", O.DONE, SafeText("5 of 5 are ready"), SafeText("printed"))
    assert at(walker) == 4
    assert walker.walk.results[-1].output == "printed"
    assert stage.recorded == walker.walk


async def test_an_outcome_that_comes_after_the_step_was_left_moves_nothing(tmp_path: Path) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    await walker.skip(SafeText("takes too long"))
    assert at(walker) == 4
    await walker.acted("op-1", O.DONE, SafeText("5 of 5 are ready"))
    assert at(walker) == 4
    found = next(one for one in walker.walk.results if one.number == 3)
    assert (found.outcome, found.shown, found.reason) == (O.SKIPPED, "5 of 5 are ready", "takes too long")
    assert stage.recorded == walker.walk


async def test_an_outcome_is_written_even_when_the_file_was_changed_meanwhile(tmp_path: Path) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    stage.path.write_text(ACTING + "\n")
    await walker.acted("op-1", O.DONE, SafeText("done"))
    assert stage.recorded.results[-1].outcome is O.DONE
    with pytest.raises(RunbookChangedError):
        await walker.go_on()


async def told_of(stage: WalkStage, *states: OperationState) -> None:
    for state in states:
        what = OperationTold("op-1", OperationKind.SCALE, DEPLOYMENT, state, SafeText(f"it is {state.value}"))
        await stage.book.write(what)


@pytest.mark.parametrize(
    ("states", "outcome", "position"),
    [
        ((OperationState.RECORDED, OperationState.SENT, OperationState.VERIFIED), O.DONE, 4),
        ((OperationState.RECORDED, OperationState.SENT, OperationState.APPLIED), O.DONE, 4),
        ((OperationState.RECORDED, OperationState.SENT, OperationState.UNKNOWN, OperationState.REFUSED), O.NOT_DONE, 3),
        ((OperationState.RECORDED, OperationState.REFUSED), O.NOT_DONE, 3),
        ((OperationState.RECORDED, OperationState.SENT, OperationState.UNVERIFIED), O.NOT_DONE, 3),
    ],
)
async def test_after_a_crash_what_became_of_an_act_is_looked_up_and_it_is_never_done_again(
    tmp_path: Path, states: tuple[OperationState, ...], outcome: O, position: int
) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    await walker.close()
    await told_of(stage, *states)
    again = await stage.resumed()
    assert at(again) == 3
    with pytest.raises(WalkError, match="is under way"):
        await again.acting("op-2")
    await again.go_on()
    assert stage.settled == 1
    assert at(again) == position
    assert next(one for one in again.walk.results if one.number == 3).outcome is outcome
    assert stage.recorded == again.walk


@pytest.mark.parametrize("states", [(OperationState.RECORDED,), (OperationState.SENT, OperationState.UNKNOWN)])
async def test_while_nobody_knows_it_stays_under_way(tmp_path: Path, states: tuple[OperationState, ...]) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    await told_of(stage, *states)
    again = await stage.resumed()
    with pytest.raises(WalkError, match=f"it is {states[-1].value}"):
        await again.go_on()
    assert again.walk.results[-1].outcome is O.UNDER_WAY
    await again.skip(SafeText("it will show"))
    assert at(again) == 4


async def test_what_was_confirmed_and_never_recorded_was_never_sent(tmp_path: Path) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    again = await stage.resumed()
    with pytest.raises(WalkError, match="in no record yet; look again in 30 s"):
        await again.go_on()
    stage.clock.turn_on(UNTRACED_SECONDS)
    await again.go_on()
    assert again.walk.results[-1].outcome is O.NOT_DONE
    assert "never sent" in again.walk.results[-1].shown
    await again.acting("op-2")


async def test_what_another_machine_confirmed_is_not_taken_for_never_sent(tmp_path: Path) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    stage.clock.turn_on(2 * UNTRACED_SECONDS)
    again = await stage.resumed("mike@desk")
    with pytest.raises(WalkError, match="jane@laptop confirmed it, and nobody recorded how it went; ask there"):
        await again.go_on()


async def test_the_audit_log_counts_when_the_timeline_of_another_incident_was_told(tmp_path: Path) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    stage.clock.turn_on(2 * UNTRACED_SECONDS)
    nobody, state = SafeText(""), OperationState.VERIFIED
    stage.audit = (
        AuditRecord(
            1, 0.0, "op-1", state, OperationKind.SCALE, DEPLOYMENT, nobody, nobody, nobody, SafeText("5 ready")
        ),
    )
    again = await stage.resumed()
    await again.go_on()
    assert next(one for one in again.walk.results if one.number == 3).shown == "verified: 5 ready"
    assert at(again) == 4


async def test_what_nobody_will_ever_know_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    stage, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    nobody, lost = SafeText(""), SafeText("unknown for good: look at what it changes")
    known = AuditRecord(1, 0.0, "op-1", OperationState.UNKNOWN, OperationKind.SCALE, DEPLOYMENT, *[nobody] * 3, lost)
    stage.audit = (known,)
    again = await stage.resumed()
    with pytest.raises(WalkError, match="look at what it changes"):
        await again.go_on()
    stage.audit = (msgspec.structs.replace(known, closed=True),)
    await again.go_on()
    assert (at(again), again.walk.results[-1].outcome, again.walk.results[-1].shown) == (3, O.UNKNOWN, lost)
    with pytest.raises(WalkError, match="confirm it, or skip it with a reason"):
        await again.go_on()
    await again.skip(SafeText("looked: it was done"))
    assert at(again) == 4


async def test_one_does_not_go_back_over_what_is_under_way(tmp_path: Path) -> None:
    _, walker = await at_the_act(tmp_path)
    await walker.acting("op-1")
    await walker.back()  # to the decision before
    assert at(walker) == 2
    await walker.go_on()
    with pytest.raises(WalkError, match="is under way"):
        await walker.acting("op-2")


# -- questions -----------------------------------------------------------------------------------------


COMMANDS = MUCH + ASK + RUN + CHECK + DECIDE + ENDS


async def test_an_answer_becomes_an_input_and_a_whole_argument(tmp_path: Path) -> None:
    stage = await staged(tmp_path, COMMANDS)
    walker = await stage.begun()
    with pytest.raises(WalkError, match="answer the question"):
        await walker.go_on()
    with pytest.raises(WalkError, match="is not a number"):
        await walker.answer("3; reboot")
    await walker.answer("3")
    order = await walker.order()
    assert order.run is not None
    assert order.run.argv == ("kubectl", "get", "checkout", "3")
    assert (order.kind, order.target.kind, order.target.name) == (OperationKind.RUN_COMMAND, Kind.PROGRAM, "kubectl")
    assert walker.words(SafeText("take $much of $service, $$")) == "take 3 of checkout, $$"
    again = await stage.resumed()
    assert (await again.order()).run == order.run


async def test_no_input_becomes_a_flag(tmp_path: Path) -> None:
    stage = await staged(tmp_path, COMMANDS)
    walker = await stage.begun()
    await walker.answer("-3")
    with pytest.raises(WalkError, match="would be read as a flag of kubectl"):
        await walker.order()


async def test_what_was_not_answered_can_not_be_used(tmp_path: Path) -> None:
    stage = await staged(tmp_path, COMMANDS)
    walker = await stage.begun()
    await walker.skip(SafeText("not now"))
    with pytest.raises(WalkError, match="much is not answered yet"):
        await walker.order()


@pytest.mark.parametrize("answer", ["", "  ", "a\nb", "\x1b[2J", "x" * 3000, "a\u202eb"])
async def test_an_answer_is_one_line_that_can_be_seen(tmp_path: Path, answer: str) -> None:
    free = FRONT + step("question: What do you see?", "ask", "Look") + CHECK + DECIDE + ENDS
    walker = await (await staged(tmp_path, free)).begun()
    with pytest.raises(WalkError, match="all of which can be seen"):
        await walker.answer(answer)
    await walker.answer("nothing; `rm` $(x) [red]")
    await quiet(walker)
    assert walker.walk.results[0].output == "nothing; `rm` $(x) [red]"
