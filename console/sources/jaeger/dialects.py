"""The two APIs a trace store may speak, behind one face.

Jaeger's v3 API (OTLP JSON) is its stable one; after v2.20 the older search (`/api/traces?service=`) is gone.
Stores that only imitate the older one exist too. Parameters are spelt with underscores, which old and new
servers take, and the search depth under both of its names.
"""

from __future__ import annotations

import asyncio
import json
from typing import Protocol
from urllib.parse import quote

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.sources.jaeger import legacy, otlp
from opsconsole.sources.moments import rfc3339
from opsconsole.sources.wire import Answer, Wire
from opsconsole.sources.wire.failures import of_answer

ERROR = ("error", "true")
"""The attribute that stores set on spans whose status is an error."""


class Found(msgspec.Struct, frozen=True):
    """Spans of an answer, and how many of its spans could not be read."""

    spans: tuple[Span, ...] = ()
    broken: int = 0


class Asked(msgspec.Struct, frozen=True):
    """One search: at most `depth` traces of `service` that began in `span`.

    `query.errors` asks for spans of the service that are errors themselves.
    """

    service: str
    span: TimeRange
    depth: int
    query: TraceQuery = TraceQuery()

    def narrowed(self, *, errors: bool = False, shortest: float | None = None) -> Asked:
        """The same, but for errors alone, or for spans of at least `shortest` seconds."""
        query = self.query
        query = msgspec.structs.replace(
            query, errors=errors or query.errors, shortest=query.shortest if shortest is None else shortest
        )
        return msgspec.structs.replace(self, query=query)

    @property
    def attributes(self) -> str:
        """What a span must have, as JSON; empty for nothing."""
        wanted = {str(key): str(value) for key, value in self.query.attributes}
        if self.query.errors:
            wanted |= [ERROR]
        return json.dumps(wanted, separators=(",", ":")) if wanted else ""


class Dialect(Protocol):
    """How to ask one kind of server."""

    title: SafeText

    async def services(self) -> tuple[tuple[str, ...], Answer]:
        """Names of services with spans, as they came, and the answer they came in."""
        ...

    async def operations(self, service: str) -> tuple[str, ...]:
        """Names of the operations of `service`, as they came."""
        ...

    async def search(self, asked: Asked) -> Found:
        """Spans of the traces in which one span of the service fulfils the query, as far as the server heeds it."""
        ...

    async def trace(self, trace_id: str) -> Found:
        """Spans of one trace; nothing when the store lacks it."""
        ...


class ServiceNames(msgspec.Struct, frozen=True):
    """The body of `/api/v3/services`; an empty list is left out of it."""

    services: list[str] = []


class Operation(msgspec.Struct, frozen=True):
    """One of `/api/v3/operations`."""

    name: str = ""


class OperationNames(msgspec.Struct, frozen=True):
    """The body of `/api/v3/operations`; an empty list is left out of it. One name stands there once for each kind."""

    operations: list[Operation] = []


class Otlp:
    """Jaeger's v3 API."""

    title = SafeText("API v3")

    def __init__(self, wire: Wire) -> None:
        """Ask over `wire`."""
        self._wire = wire

    async def services(self) -> tuple[tuple[str, ...], Answer]:
        """Names of services with spans."""
        answer = await self._wire.request("GET", "/api/v3/services")
        return tuple(answer.decode(ServiceNames).services), answer

    async def operations(self, service: str) -> tuple[str, ...]:
        """Names of operations of any kind."""
        answer = await self._wire.request("GET", "/api/v3/operations", params={"service": service})
        return tuple(one.name for one in answer.decode(OperationNames).operations)

    async def search(self, asked: Asked) -> Found:
        """Spans of traces that began in the span. Jaeger before v2.20 ignores attributes here."""
        query = asked.query
        params = {
            "query.service_name": asked.service,
            "query.operation_name": str(query.operation or ""),
            "query.start_time_min": rfc3339(asked.span.start),
            "query.start_time_max": rfc3339(asked.span.end),
            "query.duration_min": _go_duration(query.shortest),
            "query.duration_max": _go_duration(query.longest),
            "query.attributes": asked.attributes,
            "query.search_depth": str(asked.depth),
            "query.num_traces": str(asked.depth),
        }
        return await self._found(
            await self._wire.request("GET", "/api/v3/traces", params=_given(params), accept=(404,))
        )

    async def trace(self, trace_id: str) -> Found:
        """Spans of one trace."""
        return await self._found(await self._wire.request("GET", f"/api/v3/traces/{trace_id}", accept=(404,)))

    async def _found(self, answer: Answer) -> Found:
        if answer.status == 404:
            # "No traces found" is a 404 with the API's own error object; any other is a wrong address.
            if b"race" not in answer.body or b"error" not in answer.body:
                raise of_answer(answer)
            return Found()
        # A thousand spans take tens of milliseconds of Python, which a thread leaves the screen between.
        return Found(*await asyncio.to_thread(otlp.spans_of, answer.decode(otlp.TracesAnswer).result))


class Legacy:
    """Jaeger's older JSON API."""

    title = SafeText("API v1")

    def __init__(self, wire: Wire) -> None:
        """Ask over `wire`."""
        self._wire = wire

    async def services(self) -> tuple[tuple[str, ...], Answer]:
        """Names of services with spans."""
        answer = await self._wire.request("GET", "/api/services")
        return tuple(answer.decode(legacy.LegacyNames).data or ()), answer

    async def operations(self, service: str) -> tuple[str, ...]:
        """Names of operations of any kind."""
        answer = await self._wire.request("GET", f"/api/services/{quote(service, safe='')}/operations")
        return tuple(answer.decode(legacy.LegacyNames).data or ())

    async def search(self, asked: Asked) -> Found:
        """Spans of traces that began in the span."""
        query = asked.query
        params = {
            "service": asked.service,
            "operation": str(query.operation or ""),
            "start": str(round(asked.span.start * 1_000_000)),
            "end": str(round(asked.span.end * 1_000_000)),
            "minDuration": _go_duration(query.shortest),
            "maxDuration": _go_duration(query.longest),
            "tags": asked.attributes,
            "limit": str(asked.depth),
            "lookback": "custom",
        }
        return await self._found(await self._wire.request("GET", "/api/traces", params=_given(params)))

    async def trace(self, trace_id: str) -> Found:
        """Spans of one trace."""
        answer = await self._wire.request("GET", f"/api/traces/{trace_id}", accept=(404,))
        return Found() if answer.status == 404 else await self._found(answer)

    async def _found(self, answer: Answer) -> Found:
        return Found(*await asyncio.to_thread(legacy.spans_of, answer.decode(legacy.LegacyAnswer)))


def _given(params: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}


def _go_duration(seconds: float | None) -> str:
    """As Go's `time.ParseDuration` reads it; empty for none."""
    return "" if seconds is None else f"{round(seconds * 1e6)}us"
