"""An act of a runbook while the operations engine carries it out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.operation import OperationState, Plan
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome
from opsconsole.runbooks.protocols import Walker
from opsconsole.safe_text import safe_text
from opsconsole.screens.operations.running import RunningOperation

_OUTCOMES = {
    OperationState.VERIFIED: StepOutcome.DONE,
    OperationState.UNVERIFIED: StepOutcome.NOT_DONE,
    OperationState.REFUSED: StepOutcome.NOT_DONE,
}
"""What is UNKNOWN stays under way until a read proves it: the record tells that."""


class ActWitness:
    """Tells a walk that its act was confirmed, before anything is sent, and how it came out."""

    def __init__(
        self,
        walker: Walker,
        run: Callable[[Coroutine[None, None, None]], object],
        trouble: Callable[[SafeText], object],
    ) -> None:
        """`run` runs what waits for the end; `trouble` is told what went wrong after it was sent."""
        self._walker = walker
        self._run = run
        self._trouble = trouble

    async def confirmed(self, plan: Plan) -> None:
        """As `Witness.confirmed`."""
        await self._walker.acting(plan.id)

    def begun(self, running: RunningOperation) -> None:
        """As `Witness.begun`."""
        self._run(self._until_ended(running))

    async def _until_ended(self, running: RunningOperation) -> None:
        await running.ended()
        last = running.last
        outcome = _OUTCOMES.get(last.state) if last is not None else None
        if last is None or outcome is None:
            self._trouble(SafeText("nobody knows yet whether it took effect; the record is looked into"))
            return
        try:
            await self._walker.acted(running.plan.id, outcome, last.words, last.output)
        except OpsConsoleError as error:
            self._trouble(safe_text(error, 400))
