"""A backend that is well most of the time, and ill in one of several ways for a while."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

WELL = (8.0, 40.0)
ILL = (3.0, 12.0)
"""Seconds, at least and at most."""

WAYS = ("503", "429", "login page", "silence", "broken off")


class Flapping:
    """`application`, well and ill by turns, drawn from `seed`."""

    def __init__(self, application: ASGIApp, seed: int, counts: Counter[str], name: str) -> None:
        self._application, self._counts, self._name = application, counts, name
        self._turns = turns(random.Random(seed))
        self._way, self._until = "", time.monotonic() + 15.0

    def _now(self) -> str:
        while time.monotonic() > self._until:
            self._way, lasts = next(self._turns)
            self._until += lasts
            self._counts[f"{self._name} fell ill"] += bool(self._way)
        return self._way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the turn has it. Watches begun while it was well go on."""
        way = self._now()
        if not way or scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        await _ill(way, self._until)(scope, receive, send)


def turns(chance: random.Random) -> Iterator[tuple[str, float]]:
    """How it is, and for how many seconds, for ever: ill, well, ill, …"""
    while True:
        yield chance.choice(WAYS), chance.uniform(*ILL)
        yield "", chance.uniform(*WELL)


def _ill(way: str, until: float) -> ASGIApp:
    match way:
        case "503":
            return JSONResponse({"message": "overloaded"}, 503)
        case "429":
            return JSONResponse({"message": "slow down"}, 429, {"Retry-After": "5"})
        case "login page":
            return Response("<html><title>Sign in</title></html>", 200, media_type="text/html")
        case "silence":
            return _silence(until)
    return _broken_off


def _silence(until: float) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await receive()
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        await send({"type": "http.response.start", "status": 504, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return application


async def _broken_off(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    headers = [(b"content-type", b"application/json"), (b"content-length", b"90000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    # Promised more than it sends: the server ends the connection.
    await send({"type": "http.response.body", "body": b'{"status":"succ'})
