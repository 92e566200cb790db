"""Walks through runbooks that do something, and where they are."""

from __future__ import annotations

from pathlib import Path

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.runbooks.walking.walker import RunbookWalker
from runbook_files import CHECK, DECIDE, ENDS, FRONT, step
from walk_stage import WalkStage

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


async def staged(folder: Path, text: str) -> WalkStage:
    made = WalkStage(folder, text)
    made.told.metrics.instant_values = (1.0,)
    await made.open_incident()
    workload = Workload(DEPLOYMENT, SafeText("checkout"), 3, 3, 3, 3, RolloutState.DONE, SafeText(""))
    made.told.workloads.workload_list = WorkloadList((workload,))
    return made


def at(walker: RunbookWalker) -> int | None:
    return None if walker.step is None else walker.step.number
