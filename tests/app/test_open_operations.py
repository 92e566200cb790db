"""An operation whose outcome nobody knows is looked at again while the console stays open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from console_case import console

from opsconsole.domain.operation import AuditRecord, Confirmation, OperationKind, OperationState, Plan, Step
from opsconsole.domain.text import SafeText
from still_operations import WORKLOAD


async def test_an_unknown_outcome_is_looked_at_a_minute_later_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = SafeText("")
    words = SafeText("the cluster shows it")
    found = AuditRecord(
        9, 0.0, "op-1", OperationState.APPLIED, OperationKind.ROLL_BACK, WORKLOAD, nobody, nobody, nobody, words
    )
    async with console() as case:

        async def lost(plan: Plan, typed: str = "") -> AsyncIterator[Step]:
            del plan, typed
            yield Step(OperationState.SENT, case.clock.now(), SafeText("request sent"))
            yield Step(OperationState.UNKNOWN, case.clock.now(), SafeText("no answer"))

        async def reconcile() -> tuple[AuditRecord, ...]:
            return (found,)

        monkeypatch.setattr(case.operations, "carry_out", lost)
        monkeypatch.setattr(case.operations, "reconcile", reconcile)
        case.operations.confirmation = Confirmation.KEY
        await case.press("W", "5", "b", "enter")
        await case.clock.advance(1)
        await case.press("y")
        assert "left open earlier" not in case.text
        assert "the cluster shows it" in await case.screen_later(61)
