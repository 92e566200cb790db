"""What the screens and the command line ask of runbooks and of a walk through one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.operation import Order
from opsconsole.domain.runbook import CheckStep, Lint, Runbook, RunbookOffer, RunbookStep
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Walk


class WalkError(OpsConsoleError):
    """A runbook can't be read, or the step at hand can't be done. `str()` says why, and what to do."""


class RunbookChangedError(WalkError):
    """The file is not what it was when the walk began: this walk ends here, and can be begun anew."""


class Answer(msgspec.Struct, frozen=True):
    """One thing that may be said at a step that waits for a person; `value` is what `Walker.answer` takes."""

    value: str
    title: SafeText


class Walker(Protocol):
    """One walk through one runbook. Nothing here blocks: checks run in tasks of the walker's own.

    Every method that changes the walk writes to the record first and raises `StoreError` where that fails,
    `RunbookChangedError` where the file is another one now, `WalkError` where the step does not allow it;
    then nothing has changed.
    """

    @property
    def runbook(self) -> Runbook:
        """What is walked."""
        ...

    @property
    def walk(self) -> Walk:
        """How far it is, as it would be folded from the record. Without an incident `walk.incident` is empty."""
        ...

    @property
    def step(self) -> RunbookStep | None:
        """The step at hand; None at the end."""
        ...

    @property
    def running(self) -> bool:
        """Whether the check at hand has been asked and not answered yet."""
        ...

    @property
    def stopped(self) -> SafeText:
        """Why this walk can't go on at all (the file was changed), in words; empty while it can."""
        ...

    def listen(self, changed: Callable[[], object]) -> None:
        """`changed` is called on the event loop whenever anything above reads otherwise."""
        ...

    def words(self, text: SafeText) -> SafeText:
        """`text` of the runbook (prose, a question, a cause) with `$input` put in, for reading alone."""
        ...

    def question(self, step: CheckStep) -> CheckStep:
        """The check with its inputs put in, as it is asked: to show it, and to let the panes follow it."""
        ...

    def answers(self) -> tuple[Answer, ...]:
        """What may be said at the step at hand: the choices of an ask; the ways on of a decide that needs a person.

        Empty: nothing has to be said, or, for an ask, one line of free text.
        """
        ...

    async def order(self) -> Order:
        """The order of the ACT step at hand, inputs put in; a workload is looked up by its service's name.

        Raises `WalkError` where it can't be made.
        """
        ...

    async def begin(self) -> None:
        """Write that the walk has begun, unless it is resumed, and run the step at hand if it is a check."""
        ...

    async def go_on(self) -> None:
        """Leave the step at hand, or run its check (again, after UNKNOWN). A check that follows runs by itself.

        Where an act is UNDER_WAY: look in the record what became of it; `WalkError` while nobody knows.
        """
        ...

    async def skip(self, reason: SafeText) -> None:
        """Leave the step at hand undone."""
        ...

    async def back(self) -> None:
        """Go to the step before, whose result no longer counts. What was changed in the cluster stays changed."""
        ...

    async def answer(self, value: str) -> None:
        """Say `value` at the step at hand: one of `answers`, or free text. Raises `WalkError` for any other."""
        ...

    async def acting(self, operation: str) -> None:
        """The act at hand was confirmed as `operation`; written before anything is sent.

        Its result is `UNDER_WAY` until `acted`: a walk that is resumed there looks what became of it, and never
        does it again by itself.
        """
        ...

    async def acted(
        self, operation: str, outcome: StepOutcome, words: SafeText, output: SafeText = SafeText("")
    ) -> None:
        """The operation came out: DONE goes on, NOT_DONE stays at the step. `output` is its last `Step.output`."""
        ...

    async def close(self) -> None:
        """Stop checks that are being asked; the walk can be resumed."""
        ...


class Runbooks(Protocol):
    """The runbooks there are: those that ship, and the team's."""

    async def offers(
        self, alert: Alert | None, selection: Selection, others: Sequence[Alert] = ()
    ) -> tuple[RunbookOffer, ...]:
        """Runbooks for the alert, or for the service of the selection, best first; then all others, with score 0.

        `others` are alerts that fire on the same service: runbooks for those come next.
        """
        ...

    async def refused(self) -> tuple[Lint, ...]:
        """What is wrong with files that are not offered because of it."""
        ...

    def prefilled(self, runbook: Runbook, alert: Alert | None, selection: Selection) -> dict[str, SafeText]:
        """What the inputs may be answered with: the alert's labels, the selection, else the default."""
        ...

    def complaints(self, runbook: Runbook, inputs: Mapping[str, str]) -> dict[str, SafeText]:
        """Inputs that are not what the runbook, or their type, demands, each with a sentence; empty when all are."""
        ...

    async def begin(self, runbook: Runbook, inputs: Mapping[str, str]) -> Walker:
        """A new walk, for `Walker.begin`. Raises `RunbookChangedError`, and `WalkError` for a wrong input."""
        ...

    async def unfinished(self) -> tuple[Walk, ...]:
        """Walks of the current incident that are not over, newest first; none without an incident."""
        ...

    async def give_up(self, walk: Walk, reason: str) -> None:
        """Nobody goes on with `walk`, whose file may be gone: it is not offered again. `WalkError` without a reason."""
        ...

    async def resume(self, walk: Walk) -> Walker:
        """`walk` taken up at the same step. Raises `RunbookChangedError`, and `WalkError` where its file is gone."""
        ...
