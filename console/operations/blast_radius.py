"""What else an operation touches: replicas, disruption budgets, autoscalers, owners, who changed it last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Check, OperationKind, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.checking import ON_PROCESSES
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.json_path import at, mapping_at, objects_at, text_at
from opsconsole.operations.label_selector import selects
from opsconsole.operations.owners import owner_words
from opsconsole.safe_text import safe_text

ON_PODS = frozenset({OperationKind.RESTART_CONTAINER, OperationKind.EVICT_POD, OperationKind.DELETE_POD})
"""Kinds that take one pod away, or a container of it, for a while."""

ON_TEMPLATES = frozenset(
    {
        OperationKind.ROLLING_RESTART,
        OperationKind.ROLL_BACK,
        OperationKind.SCALE,
        OperationKind.PAUSE_ROLLOUT,
        OperationKind.RESUME_ROLLOUT,
    }
)
"""Kinds that change a workload's spec, which others may write, too."""

WorkloadOf = Callable[[ClusterControl, ObjectRef], Awaitable[ObjectRef | None]]


async def blast_radius(
    control: ClusterControl, kind: OperationKind, live: LiveObject, workload_of: WorkloadOf, now: float
) -> tuple[Check, ...]:
    """The checks of all kinds, for `kind` on `live`; `now` is unix seconds. What can't be read is a warning."""
    if kind in ON_PROCESSES or live.ref.kind is Kind.PROGRAM:
        return ()
    if live.ref.kind is Kind.NODE:
        return last_change(live.body, now)
    try:
        above = await _workload(control, live, workload_of)
    except SourceError as error:
        return (_unread("Workload", error), *last_change(live.body, now))
    subject = above or live
    asked = [_budget(control, kind, live, subject)]
    if kind in ON_TEMPLATES:
        asked.append(_autoscaler(control, kind, subject))
    answered = await asyncio.gather(*asked)
    return (
        *replicas(kind, subject),
        *(check for checks in answered for check in checks),
        *_owners(kind, subject),
        *last_change(subject.body, now),
    )


async def _workload(control: ClusterControl, live: LiveObject, workload_of: WorkloadOf) -> LiveObject | None:
    above = await workload_of(control, live.ref)
    if above is None:
        return None
    same = (above.kind, above.name) == (live.ref.kind, live.ref.name)
    return live if same else await control.read(above)


def replicas(kind: OperationKind, subject: LiveObject) -> tuple[Check, ...]:
    """How many replicas there are, and whether what is taken away is the only ready one."""
    title = SafeText("Replicas")
    if subject.ref.kind is Kind.POD:
        return ()
    wanted, ready = _replicas_of(subject)
    words = f"{ready} of {wanted} are ready"
    if kind in ON_PODS and ready <= 1:
        return (Check(title, Verdict.WARNING, SafeText(f"{words}: nothing serves meanwhile")),)
    return (Check(title, Verdict.FINE, SafeText(words)),)


def _replicas_of(subject: LiveObject) -> tuple[int, int]:
    body = subject.body
    if subject.ref.kind is Kind.DAEMON_SET:
        wanted, ready = at(body, "status", "desiredNumberScheduled"), at(body, "status", "numberReady")
    else:
        wanted, ready = at(body, "spec", "replicas"), at(body, "status", "readyReplicas")
        wanted = 1 if wanted is None else wanted  # the API's default
    return (wanted if isinstance(wanted, int) else 0), (ready if isinstance(ready, int) else 0)


async def _budget(
    control: ClusterControl, kind: OperationKind, live: LiveObject, subject: LiveObject
) -> tuple[Check, ...]:
    title = SafeText("Disruption budget")
    template = live.ref.kind is not Kind.POD
    labels = mapping_at(live.body, *(("spec", "template", "metadata") if template else ("metadata",)), "labels")
    try:
        budgets = await control.find(Kind.POD_DISRUPTION_BUDGET, subject.ref.namespace)
    except SourceError as error:
        return (_unread(title, error),)
    found: list[Check] = []
    for budget in budgets:
        if not selects(mapping_at(budget.body, "spec", "selector"), labels):
            continue
        allowed = at(budget.body, "status", "disruptionsAllowed")
        words = f"{budget.ref.name} allows {allowed if isinstance(allowed, int) else 'an unknown number of'} more now"
        ignored = kind in (OperationKind.RESTART_CONTAINER, OperationKind.DELETE_POD)
        if allowed == 0 and ignored:
            words = f"{words}; this way does not ask it"
        tight = allowed == 0 and kind in ON_PODS
        found.append(Check(title, Verdict.WARNING if tight else Verdict.FINE, safe_text(words, 300)))
    return tuple(found)


async def _autoscaler(control: ClusterControl, kind: OperationKind, subject: LiveObject) -> tuple[Check, ...]:
    title = SafeText("Autoscaler")
    try:
        scalers = await control.find(Kind.HORIZONTAL_POD_AUTOSCALER, subject.ref.namespace)
    except SourceError as error:
        return () if error.kind is ErrorKind.NOT_FOUND else (_unread(title, error),)
    found: list[Check] = []
    for scaler in scalers:
        aim = mapping_at(scaler.body, "spec", "scaleTargetRef")
        if (aim.get("kind"), aim.get("name")) != (subject.ref.kind.value, subject.ref.name):
            continue
        least, most = at(scaler.body, "spec", "minReplicas"), at(scaler.body, "spec", "maxReplicas")
        words = f"{scaler.ref.name} keeps it between {least if least is not None else 1} and {most} replicas"
        verdict = Verdict.FINE
        if kind is OperationKind.SCALE:
            words, verdict = f"{words} and will set the number again", Verdict.WARNING
        found.append(Check(title, verdict, safe_text(words, 300)))
    return tuple(found)


def _owners(kind: OperationKind, subject: LiveObject) -> tuple[Check, ...]:
    if kind not in ON_TEMPLATES:
        return ()
    return tuple(Check(SafeText("Owner"), Verdict.WARNING, words) for words in owner_words(subject.body))


def last_change(body: JsonObject, now: float) -> tuple[Check, ...]:
    """Who wrote the object last and how long ago, status aside (`metadata.managedFields`)."""
    written = [
        (moment, text_at(entry, "manager"))
        for entry in objects_at(body, "metadata", "managedFields")
        if text_at(entry, "subresource") != "status" and (moment := _moment(text_at(entry, "time"))) is not None
    ]
    if not written:
        return ()
    moment, manager = max(written)
    words = f"{_ago(now - moment)} ago by {manager or 'someone'}"
    return (Check(SafeText("Last change"), Verdict.FINE, safe_text(words, 200)),)


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _ago(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _unread(title: str, error: SourceError) -> Check:
    return Check(SafeText(title), Verdict.WARNING, SafeText(f"could not be looked at: {error.sentence}"))
