"""Operations under way. They go on when nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import OperationState, Plan, Step

_ANSWERED = frozenset(
    {
        OperationState.APPLIED,
        OperationState.REFUSED,
        OperationState.UNKNOWN,
        OperationState.VERIFIED,
        OperationState.UNVERIFIED,
    }
)


class RunningOperation:
    """One confirmed plan being carried out; `steps` grows, `on_step` is told of each."""

    def __init__(self, plan: Plan, steps: AsyncIterator[Step], now: Callable[[], float]) -> None:
        """Starts at once, in a task of its own."""
        self.plan = plan
        self.steps: list[Step] = []
        self.on_step: Callable[[], object] | None = None
        self.watched = False
        """Whether a dialog shows it, so that its end need not be told elsewhere."""
        self._now = now
        self._told = False
        self._task = asyncio.create_task(self._follow(steps), name=f"operation {plan.id}")

    @property
    def done(self) -> bool:
        """Whether nothing more will happen."""
        return self._task.done()

    @property
    def last(self) -> Step | None:
        """The newest step."""
        return self.steps[-1] if self.steps else None

    @property
    def told(self) -> bool:
        """Whether the cluster has answered, or nothing more will happen."""
        return self._told

    async def ended(self) -> None:
        """Return when nothing more will happen."""
        await asyncio.wait({self._task})

    async def _follow(self, steps: AsyncIterator[Step]) -> None:
        try:
            async for step in steps:
                self._note(step)
        except SourceError as error:
            sent = any(step.state is OperationState.SENT for step in self.steps)
            state = OperationState.UNKNOWN if sent else OperationState.REFUSED
            self._note(Step(state, self._now(), error.sentence))
        finally:
            self._told = True

    def _note(self, step: Step) -> None:
        self.steps.append(step)
        if step.state in _ANSWERED:
            self._told = True
        if self.on_step is not None:
            self.on_step()
