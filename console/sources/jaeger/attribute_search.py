"""Searches by attributes, asked of whichever of a server's two APIs heeds them."""

from __future__ import annotations

import asyncio

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.sources.jaeger.dialects import Asked, Dialect, Found
from opsconsole.sources.jaeger.matching import grouped, has_attributes

WRONG_API = (ErrorKind.NOT_FOUND, ErrorKind.MALFORMED, ErrorKind.BAD_QUERY, ErrorKind.UNSUPPORTED)
"""How a server refuses an address that it does not have."""

_ON_NO_SPAN = TraceQuery(attributes=((SafeText("opsconsole.probe"), SafeText("on no span")),))


class AttributeSearch:
    """Asks `dialect`; for attributes `older` where the server ignores them in `dialect`."""

    def __init__(self, dialect: Dialect, older: Dialect) -> None:
        """Nothing is known of the server yet."""
        self._dialect = dialect
        self._older = older
        self._by_attributes = dialect
        self._deciding = asyncio.Lock()
        self.heeded: bool | None = None
        """Whether the server heeds attributes in either API; None before it looked as if not."""

    async def ask(self, asked: Asked) -> Found:
        """Spans of the traces found. Raises `SourceError`."""
        if not asked.attributes:
            return await self._dialect.search(asked)
        before = self._by_attributes
        found = await before.search(asked)
        if self.heeded is None and _strays(found, asked):
            await self._decide(asked)
        # Others may have decided meanwhile.
        return found if self._by_attributes is before else await self._by_attributes.search(asked)

    async def _decide(self, asked: Asked) -> None:
        """Find out who heeds attributes: a search for one that no span has finds traces only where nobody does.

        Jaeger before v2.20 ignored them in its v3 API, while its older one heeds them.
        """
        probe = Asked(asked.service, asked.span, 1, _ON_NO_SPAN)
        async with self._deciding:
            if self.heeded is not None:
                return
            for dialect in (self._dialect, self._older):
                try:
                    heeds = not (await dialect.search(probe)).spans
                except SourceError as error:
                    if error.kind not in WRONG_API:
                        raise
                    heeds = False
                if heeds:
                    self._by_attributes, self.heeded = dialect, True
                    return
            self.heeded = False


def _strays(found: Found, asked: Asked) -> bool:
    """Whether traces came that do not look as asked. The server may have matched what the console does not keep."""
    service = SafeText(asked.service)
    return any(
        not has_attributes(trace, service, asked.query) or (asked.query.errors and not trace.error_count)
        for trace in grouped([found.spans])
    )
