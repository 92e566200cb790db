"""The steps of a walk: signs and words for every outcome, what the cursor does, and what a small place shows."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import pytest
from textual.binding import Binding, BindingType

from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult
from opsconsole.widgets.glyphs import ASCII
from opsconsole.widgets.runbooks.step_view import Said, StepView, WalkView
from opsconsole.widgets.runbooks.walk_steps import WalkSteps
from widget_stage import Stage, screen_text, shown

T = SafeText


def result(number: int, outcome: StepOutcome, kind: StepKind = StepKind.CHECK, **words: str) -> StepResult:
    told = {name: T(value) for name, value in words.items()}
    return StepResult(number=number, title=T("title"), kind=kind, outcome=outcome, at=0.0, **told)  # type: ignore[arg-type]


def step(number: int, title: str, **facts: object) -> StepView:
    return StepView(number=number, title=T(title), **{"kind": StepKind.CHECK, **facts})  # type: ignore[arg-type]


def walk(*steps: StepView, **facts: str) -> WalkView:
    words = {name: T(value) for name, value in facts.items()}
    return WalkView(title=T("Bad release"), sha256="1a2b3c4d" * 8, steps=steps, **words)  # type: ignore[arg-type]


async def drawn(view: WalkView, size: tuple[int, int] = (44, 24)) -> str:
    steps = WalkSteps()
    async with Stage(steps).run_test(size=size) as pilot:
        steps.show(view)
        await pilot.pause()
        return screen_text(pilot.app)


@pytest.mark.parametrize(
    ("outcome", "sign", "words"),
    [
        (StepOutcome.HOLDS, "✔", "holds: 8 % > 1 %"),
        (StepOutcome.FAILS, "✘", "does not hold: 8 % > 1 %"),
        (StepOutcome.UNKNOWN, "?", "unknown: 8 % > 1 %"),
        (StepOutcome.NOT_DONE, "✘", "not done: 8 % > 1 %"),
        (StepOutcome.UNDER_WAY, "◐", "under way: 8 % > 1 %"),
    ],
)
async def test_every_outcome_has_a_sign_and_a_word(outcome: StepOutcome, sign: str, words: str) -> None:
    text = await drawn(walk(step(1, "errors", result=result(1, outcome, shown="8 % > 1 %"))))
    assert f"{sign} 1 errors" in text
    assert words in text


async def test_a_step_that_was_skipped_says_why_and_an_answer_stands_alone() -> None:
    skipped = step(1, "ask", result=result(1, StepOutcome.SKIPPED, reason="asleep"))
    answered = step(2, "agree", result=result(2, StepOutcome.DONE, StepKind.ASK, output="yes"))
    lines = (await drawn(walk(skipped, answered))).splitlines()
    assert any(line.strip(" ▌") == "skipped: asleep" for line in lines)
    assert any(line.strip(" ▌") == "yes" for line in lines)


async def test_the_step_at_hand_alone_is_open() -> None:
    here = step(2, "here", here=True, prose=T("look␊closely"), asks=(T("up == 1"),), keys=T("Enter goes on"))
    text = await drawn(walk(step(1, "before", prose=T("old prose")), here, step(3, "after", prose=T("new prose"))))
    for words in ("look", "closely", "up == 1", "Enter goes on"):
        assert words in text
    assert "prose" not in text


async def test_the_file_is_told_by_its_hash_and_what_is_wrong_stands_on_top() -> None:
    view = walk(step(1, "here"), unrecorded="not recorded", stopped="the file was changed", ending="Enter begins anew")
    lines = [line.strip() for line in (await drawn(view)).splitlines()]
    assert lines[:4] == ["Bad release", "file 1a2b3c4d", "not recorded", "the file was changed"]
    assert "Enter begins anew" in lines


async def test_a_digit_that_answers_nothing_is_left_to_others() -> None:
    steps = WalkSteps()
    said: list[int] = []

    class Listening(Stage):
        BINDINGS: ClassVar[list[BindingType]] = [Binding("2", "elsewhere")]

        def action_elsewhere(self) -> None:
            said.append(-2)

        def on_walk_steps_said(self, message: WalkSteps.Said) -> None:
            said.append(message.digit)

    async with Listening(steps).run_test() as pilot:
        steps.show(walk(step(1, "ask", here=True, said=(Said(1, T("yes")),))))
        await pilot.press("1", "2")
    assert said == [1, -2]


async def test_a_step_taller_than_the_view_is_scrolled_through_before_the_cursor_leaves_it() -> None:
    prose = T("␊".join(f"line {n}" for n in range(12)))
    steps = WalkSteps()
    async with Stage(steps).run_test(size=(44, 6)) as pilot:
        steps.show(walk(step(1, "here", here=True, prose=prose), step(2, "after")))
        await pilot.pause()
        seen = set()
        for _ in range(30):
            seen |= {line.strip(" ▌┃") for line in shown(pilot.app)}
            await pilot.press("down")
        assert {f"line {n}" for n in range(12)} <= seen
        assert steps.current is not None
        assert steps.current.number == 2
        for _ in range(30):
            await pilot.press("up")
        assert "Bad release" in screen_text(pilot.app)


async def test_the_cursor_goes_to_the_step_at_hand_when_that_is_another() -> None:
    steps = WalkSteps(glyphs=ASCII)
    many = [step(n, f"step {n}") for n in range(1, 30)]
    async with Stage(steps).run_test(size=(44, 8)) as pilot:
        steps.show(walk(*[msgspec.structs.replace(one, here=one.number == 1) for one in many]))
        await pilot.press("end")
        assert steps.current is not None
        assert steps.current.number == 29
        steps.show(walk(*[msgspec.structs.replace(one, here=one.number == 15) for one in many]))
        await pilot.pause()
        assert steps.current.number == 15
        assert "15 step 15" in screen_text(pilot.app)


async def test_nothing_is_cut_in_a_narrow_place() -> None:
    title = " ".join(f"word{n}" for n in range(30))
    text = await drawn(walk(step(1, title, here=True)), size=(24, 30))
    assert [word for word in title.split() if word not in text] == []
