"""A walk in the record of its incident: what was done is written there before the walk goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident_event import Fact, IncidentEvent, OperationTold, WalkBegun, WalkGivenUp, WalkStepped
from opsconsole.domain.operation import AuditRecord, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, StepResult, Walk
from opsconsole.incidents.folding import walks
from opsconsole.incidents.records import Records
from opsconsole.runbooks.protocols import WalkError
from opsconsole.safe_text import safe_text

ORIGIN = SafeText("runbook")

UNTRACED_SECONDS = 30.0
"""How long an operation that was confirmed may be in no record yet: its console looks at the cluster once more, and
writes. After that it was never recorded, and what is not recorded is not sent."""

_S = OperationState

_PROGRESS = (_S.RECORDED, _S.SENT, _S.UNKNOWN, _S.APPLIED, _S.REFUSED, _S.UNVERIFIED, _S.VERIFIED)
_OUTCOMES = {
    _S.VERIFIED: StepOutcome.DONE,
    _S.APPLIED: StepOutcome.DONE,
    _S.UNVERIFIED: StepOutcome.NOT_DONE,
    _S.REFUSED: StepOutcome.NOT_DONE,
}

LookUp = Callable[[str], Awaitable[tuple[AuditRecord, ...]]]
"""Has the engine settle what a crash left open, then tells what this machine's audit log has about an operation.

Raises `OpsConsoleError`."""


class WalkRecord:
    """Writes walks to the incident that they belong to. A walk without one is kept by the console alone."""

    def __init__(self, records: Records | None, look_up: LookUp | None = None) -> None:
        """Without `look_up` only the incident's record tells of operations."""
        self._records = records
        self._look_up = look_up

    async def begun(self, walk: Walk) -> None:
        """`walk` begins. Raises `StoreError`."""
        what = WalkBegun(walk.id, walk.runbook, walk.title, walk.sha256, walk.path, walk.inputs)
        await self._write(walk, Fact(what, walk.begun_at, ORIGIN, f"walk/{walk.id}"))

    async def stepped(self, walk: Walk, result: StepResult, following: int | None) -> None:
        """A step came out; the walk goes on at `following`. Raises `StoreError`."""
        await self._write(walk, Fact(WalkStepped(walk.id, result, following), result.at, ORIGIN))

    async def given_up(self, walk: Walk, reason: str) -> None:
        """Nobody goes on with `walk`. Raises `WalkError` without a reason, and `StoreError`."""
        words = safe_text(" ".join(reason.split()), 500)
        if not words:
            raise WalkError("say why nobody goes on with it; the reason goes to the record")
        what = WalkGivenUp(walk.id, walk.title, words)
        await self._write(walk, Fact(what, None, ORIGIN, f"walk/{walk.id}/given-up"))

    async def outcome(self, walk: Walk, under_way: StepResult, now: float) -> tuple[StepOutcome, SafeText]:
        """What became of the operation of `under_way`, which this console may never have heard of again.

        UNDER_WAY where nobody knows yet, UNKNOWN where nobody ever will. Raises `StoreError`.
        """
        if self._records is None or not walk.incident:
            return StepOutcome.UNDER_WAY, SafeText("no incident records it; `opsconsole audit show` tells how it went")
        try:
            own = () if self._look_up is None else await self._look_up(under_way.operation)
        except OpsConsoleError as error:
            return StepOutcome.UNDER_WAY, SafeText(f"what became of it can't be looked up now: {error}")
        events = await self._records.store.events(walk.incident)
        told = [(one.state, one.words) for one in own]
        told += [(one.state, one.words) for one in _told_of(events, under_way.operation)]
        if told:
            state, words = max(told, key=lambda one: _PROGRESS.index(one[0]) if one[0] in _PROGRESS else -1)
            if state is _S.UNKNOWN and any(one.closed for one in own):
                return StepOutcome.UNKNOWN, words
            return _OUTCOMES.get(state, StepOutcome.UNDER_WAY), SafeText(f"{state.value}: {words}")
        return self._untold(_confirmed_by(events, under_way.operation), now - under_way.at)

    def _untold(self, operator: SafeText, age: float) -> tuple[StepOutcome, SafeText]:
        """Nothing is recorded of it. That proves something only on the machine that would have recorded it."""
        here = (
            self._look_up is not None and self._records is not None and operator == self._records.book.author.operator
        )
        if not here:
            words = SafeText(
                f"{operator} confirmed it, and nobody recorded how it went; ask there, or look at the cluster"
            )
            return StepOutcome.UNDER_WAY, words
        if age < UNTRACED_SECONDS:
            left = UNTRACED_SECONDS - age
            return StepOutcome.UNDER_WAY, SafeText(f"confirmed, and in no record yet; look again in {left:.0f} s")
        return StepOutcome.NOT_DONE, SafeText("it was confirmed and never recorded, so it was never sent")

    async def _write(self, walk: Walk, fact: Fact) -> None:
        if self._records is not None and walk.incident:
            await self._records.book.write_facts([fact], incident=walk.incident)


async def unfinished_walks(records: Records, incident: str) -> tuple[Walk, ...]:
    """Walks of `incident` that are not over, newest first, without those begun anew since. Raises `StoreError`."""
    found = walks(await records.store.events(incident))
    newest = {(walk.path, *sorted(walk.inputs.items())): walk for walk in found}
    return tuple(walk for walk in reversed(found) if not walk.over and walk in newest.values())


def _told_of(events: Sequence[IncidentEvent], operation: str) -> list[OperationTold]:
    told = (event.what for event in events)
    return [one for one in told if isinstance(one, OperationTold) and one.operation == operation]


def _confirmed_by(events: Sequence[IncidentEvent], operation: str) -> SafeText:
    for event in events:
        if isinstance(event.what, WalkStepped) and event.what.result.operation == operation:
            return event.author.operator
    return SafeText("somebody")
