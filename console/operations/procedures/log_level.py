"""Setting the log level of a workload's pods for a while, and putting back what was there.

The level is that of a process, not of an object of the cluster: a container that starts anew, and a pod that comes
meanwhile, log as they are configured. What was there before stands in the record of setting it, pod by pod.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeGuard

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_level import LEVELS, LONGEST_SECONDS, PodLevel, RaisedLevel, ToldLevel
from opsconsole.domain.operation import Check, FieldChange, OperationKind, OperationState, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.level_change import LevelChange, LevelStep, Looked, look, pod_ref, steps_of
from opsconsole.operations.ownership import WORKLOADS, selector_of
from opsconsole.operations.pod_shape import is_ending, is_over
from opsconsole.operations.procedure import Draft, Intent
from opsconsole.operations.procedures.marks import blocked, fine, warning
from opsconsole.operations.procedures.replacing import anew
from opsconsole.operations.raised_levels import baseline_of, pods_in
from opsconsole.operations.revisions import is_ready
from opsconsole.operations.rollout import counted
from opsconsole.safe_text import safe_text

MOST_PODS = 50
"""More lines from more pods than this at once is nothing for an incident."""

SHORTEST_SECONDS = 10.0

_TOLD = 3
"""Pods of which a failure is told."""

Raised = Callable[[], Awaitable[tuple[RaisedLevel, ...]]]
"""Levels that are in force, as the record tells."""

TARGETS = WORKLOADS | {Kind.POD}
State = OperationState


class SetLogLevel:
    """One PUT to each ready pod's own log level handler."""

    kind = OperationKind.SET_LOG_LEVEL
    targets = TARGETS

    def __init__(self, raised: Raised) -> None:
        """A pod whose level is set already is not set again: the level before would be lost."""
        self._raised = raised

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """Levels of now are read from each pod; those that have the level wanted are left out."""
        del operation
        pods = await _pods(control, live)
        ready = [pod for pod in pods if is_ready(pod.body)]
        objection = _objection(order, ready)
        if objection is not None:
            return _impossible(order, live.ref, (objection,))
        told = await asyncio.gather(*(_level_of(control, pod) for pod in ready))
        failed = [error for error in told if isinstance(error, SourceError)]
        levels = [
            PodLevel(pod.ref.name, pod.ref.uid, one) for pod, one in zip(ready, told, strict=True) if _is_level(one)
        ]
        changing = tuple(one for one in levels if one.level != order.level)
        checks = (*_unanswered(failed), *_unready(len(pods) - len(ready)))
        hindrance = _hindrance(order, failed, levels, await self._raised())
        if hindrance is not None:
            return _impossible(order, live.ref, (hindrance, *checks))
        steps = (LevelStep(pod_ref(live.ref.namespace, one), one.level, order.level) for one in changing)
        return Draft(
            act=LevelChange(tuple(steps)),
            summary=_summary(order, live.ref),
            cost=_cost(order, changing),
            undo=SafeText(
                f"put back after {format_duration(order.seconds)} by a process of its own, whatever becomes of this"
                " console; earlier by `opsconsole log-level restore`"
            ),
            way_back=Order(OperationKind.RESTORE_LOG_LEVEL, anew(live.ref)),
            checks=(*checks, fine("New pods", "a pod or container that starts meanwhile logs at its own level")),
            changes=tuple(_change(one, one.level, order.level) for one in changing),
            before=_names({one.level for one in changing}),
            after=order.level,
            baseline=baseline_of(changing, level=str(order.level)),
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """True once one pod logs at the level wanted; None when none of them tells any more."""
        told = [one.level for one in await _looks(control, intent) if one.level is not None]
        return any(level == intent.order.level for level in told) if told else None

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """One look at each pod."""
        found = await _looks(control, intent)
        there = sum(one.level == intent.order.level for one in found)
        words = SafeText(f"{there} of {counted(len(found), 'pod')} at {intent.order.level}{_others(found, intent)}")
        back = (Order(OperationKind.RESTORE_LOG_LEVEL, anew(intent.target)),)
        yield Step(State.VERIFIED if there == len(found) else State.UNVERIFIED, clock.now(), words, 1.0, back)


class RestoreLogLevel:
    """One PUT to each pod that still logs at the level that was set."""

    kind = OperationKind.RESTORE_LOG_LEVEL
    targets = TARGETS

    def __init__(self, raised: Raised) -> None:
        """What there is to put back."""
        self._raised = raised

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """Of the oldest level in force on the target, unless the order names one."""
        del operation
        mine = [one for one in await self._raised() if _is_meant(one, order, live.ref)]
        if not mine:
            words = "no level is in force that was set from here; there is nothing to put back"
            return _impossible(order, live.ref, (blocked("Log level", words),))
        return await restoring(control, mine[0])

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """True once none of the pods logs at the level that was set."""
        return not any(one.level == intent.baseline.get("level", "") for one in await _looks(control, intent))

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """One look at each pod."""
        found = await _looks(control, intent)
        level = intent.baseline.get("level", "")
        still = sum(one.level == level for one in found)
        back = sum(one.level == pod.level for pod, one in zip(pods_in(intent.baseline), found, strict=True))
        gone = sum(one.gone for one in found)
        left = len(found) - still - back - gone
        counts = ((gone, "gone"), (left, "left at another level"), (still, f"still at {level}"))
        parts = [f"put back in {back} of {counted(len(found), 'pod')}"]
        parts += [f"{count} {words}" for count, words in counts if count]
        yield Step(State.UNVERIFIED if still else State.VERIFIED, clock.now(), SafeText(", ".join(parts)), 1.0)


async def levels_of(control: ClusterControl, target: ObjectRef) -> tuple[ToldLevel, ...]:
    """The level of each ready pod of `target`. Raises `SourceError` where none tells."""
    live = await control.read(target)
    ready = [pod for pod in await _pods(control, live) if is_ready(pod.body)]
    told = await asyncio.gather(*(_level_of(control, pod) for pod in ready))
    failed = [error for error in told if isinstance(error, SourceError)]
    if failed and len(failed) == len(told):
        raise failed[0]
    return tuple(
        ToldLevel(PodLevel(pod.ref.name, pod.ref.uid, one))
        if _is_level(one)
        else ToldLevel(PodLevel(pod.ref.name, pod.ref.uid, SafeText("")), safe_text(one, 500))
        for pod, one in zip(ready, told, strict=True)
    )


async def restoring(control: ClusterControl, raised: RaisedLevel) -> Draft:
    """What putting `raised` back comes to now. Without an act there is nothing to send.

    Its baseline has the pods that are dealt with by it: set back, gone, or at another level than the one that was
    set, which somebody else chose. Pods that can't be looked at are not among them. Raises `SourceError`.
    """
    namespace = raised.target.namespace
    found = await asyncio.gather(*(look(control, pod_ref(namespace, one)) for one in raised.pods))
    ours = tuple(pod for pod, one in zip(raised.pods, found, strict=True) if one.level == raised.level)
    dealt = tuple(pod for pod, one in zip(raised.pods, found, strict=True) if one.gone or one.level is not None)
    checks = [
        warning(str(pod.name), str(_why_left(one)))
        for pod, one in zip(raised.pods, found, strict=True)
        if one.level != raised.level
    ]
    if not ours:
        words = f"nothing to set back in {counted(len(found), 'pod')}"
        checks.insert(0, blocked("Log level", words))
    return Draft(
        act=LevelChange(steps_of(namespace, ours, raised.level), putting_back=True) if ours else None,
        summary=SafeText(f"Put back the log level of {raised.target.words}"),
        cost=SafeText("fewer lines again; nothing restarts"),
        undo=SafeText("set it again"),
        checks=tuple(checks),
        changes=tuple(_change(one, raised.level, one.level) for one in ours),
        before=raised.level,
        after=_names({one.level for one in ours}),
        baseline=baseline_of(dealt, level=str(raised.level), undoes=raised.operation),
    )


async def _pods(control: ClusterControl, live: LiveObject) -> list[LiveObject]:
    if live.ref.kind is Kind.POD:
        return [live]
    found = await control.find(Kind.POD, live.ref.namespace, selector_of(live.body))
    return [pod for pod in found if not (is_ending(pod.body) or is_over(pod.body))]


async def _level_of(control: ClusterControl, pod: LiveObject) -> SafeText | SourceError:
    try:
        return await control.log_level(pod)
    except SourceError as error:
        return error


async def _looks(control: ClusterControl, intent: Intent) -> list[Looked]:
    pods = pods_in(intent.baseline)
    return await asyncio.gather(*(look(control, pod_ref(intent.target.namespace, one)) for one in pods))


def _objection(order: Order, ready: Sequence[LiveObject]) -> Check | None:
    """What speaks against asking at all."""
    if order.level not in LEVELS:
        return blocked("Log level", f"say which: {', '.join(LEVELS)}")
    if not SHORTEST_SECONDS <= order.seconds <= LONGEST_SECONDS:
        longest = format_duration(LONGEST_SECONDS)
        return blocked("Time", f"say for how long, from {format_duration(SHORTEST_SECONDS)} to {longest}")
    if not ready:
        return blocked("Pods", "none of its pods is ready")
    if len(ready) > MOST_PODS:
        return blocked("Pods", f"{len(ready)} are ready, and {MOST_PODS} are the most at once; choose one pod")
    return None


def _hindrance(
    order: Order, failed: Sequence[SourceError], levels: Sequence[PodLevel], raised: Sequence[RaisedLevel]
) -> Check | None:
    """What speaks against setting it, now that the pods have been asked."""
    for error in failed:
        if error.kind is ErrorKind.FORBIDDEN:
            return blocked("Access", error.sentence)
        if error.kind is ErrorKind.CONFIGURATION:
            return blocked("Handler", error.sentence)
    if not levels:
        return blocked("Handler", f"no pod tells its level: {failed[0].sentence}")
    taken = {pod.uid for one in raised for pod in one.pods}
    mine = [one for one in levels if one.uid in taken]
    if mine:
        words = f"it is set already in {counted(len(mine), 'pod')}; put it back first (restore-log-level)"
        return blocked("Log level", words)
    if all(one.level == order.level for one in levels):
        return blocked("Log level", f"{counted(len(levels), 'pod')} at {order.level} already")
    return None


def _unanswered(failed: Sequence[SourceError]) -> tuple[Check, ...]:
    return tuple(warning("Left out", str(error.sentence)) for error in failed[:_TOLD])


def _unready(count: int) -> tuple[Check, ...]:
    return (warning("Left out", f"{counted(count, 'pod')} not ready"),) if count else ()


def _impossible(order: Order, target: ObjectRef, checks: tuple[Check, ...]) -> Draft:
    return Draft(None, _summary(order, target), SafeText(""), SafeText(""), checks=checks)


def _summary(order: Order, target: ObjectRef) -> SafeText:
    if order.kind is OperationKind.RESTORE_LOG_LEVEL:
        return SafeText(f"Put back the log level of {target.words}")
    return SafeText(f"Set the log level of {target.words} to {order.level} for {format_duration(order.seconds)}")


def _cost(order: Order, changing: Sequence[PodLevel]) -> SafeText:
    wanted = LEVELS.index(order.level)
    pods = counted(len(changing), "pod")
    if any(LEVELS.index(one.level) < wanted for one in changing):
        return SafeText(f"lines below {order.level} are lost from {pods}; nothing restarts")
    words = "more lines to write, ship and store, as many as the program has; nothing restarts"
    return SafeText(f"{pods}: {words}")


def _change(pod: PodLevel, before: SafeText, after: SafeText) -> FieldChange:
    return FieldChange(SafeText(f"log level in {pod.name}"), before, after)


def _names(levels: set[SafeText]) -> SafeText:
    return SafeText(", ".join(sorted(levels, key=LEVELS.index)))


def _others(found: Sequence[Looked], intent: Intent) -> SafeText:
    """What the pods are at that are not at the level wanted."""
    others = [str(one.level or one.words) for one in found if one.level != intent.order.level]
    return SafeText(f"; others: {'; '.join(others[:_TOLD])}" if others else "")


def _is_meant(raised: RaisedLevel, order: Order, target: ObjectRef) -> bool:
    if order.undoes:
        return raised.operation == order.undoes
    return (raised.target.kind, raised.target.namespace, raised.target.name) == (
        target.kind,
        target.namespace,
        target.name,
    )


def _why_left(looked: Looked) -> SafeText:
    if looked.level is None:
        return looked.words
    return SafeText(f"it logs at {looked.level}, which is not what was set: left as it is")


def _is_level(told: SafeText | SourceError) -> TypeGuard[SafeText]:
    return not isinstance(told, SourceError)
