"""The branch of the JVM's runbook for native calls, which no scenario of the practice cluster has."""

from __future__ import annotations

from pathlib import Path

import pytest

import opsconsole.runbooks
from opsconsole.domain.walk import StepOutcome, Verdict
from walk_stage import WalkStage, quiet

LIBRARY = Path(opsconsole.runbooks.__file__).parent / "library"
FULL, STOPPED, HARDLY = (0.97,), (0.3,), (0.02,)


async def walked(folder: Path, collections: tuple[float, ...], *answers: str) -> WalkStage:
    """A walk with a full old generation: how much of the time collections take, and what a person answers."""
    stage = WalkStage(folder, (LIBRARY / "jvm-old-generation.md").read_text())
    await stage.open_incident()
    stage.told.metrics.instant_values = FULL
    walker = await stage.begun({"service": "payments", "namespace": "shop"})
    stage.told.metrics.instant_values = collections
    left = list(answers)
    while (step := walker.step) is not None and walker.walk.verdict is None:
        if walker.answers():
            await walker.answer(left.pop(0))
        else:
            await walker.go_on()
        await quiet(walker)
        assert walker.step is not step or walker.running
    await walker.close()
    return stage


@pytest.mark.parametrize(
    ("collections", "answers", "verdict", "words"),
    [
        (STOPPED, (), Verdict.CAUSE, "concurrent marking of payments begins too late"),
        (HARDLY, ("yes",), Verdict.CAUSE, "calls into native code (JNI) hold the threads of payments"),
        (HARDLY, ("no",), Verdict.NOT_THIS, ""),
    ],
    ids=["collections", "native-calls", "neither"],
)
async def test_stops_that_belong_to_no_collection_are_native_calls(
    tmp_path: Path, collections: tuple[float, ...], answers: tuple[str, ...], verdict: Verdict, words: str
) -> None:
    stage = await walked(tmp_path, collections, *answers)
    walk = stage.recorded
    assert walk.verdict is verdict
    concluded = next(one for one in walk.results if one.verdict is verdict)
    assert words in concluded.shown
    assert StepOutcome.UNKNOWN not in {one.outcome for one in walk.results}
