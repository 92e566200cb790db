"""The two APIs a trace store may speak, behind one face.

Jaeger's v3 API (OTLP JSON) is its stable one; after v2.20 the older search (`/api/traces?service=`) is gone.
Stores that only imitate the older one exist too. Parameters are spelt with underscores, which old and new
servers take, and the search depth under both of its names.
"""

from __future__ import annotations

import asyncio
import json
from typing import Protocol

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span
from opsconsole.sources.jaeger import legacy, otlp
from opsconsole.sources.moments import rfc3339
from opsconsole.sources.wire import Answer, Wire
from opsconsole.sources.wire.failures import of_answer

ERRORS = json.dumps({"error": "true"}, separators=(",", ":"))
"""The attribute that stores set on spans whose status is an error."""


class Found(msgspec.Struct, frozen=True):
    """Spans of an answer, and how many of its spans could not be read."""

    spans: tuple[Span, ...] = ()
    broken: int = 0


class Dialect(Protocol):
    """How to ask one kind of server."""

    title: SafeText

    async def services(self) -> tuple[tuple[str, ...], Answer]:
        """Names of services with spans, as they came, and the answer they came in."""
        ...

    async def search(self, service: str, span: TimeRange, depth: int, *, errors: bool) -> Found:
        """Spans of at most `depth` traces of `service`; only traces with errors where the server can tell."""
        ...

    async def trace(self, trace_id: str) -> Found:
        """Spans of one trace; nothing when the store lacks it."""
        ...


class ServiceNames(msgspec.Struct, frozen=True):
    """The body of `/api/v3/services`; an empty list is left out of it."""

    services: list[str] = []


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

    async def search(self, service: str, span: TimeRange, depth: int, *, errors: bool) -> Found:
        """Spans of traces that started in `span`. Some servers ignore the wish for errors alone."""
        params = {
            "query.service_name": service,
            "query.start_time_min": rfc3339(span.start),
            "query.start_time_max": rfc3339(span.end),
            "query.search_depth": str(depth),
            "query.num_traces": str(depth),
        }
        if errors:
            params["query.attributes"] = ERRORS
        return await self._found(await self._wire.request("GET", "/api/v3/traces", params=params, accept=(404,)))

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
        return tuple(answer.decode(legacy.LegacyServices).data or ()), answer

    async def search(self, service: str, span: TimeRange, depth: int, *, errors: bool) -> Found:
        """Spans of traces that started in `span`."""
        params = {
            "service": service,
            "start": str(round(span.start * 1_000_000)),
            "end": str(round(span.end * 1_000_000)),
            "limit": str(depth),
            "lookback": "custom",
        }
        if errors:
            params["tags"] = ERRORS
        return await self._found(await self._wire.request("GET", "/api/traces", params=params))

    async def trace(self, trace_id: str) -> Found:
        """Spans of one trace."""
        answer = await self._wire.request("GET", f"/api/traces/{trace_id}", accept=(404,))
        return Found() if answer.status == 404 else await self._found(answer)

    async def _found(self, answer: Answer) -> Found:
        return Found(*await asyncio.to_thread(legacy.spans_of, answer.decode(legacy.LegacyAnswer)))
