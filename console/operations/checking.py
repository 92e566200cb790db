"""The checks of an order before anything is sent: right, rehearsal, blast radius, open operations."""

from __future__ import annotations

import msgspec

from opsconsole.domain.cluster_object import Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Check, FieldChange, OperationKind, OperationState, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.control import Access, ClusterControl, Mutation, Verb
from opsconsole.operations.level_change import LevelChange
from opsconsole.operations.object_diff import object_changes
from opsconsole.operations.procedure import Act, Command, Intent, LocalProgram

OPEN_STATES = frozenset({OperationState.RECORDED, OperationState.SENT, OperationState.UNKNOWN})
"""States of a record after which an outcome must still come."""

ON_PROCESSES = frozenset({OperationKind.SET_LOG_LEVEL, OperationKind.RESTORE_LOG_LEVEL})
"""Kinds that change what runs in pods and no object of the cluster: their effects are not mistaken for others'."""

_ACCESS = SafeText("Access")
_REHEARSAL = SafeText("Rehearsal")

_REHEARSAL_REFUSALS = {
    ErrorKind.FORBIDDEN: "the server refuses",
    ErrorKind.CONFLICT: "it changed just now; look again",
    ErrorKind.UNPROCESSABLE: "the server would refuse it",
    ErrorKind.NOT_FOUND: "it is gone",
    ErrorKind.THROTTLED: "the server would refuse it now",
}


class Rehearsed(msgspec.Struct, frozen=True):
    """What access review and rehearsal showed."""

    checks: tuple[Check, ...]
    changes: tuple[FieldChange, ...] = ()


async def rehearsed(control: ClusterControl, act: Act, live: LiveObject) -> Rehearsed:
    """The access review, then the dry run where there is one and the right to it; nothing is stored.

    Without the right nothing is sent but the review. A review that can't be had is a warning: the server
    itself decides. A program of this machine has its rights from whoever it speaks to.
    """
    if isinstance(act, LocalProgram):
        return Rehearsed(
            (Check(_REHEARSAL, Verdict.FINE, SafeText("none: a program can't be tried without running it")),)
        )
    try:
        access = await _asked(control, act)
    except SourceError as error:
        words = SafeText(f"could not be asked, the server will decide: {error.sentence}")
        right = Check(_ACCESS, Verdict.WARNING, words)
    else:
        right = _right(access)
    if right.verdict is Verdict.BLOCKED:
        return Rehearsed((right,))
    if not isinstance(act, Mutation):
        what = "a command in a container" if isinstance(act, Command) else "a log level"
        words = SafeText(
            f"none: {what} can't be tried without {'running' if isinstance(act, Command) else 'setting'} it"
        )
        return Rehearsed((right, Check(_REHEARSAL, Verdict.FINE, words)))
    try:
        after = await control.rehearse(act)
    except SourceError as error:
        return Rehearsed((right, _rehearsal_failed(error)))
    check = Check(_REHEARSAL, Verdict.FINE, SafeText("the server would accept it"))
    # What answers a deletion or eviction is no later state of the target.
    comparable = act.verb is Verb.PATCH and not act.subresource
    return Rehearsed((right, check), object_changes(live.body, after.body) if comparable else ())


async def _asked(control: ClusterControl, act: Mutation | Command | LevelChange) -> Access:
    if isinstance(act, Mutation):
        return await control.may(act)
    if isinstance(act, Command):
        return await control.may_exec(act.pod)
    # Of one pod for all: they are in one namespace, and rights are not given to pods by name.
    return await control.may_set_log_level(await control.read(act.steps[0].pod))


def _right(access: Access) -> Check:
    if access.allowed:
        return Check(_ACCESS, Verdict.FINE, access.needed)
    reason = f" ({access.reason})" if access.reason else ""
    words = SafeText(f"you may not {access.needed}{reason}; ask for that right")
    return Check(_ACCESS, Verdict.BLOCKED, words)


def _rehearsal_failed(error: SourceError) -> Check:
    said = error.detail or error.sentence
    if error.kind is ErrorKind.UNPROCESSABLE and "dry run" in error.detail.lower():
        # The API server refuses dry runs past a webhook that does not say it has no side effects (KEP-576).
        return Check(_REHEARSAL, Verdict.WARNING, SafeText(f"it can't be rehearsed here: {said}"))
    if (refusal := _REHEARSAL_REFUSALS.get(error.kind)) is not None:
        return Check(_REHEARSAL, Verdict.BLOCKED, SafeText(f"{refusal}: {said}"))
    return Check(_REHEARSAL, Verdict.WARNING, SafeText(f"not rehearsed: {error.sentence}"))


def open_operations(entries: tuple[Entry, ...]) -> dict[str, tuple[Entry, ...]]:
    """The lines of each operation that still lacks an outcome, by its id, oldest first."""
    lines: dict[str, list[Entry]] = {}
    for entry in entries:
        lines.setdefault(entry.operation, []).append(entry)
    return {
        operation: tuple(found)
        for operation, found in lines.items()
        if found[-1].state in OPEN_STATES and not found[-1].closed
    }


def others_at_work(entries: tuple[Entry, ...], live: LiveObject) -> tuple[Check, ...]:
    """A warning for each open operation on the same object, whoever ordered it from this log."""
    found: list[Check] = []
    for lines in open_operations(entries).values():
        first, last = lines[0], lines[-1]
        if _place(first.target) == _place(live.ref):
            words = f"{first.kind.value} by {first.operator} ({first.operation}) is {last.state.value}"
            found.append(Check(SafeText("Open operation"), Verdict.WARNING, SafeText(words)))
    return tuple(found)


def mingled(entries: tuple[Entry, ...], intent: Intent) -> bool:
    """Whether another operation on the same object was sent later, or may still have been on its way when this was.

    Then nobody can tell by looking whose effect it is that the cluster shows. One that was refused had none.
    """
    others = [
        one
        for one in entries
        if _place(one.target) == _place(intent.target)
        and one.operation != intent.operation
        and (one.kind in ON_PROCESSES) == (intent.order.kind in ON_PROCESSES)
    ]
    refused = {one.operation for one in others if one.state is OperationState.REFUSED}
    begun = next(
        (one.sequence for one in entries if one.operation == intent.operation and one.state is OperationState.SENT),
        0,
    )
    before = {one.operation: one.state for one in others if one.sequence < begun}
    under_way = {operation for operation, state in before.items() if state in OPEN_STATES}
    later = {one.operation for one in others if one.state is OperationState.SENT and one.sequence > begun}
    return bool((under_way | later) - refused)


def _place(ref: ObjectRef) -> tuple[Kind, SafeText, SafeText]:
    return ref.kind, ref.namespace, ref.name


async def identity_of(control: ClusterControl) -> SafeText:
    """Who the API server takes us for; empty when it can't be asked."""
    try:
        return await control.identity()
    except SourceError:
        return SafeText("")


async def cluster_id_of(control: ClusterControl) -> SafeText:
    """Which cluster answers; empty when it can't be asked, or may not be."""
    try:
        return await control.cluster_id()
    except SourceError:
        return SafeText("")
