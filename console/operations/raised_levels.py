"""Which log levels were set and not put back yet, read from the audit log alone.

The line that is written before a level is set holds the level of each pod as it was, by the pod's uid, and how long
it was to last. So whoever reads the log can put it back, whatever became of the console that set it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from opsconsole.domain.log_level import PodLevel, RaisedLevel
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import Entry
from opsconsole.safe_text import safe_text

_POD = "pod/"

_IN_FORCE = frozenset(
    {
        OperationState.SENT,
        OperationState.UNKNOWN,
        OperationState.APPLIED,
        OperationState.VERIFIED,
        OperationState.UNVERIFIED,
    }
)
"""States from which on a level may have been set. RECORDED alone means that nothing was sent."""


def baseline_of(pods: Iterable[PodLevel], **others: str) -> dict[str, str]:
    """`pods` and `others` for the record."""
    return {**others, **{f"{_POD}{one.name}": f"{one.uid} {one.level}" for one in pods}}


def pods_in(baseline: dict[str, str]) -> tuple[PodLevel, ...]:
    """The pods of a record, with the level that each is to have in the end."""
    found = []
    for key, value in baseline.items():
        if key.startswith(_POD):
            uid, _, level = value.partition(" ")
            found.append(PodLevel(safe_text(key.removeprefix(_POD), 300), safe_text(uid, 128), safe_text(level, 20)))
    return tuple(found)


def raised_in(entries: Sequence[Entry]) -> tuple[RaisedLevel, ...]:
    """Levels that may still be in force, oldest first; of each only the pods that no later operation has dealt with.

    A pod is dealt with once putting it back was VERIFIED, which also says so of those that are gone.
    """
    recorded: dict[str, Entry] = {}
    last: dict[str, OperationState] = {}
    for entry in entries:
        last[entry.operation] = entry.state
        if entry.order is not None:
            recorded[entry.operation] = entry
    done: dict[str, set[SafeText]] = {}
    for operation, entry in recorded.items():
        if entry.kind is OperationKind.RESTORE_LOG_LEVEL and last[operation] is OperationState.VERIFIED:
            for undone in (entry.baseline or {}).get("undoes", "").split():
                done.setdefault(undone, set()).update(one.uid for one in pods_in(entry.baseline or {}))
    raised = (
        raised_by(entry)
        for operation, entry in recorded.items()
        if entry.kind is OperationKind.SET_LOG_LEVEL and last[operation] in _IN_FORCE
    )
    left = (
        msgspec.structs.replace(one, pods=tuple(pod for pod in one.pods if pod.uid not in done.get(one.operation, ())))
        for one in raised
    )
    return tuple(one for one in left if one.pods)


def raised_by(entry: Entry) -> RaisedLevel:
    """What the operation that `entry` recorded sets."""
    if entry.order is None:
        raise TypeError(entry)
    until = entry.at + entry.order.seconds
    return RaisedLevel(entry.operation, entry.target, entry.order.level, until, pods_in(entry.baseline or {}))


def is_on_its_way(entries: Sequence[Entry], operation: str) -> bool:
    """Whether `operation` is recorded and nothing else is known of it yet."""
    states = [one.state for one in entries if one.operation == operation]
    return bool(states) and states[-1] is OperationState.RECORDED
