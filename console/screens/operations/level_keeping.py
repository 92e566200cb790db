"""Log levels that are in force: told in the header, put back when their time is over or the console is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from opsconsole.clock import Clock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.log_level import DEFAULT_LEVEL, DEFAULT_SECONDS, LONGEST_SECONDS, OFFERED, RaisedLevel
from opsconsole.domain.operation import OperationKind, Order, Plan
from opsconsole.domain.text import SafeText
from opsconsole.operations.protocols import Operations
from opsconsole.operations.putting_back import sentence
from opsconsole.safe_text import safe_text
from opsconsole.screens.choice_screen import Choice, ChoiceScreen

PUT_BACK_SECONDS = 10.0
"""How long the end of the console waits until what it set is put back; after that the watching process does it."""

LOOK_SECONDS = 60.0
"""Between two looks at the record, which others write, too."""

RETRY_SECONDS = 5.0

_DEFAULT_WORDS = "ten minutes"
"""`DEFAULT_SECONDS` without a digit, so that minutes that are typed choose none of these."""

BACK = "back"
MINUTE = 60.0


class LevelKeeping:
    """Looks at the record of levels, and has put back what is due, for as long as the console runs."""

    def __init__(self, operations: Callable[[], Operations], say: Callable[[SafeText], object], clock: Clock) -> None:
        """`operations` gives the engine, which is made at the first look; `say` tells the operator."""
        self.in_force: tuple[RaisedLevel, ...] = ()
        self._operations = operations
        self._say = say
        self._clock = clock
        self._began: set[str] = set()
        self._said: set[SafeText] = set()
        self._woken = asyncio.Event()

    @property
    def ours(self) -> bool:
        """Whether something is in force that this console set."""
        return any(one.operation in self._began for one in self.in_force)

    def note(self, plan: Plan) -> None:
        """An operation has ended, or begun to be carried out: look at once if it is about levels."""
        if plan.order.kind is OperationKind.SET_LOG_LEVEL:
            self._began.add(plan.id)
        if plan.order.kind in (OperationKind.SET_LOG_LEVEL, OperationKind.RESTORE_LOG_LEVEL):
            self._woken.set()

    async def keep(self) -> None:
        """Never returns."""
        await self._ask(self._watch_over)
        while True:
            self._woken.clear()
            await self._ask(self._look)
            now = self._clock.now()
            left = min((one.until - now for one in self.in_force), default=LOOK_SECONDS)
            pause = min(LOOK_SECONDS, left if left > 0 else RETRY_SECONDS)
            woken, slept = asyncio.create_task(self._woken.wait()), asyncio.ensure_future(self._clock.sleep(pause))
            try:
                await asyncio.wait((woken, slept), return_when=asyncio.FIRST_COMPLETED)
            finally:
                woken.cancel()
                slept.cancel()
                await asyncio.gather(woken, slept, return_exceptions=True)

    async def leave(self) -> None:
        """Put back, within `PUT_BACK_SECONDS`, what this console set."""
        if not self._began:
            return
        try:
            async with asyncio.timeout(PUT_BACK_SECONDS):
                await self._operations().put_back(ours=True)
        except (TimeoutError, OpsConsoleError):
            return  # the watching process has the same record

    async def _ask(self, question: Callable[[], Awaitable[None]]) -> None:
        try:
            await question()
        except OpsConsoleError as error:
            self._tell(safe_text(error))

    async def _watch_over(self) -> None:
        for words in await self._operations().watch_over():
            self._tell(SafeText(f"a log level that is in force is not watched over: {words}"))

    async def _look(self) -> None:
        now = self._clock.now()
        attempts = await self._operations().put_back()
        for attempt in attempts:
            when = "" if attempt.raised in self.in_force else "left over from before: "
            self._tell(SafeText(f"{when}{sentence(attempt)}"))
        found = await self._operations().raised_levels()
        told = {attempt.raised.operation for attempt in attempts}
        still = {one.operation for one in found}
        for one in self.in_force:
            if one.until <= now and one.operation not in told | still:
                self._tell(SafeText(f"{one.target.words}, log level {one.level}: its time is over, it is put back"))
        self.in_force = found

    def _tell(self, words: SafeText) -> None:
        if words not in self._said:
            self._said.add(words)
            self._say(words)


def level_chooser(order: Order, in_force: tuple[RaisedLevel, ...]) -> ChoiceScreen:
    """Which level and for how long; the first choice puts back what is in force. `chosen_order` reads the answer."""
    mine = [one for one in in_force if one.target.words == order.target.words]
    choices = [Choice(BACK, SafeText(f"put it back now (it was set to {one.level})")) for one in mine[:1]]
    choices += [Choice(f"{level} {DEFAULT_SECONDS:g}", SafeText(f"{level} for {_DEFAULT_WORDS}")) for level in OFFERED]
    title = SafeText(f"Log level of {order.target.words}")
    return ChoiceScreen(title, tuple(choices), "choose one, or type a level and minutes: debug 30", accepts=_typed)


def chosen_order(order: Order, chosen: str) -> Order:
    """The order that was chosen."""
    if chosen == BACK:
        return Order(OperationKind.RESTORE_LOG_LEVEL, order.target)
    level, _, seconds = chosen.partition(" ")
    return Order(OperationKind.SET_LOG_LEVEL, order.target, level=SafeText(level), seconds=float(seconds))


def _typed(text: str) -> str:
    words = text.lower().split()
    level = words.pop(0) if words and words[0] in OFFERED else DEFAULT_LEVEL
    minutes = words[0].removesuffix("m") if len(words) == 1 else ""
    most = int(LONGEST_SECONDS // MINUTE)
    if not (minutes.isascii() and minutes.isdecimal() and 1 <= int(minutes) <= most):
        raise ValueError(f"write a level and minutes from 1 to {most}, such as debug 30")
    return f"{level} {int(minutes) * MINUTE:g}"
