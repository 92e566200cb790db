"""Running a program of this machine, as a runbook says it."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, LiveObject
from opsconsole.domain.operation import Check, OperationKind, OperationState, Order, ProgramRun, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.procedure import Draft, Intent, LocalProgram
from opsconsole.operations.procedures.marks import blocked, fine, warning
from opsconsole.operations.programs import Programs
from opsconsole.safe_text import safe_text

_OF_THE_CLUSTER = ("kubectl", "helm", "argocd", "flux", "istioctl", "oc")
_NAMES_IT = ("--context", "--kube-context", "--kubeconfig", "--server")


class RunCommand:
    """One program, once."""

    kind = OperationKind.RUN_COMMAND
    targets = frozenset((Kind.PROGRAM,))

    def __init__(self, programs: Programs) -> None:
        """`programs` finds them."""
        self._programs = programs

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """The command as it will be run, with the program's own file."""
        del control, operation
        run = order.run or ProgramRun((live.ref.name,))
        place = self._programs.place(run.argv[0])
        shown = safe_text(shlex.join((place or run.argv[0], *run.argv[1:])), 4000)
        return Draft(
            act=None if place is None else LocalProgram(place, run),
            summary=SafeText(f"run {shown}"),
            cost=run.changes or SafeText("nobody says what it changes"),
            undo=SafeText(""),
            checks=(self._found(run, place), *_other_cluster(run), _limits(run)),
            after=safe_text(shown, 300),
        )

    @staticmethod
    def _found(run: ProgramRun, place: str | None) -> Check:
        if place is None:
            return blocked("Program", f"{run.argv[0]} is no program that can be run here; install it, or name its path")
        return fine("Program", place)

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """Nobody can tell: a program leaves no mark."""
        del control, intent
        return None

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """There is nothing to watch once it has ended."""
        del control, intent
        yield Step(OperationState.UNVERIFIED, clock.now(), SafeText("nobody saw how it ended"))


def _other_cluster(run: ProgramRun) -> tuple[Check, ...]:
    """A program with a cluster of its own choice may mean another one than this console."""
    program = run.argv[0].rpartition("/")[2]
    named = any(argument.partition("=")[0] in _NAMES_IT for argument in run.argv[1:])
    if program not in _OF_THE_CLUSTER or named:
        return ()
    return (
        warning("Cluster", f"{program} takes the current context of its kubeconfig, which may be another cluster's"),
    )


def _limits(run: ProgramRun) -> Check:
    wanted = f"exit code {run.expect_exit}" + (f" and a line that matches {run.expect}" if run.expect else "")
    return fine("Run", f"on this machine, without a shell, for {run.timeout:g} s at most; expected: {wanted}")
