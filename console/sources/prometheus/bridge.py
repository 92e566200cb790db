"""Asks `prometheus-api-client` from the event loop, one worker thread per request slot.

The client is synchronous. It runs in a thread and builds the request; the request itself runs on
the wire in the loop, so deadline, size limit, slots, read-only guard and cancellation are the
wire's, and the envelope's warnings, which the client drops, are kept.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.sources.late_import import late_import
from opsconsole.sources.prometheus.envelope import EXPLAINED_STATUSES, Envelope, opened
from opsconsole.sources.wire import Answer, Wire
from opsconsole.sources.wire.connection import CONCURRENCY

T = TypeVar("T")

Question = Callable[[Any], T]
"""Runs in a worker thread with a `PrometheusConnect`; what it returns is handed back."""

_GRACE = 5.0
"""Seconds beyond the deadline after which a worker gives up on an event loop that is gone."""


class QueryBridge:
    """`PrometheusConnect` over a `Wire`."""

    def __init__(self, wire: Wire) -> None:
        """Threads start with the first question."""
        self._wire = wire
        self._workers = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="prometheus")

    async def ask(self, question: Question[T], body_limit: int | None = None) -> tuple[T, tuple[SafeText, ...]]:
        """What `question` made of the client's answer, and the server's warnings.

        `body_limit` lowers the number of bytes accepted of one answer.

        Raises `SourceError`. Cancelling drops the request that is under way.
        """
        loop = asyncio.get_running_loop()
        exchange = _Exchange(self._wire, loop, body_limit)
        try:
            async with asyncio.timeout(self._wire.timeout):
                value = await loop.run_in_executor(self._workers, exchange.run, question)
        except TimeoutError as error:
            raise SourceError(ErrorKind.TIMEOUT, self._wire.source, SafeText(f"{self._wire.timeout:g} s")) from error
        finally:
            exchange.cancel()
        return value, exchange.notes

    def close(self) -> None:
        """Take no more questions. Workers that wait end with their requests."""
        self._workers.shutdown(wait=False, cancel_futures=True)


class _Exchange:
    """One question on its way: its requests run in the loop, its worker waits for them."""

    def __init__(self, wire: Wire, loop: asyncio.AbstractEventLoop, body_limit: int | None) -> None:
        self._wire = wire
        self._body_limit = body_limit
        self._loop = loop
        self._lock = threading.Lock()
        self._cancelled = False
        self._pending: Future[Answer] | None = None
        self.notes: tuple[SafeText, ...] = ()

    def run(self, question: Question[T]) -> T:
        """Ask; called in a worker thread."""
        late_import("prometheus_api_client.prometheus_connect")
        from opsconsole.sources.prometheus import adapter  # noqa: PLC0415 - loads requests and the client

        client = adapter.client_over(self._wire.url, self.fetch)
        try:
            return question(client)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            # The client and the question take the answer's shape for granted.
            raise SourceError(ErrorKind.MALFORMED, self._wire.source, SafeText("not Prometheus' format")) from error

    def fetch(self, method: str, path: str, pairs: list[tuple[str, str]]) -> tuple[Answer, Envelope]:
        """The opened answer to one request; called in a worker thread."""
        with self._lock:
            if self._cancelled:
                raise CancelledError
            request = self._request(method, path, pairs)
            self._pending = asyncio.run_coroutine_threadsafe(request, self._loop)
        answer = self._pending.result(self._wire.timeout + _GRACE)
        envelope = opened(answer)
        self.notes = (*self.notes, *envelope.notes)
        return answer, envelope

    async def _request(self, method: str, path: str, pairs: list[tuple[str, str]]) -> Answer:
        form, params = (pairs, ()) if method == "POST" else (None, pairs)
        return await self._wire.request(
            method, path, form=form, params=params, body_limit=self._body_limit, accept=EXPLAINED_STATUSES
        )

    def cancel(self) -> None:
        """Drop what is under way; called in the loop."""
        with self._lock:
            self._cancelled = True
            if self._pending is not None:
                self._pending.cancel()
