"""A walk goes on only when its record has what was done, and takes up where it was left, whatever died."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from act_stage import O, at, staged
from opsconsole.domain.incident_event import WalkStepped
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import Verdict
from opsconsole.incidents.protocols import StoreError
from opsconsole.runbooks.protocols import RunbookChangedError, WalkError
from runbook_files import CHECK, DECIDE, ENDS, FRONT, WHOLE, step
from walk_stage import ANSWERS, WalkStage, outcomes, quiet


@pytest.fixture
async def stage(tmp_path: Path) -> WalkStage:
    made = WalkStage(tmp_path)
    made.told.metrics.instant_values = (1.0,)
    await made.open_incident()
    return made


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


async def test_two_keys_at_once_leave_a_step_once(stage: WalkStage) -> None:
    walker = await stage.begun()
    results = await asyncio.gather(walker.go_on(), walker.go_on(), return_exceptions=True)
    assert [type(one) for one in results] == [type(None), WalkError]
    assert at(walker) == 3
    written = [one for one in stage.records.store.written if isinstance(one.what, WalkStepped)]
    assert len(written) == 2
