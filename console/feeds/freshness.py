"""How fresh a source is, from the states of its feeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from opsconsole.domain.errors import ErrorKind
from opsconsole.domain.snapshot import FeedState, Snapshot, SourceFreshness, SourceName

_WORST_FIRST = (
    FeedState.DOWN,
    FeedState.NO_ACCESS,
    FeedState.THROTTLED,
    FeedState.STALE,
    FeedState.PARTIAL,
    FeedState.CONNECTING,
    FeedState.LIVE,
    FeedState.PAUSED,
    FeedState.NOT_CONFIGURED,
)
_ONE_QUESTION_ONLY = frozenset({ErrorKind.BAD_QUERY, ErrorKind.TOO_LARGE, ErrorKind.UNSUPPORTED})
"""Kinds that speak of a question, not of the backend: they do not mark the source as down by themselves."""


def aged(snapshot: Snapshot[Any], now: float, stale_after: float) -> Snapshot[Any]:
    """`snapshot`, turned STALE when it claims to be live but is older than `stale_after` seconds."""
    age = snapshot.age(now)
    if snapshot.state in (FeedState.LIVE, FeedState.PARTIAL) and age is not None and age > stale_after:
        return msgspec.structs.replace(snapshot, state=FeedState.STALE)
    return snapshot


def source_state(snapshot: Snapshot[Any]) -> FeedState:
    """What `snapshot` says of its source rather than of its question."""
    if snapshot.problem is not None and snapshot.problem.kind in _ONE_QUESTION_ONLY:
        return FeedState.PARTIAL
    return snapshot.state


def _fails(snapshot: Snapshot[Any]) -> bool:
    """Whether the last question was not answered, and not because the query was wrong."""
    problem = snapshot.problem
    return problem is not None and problem.kind is not ErrorKind.BAD_QUERY and snapshot.state is not FeedState.PARTIAL


def worst_of(source: SourceName, snapshots: Iterable[Snapshot[Any]], now: float, stale_after: float) -> SourceFreshness:
    """One source's line entry: the worst state of its feeds and the oldest answer of those.

    Of a source that answers no feed, each says what it is: there is no other question that goes well.
    """
    states = [(source_state(snap), snap) for snap in (aged(snap, now, stale_after) for snap in snapshots)]
    if not states:
        return SourceFreshness(source, FeedState.NOT_CONFIGURED)
    if all(_fails(snap) for _, snap in states):
        states = [(snap.state, snap) for _, snap in states]
    worst = min((state for state, _ in states), key=_WORST_FIRST.index)
    those = [snap for state, snap in states if state is worst]
    oldest = min(those, key=lambda snap: snap.as_of if snap.as_of is not None else float("-inf"))
    problem = next((snap.problem for snap in those if snap.problem is not None), None)
    partial = next((snap.completeness for snap in those if not snap.completeness.whole), oldest.completeness)
    return SourceFreshness(source, worst, oldest.as_of, partial, problem)
