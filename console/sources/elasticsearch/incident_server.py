"""The requests to Elasticsearch that sharing incidents sends, all to one index."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.clauses import Json
from opsconsole.sources.elasticsearch.client import answered, client_over
from opsconsole.sources.elasticsearch.incident_documents import INDEX
from opsconsole.sources.elasticsearch.incident_mapping import MADE_BY_US, creation
from opsconsole.sources.lenient_json import decode_body
from opsconsole.sources.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from elasticsearch import AsyncElasticsearch

TAG = "opsconsole.index"
"""Id of the document that tells this index from another of the same name, made before or after it."""

IDENTITY_BITS = 22

_ORDINARY = (404, 409)
"""Refusals that happen while all is well: no such document, and one that others wrote at the same time."""

ATTEMPTS = 5
"""How often a document is read and written again that others write at the same time."""


class Place(msgspec.Struct, frozen=True):
    """A document without its content, and where it stands in the order of the index.

    `number` is its `_seq_no`, `term` the primary's. A number is given once, save that what a primary had not yet
    got through to the disk when it died is forgotten, and its number is given again under the next term.
    """

    id: str = msgspec.field(name="_id")
    number: int = msgspec.field(name="_seq_no")
    term: int = msgspec.field(name="_primary_term")
    fields: dict[str, list[Any]] = {}

    @property
    def kind(self) -> str:
        """What the document is."""
        return str(next(iter(self.fields.get("doc", ())), ""))

    @property
    def size(self) -> int:
        """Bytes that its writer says it has."""
        size = next(iter(self.fields.get("size", ())), 0)
        return size if isinstance(size, int) else 0


class _Hits(msgspec.Struct, frozen=True):
    hits: list[msgspec.Raw]


class _Search(msgspec.Struct, frozen=True):
    hits: _Hits
    shards: dict[str, Any] = msgspec.field(name="_shards")
    timed_out: bool = False


class _Version(msgspec.Struct, frozen=True):
    number: int = msgspec.field(name="_seq_no")
    term: int = msgspec.field(name="_primary_term")
    source: dict[str, Any] = msgspec.field(name="_source")


class _Outcome(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="_id")
    status: int
    error: dict[str, Any] = {}


class _Bulk(msgspec.Struct, frozen=True):
    items: list[dict[str, _Outcome]]


_SEARCHES = msgspec.json.Decoder(_Search)
_PLACES = msgspec.json.Decoder(Place)
_VERSIONS = msgspec.json.Decoder(_Version)
_BULKS = msgspec.json.Decoder(_Bulk)
_ANY = msgspec.json.Decoder(dict[str, Any])


class IncidentServer:
    """`index` behind `wire`, whose policy lets nothing else pass. Every method that waits raises `SourceError`."""

    def __init__(self, wire: Wire, index: str, made: str) -> None:
        """`made` is a word of chance that tells the index, should it have to be made. Nothing is sent."""
        self.index = index
        self._wire = wire
        self._made = made
        self._client: AsyncElasticsearch | None = None
        self._identity: int | None = None
        self._opening = asyncio.Lock()

    @property
    def source(self) -> str:
        """What errors call it."""
        return self._wire.source

    async def identity(self) -> int:
        """A number above 0 of `IDENTITY_BITS` that no other index has, which is made where there is none.

        Remembered until a request fails: the index may be another one then.
        """
        async with self._opening:
            if self._identity is None:
                tag = await self._version(TAG)
                if tag is None:
                    await self._make_or_check()
                    tag = await self._tagged()
                digest = hashlib.sha256(str(tag.source.get("made", "")).encode()).digest()
                self._identity = (int.from_bytes(digest[:4]) >> (32 - IDENTITY_BITS)) or 1
            return self._identity

    def forget(self) -> None:
        """Have the next request look whether the index is still the same."""
        self._identity = None

    async def places(self, since: int, among: Sequence[int], limit: int) -> list[Place]:
        """The first `limit` documents from number `since` on, and of those numbered as in `among`; by number."""
        numbers: Json = {"range": {"_seq_no": {"gte": max(0, since)}}}
        if among:
            numbers = {"bool": {"should": [numbers, {"terms": {"_seq_no": list(among)}}]}}
        body = {
            "query": numbers,
            "sort": [{"_seq_no": "asc"}],
            "size": limit,
            "seq_no_primary_term": True,
            "_source": False,
            "fields": ["doc", "size"],
            "track_total_hits": False,
        }
        return [decode_body(bytes(hit), _PLACES, self.source) for hit in await self._hits(body)]

    async def contents(self, ids: Sequence[str]) -> list[bytes]:
        """Hits with the whole documents of those ids, in any order."""
        body = {"query": {"ids": {"values": list(ids)}}, "size": len(ids), "track_total_hits": False}
        return [bytes(hit) for hit in await self._hits(body)]

    async def create(self, documents: Sequence[tuple[str, bytes]]) -> dict[str, SafeText]:
        """Add documents, each with its id. By id an empty text where it is there now, else why it is not."""
        await self.identity()
        lines = [line for name, content in documents for line in (_action(name), content)]
        client = await self._connected()
        # The package passes lines on that are bytes already, and has no type for them.
        operations = cast("list[dict[str, Any]]", lines)
        body = await self._asked(client.bulk(index=self.index, operations=operations))
        outcomes = [next(iter(item.values())) for item in decode_body(body, _BULKS, self.source).items if item]
        return {one.id: SafeText("") if one.status in (200, 201, 409) else _reason(one) for one in outcomes}

    async def replace(self, name: str, content: Json) -> None:
        """Write the document called `name`, unless one is there with as many `events`, changed as late."""
        await self.identity()
        client = await self._connected()
        for _ in range(ATTEMPTS):
            known = await self._version(name)
            if known is not None and _age(known.source) >= _age(content):
                return
            if known is None:
                call = client.create(index=self.index, id=name, document=content)
            else:
                call = client.index(
                    index=self.index, id=name, document=content, if_seq_no=known.number, if_primary_term=known.term
                )
            if await self._unless(409, call) is not None:
                return

    async def close(self) -> None:
        """Give back connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        await self._wire.close()

    async def _hits(self, body: Json) -> list[msgspec.Raw]:
        client = await self._connected()
        found = decode_body(await self._asked(client.search(index=self.index, body=body)), _SEARCHES, self.source)
        if found.timed_out or found.shards.get("failed"):
            raise SourceError(ErrorKind.SERVER, self.source, SafeText("its shard did not answer"))
        return found.hits.hits

    async def _version(self, name: str) -> _Version | None:
        """The document called `name`, None when there is none, or no index."""
        client = await self._connected()
        body = await self._unless(404, client.get(index=self.index, id=name))
        return None if body is None else decode_body(body, _VERSIONS, self.source)

    async def _tagged(self) -> _Version:
        client = await self._connected()
        tag = {"doc": INDEX, "made": self._made}
        await self._unless(409, client.create(index=self.index, id=TAG, document=tag))
        found = await self._version(TAG)
        if found is None:
            raise SourceError(ErrorKind.SERVER, self.source, safe_text(f"index {self.index} is being deleted"))
        return found

    async def _make_or_check(self) -> None:
        """Make the index; when it is there, see that it is one of ours before anything is written to it."""
        client = await self._connected()
        known = await self._unless(404, client.indices.get_mapping(index=self.index))
        if known is None:
            # 400: another console has just made it.
            if await self._unless(400, client.indices.create(index=self.index, body=creation())) is not None:
                return
            known = await self._asked(client.indices.get_mapping(index=self.index))
        found = decode_body(known, _ANY, self.source)
        if not any(_is_ours(one) for one in found.values()):
            words = safe_text(f"index {self.index} holds something else than incidents")
            hint = "name another `index` for incidents: the console makes it"
            raise SourceError(ErrorKind.CONFIGURATION, self.source, words, hint=hint)

    async def _unless(self, status: int, call: Awaitable[Any]) -> bytes | None:
        """The body of an answer; None when the server refuses with `status`."""
        try:
            return await self._asked(call)
        except SourceError as error:
            if error.status != status:
                raise
            return None

    async def _asked(self, call: Awaitable[Any]) -> bytes:
        try:
            return await answered(call, self.source)
        except SourceError as error:
            if error.status not in _ORDINARY:
                self.forget()
            if error.kind is not ErrorKind.FORBIDDEN:
                raise
            hint = f"ask for create_index, view_index_metadata, read and write on {self.index}"
            raise SourceError(error.kind, error.source, error.detail, hint=hint, status=error.status) from error

    async def _connected(self) -> AsyncElasticsearch:
        if self._client is None:
            try:
                self._client = await asyncio.to_thread(client_over, self._wire)
            except ImportError as error:
                detail = SafeText("the elasticsearch package can't be imported")
                raise SourceError(ErrorKind.UNSUPPORTED, self.source, detail) from error
        return self._client


def _action(name: str) -> bytes:
    return b'{"create":{"_id":"%s"}}' % name.encode()


def _reason(outcome: _Outcome) -> SafeText:
    return safe_text(outcome.error.get("reason") or f"status {outcome.status}", 200)


def _is_ours(index: Any) -> bool:
    mappings = index.get("mappings", {}) if isinstance(index, dict) else {}
    return isinstance(mappings, dict) and mappings.get("_meta") == MADE_BY_US


def _age(source: Json) -> tuple[float, float]:
    """How much an incident's document tells, and how late."""
    events, changed = (source.get(key) for key in ("events", "changed"))
    return (
        events if isinstance(events, int | float) else 0.0,
        changed if isinstance(changed, int | float) else 0.0,
    )
