"""A walk goes on only when its record has what was done, and takes up where it was left, whatever died."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.incident_event import OperationTold, WalkStepped
from opsconsole.domain.operation import AuditRecord, OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Verdict
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.incidents.protocols import StoreError
from opsconsole.runbooks.protocols import RunbookChangedError, WalkError
from opsconsole.runbooks.walking.record import UNTRACED_SECONDS
from opsconsole.runbooks.walking.walker import RunbookWalker
from runbook_files import CHECK, DECIDE, ENDS, FRONT, WHOLE, step
from walk_stage import ANSWERS, WalkStage, outcomes, quiet

O = StepOutcome  # noqa: E741
DEPLOYMENT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
ACT = step("operation: scale\nname: $service\nparameters: {replicas: 5}", "act", "More of it")
RUN = step("argv: [kubectl, get, $service, $much]\nchanges: nothing", "act", "Run it")
ASK = step("question: How much?\ninto: much", "ask", "How much")
MUCH = FRONT.replace("---\n\n", "---\n").replace(
    "    label: service\n", "    label: service\n  - name: much\n    type: number\n"
)
NEXT = DECIDE.replace("yes-it-is", "more-of-it")
CONCLUSION = ENDS
ACTING = FRONT + CHECK + NEXT + ACT + ENDS


@pytest.fixture
async def stage(tmp_path: Path) -> WalkStage:
    made = WalkStage(tmp_path)
    made.told.metrics.instant_values = (1.0,)
    await made.open_incident()
    return made


async def staged(folder: Path, text: str) -> WalkStage:
    made = WalkStage(folder, text)
    made.told.metrics.instant_values = (1.0,)
    await made.open_incident()
    workload = Workload(DEPLOYMENT, SafeText("checkout"), 3, 3, 3, 3, RolloutState.DONE, SafeText(""))
    made.told.workloads.workload_list = WorkloadList((workload,))
    return made


def at(walker: RunbookWalker) -> int | None:
    return None if walker.step is None else walker.step.number


async def test_a_check_runs_by_itself_and_its_result_is_in_the_record(stage: WalkStage) -> None:
    walker = await stage.begun()
    assert stage.told.metrics.asked[-1][1] == ('up{service="checkout"}', stage.clock.now())
    assert at(walker) == 2
    assert outcomes(walker.walk) == [(1, O.HOLDS)]
    assert walker.walk.results[0].shown == "1; expected above 0"
    assert stage.recorded == walker.walk


async def test_a_decision_follows_the_check_and_a_conclusion_ends_the_walk(stage: WalkStage) -> None:
    walker = await stage.begun()
    assert walker.answers() == ()
    await walker.go_on()
    assert walker.walk.results[-1].shown == "Is it so: holds; on to Yes it is"
    assert at(walker) == 3
    await walker.go_on()
    assert walker.walk.over
    assert walker.walk.verdict is Verdict.CAUSE
    assert stage.recorded == walker.walk
    with pytest.raises(WalkError, match="the walk is over"):
        await walker.go_on()


async def test_what_does_not_hold_leads_the_other_way(stage: WalkStage) -> None:
    stage.told.metrics.instant_values = (0.0,)
    walker = await stage.begun()
    await walker.go_on()
    await walker.go_on()
    assert walker.walk.verdict is Verdict.NOT_THIS


async def test_what_nobody_can_judge_stays_until_it_is_asked_again_or_skipped(stage: WalkStage) -> None:
    stage.told.metrics.instant_values = ()
    walker = await stage.begun()
    assert (at(walker), outcomes(walker.walk)) == (1, [(1, O.UNKNOWN)])
    stage.told.metrics.instant_values = (2.0,)
    await walker.go_on()
    await quiet(walker)
    assert (at(walker), outcomes(walker.walk)) == (2, [(1, O.HOLDS)])


async def test_a_decision_on_what_is_unknown_needs_a_person(stage: WalkStage) -> None:
    stage.told.metrics.instant_values = ()
    walker = await stage.begun()
    with pytest.raises(WalkError, match="say why"):
        await walker.skip(SafeText("  "))
    await walker.skip(SafeText("no metrics tonight"))
    assert walker.walk.results[-1].reason == "no metrics tonight"
    assert [(one.value, one.title) for one in walker.answers()] == [
        ("holds", "it holds: Yes it is"),
        ("fails", "it does not hold: No"),
    ]
    with pytest.raises(WalkError, match="nobody but you"):
        await walker.go_on()
    with pytest.raises(WalkError, match="can't be skipped"):
        await walker.skip(SafeText("later"))
    with pytest.raises(WalkError, match="say one of holds, fails"):
        await walker.answer("maybe")
    await walker.answer("fails")
    assert at(walker) == 4
    assert stage.recorded == walker.walk


async def test_a_decision_on_a_step_that_was_passed_by_needs_a_person(tmp_path: Path) -> None:
    ask = step("question: Where?\nchoices: [check, decide]", "ask", "Say")
    way = step("of: say\nanswers: {check: is-it-so, decide: then}", "decide", "By that")
    walker = await (await staged(tmp_path, FRONT + ask + way + CHECK + DECIDE + ENDS)).begun()
    await walker.answer("decide")
    await walker.go_on()
    assert (at(walker), [one.value for one in walker.answers()]) == (4, ["holds", "fails"])
    await walker.answer("holds")
    assert at(walker) == 5


async def test_back_takes_a_result_back_and_asks_nothing_by_itself(stage: WalkStage) -> None:
    walker = await stage.begun()
    asked = len(stage.told.metrics.asked)
    await walker.back()
    await quiet(walker)
    assert (at(walker), outcomes(walker.walk)) == (1, [])
    assert len(stage.told.metrics.asked) == asked
    with pytest.raises(WalkError, match="where the walk began"):
        await walker.back()
    await walker.go_on()
    await quiet(walker)
    assert at(walker) == 2
    assert stage.recorded == walker.walk


async def test_after_the_end_one_can_go_back(stage: WalkStage) -> None:
    walker = await stage.begun()
    await walker.go_on()
    await walker.go_on()
    await walker.back()
    assert at(walker) == 3
    assert walker.walk.verdict is None


async def test_nothing_goes_on_that_can_not_be_written(stage: WalkStage) -> None:
    walker = await stage.begun()
    before = walker.walk
    stage.records.store.broken = StoreError("the disk is full")
    for call in (walker.go_on(), walker.back()):
        with pytest.raises(StoreError, match="the disk is full"):
            await call
    assert walker.walk == before
    stage.records.store.broken = None
    await walker.go_on()
    assert at(walker) == 3


async def test_a_finding_that_could_not_be_written_is_kept_and_written_later(stage: WalkStage) -> None:
    walker = await stage.bookcase.begin(stage.runbook, ANSWERS)
    await stage.records.store.events(stage.book.current.id)  # type: ignore[union-attr]
    begin = walker.begin()
    await begin
    stage.records.store.broken = StoreError("the disk is full")
    await quiet(walker)
    assert (at(walker), walker.trouble, outcomes(walker.walk)) == (1, "the disk is full", [])
    stage.records.store.broken = None
    asked = len(stage.told.metrics.asked)
    await walker.go_on()
    assert (at(walker), walker.trouble) == (2, "")
    assert len(stage.told.metrics.asked) == asked
    assert stage.recorded == walker.walk


async def test_a_walk_is_taken_up_at_the_same_step(stage: WalkStage) -> None:
    walker = await stage.begun()
    await walker.close()
    again = await stage.resumed()
    assert again.walk == walker.walk
    await again.go_on()
    assert at(again) == 3
    assert stage.recorded == again.walk


async def test_a_walk_that_was_left_in_a_check_asks_it_again(stage: WalkStage) -> None:
    walker = await stage.bookcase.begin(stage.runbook, ANSWERS)
    await walker.begin()
    await walker.close()  # before any answer
    assert outcomes(stage.recorded) == []
    assert at(await stage.resumed()) == 2


async def test_a_changed_file_ends_the_walk_and_can_be_begun_anew(stage: WalkStage) -> None:
    walker = await stage.begun()
    stage.path.write_text(WHOLE + "\n")
    with pytest.raises(RunbookChangedError, match="was changed since this walk began"):
        await walker.go_on()
    assert "begin a new one" in walker.stopped
    stage.path.write_text(WHOLE)
    with pytest.raises(RunbookChangedError):
        await walker.back()
    assert outcomes(stage.recorded) == [(1, O.HOLDS)]
    stage.path.write_text(WHOLE + "\n")
    with pytest.raises(RunbookChangedError):
        await stage.resumed()
    anew = await stage.begun()
    assert at(anew) == 2


async def test_a_file_that_is_gone_or_a_link_by_now_ends_the_walk(stage: WalkStage, tmp_path: Path) -> None:
    walker = await stage.begun()
    stage.path.rename(tmp_path / "elsewhere.md")
    stage.path.symlink_to(tmp_path / "elsewhere.md")
    with pytest.raises(RunbookChangedError, match="symbolic link"):
        await walker.go_on()


async def test_a_runbook_that_was_changed_after_it_was_read_is_not_begun(stage: WalkStage) -> None:
    runbook = stage.runbook
    stage.path.write_text(WHOLE + "\n")
    with pytest.raises(RunbookChangedError, match="changed in between"):
        await stage.bookcase.begin(runbook, ANSWERS)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"service": "checkout"}, "Namespace: a value is needed"),
        ({**ANSWERS, "service": "a;b"}, "is not a name of lower case letters"),
        ({**ANSWERS, "service": "-rf"}, "is not a name of lower case letters"),
        ({**ANSWERS, "service": "a\n"}, "all of which can be seen"),
        ({**ANSWERS, "service": "x" * 300}, "at most 253 characters"),
        ({**ANSWERS, "other": "x"}, "no input is called other"),
    ],
)
async def test_a_wrong_input_is_named_and_nothing_begins(stage: WalkStage, answers: dict[str, str], words: str) -> None:
    with pytest.raises(WalkError, match=words):
        await stage.bookcase.begin(stage.runbook, answers)


async def test_without_an_incident_a_walk_is_kept_by_the_console_alone(tmp_path: Path) -> None:
    stage = WalkStage(tmp_path)
    stage.told.metrics.instant_values = (1.0,)
    walker = await stage.begun()
    await walker.go_on()
    assert walker.walk.incident == ""
    assert at(walker) == 3
    assert stage.records.store.written == []
    assert await stage.bookcase.unfinished() == ()


async def test_a_walk_that_was_begun_anew_is_not_offered_beside_the_old_one(stage: WalkStage) -> None:
    await stage.begun()
    stage.clock.turn_on(1.0)
    second = await stage.begun()
    assert [walk.id for walk in await stage.bookcase.unfinished()] == [second.walk.id]
    await second.go_on()
    await second.go_on()
    assert await stage.bookcase.unfinished() == ()
    other = await stage.begun({**ANSWERS, "service": "orders"})
    assert [walk.id for walk in await stage.bookcase.unfinished()] == [other.walk.id]


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


async def test_two_keys_at_once_leave_a_step_once(stage: WalkStage) -> None:
    walker = await stage.begun()
    results = await asyncio.gather(walker.go_on(), walker.go_on(), return_exceptions=True)
    assert [type(one) for one in results] == [type(None), WalkError]
    assert at(walker) == 3
    written = [one for one in stage.records.store.written if isinstance(one.what, WalkStepped)]
    assert len(written) == 2
