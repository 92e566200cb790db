"""A walk through a runbook in a plain terminal: lines out, lines in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from opsconsole.cli.operating import Manner, confirmed
from opsconsole.cli.operation_report import Report, moment
from opsconsole.clock import SystemClock
from opsconsole.config.settings import Settings
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.operation import AuditRecord, OperationState, Plan, Step
from opsconsole.domain.runbook import (
    ActStep,
    AskStep,
    CheckStep,
    CommandAct,
    DecideStep,
    NoteStep,
    Runbook,
    RunbookStep,
)
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, StepResult, Verdict, Walk
from opsconsole.operations.protocols import Operations
from opsconsole.record_keeping import late_records
from opsconsole.runbooks.bookcase import Bookcase
from opsconsole.runbooks.protocols import RunbookChangedError, WalkError
from opsconsole.runbooks.walking.walker import RunbookWalker
from opsconsole.safe_text import safe_text

if TYPE_CHECKING:
    from opsconsole.cli.parts import Parts

T = TypeVar("T")

_OUTCOMES = {
    OperationState.VERIFIED: StepOutcome.DONE,
    OperationState.APPLIED: StepOutcome.DONE,
    OperationState.UNVERIFIED: StepOutcome.NOT_DONE,
    OperationState.REFUSED: StepOutcome.NOT_DONE,
}
_HELP = "Enter goes on; `skip WHY` leaves the step undone, `back` takes the one before back, `quit` leaves the walk"


def walk_through(
    parts: Parts, settings: Settings, runbook: Runbook, answers: Mapping[str, str], incident: str | None
) -> int:
    """Walk `runbook`, and return the exit code. Raises `OpsConsoleError` where it can't begin."""
    with asyncio.Runner() as runner:
        ground = _Ground(parts, settings)
        try:
            walker = runner.run(_begun(ground, runbook, answers, incident))
            return _Terminal(runner, ground, walker).walk()
        finally:
            runner.run(ground.close())


class _Ground:
    """What a walk stands on, made when it is needed and given back at the end."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        self.settings = settings
        self._parts = parts
        self._clock = SystemClock()
        self._engine: Operations | None = None
        self.records = late_records(settings, self._clock)
        self.sources = parts.connect(settings.cluster)
        self.bookcase = Bookcase(
            settings.runbooks,
            self.sources,
            self._clock,
            safe_text(settings.cluster.name, 200),
            records=self.records.if_needed,
            look_up=self._look_up,
        )

    @property
    def engine(self) -> Operations:
        if self._engine is None:
            self._engine = self._parts.operations(self.settings)
        return self._engine

    async def _look_up(self, operation: str) -> tuple[AuditRecord, ...]:
        await self.engine.reconcile()
        return await self.engine.audit_of(operation)

    async def close(self) -> None:
        for source in self.sources.configured():
            await source.close()
        if self._engine is not None:
            await self._engine.finish()
        await self.records.close()


async def _begun(ground: _Ground, runbook: Runbook, answers: Mapping[str, str], incident: str | None) -> RunbookWalker:
    if incident is not None:
        await (await ground.records()).book.attach(incident)
    left = [one for one in await ground.bookcase.unfinished() if one.path == runbook.path]
    if left and _taken_up(left[0]):
        walker = await ground.bookcase.resume(left[0])
    else:
        walker = await ground.bookcase.begin(runbook, _answered(ground, runbook, answers))
    walk = walker.walk
    recorded = f"recorded in {walk.incident}" if walk.incident else "not recorded: no incident is worked on"
    inputs = ", ".join(f"{name} {value}" for name, value in walk.inputs.items())
    click.echo(f"{runbook.title}: {inputs}\n{walk.path}, sha256 {walk.sha256[:16]}…; {recorded}\n{_HELP}")
    await walker.begin()
    await _quiet(walker)
    return walker


def _taken_up(walk: Walk) -> bool:
    question = f"A walk of {moment(walk.begun_at, date=True)} was left at step {walk.position}; take it up? y or n:"
    return _line(question).lower() in ("y", "yes")


def _answered(ground: _Ground, runbook: Runbook, answers: Mapping[str, str]) -> dict[str, str]:
    """All inputs: as given, as the settings tell, or asked for. What is refused is said, and asked again."""
    settings = ground.settings
    here = Selection(
        safe_text(settings.cluster.name),
        safe_text(settings.namespace) if settings.namespace else None,
        safe_text(settings.service) if settings.service else None,
    )
    known = ground.bookcase.prefilled(runbook, None, here)
    told = {name: str(value) for name, value in known.items() if value in (here.namespace, here.service)}
    found = {**told, **answers}
    for asked in runbook.inputs:
        while asked.name not in found or asked.name in ground.bookcase.complaints(runbook, found):
            if asked.name in found:
                words = ground.bookcase.complaints(runbook, found)[asked.name]
                if asked.name in answers and answers[asked.name] == found[asked.name]:
                    raise WalkError(f"--input: {words}")
                click.echo(f"  {words}")
            default = known.get(asked.name, SafeText(""))
            choices = f" ({', '.join(asked.choices)})" if asked.choices else ""
            found[asked.name] = _line(f"{asked.title}{choices}{f' [{default}]' if default else ''}:") or default
            if not found[asked.name] and asked.name not in ground.bookcase.complaints(runbook, found):
                break
    return found


class _Terminal:
    def __init__(self, runner: asyncio.Runner, ground: _Ground, walker: RunbookWalker) -> None:
        self._runner = runner
        self._ground = ground
        self._walker = walker
        self._told: set[int] = set()

    def walk(self) -> int:
        walker = self._walker
        try:
            while True:
                self._tell_results()
                step = walker.step
                if step is None:
                    click.echo(_ending(walker))
                    return 0
                self._tell_step(step)
                if not self._one(step):
                    click.echo("left; what was done is recorded" if walker.walk.incident else "left")
                    return 1
        except RunbookChangedError as error:
            click.echo(f"opsconsole: {error}", err=True)
            return 1
        finally:
            self._run(walker.close())

    def _one(self, step: RunbookStep) -> bool:
        """Ask what to do at `step`, and do it; False when the walk is left."""
        typed = _line(f"[{step.number}] {self._prompt(step)}")
        word, _, rest = typed.partition(" ")
        try:
            if word in ("quit", "q"):
                return False
            if word in ("skip", "s"):
                self._run(self._walker.skip(safe_text(rest, 500)))
            elif word in ("back", "b"):
                self._run(self._walker.back())
            elif word in ("help", "?"):
                click.echo(_HELP)
            elif isinstance(step.does, ActStep) and not self._under_way(step):
                self._act()
            elif self._walker.answers() or isinstance(step.does, AskStep):
                self._run(self._walker.answer(self._said(typed)))
            else:
                self._run(self._walker.go_on())
            self._run(_quiet(self._walker))
        except RunbookChangedError:
            raise
        except OpsConsoleError as error:
            click.echo(f"  {safe_text(error, 2000)}")
        return True

    def _prompt(self, step: RunbookStep) -> str:
        if self._walker.answers():
            return "which?"
        if isinstance(step.does, AskStep):
            return "your answer:"
        if isinstance(step.does, ActStep):
            return "Enter looks what became of it:" if self._under_way(step) else "Enter shows the plan:"
        return "Enter asks again:" if isinstance(step.does, CheckStep) else "Enter:"

    def _said(self, typed: str) -> str:
        answers = self._walker.answers()
        number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
        return answers[number - 1].value if 0 < number <= len(answers) else typed

    def _under_way(self, step: RunbookStep) -> bool:
        known = next((one for one in self._walker.walk.results if one.number == step.number), None)
        return known is not None and known.outcome is StepOutcome.UNDER_WAY

    # -- acts ------------------------------------------------------------------------------------

    def _act(self) -> None:
        order = self._run(self._walker.order())
        engine = self._ground.engine
        plan = self._run(engine.check(order))
        report = Report(self._ground.settings.cluster.name, as_json=False)
        report.plan(plan)
        if plan.blocked:
            click.echo("  it can't be done as it is; `skip WHY` goes on without it")
        elif not self._ground.settings.write:
            click.echo("  read-only: start with --write to do it, or `skip WHY`")
        elif not confirmed(plan, Manner(attended=True)):
            click.echo("  not confirmed; nothing was sent")
        else:
            self._run(self._carried_out(plan, report))

    async def _carried_out(self, plan: Plan, report: Report) -> None:
        engine = self._ground.engine
        await self._walker.acting(plan.id)
        engine.write_mode.open()
        last: Step | None = None
        try:
            steps = engine.carry_out(plan, str(plan.target.name))
            try:
                async for step in steps:
                    last = step
                    report.step(step)
            finally:
                if isinstance(steps, AsyncGenerator):
                    await steps.aclose()
        finally:
            engine.write_mode.close()
        outcome = _OUTCOMES.get(last.state) if last is not None else None
        if last is None or outcome is None:
            raise WalkError("nobody knows yet whether it took effect; Enter looks what became of it")
        await self._walker.acted(plan.id, outcome, last.words, last.output)

    # -- telling ---------------------------------------------------------------------------------

    def _tell_results(self) -> None:
        """Each result once, as it came."""
        for result in self._walker.walk.results:
            if hash(_key(result)) not in self._told:
                self._told.add(hash(_key(result)))
                self._tell_result(result)
        if self._walker.trouble:
            click.echo(f"  {self._walker.trouble}")

    def _tell_result(self, result: StepResult) -> None:
        step = self._walker.runbook.steps[result.number - 1]
        meaning = SafeText("")
        if isinstance(step.does, CheckStep):
            meaning = {StepOutcome.HOLDS: step.does.holds, StepOutcome.FAILS: step.does.fails}.get(
                result.outcome, SafeText("")
            )
        said = "; ".join(one for one in (result.shown, result.reason, self._walker.words(meaning)) if one)
        click.echo(f"{moment(result.at)}  {result.outcome.value:<14}  {result.title}{f': {said}' if said else ''}")
        for line in result.output.split("␊") if result.output else ():
            click.echo(f"    {line}")

    def _tell_step(self, step: RunbookStep) -> None:
        walker = self._walker
        click.echo(f"\n{step.number} of {len(walker.runbook.steps)}  {walker.words(step.title)}")
        prose = walker.words(step.prose)
        lines = [*(prose.split("␊") if prose else []), *_about(walker, step)]
        for line in lines:
            click.echo(f"  {line}")
        for number, answer in enumerate(walker.answers(), start=1):
            click.echo(f"  {number}  {answer.title}")

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)


def _key(result: StepResult) -> tuple[int, str, float, str]:
    return result.number, result.outcome.value, result.at, result.shown


def _about(walker: RunbookWalker, step: RunbookStep) -> list[str]:
    does = step.does
    if isinstance(does, AskStep):
        return [walker.words(does.question)]
    if isinstance(does, NoteStep):
        told = [f"{does.verdict.value}" if does.verdict is not None else "", does.cause, does.healing]
        return [walker.words(SafeText(one)) for one in told if one]
    if isinstance(does, ActStep):
        act = does.act
        return [walker.words(act.changes)] if isinstance(act, CommandAct) else [f"{act.operation.value} {act.target}"]
    if isinstance(does, DecideStep):
        return [f"by {walker.runbook.steps[does.of - 1].title}"]
    return []


def _ending(walker: RunbookWalker) -> str:
    verdict = walker.walk.verdict
    if verdict is None:
        return "the end of the runbook"
    if verdict is not Verdict.CAUSE:
        return f"the end: {verdict.value}"
    concluded = next(one for one in reversed(walker.walk.results) if one.verdict is Verdict.CAUSE)
    does = walker.runbook.steps[concluded.number - 1].does
    return f"the end: {walker.words(does.cause)}" if isinstance(does, NoteStep) else "the end"


async def _quiet(walker: RunbookWalker) -> None:
    """Returns once no check is being asked."""
    while walker.running:
        changed = asyncio.Event()
        walker.listen(changed.set)
        if walker.running:
            await changed.wait()


def _line(question: str) -> str:
    typed: str = click.prompt(question, default="", show_default=False, prompt_suffix=" ")
    return typed.strip()
