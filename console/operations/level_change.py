"""Setting the log level of several pods: one request each, looked at right before, sent once."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec

from opsconsole.domain.cluster_object import Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_level import PodLevel
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.outcomes import Outcome, of_error
from opsconsole.operations.pod_shape import is_ending, is_over

MOST_NAMED = 3
"""Pods that a sentence names one by one."""

State = OperationState


class LevelStep(msgspec.Struct, frozen=True):
    """One pod: only from the level `found` is it set to `wanted`."""

    pod: ObjectRef
    """With the uid."""
    found: SafeText
    wanted: SafeText


class LevelChange(msgspec.Struct, frozen=True):
    """What is sent for a log level operation: a PUT for each pod, none that needs another to have worked.

    `putting_back`: it is what was there before an operation of ours, and needs no write mode.
    """

    steps: tuple[LevelStep, ...]
    putting_back: bool = False


class Looked(NamedTuple):
    """A pod's level of now; None with `words` why where it can't be told. `gone`: there is no such pod any more."""

    level: SafeText | None
    words: SafeText = SafeText("")
    gone: bool = False
    live: LiveObject | None = None


async def look(control: ClusterControl, pod: ObjectRef) -> Looked:
    """The level of exactly that pod (by its uid). Raises `SourceError` only where the API server can't be asked."""
    try:
        live = await control.read(pod)
    except SourceError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return Looked(None, SafeText(f"{pod.name} is gone"), gone=True)
        raise
    if is_over(live.body) or is_ending(live.body):
        return Looked(None, SafeText(f"{pod.name} has ended or is on its way out"), gone=True)
    try:
        return Looked(await control.log_level(live), live=live)
    except SourceError as error:
        return Looked(None, SafeText(f"{pod.name}: {error.sentence}"), live=live)


async def set_levels(control: ClusterControl, change: LevelChange, operation: str) -> Outcome:
    """Send it. UNKNOWN as soon as that is so for one pod, APPLIED when one was set, else REFUSED."""
    outcomes = await asyncio.gather(*(_set(control, step, change, operation) for step in change.steps))
    done = sum(state is State.APPLIED for state, _ in outcomes)
    rest = [words for state, words in outcomes if state is not State.APPLIED]
    said = SafeText(f"set in {done} of {len(outcomes)} pods{_tail(rest)}")
    if any(state is State.UNKNOWN for state, _ in outcomes):
        return State.UNKNOWN, said
    return (State.APPLIED if done else State.REFUSED), said


async def _set(control: ClusterControl, step: LevelStep, change: LevelChange, operation: str) -> Outcome:
    """A PUT carries no guard, so the pod and its level are read just before."""
    name = step.pod.name
    try:
        looked = await look(control, step.pod)
        if looked.live is None or looked.level is None:
            return State.REFUSED, looked.words
        if looked.level != step.found:
            return State.REFUSED, SafeText(f"{name} logs at {looked.level} by now and is left alone")
    except SourceError as error:
        return State.REFUSED, SafeText(f"{name}: looking again failed: {error.sentence}")
    try:
        now = await control.set_log_level(looked.live, step.wanted, operation, putting_back=change.putting_back)
    except SourceError as error:
        state, words = of_error(error)
        return state, SafeText(f"{name}: {words}")
    if now != step.wanted:
        return State.APPLIED, SafeText(f"{name} tells {now} all the same")
    return State.APPLIED, SafeText("")


def steps_of(namespace: SafeText, pods: tuple[PodLevel, ...], found: SafeText) -> tuple[LevelStep, ...]:
    """From the level `found` back to that of each of `pods`."""
    return tuple(LevelStep(pod_ref(namespace, one), found, one.level) for one in pods)


def pod_ref(namespace: SafeText, pod: PodLevel) -> ObjectRef:
    """The pod by name and uid."""
    return ObjectRef(Kind.POD, namespace, pod.name, pod.uid)


def _tail(words: list[SafeText]) -> str:
    if not words:
        return ""
    more = len(words) - MOST_NAMED
    return f": {'; '.join(words[:MOST_NAMED])}{f'; and {more} more' if more > 0 else ''}"
