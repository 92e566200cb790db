"""One operation on its way: confirmed, recorded, sent once, settled, watched."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, OpsConsoleError, SourceError
from opsconsole.domain.operation import OperationKind, OperationState, Order, Plan, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.act_words import act_words
from opsconsole.operations.audit.entry import Entry, kept
from opsconsole.operations.audit.log import AuditError
from opsconsole.operations.checking import mingled
from opsconsole.operations.control import ClusterControl, Mutation
from opsconsole.operations.level_change import LevelChange, set_levels
from opsconsole.operations.outcomes import Outcome, of_error, of_execution
from opsconsole.operations.procedure import Act, Command, Draft, Intent, LocalProgram, Procedure
from opsconsole.operations.programs import Programs
from opsconsole.operations.trail import Trail, UntoldError
from opsconsole.safe_text import safe_text

SEND_SECONDS = 30.0
"""Wall seconds after which a sent request counts as unanswered, whatever its own deadline."""

SETTLED_AFTER = 65.0
"""Seconds after sending before "it is not there" proves that it did not take effect. The API server ends a
request that it has begun after 60 s at the latest (kube-apiserver `--request-timeout`)."""

SETTLING_SECONDS = 600.0
"""How long an unknown outcome is looked for before it is left to `reconcile`."""

WATCHING_SECONDS = 1800.0
"""How long the effect is watched while the cluster does not answer."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 15.0

State = OperationState
T = TypeVar("T")


class UnwatchedError(OpsConsoleError):
    """Nothing outlives this console that would put back what it sets. `str()` says why."""


class Watch(Protocol):
    """Has something that outlives this console put back, in time, what an operation sets for a while."""

    async def __call__(self, operation: str) -> None:
        """Returns once `operation`, which is recorded, is watched over. Raises `UnwatchedError`."""
        ...


@dataclass(frozen=True)
class Desk:
    """What an operation is carried out with. Without `watch`, what is set for a while depends on this console."""

    control: ClusterControl
    trail: Trail
    clock: Clock
    watch: Watch | None = None
    programs: Programs | None = None


@dataclass(frozen=True)
class Job:
    """A plan that was checked, and what it comes to. `incident` is that of an operation whose part it is."""

    plan: Plan
    draft: Draft
    act: Act
    procedure: Procedure
    incident: str = ""

    @property
    def puts_back(self) -> bool:
        """Whether it sets what was there before. It makes things no worse, so a timeline never keeps it back."""
        return isinstance(self.act, LevelChange) and self.act.putting_back


class CarryingOut:
    """Carries one job out, telling steps to whoever listens.

    Runs in a task of its own, which nobody cancels: a listener that leaves stops what was not sent yet, but
    never the record of what was.
    """

    def __init__(self, desk: Desk, job: Job, patience: float = math.inf) -> None:
        """Nothing happens before `run`. `patience`: the most seconds that outcome, or effect, is looked for."""
        self._desk = desk
        self._job = job
        self._patience = patience
        self._steps: asyncio.Queue[Step | None] = asyncio.Queue()
        self._left = False
        self._stopped = asyncio.Event()
        self._output = SafeText("")

    async def next_step(self) -> Step | None:
        """The next thing that happened; None after the last."""
        return await self._steps.get()

    def leave(self) -> None:
        """Nobody listens any more: what was not sent is dropped; the rest goes on to its end."""
        self._left = True

    def stop(self) -> None:
        """The console ends: as `leave`, and nothing is waited for but the answer to what was sent."""
        self._left = True
        self._stopped.set()

    async def run(self) -> None:
        """All of it, once."""
        try:
            # Held, so that no other console settles it meanwhile.
            with self._desk.trail.hold(self._job.plan.id) as mine:
                if mine:
                    await self._carry_out()
                else:
                    self._tell(State.REFUSED, SafeText("another console carries this operation out; nothing was sent"))
        except AuditError as error:
            self._tell(State.REFUSED, safe_text(f"nothing was sent: {error}"))
        finally:
            self._steps.put_nowait(None)

    async def _carry_out(self) -> None:
        if not await self._still_as_checked():
            return
        recorded = await self._recorded()
        if recorded is None:
            return
        intent = recorded.intent
        if intent is None:
            raise TypeError(recorded)
        state, words, advice = await self._sent()
        await self._note(recorded, state, words, advice)
        if state is State.UNKNOWN:
            state, words = await self._settled(recorded, intent)
        if state is State.APPLIED:
            await self._watched(recorded, intent)

    async def _still_as_checked(self) -> bool:
        """Mutations carry their guard to the server. A command has none, so its effect must not be there already."""
        plan, procedure = self._job.plan, self._job.procedure
        if not isinstance(self._job.act, Command):
            return True
        intent = Intent(plan.id, plan.order, plan.target, self._desk.clock.now(), self._job.draft.baseline)
        try:
            await self._desk.control.read(plan.target)
            happened = await procedure.settled(self._desk.control, intent)
        except SourceError as error:
            self._tell(State.REFUSED, SafeText(f"nothing was sent, because looking again failed: {error.sentence}"))
            return False
        if happened:
            self._tell(State.REFUSED, SafeText("nothing was sent: it changed in between; look again"))
        return not happened

    async def _recorded(self) -> Entry | None:
        """The line that it is about to be sent, on the disk; None when it must not be sent."""
        plan, draft = self._job.plan, self._job.draft
        entry = Entry(
            plan.id,
            0.0,
            State.RECORDED,
            plan.order.kind,
            plan.target,
            plan.summary,
            identity=plan.identity,
            before=draft.before,
            after=draft.after,
            order=kept(plan.order),
            baseline=draft.baseline,
            cluster_id=plan.cluster_id,
        )
        trail = self._desk.trail
        try:
            recorded = await trail.append(msgspec.structs.replace(entry, incident=await self._incident()))
            hindrance = await self._hindrance(recorded)
            if hindrance:
                await self._note(recorded, State.REFUSED, hindrance)
                return None
            await trail.tell(await trail.outcome(recorded, State.SENT, SafeText("the request leaves now")))
        except (AuditError, UntoldError) as error:
            self._tell(State.REFUSED, safe_text(f"nothing was sent, because it can't be recorded: {error}"))
            return None
        self._tell(State.SENT, act_words(self._job.act))
        return recorded

    async def _incident(self) -> str:
        """The incident whose timeline tells it, too. Raises `UntoldError`."""
        if self._job.incident:
            return self._job.incident
        try:
            return await self._desk.trail.incident()
        except UntoldError:
            if self._job.puts_back:
                return ""
            raise

    async def _hindrance(self, recorded: Entry) -> SafeText:
        """Why it must not be sent now that it is recorded; empty when nothing is in the way."""
        untold = await self._desk.trail.tell(recorded)
        if untold and not self._job.puts_back:
            return safe_text(f"nothing was sent, because the incident's timeline can't tell it: {untold}")
        where = ", and the incident's timeline" if recorded.incident and not untold else ""
        self._tell(State.RECORDED, SafeText(f"line {recorded.sequence} of the audit log{where}"))
        act = self._job.act
        if isinstance(act, LevelChange) and not act.putting_back and self._desk.watch is not None:
            try:
                await self._desk.watch(self._job.plan.id)
            except UnwatchedError as error:
                return safe_text(f"nothing was sent, because nobody would put it back: {error}")
        return SafeText("given up before it was sent") if self._left else SafeText("")

    async def _sent(self) -> tuple[State, SafeText, tuple[Order, ...]]:
        """Send it. The one place from which anything that changes the cluster is sent, and it is passed once.

        Gives what became of it and what to do about a refusal: the same again, where it only came too late. That
        is a new order, which is checked and confirmed on the state that there is by then.
        """
        plan, act = self._job.plan, self._job.act
        if isinstance(act, LocalProgram):
            return *await self._ran(act), ()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if isinstance(act, Mutation):
                    await self._desk.control.send(act, plan.id)
                    return State.APPLIED, SafeText("the server took it"), ()
                if isinstance(act, LevelChange):
                    return *await set_levels(self._desk.control, act, plan.id), ()
                state, words = await self._executed(act, plan.id)
        except TimeoutError:
            words = SafeText(f"sent, and nobody knows yet whether it took effect: no answer in {SEND_SECONDS:g} s")
            return State.UNKNOWN, words, ()
        except SourceError as error:
            state, words = of_error(error)
            if error.kind is ErrorKind.CONFLICT:
                return state, words, (plan.order,)
        return state, words, act.otherwise if isinstance(act, Command) and state is State.REFUSED else ()

    async def _ran(self, act: LocalProgram) -> Outcome:
        """How a program of this machine ended: final, for nothing but its end tells of its effect."""
        if self._desk.programs is None:
            return State.REFUSED, SafeText("this console runs no programs")
        ran = await self._desk.programs.run(act)
        self._output = ran.output
        return ran.state, ran.words

    async def _executed(self, command: Command, operation: str) -> Outcome:
        outcome = (State.REFUSED, SafeText("there is nothing to run"))
        for argv in command.attempts:
            executed = await self._desk.control.execute(command.pod, command.container, argv, operation)
            outcome = of_execution(executed)
            if executed.ran:
                break
        return outcome

    async def _settled(self, recorded: Entry, intent: Intent) -> Outcome:
        """Look whether it took effect until that is proven, the console ends, or the time is up."""
        clock = self._desk.clock
        start = clock.monotonic()
        pause = _FIRST_PAUSE
        while clock.monotonic() - start < min(SETTLING_SECONDS, self._patience):
            found = await look(self._desk, self._job.procedure, intent, clock.monotonic() - start)
            if found.closed or found.state is not State.UNKNOWN:
                await self._note(recorded, found.state, found.words, closed=found.closed)
                return found.state, found.words
            self._tell(State.UNKNOWN, found.words)
            if await self._stopped_within(pause):
                break
            pause = min(pause * 2, _LONGEST_PAUSE)
        return State.UNKNOWN, SafeText("")

    async def _watched(self, recorded: Entry, intent: Intent) -> None:
        """Tell how the effect comes about, and record how it ended."""
        clock = self._desk.clock
        start = clock.monotonic()
        pause = _FIRST_PAUSE
        while not self._stopped.is_set():
            try:
                if await self._watched_once(recorded, intent):
                    return
                words = SafeText("its effect was not told to the end")
            except SourceError as error:
                words = SafeText(f"it is applied; its effect can't be seen just now: {error.sentence}")
            if clock.monotonic() - start > min(WATCHING_SECONDS, self._patience):
                await self._note(recorded, State.UNVERIFIED, words)
                return
            self._tell(State.APPLIED, words)
            if await self._stopped_within(pause):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _watched_once(self, recorded: Entry, intent: Intent) -> bool:
        """Whether nothing is left to watch."""
        steps = self._job.procedure.watch(self._desk.control, intent, self._desk.clock)
        try:
            while (step := await self._unless_stopped(anext(steps, None))) is not None:
                if step.state.final:
                    await self._note(recorded, step.state, step.words, step.advice)
                    return True
                self._steps.put_nowait(step)
        finally:
            if isinstance(steps, AsyncGenerator):
                await steps.aclose()
        return self._stopped.is_set()

    async def _stopped_within(self, seconds: float) -> bool:
        await self._unless_stopped(self._desk.clock.sleep(seconds))
        return self._stopped.is_set()

    async def _unless_stopped(self, waiting: Awaitable[T]) -> T | None:
        """What `waiting` comes to; None when the console ends before."""
        task, stopping = asyncio.ensure_future(waiting), asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            stopping.cancel()
            await asyncio.gather(task, stopping, return_exceptions=True)

    async def _note(
        self,
        recorded: Entry,
        state: State,
        words: SafeText,
        advice: tuple[Order, ...] = (),
        *,
        closed: bool = False,
    ) -> None:
        """Record what became of it, then tell. A record that fails now is made up for by `reconcile`."""
        trail = self._desk.trail
        try:
            untold = await trail.tell(await trail.outcome(recorded, state, words, closed=closed))
        except AuditError as error:
            words = safe_text(f"{words} (not in the record yet: {error})")
        else:
            if untold and untold not in words:
                words = safe_text(f"{words} (not in the incident's timeline yet: {untold})")
        self._tell(state, words, advice)

    def _tell(self, state: State, words: SafeText, advice: tuple[Order, ...] = ()) -> None:
        self._steps.put_nowait(Step(state, self._desk.clock.now(), words, advice=advice, output=self._output))


PROGRAM_LOST = SafeText(
    "unknown for good: the console ended before the program did, so nobody saw how it ended; look at what it changes"
)


class Look(NamedTuple):
    """What looking at the cluster showed. `closed`: UNKNOWN, and no further look will tell."""

    state: OperationState
    words: SafeText
    closed: bool = False


async def look(desk: Desk, procedure: Procedure, intent: Intent, age: float) -> Look:
    """APPLIED or REFUSED when a read proves it, `age` seconds after it was sent; else UNKNOWN."""
    if intent.order.kind is OperationKind.RUN_COMMAND:
        return Look(State.UNKNOWN, PROGRAM_LOST, closed=True)
    try:
        effect = await procedure.settled(desk.control, intent)
        # After the cluster, so that whatever is not in the log yet was not sent yet either.
        entries = await desk.trail.entries()
    except SourceError as error:
        return Look(State.UNKNOWN, SafeText(f"unknown: the cluster can't be asked ({error.sentence})"))
    except AuditError as error:
        return Look(State.UNKNOWN, safe_text(f"unknown: {error}"))
    if mingled(entries, intent):
        words = "unknown for good: another operation on it was under way, too; what the cluster shows may be its effect"
        return Look(State.UNKNOWN, SafeText(words), closed=True)
    return _shown(effect, age)


def _shown(effect: bool | None, age: float) -> Look:
    if effect:
        return Look(State.APPLIED, SafeText("it took effect, as the cluster shows"))
    if age < SETTLED_AFTER:
        left = SETTLED_AFTER - age
        return Look(State.UNKNOWN, SafeText(f"unknown: not there yet; it may still arrive for {left:.0f} s"))
    if effect is None:
        words = "unknown for good: the cluster no longer shows whether it took effect"
        return Look(State.UNKNOWN, SafeText(words), closed=True)
    return Look(State.REFUSED, SafeText("it did not take effect, as the cluster shows"))
