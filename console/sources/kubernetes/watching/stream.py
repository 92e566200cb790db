"""What a watch sends: one JSON object a line (Kubernetes API concepts, "Efficient detection of changes")."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Generic, TypeVar

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import ListMetadata, Part
from opsconsole.sources.kubernetes.watching.keeper import Named
from opsconsole.sources.lenient_json import decode_body
from opsconsole.sources.wire import failures
from opsconsole.sources.wire.body import BODY_LIMIT

EXPIRED = 410
"""The version to go on from is no longer known: list again."""

T = TypeVar("T", bound=Named)


class Sent(msgspec.Struct, frozen=True):
    """One line: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, and the object or a `Status`."""

    type: str
    object: msgspec.Raw = msgspec.Raw()


class Versioned(Part, frozen=True):
    """Any object's version; of a bookmark nothing else is there."""

    metadata: ListMetadata = ListMetadata()


class ErrorStatus(Part, frozen=True):
    """Why a watch has ended."""

    code: int = 0
    reason: str = ""
    message: str = ""


class WatchEvent(msgspec.Struct, Generic[T], frozen=True):
    """One change. `item` is None for a bookmark; `gone` tells that it was deleted. `version` is the cluster's."""

    version: str
    item: T | None = None
    gone: bool = False


class VersionExpiredError(Exception):
    """The server no longer knows the version that was asked for."""


class EventDecoder(Generic[T]):
    """Decodes lines to events about objects of one type."""

    def __init__(self, kind: type[T], source: str) -> None:
        """`kind` is the objects' type, `source` the name for errors."""
        self._source = source
        self._sent = msgspec.json.Decoder(Sent)
        self._versioned = msgspec.json.Decoder(Versioned)
        self._item = msgspec.json.Decoder(kind)
        self._status = msgspec.json.Decoder(ErrorStatus)

    def event(self, line: bytes) -> WatchEvent[T]:
        """The event of one line.

        Raises `VersionExpiredError`, and `SourceError`: MALFORMED for what is none, SERVER with the words of an ERROR.
        """
        sent = decode_body(line, self._sent, self._source)
        body = bytes(sent.object)
        if sent.type == "ERROR":
            status = decode_body(body, self._status, self._source)
            if status.code == EXPIRED or status.reason in ("Expired", "Gone"):
                raise VersionExpiredError
            raise SourceError(ErrorKind.SERVER, self._source, safe_text(status.message, 300), status=status.code)
        if sent.type == "BOOKMARK":
            return WatchEvent(decode_body(body, self._versioned, self._source).metadata.resource_version)
        item = decode_body(body, self._item, self._source)
        return WatchEvent(item.metadata.resource_version, item, sent.type == "DELETED")


async def lines_of(chunks: AsyncIterator[bytes], source: str, limit: int = BODY_LIMIT) -> AsyncIterator[list[bytes]]:
    """Whole lines of a stream, those of one chunk together. Raises `SourceError` TOO_LARGE for one over `limit` bytes.

    A last line without an end is dropped: the connection broke within it, and the change will come again.
    """
    rest: list[bytes] = []
    size = 0
    async for chunk in chunks:
        head, end, tail = chunk.rpartition(b"\n")
        if not end:
            rest.append(tail)
            size += len(tail)
            if size > limit:
                raise failures.of_size(limit, source)
            continue
        whole = b"".join((*rest, head))
        rest, size = [tail], len(tail)
        yield [line for line in whole.split(b"\n") if line.strip()]
