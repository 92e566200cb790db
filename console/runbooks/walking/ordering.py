"""The order that an ACT step is, inputs put in."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_level import LEVELS, LONGEST_SECONDS
from opsconsole.domain.operation import OperationKind, Order, ProgramRun
from opsconsole.domain.runbook import CommandAct, OperationAct, Runbook, RunbookStep
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.runbooks.faults import quoted
from opsconsole.runbooks.protocols import WalkError
from opsconsole.runbooks.putting_in import UnansweredError, value_of
from opsconsole.runbooks.quantities import duration
from opsconsole.safe_text import safe_text
from opsconsole.sources.protocols import WorkloadSource

WORKLOADS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)

MOST_REPLICAS = 10_000


class Ordering:
    """Makes orders of acts, with `values` for their inputs."""

    def __init__(
        self, runbook: Runbook, values: Mapping[str, str], cluster: SafeText, workloads: WorkloadSource | None
    ) -> None:
        """Workloads are looked up in `workloads`, in the namespace that `values` name."""
        self._runbook = runbook
        self._values = values
        self._cluster = cluster
        self._workloads = workloads

    async def order(self, step: RunbookStep, act: OperationAct | CommandAct) -> Order:
        """Raises `WalkError`."""
        reason = safe_text(f"runbook {self._runbook.name}, step {step.number}: {step.title}", 500)
        try:
            return self._command(act, reason) if isinstance(act, CommandAct) else await self._operation(act, reason)
        except UnansweredError as error:
            raise WalkError(str(error)) from None

    def _command(self, act: CommandAct, reason: SafeText) -> Order:
        argv = []
        for argument in act.argv:
            value = value_of(argument, self._values)
            if value != argument and value.startswith("-"):
                raise WalkError(
                    f"{quoted(value)} would be read as a flag of {act.argv[0]}; answer {argument} otherwise"
                )
            argv.append(SafeText(value))
        run = ProgramRun(tuple(argv), act.timeout, act.expect_exit, act.expect, act.changes)
        program = ObjectRef(Kind.PROGRAM, SafeText(""), safe_text(argv[0].rpartition("/")[2], 200))
        return Order(OperationKind.RUN_COMMAND, program, run=run, reason=reason)

    async def _operation(self, act: OperationAct, reason: SafeText) -> Order:
        name = value_of(act.name, self._values)
        given = {key: value_of(value, self._values) for key, value in act.parameters.items()}
        return Order(
            act.operation,
            await self._target(act.target, name),
            container=safe_text(given.get("container", ""), 253),
            revision=_whole("revision", given, 1_000_000_000),
            replicas=_whole("replicas", given, MOST_REPLICAS),
            level=_level(given),
            seconds=_seconds(given),
            reason=reason,
        )

    async def _target(self, target: str, name: str) -> ObjectRef:
        namespace = safe_text(self._values.get("namespace", ""), 253)
        if target == "node":
            return ObjectRef(Kind.NODE, SafeText(""), safe_text(name, 253))
        if not namespace:
            raise WalkError("which namespace is it in? answer $namespace first")
        if target == "pod":
            return ObjectRef(Kind.POD, namespace, safe_text(name, 253))
        return await self._workload(namespace, name)

    async def _workload(self, namespace: SafeText, name: str) -> ObjectRef:
        if self._workloads is None:
            raise WalkError("Kubernetes is not configured for this cluster, so there is nothing to do it to")
        try:
            reading = await self._workloads.workloads(Selection(self._cluster, namespace))
        except SourceError as error:
            raise WalkError(f"the workload of {name} can't be looked up: {error.sentence}") from error
        known = [one for one in reading.value.workloads if one.ref.kind in WORKLOADS]
        found = [one.ref for one in known if one.ref.name == name] or [one.ref for one in known if one.service == name]
        if len(found) == 1:
            ref = found[0]
            return ObjectRef(ref.kind, ref.namespace, ref.name, ref.uid)
        if found:
            names = ", ".join(one.words for one in found)
            raise WalkError(f"{name} has several workloads ({names}); do it by hand to the one that is meant")
        raise WalkError(f"{namespace} has no workload called {name}, nor one of a service called so")


def _whole(key: str, given: Mapping[str, str], most: int) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 12 and int(value) <= most):
        raise WalkError(f"{key}: {quoted(value)} is no whole number from 0 to {most}")
    return int(value)


def _level(given: Mapping[str, str]) -> SafeText:
    value = given.get("level", "")
    if value and value not in LEVELS:
        raise WalkError(f"level: {quoted(value)} is none of {', '.join(LEVELS)}")
    return SafeText(value)


def _seconds(given: Mapping[str, str]) -> float:
    value = given.get("for")
    if value is None:
        return 0.0
    seconds = duration(value)
    if seconds is None or seconds > LONGEST_SECONDS:
        raise WalkError(f"for: {quoted(value)} is no duration of at most {LONGEST_SECONDS / 3600:g}h, such as `10m`")
    return seconds
