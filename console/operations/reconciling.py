"""Finishes the record of operations that a crash, or a cluster that was away, left open."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.carrying_out import SEND_SECONDS, Desk, Look, look
from opsconsole.operations.checking import open_operations
from opsconsole.operations.procedure import Procedure

State = OperationState

_ELSEWHERE = SafeText("unknown: another cluster has this name now")


async def reconcile(desk: Desk, procedures: Mapping[OperationKind, Procedure]) -> tuple[Entry, ...]:
    """The last line of each operation that was open, after looking at the cluster once.

    Operations in the hands of a living console are left alone. Whatever the timelines of incidents do not tell yet,
    of these and of others, they are told. Raises `AuditError`.
    """
    settled: list[Entry] = []
    for operation in open_operations(await desk.trail.entries()):
        with desk.trail.hold(operation) as mine:
            # Read again: until we held it, another console may have gone on with it.
            lines = open_operations(await desk.trail.entries()).get(operation) if mine else None
            if lines is not None:
                settled.append(await _finished(desk, procedures, lines))
    await desk.trail.tell_again()
    return tuple(settled)


async def _finished(desk: Desk, procedures: Mapping[OperationKind, Procedure], lines: tuple[Entry, ...]) -> Entry:
    first, last = lines[0], lines[-1]
    if last.state is State.RECORDED:
        # The line that it is about to be sent comes before the sending, and is not there.
        return await desk.trail.outcome(first, State.REFUSED, SafeText("never sent: the console ended before"))
    found = await _looked_up(desk, procedures, lines)
    news = found.closed or (found.words == _ELSEWHERE and last.words != _ELSEWHERE)
    if found.state is last.state and not news:
        return last
    return await desk.trail.outcome(first, found.state, found.words, closed=found.closed)


async def _looked_up(desk: Desk, procedures: Mapping[OperationKind, Procedure], lines: tuple[Entry, ...]) -> Look:
    procedure, intent = procedures.get(lines[0].kind), lines[0].intent
    if procedure is None or intent is None:
        return Look(State.UNKNOWN, SafeText("unknown: this console does not know how to tell"))
    if intent.order.kind is OperationKind.RUN_COMMAND:
        return await look(desk, procedure, intent, 0.0)
    try:
        present = await desk.control.cluster_id()
    except SourceError as error:
        return Look(State.UNKNOWN, SafeText(f"unknown: the cluster can't be asked ({error.sentence})"))
    if lines[0].cluster_id and present and present != lines[0].cluster_id:
        return Look(State.UNKNOWN, _ELSEWHERE)
    about_to_send = max(line.at for line in lines if line.state is State.SENT)
    return await look(desk, procedure, intent, desk.clock.now() - about_to_send - SEND_SECONDS)
