"""From a key to an operation under way: the questions in their order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import Protocol, TypeVar

import msgspec
from textual.screen import Screen

from opsconsole.actions import ACTIONS, Action, key_words
from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import AuditRecord, OperationKind, OperationState, Order, Plan, Revision
from opsconsole.domain.pod import Pod
from opsconsole.domain.text import SafeText
from opsconsole.operations.protocols import Operations
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.operations.last_words import ended_words, putting_back_words, waiting_words
from opsconsole.screens.operations.level_keeping import PUT_BACK_SECONDS, LevelKeeping, chosen_order, level_chooser
from opsconsole.screens.operations.plan_screen import PlanScreen
from opsconsole.screens.operations.progress_screen import ProgressScreen
from opsconsole.screens.operations.restart_screen import RestartScreen
from opsconsole.screens.operations.revision_screen import RevisionScreen
from opsconsole.screens.operations.running import RunningOperation
from opsconsole.screens.operations.unsettled import PAUSE, Unsettled
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.operations.progress_page import STATE_WORDS, order_words
from opsconsole.write_mode import WriteMode

DRAIN = 30.0
"""Seconds that the answer to what was sent is waited for when the console is left."""

MOST_REPLICAS = 10_000

_KEYED = {
    OperationKind.RESTART_CONTAINER: "restart",
    OperationKind.ROLL_BACK: "roll_back",
    OperationKind.SET_LOG_LEVEL: "raise_log_level",
}
"""Orders that an action of the registry leads to as well."""

T = TypeVar("T")


class Witness(Protocol):
    """Whoever has to know what becomes of an order."""

    async def confirmed(self, plan: Plan) -> None:
        """The operator said yes to `plan`; nothing is sent before this returns."""
        ...

    def begun(self, running: RunningOperation) -> None:
        """It is being carried out."""
        ...


class OperationDesk:
    """Asks what has to be asked, hands the order to the engine, and keeps what is under way.

    All dialogs are pushed on the app of `screen`. A flow that is left by Esc has sent nothing.
    """

    def __init__(
        self,
        screen: Screen[None],
        operations: Callable[[], Operations] | None,
        write_mode: WriteMode,
        *,
        clock: Clock,
        zone: tzinfo,
        glyphs: Glyphs,
        on_change: Callable[[], object],
        actions: tuple[Action, ...] = ACTIONS,
        say_last: Callable[[SafeText], object] = lambda _: None,
    ) -> None:
        """`operations` makes the engine, which shares `write_mode`, at the first order; None: there is no cluster.

        `on_change` is told when an operation has ended, so that the panes ask anew. `actions` carry the operator's
        keys. `say_last` tells the operator something once the screen is closed.
        """
        self.write_mode = write_mode
        self._screen = screen
        self._make = operations
        self._made: Operations | None = None
        self._clock = clock
        self._zone = zone
        self._glyphs = glyphs
        self._on_change = on_change
        self._say_last = say_last
        self._keys = {one.id: one.keys for one in actions}
        self._running: list[RunningOperation] = []
        self._unsettled = Unsettled(self._reconciled, self._warn, clock)
        self.levels = LevelKeeping(lambda: self.operations, self._warn, clock)

    @property
    def unanswered(self) -> tuple[Plan, ...]:
        """Plans being carried out to which the cluster has not answered yet."""
        return tuple(one.plan for one in self._running if not one.told)

    @property
    def patience(self) -> float:
        """Seconds that `drain` may take."""
        return (DRAIN if self.unanswered else 0.0) + (PUT_BACK_SECONDS if self.levels.ours else 0.0)

    async def drain(self) -> None:
        """Drop what was not sent, wait, at most `DRAIN` seconds, for the answers to what was, and put levels back."""
        if self._made is None:
            return
        awaited = [one for one in self._running if not one.told]
        if awaited:
            self._say_last(waiting_words([one.plan for one in awaited], DRAIN))
        await self._made.finish(DRAIN)
        for one in awaited:
            self._say_last(ended_words(one))
        if self.levels.ours:
            self._say_last(putting_back_words(PUT_BACK_SECONDS))
        await self.levels.leave()
        await self._made.finish(0.0)

    async def reconcile(self) -> None:
        """Say what became of operations that a crash, or a lost answer, left open; from then on keep log levels."""
        if self._make is not None:
            self._screen.run_worker(self.levels.keep(), group="levels")
            await self._unsettled.settle()

    @property
    def operations(self) -> Operations:
        """The engine."""
        if self._made is None:
            if self._make is None:
                raise RuntimeError("a console without Kubernetes has no operations")
            self._made = self._make()
        return self._made

    @property
    def revisions(self) -> Callable[[ObjectRef], Awaitable[tuple[Revision, ...]]] | None:
        """What reads the revisions of a workload; None where there is no cluster."""
        return None if self._make is None else self._revisions

    async def _revisions(self, workload: ObjectRef) -> tuple[Revision, ...]:
        # The engine is made only now: its imports are for who asks.
        return await self.operations.revisions(workload)

    def toggle_write_mode(self) -> None:
        """Allow changes for a while, or end that."""
        if self._make is None:
            self._screen.notify("there is nothing to change: Kubernetes is not configured", markup=False)
        elif self.write_mode.is_open:
            self.write_mode.close()
        else:
            self.write_mode.open()

    # -- flows -----------------------------------------------------------------------------------

    def begin(self, what: str, pod: Pod | None) -> None:
        """Start the flow called `what`: `restart`, `roll_back`, `raise_log_level` or `act`, on `pod`."""
        if self._make is None:
            self._screen.notify("nothing to do it to: Kubernetes is not configured", markup=False)
            return
        if pod is None:
            self._screen.notify("nothing to do it to: no pod is under the cursor in Pods", markup=False)
            return
        flows = {
            "restart": self.restart,
            "roll_back": lambda one: self.roll_back(pod_ref(one)),
            "raise_log_level": self.raise_log_level,
            "act": self.choose,
        }
        self._screen.run_worker(flows[what](pod), group="operation", exclusive=True)

    async def restart(self, pod: Pod) -> None:
        """Choose the container when there are several, then the way, then confirm."""
        container = await self._container(pod)
        if container is None:
            return
        ref = pod_ref(pod)
        title = f"Restart {container} in {pod.name}"
        while True:
            order = await self._screen.app.push_screen_wait(
                RestartScreen(title, lambda: self.operations.choices(ref, container), glyphs=self._glyphs)
            )
            if order is None or await self.place(order):
                return

    async def roll_back(self, ref: ObjectRef) -> None:
        """Find the workload above `ref`, choose the revision, then confirm."""
        workload = await self._workload(ref)
        if workload is None:
            return
        while True:
            revision = await self._screen.app.push_screen_wait(
                RevisionScreen(
                    f"Roll back {workload.words}",
                    lambda: self.operations.revisions(workload),
                    glyphs=self._glyphs,
                    clock=self._clock,
                )
            )
            if revision is None or await self.place(Order(OperationKind.ROLL_BACK, workload, revision=revision)):
                return

    async def choose(self, pod: Pod) -> None:
        """Offer everything that can be done to the pod, its workload and its node."""
        refs = [pod_ref(pod)]
        workload = await self._asked(self.operations.workload_of(pod_ref(pod)))
        if workload is not None:
            refs.append(workload)
        if pod.node:
            refs.append(ObjectRef(Kind.NODE, SafeText(""), pod.node))
        # Putting a level back is the first choice where one is set anew.
        offered = [(kind, ref) for ref in refs for kind in self.operations.kinds_for(ref)]
        orders = [Order(kind, ref) for kind, ref in offered if kind is not OperationKind.RESTORE_LOG_LEVEL]
        choices = tuple(Choice(str(at), self._offer(order)) for at, order in enumerate(orders))
        chosen = await self._screen.app.push_screen_wait(
            ChoiceScreen(SafeText(f"Act on {pod.name}"), choices, "type to narrow")
        )
        if chosen is None:
            return
        order = orders[int(chosen)]
        if order.kind is OperationKind.RESTART_CONTAINER:
            await self.restart(pod)
        elif order.kind is OperationKind.ROLL_BACK:
            await self.roll_back(order.target)
        elif order.kind is OperationKind.SCALE:
            await self._scale(order)
        elif order.kind is OperationKind.SET_LOG_LEVEL:
            await self._level(order)
        else:
            await self.place(order)

    def _offer(self, order: Order) -> SafeText:
        """The order in words, with the key that leads to the same dialog."""
        action = _KEYED.get(order.kind)
        words = order_words(order)
        return words if action is None else SafeText(f"{words}  ({key_words(self._keys[action])})")

    async def _scale(self, order: Order) -> None:
        chosen = await self._screen.app.push_screen_wait(
            ChoiceScreen(SafeText(f"Scale {order.target.words}"), (), "how many replicas", accepts=_replicas)
        )
        if chosen is not None:
            await self.place(msgspec.structs.replace(order, replicas=int(chosen)))

    async def raise_log_level(self, pod: Pod) -> None:
        """Choose level and minutes for the workload above the pod, for the pod itself where there is none."""
        ref = pod_ref(pod)
        workload = await self._asked(self.operations.workload_of(ref))
        await self._level(Order(OperationKind.SET_LOG_LEVEL, workload or ref))

    async def _level(self, order: Order) -> None:
        chosen = await self._screen.app.push_screen_wait(level_chooser(order, self.levels.in_force))
        if chosen is not None:
            await self.place(chosen_order(order, chosen))

    async def place(self, order: Order | None, witness: Witness | None = None) -> bool:
        """Check `order`, have it confirmed, carry it out and watch; then go on with what was chosen next.

        False when Esc left the first plan: back to where it was chosen. `witness` is told of `order` itself, not of
        what follows it; what it raises goes to the caller, and then nothing was sent.
        """
        done = False
        while order is not None:
            wanted = order
            confirmed = await self._screen.app.push_screen_wait(
                PlanScreen(
                    lambda wanted=wanted: self.operations.check(wanted),  # type: ignore[misc]
                    self.write_mode,
                    glyphs=self._glyphs,
                    clock=self._clock,
                )
            )
            if confirmed is None:
                return done
            done = True
            if witness is not None:
                await witness.confirmed(confirmed.plan)
            steps = self.operations.carry_out(confirmed.plan, confirmed.typed)
            running = RunningOperation(confirmed.plan, steps, self._clock.now)
            self._running = [one for one in self._running if not one.done]
            self._running.append(running)
            running.watched = True
            if witness is not None:
                witness.begun(running)
                witness = None
            self.levels.note(confirmed.plan)
            self._screen.run_worker(self._announce(running), group="announce")
            order = await self._screen.app.push_screen_wait(
                ProgressScreen(running, zone=self._zone, glyphs=self._glyphs, clock=self._clock)
            )
        return done

    async def watch(self, operation: str) -> bool:
        """Show again how the operation of that id goes; False when it is not under way here."""
        running = next((one for one in self._running if one.plan.id == operation and not one.done), None)
        if running is None:
            return False
        running.watched = True
        order = await self._screen.app.push_screen_wait(
            ProgressScreen(running, zone=self._zone, glyphs=self._glyphs, clock=self._clock)
        )
        await self.place(order)
        return True

    async def _announce(self, running: RunningOperation) -> None:
        """When it has ended: let the panes ask anew, and say how it ended where its dialog is gone."""
        await running.ended()
        self.levels.note(running.plan)
        self._on_change()
        last = running.last
        if last is not None and last.state is OperationState.UNKNOWN:
            self._screen.run_worker(self._unsettled.settle(after=PAUSE), group="reconcile")
        if last is None or running.watched:
            return
        severity = "information" if last.state is OperationState.VERIFIED else "warning"
        self._screen.notify(
            f"{running.plan.summary}: {STATE_WORDS[last.state]}. {last.words}",
            severity=severity,  # type: ignore[arg-type]
            markup=False,
            timeout=12,
        )

    async def _reconciled(self) -> tuple[AuditRecord, ...]:
        return await self.operations.reconcile()

    def _warn(self, words: SafeText) -> None:
        self._screen.notify(words, severity="warning", markup=False, timeout=20)

    # -- questions -------------------------------------------------------------------------------

    async def _container(self, pod: Pod) -> SafeText | None:
        names = [one.name for one in pod.containers]
        if len(names) <= 1:
            return names[0] if names else SafeText("")
        choices = tuple(Choice(name, name) for name in names)
        chosen = await self._screen.app.push_screen_wait(
            ChoiceScreen(SafeText(f"Container of {pod.name}"), choices, "type to narrow")
        )
        return None if chosen is None else SafeText(chosen)

    async def _workload(self, ref: ObjectRef) -> ObjectRef | None:
        workload = await self._asked(self.operations.workload_of(ref))
        if workload is None:
            self._screen.notify(
                f"{ref.words} has no Deployment, StatefulSet or DaemonSet above it to roll back", markup=False
            )
        return workload

    async def _asked(self, question: Awaitable[T | None]) -> T | None:
        try:
            return await question
        except SourceError as error:
            self._screen.notify(error.sentence, severity="error", markup=False)
            return None


def pod_ref(pod: Pod) -> ObjectRef:
    """The pod as an operation's target, with the uid that was on the screen."""
    return ObjectRef(Kind.POD, pod.namespace, pod.name, pod.uid)


def _replicas(typed: str) -> str:
    text = typed.strip()
    if not text.isascii() or not text.isdecimal() or int(text) > MOST_REPLICAS:
        raise ValueError(f"write a whole number from 0 to {MOST_REPLICAS}")
    return str(int(text))
