"""An event loop whose time leaps to the next alarm whenever nothing is left to do.

Sockets, TLS and threads are real; only waiting takes no time. So an hour of a client and a server that share the
loop passes in the seconds of work that it holds, and a deadline passes only when nobody could have met it.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

GLANCE = 0.05
"""Seconds of the machine to wait for a thread before looking again; says nothing about how long it may take."""


RESTLESS = 20_000
"""Turns of the loop in which no time passes that are too many for honest work."""


class _LeapingSelector(selectors.DefaultSelector):
    """Waits for nothing as long as nothing but time is awaited."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self._turns = 0
        self.busy: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._turns += 1
        if self._turns > RESTLESS:
            self._turns = 0
            raise RuntimeError("time stands still: something goes round without ever waiting")
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self.busy():
            return super().select(GLANCE)
        self.passed += timeout
        self._turns = 0
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """Time begins at 0 and does not pass while work is done, neither here nor in a thread.

    The threads of an executor of somebody's own (at most `workers` each) may wait for something in the loop, which
    would stop time for ever: `waiting` says how many do. Names of hosts all lead to this machine, except with a port
    in `unresolved`.
    """

    def __init__(self, workers: int = 4) -> None:
        """As the base class; nothing is waited for."""
        self._time = _LeapingSelector()
        super().__init__(self._time)
        self._time.busy = self._is_busy
        self._workers = workers
        self._jobs: Counter[Executor | None] = Counter()
        self.waiting: Callable[[], int] = lambda: 0
        self.unresolved: set[int] = set()

    def time(self) -> float:
        """Seconds that were leapt over."""
        return self._time.passed

    def run_in_executor(  # type: ignore[override]  # the stubs know more about the arguments than is needed
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """As the base class; time stands still until the thread is done."""

        def done(_: asyncio.Future[Any]) -> None:
            self._jobs[executor] -= 1

        self._jobs[executor] += 1
        running: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        running.add_done_callback(done)
        return running

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the base class's
        """As the base class, however long it takes: from Python 3.12 on it would give up after minutes of the loop."""
        del timeout
        await super().shutdown_default_executor()

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> Any:  # type: ignore[override]  # see above
        """This machine; raises as the system's resolver does for a port in `unresolved`."""
        if port in self.unresolved:
            raise socket.gaierror(socket.EAI_NONAME, f"{host}: Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))]

    def _is_busy(self) -> bool:
        own = sum(min(jobs, self._workers) for executor, jobs in self._jobs.items() if executor is not None)
        return self._jobs[None] > 0 or own > self.waiting()


class LoopClock:
    """The time of `loop`, for the console and whom it asks; wall time is `began` (unix seconds) when it starts."""

    def __init__(self, loop: LeapingLoop, began: float = 1_800_000_000.0) -> None:
        """Any thread may look at it."""
        self._loop = loop
        self._began = began

    def now(self) -> float:
        """Wall-clock unix seconds."""
        return self._began + self._loop.time()

    def monotonic(self) -> float:
        """Seconds since the loop began."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of the loop."""
        await asyncio.sleep(seconds)


def leaping(main: Callable[[LeapingLoop], Coroutine[Any, Any, T]]) -> T:
    """What the coroutine that `main` makes of its loop returns."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, LeapingLoop)
        return runner.run(main(loop))
