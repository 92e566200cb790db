"""A response's body, read no further than a limit of decoded bytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator

import httpx

BODY_LIMIT = 32 * 1024 * 1024
"""Decoded bytes of one answer. The console's longest honest answer is a few megabytes."""


_PIECE = 256 * 1024
"""Decoded bytes of a compressed stream handed over at once."""


class BodyTooLargeError(Exception):
    """The body decodes to more than the limit."""


class BodyBrokenError(Exception):
    """The body is not what its `Content-Encoding` says. `str()` says how."""


async def read_body(response: httpx.Response, limit: int = BODY_LIMIT) -> bytes:
    """All decoded bytes of an open streamed `response`.

    Compressed bodies are inflated step by step, so a bomb costs no more than `limit` bytes.
    Raises `BodyTooLargeError`, `BodyBrokenError` and what httpx raises for a broken connection.
    """
    if response.is_stream_consumed:  # a transport that answered from memory
        content = response.content
        if len(content) > limit:
            raise BodyTooLargeError
        return content
    inflate = _decoder(response.headers.get("content-encoding", ""))
    parts: list[bytes] = []
    room = limit
    async for chunk in response.aiter_raw():
        part = chunk if inflate is None else _inflated(inflate, chunk, room)
        room -= len(part)
        if room < 0:
            # Whoever keeps the error keeps this frame with it.
            parts, part = [], b""
            raise BodyTooLargeError
        parts.append(part)
    if inflate is not None and parts and not inflate.eof:
        raise BodyBrokenError("the compressed body ends too early")
    return b"".join(parts)


async def body_pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The decoded bytes of an open streamed `response` as they come, without end.

    A gateway may compress a stream that was asked for as it is. Then it is inflated step by step, so that whoever
    counts what comes has a quarter of a megabyte of a bomb at most. Raises as `read_body`.
    """
    inflate = _decoder(response.headers.get("content-encoding", ""))
    async for chunk in response.aiter_raw():
        if inflate is None:
            yield chunk
            continue
        rest = chunk
        while rest:
            if piece := _inflated(inflate, rest, _PIECE):
                yield piece
            rest = inflate.unconsumed_tail


def _decoder(encoding: str) -> zlib._Decompress | None:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32)
    raise BodyBrokenError("the body is encoded in a way that was not asked for")


def _inflated(inflate: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    """What `chunk` adds, at most `room` + 1 bytes."""
    try:
        part = inflate.decompress(chunk, room + 1)
    except zlib.error as error:
        raise BodyBrokenError("the compressed body is damaged") from error
    if inflate.unused_data:  # kept by it, however much comes
        raise BodyBrokenError("the compressed body goes on behind its end")
    return part
