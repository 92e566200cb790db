"""From an order to an exit code: check, show, ask, carry out, tell.

The command itself is the wish to write: write mode is opened once the answer was given, and closed at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import click

from opsconsole.cli import exit_codes
from opsconsole.cli.operation_report import Report
from opsconsole.domain.errors import ConfigError, OpsConsoleError, SourceError
from opsconsole.domain.operation import Confirmation, OperationState, Order, Plan
from opsconsole.operations.protocols import Operations
from opsconsole.operations.putting_back import sentence

Drafting = Callable[[Operations], Awaitable[Plan]]
"""Asks the engine for the plan of what was typed."""

_EXIT_CODES = {
    OperationState.VERIFIED: exit_codes.WELL,
    OperationState.APPLIED: exit_codes.WELL,
    OperationState.UNVERIFIED: exit_codes.NOT_VERIFIED,
    OperationState.REFUSED: exit_codes.NOT_WELL,
    OperationState.SENT: exit_codes.UNKNOWN_OUTCOME,
    OperationState.UNKNOWN: exit_codes.UNKNOWN_OUTCOME,
}
_SENT = (OperationState.SENT, OperationState.APPLIED, OperationState.UNKNOWN)

RIGHTS = "Access"
"""Title of the engine's check for the right that an order needs."""


@dataclass(frozen=True)
class Manner:
    """How an order is to be carried out. `attended`: a person can be asked."""

    confirm: str | None = None
    dry_run: bool = False
    wait: bool = True
    as_json: bool = False
    attended: bool = False

    def check(self) -> None:
        """Raise `ConfigError` when nobody could say yes, before anything is asked of the cluster."""
        if not (self.dry_run or self.attended or self.confirm is not None):
            raise ConfigError("stdin is no terminal: add --confirm NAME with the target's name, or --dry-run to look")


def operate(operations: Operations, draft: Drafting, report: Report, manner: Manner) -> int:
    """Carry out one order and return the exit code.

    Raises `SourceError` when the cluster does not answer and nothing was sent, `ConfigError` for a wrong `confirm`.
    """
    with asyncio.Runner() as runner:
        plan = runner.run(_drafted(operations, draft))
        report.plan(plan)
        if plan.blocked:
            code = _code_of_blocked(plan)
        elif manner.dry_run:
            code = exit_codes.WELL
        elif not confirmed(plan, manner):
            click.echo("opsconsole: not confirmed; nothing was sent", err=True)
            code = exit_codes.NOT_WELL
        else:
            return runner.run(_Carrying(operations, plan, report).carry_out(wait=manner.wait))
        report.outcome(plan, OperationState.CHECKED, code)
        return code


async def _drafted(operations: Operations, draft: Drafting) -> Plan:
    try:
        for record in await operations.reconcile():
            words = f"an operation of before is settled: {record.kind.value} {record.target.words}: {record.words}"
            click.echo(f"opsconsole: {words}", err=True)
        await put_back(operations)
    except OpsConsoleError as error:
        click.echo(f"opsconsole: operations of before can't be settled now: {error}", err=True)
    return await draft(operations)


async def put_back(operations: Operations) -> bool:
    """Put back log levels whose time is over, see that others are watched over, and tell; whether all of it went well.

    Raises `AuditError`.
    """
    attempts = await operations.put_back()
    for attempt in attempts:
        click.echo(f"opsconsole: the time was over, so it was put back: {sentence(attempt)}", err=True)
    unwatched = await operations.watch_over()
    for words in unwatched:
        click.echo(f"opsconsole: a log level that is in force is not watched over: {words}", err=True)
    return not unwatched and all(attempt.done for attempt in attempts)


def _code_of_blocked(plan: Plan) -> int:
    rights = all(check.title == RIGHTS for check in plan.blocked)
    return exit_codes.NO_ACCESS if rights else exit_codes.NOT_WELL


def confirmed(plan: Plan, manner: Manner) -> bool:
    """Whether the operator said yes to exactly this. A name that was typed ahead must be the target's."""
    name = str(plan.target.name)
    if manner.confirm is not None:
        if manner.confirm != name:
            raise ConfigError(f"--confirm: the target's name is {name}")
        return True
    if not manner.attended:
        raise ConfigError("stdin is no terminal: add --confirm NAME with the target's name")
    if plan.confirmation is Confirmation.NAME:
        return _answer(f"Type {name} to do it, anything else to leave it:") == name
    return _answer("Do it? Type y for yes:").lower() in ("y", "yes")


def _answer(question: str) -> str:
    answer: str = click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True)
    return answer.strip()


class _Carrying:
    def __init__(self, operations: Operations, plan: Plan, report: Report) -> None:
        self._operations = operations
        self._plan = plan
        self._report = report
        self._state = OperationState.CONFIRMED
        self._advice: tuple[Order, ...] = ()

    async def carry_out(self, *, wait: bool) -> int:
        mode = self._operations.write_mode
        mode.open()
        try:
            await self._follow(wait=wait)
        except asyncio.CancelledError:
            click.echo(f"opsconsole: {self._interrupted()}", err=True)
            await self._operations.finish()
            raise
        except SourceError as error:
            if self._state not in _SENT:
                raise
            click.echo(f"opsconsole: {error.sentence}", err=True)
        finally:
            mode.close()
        await self._operations.finish()
        code = _EXIT_CODES.get(self._state, exit_codes.NOT_WELL)
        self._report.outcome(self._plan, self._state, code)
        for order in self._advice:
            click.echo(f"opsconsole: what may help now: {order.kind.value} {order.target.words}", err=True)
        return code

    async def _follow(self, *, wait: bool) -> None:
        steps = self._operations.carry_out(self._plan, str(self._plan.target.name))
        try:
            async for step in steps:
                self._state, self._advice = step.state, step.advice
                self._report.step(step)
                if step.state is OperationState.APPLIED and not wait:
                    return
        finally:
            if isinstance(steps, AsyncGenerator):
                await steps.aclose()

    def _interrupted(self) -> str:
        if self._state is OperationState.APPLIED:
            return "interrupted; the server has taken it, and it goes on in the cluster without being watched"
        if self._state in _SENT:
            return (
                "interrupted after it was sent: it goes on in the cluster, and may still take effect; "
                "`opsconsole audit show` has its record, which the next operation settles"
            )
        if self._state is OperationState.RECORDED:
            return "interrupted just before it was sent; `opsconsole audit show` says whether it was"
        return "interrupted; nothing was sent"
