"""An API server whose watched pods change all the time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CHANGES_A_SECOND = 100
_AT_ONCE = 5


class ChangingPods:
    """`application`, with CHANGES_A_SECOND more changes in every watch of pods: their readiness flips."""

    def __init__(self, application: ASGIApp, counts: Counter[str]) -> None:
        self._application, self._counts = application, counts
        self._told = _Told()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on; beside a watch of pods, send what changes."""
        if scope["type"] != "http" or not scope["path"].endswith("/pods"):
            await self._application(scope, receive, send)
        elif b"watch=" in scope["query_string"]:
            await self._watched(scope, receive, send)
        else:
            await self._listed(scope, receive, send)

    async def _listed(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def listening(message: Message) -> None:
            body.extend(message.get("body", b""))
            await send(message)

        await self._application(scope, receive, listening)
        self._told.read_list(bytes(body))

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        told, begun = self._told, asyncio.Event()
        sending = asyncio.Lock()

        async def listening(message: Message) -> None:
            told.read_events(message.get("body", b""))
            async with sending:
                await send(message)
            begun.set()

        async def changing() -> None:
            chance = random.Random(len(self._counts))
            await begun.wait()
            while True:
                await asyncio.sleep(_AT_ONCE / CHANGES_A_SECOND)
                if lines := told.changed(chance):
                    self._counts["pod changes"] += _AT_ONCE
                    async with sending:
                        await send({"type": "http.response.body", "body": lines, "more_body": True})

        beside = asyncio.create_task(changing())
        try:
            await self._application(scope, receive, listening)
        finally:
            beside.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beside


class _Told:
    """The pods that lists and watches have told of, as they were last."""

    def __init__(self) -> None:
        self._pods: dict[str, Any] = {}

    def read_list(self, body: bytes) -> None:
        """What a list answered; anything but a list says nothing."""
        for item in json.loads(body or b"{}").get("items", ()):
            self._keep({"kind": "Pod", "apiVersion": "v1", **item})

    def read_events(self, body: bytes) -> None:
        """Whole lines of a watch, as the practice cluster sends them."""
        for line in body.splitlines():
            event = json.loads(line)
            if event["type"] == "DELETED":
                self._pods.pop(event["object"]["metadata"]["uid"], None)
            elif event["type"] in ("ADDED", "MODIFIED"):
                self._keep(event["object"])

    def _keep(self, pod: Any) -> None:
        if any(one["type"] == "Ready" for one in pod.get("status", {}).get("conditions", ())):
            self._pods[pod["metadata"]["uid"]] = pod

    def changed(self, chance: random.Random) -> bytes:
        """Events of some of them, or nothing when none is known."""
        if not self._pods:
            return b""
        lines = []
        for pod in chance.choices(list(self._pods.values()), k=_AT_ONCE):
            ready = next(one for one in pod["status"]["conditions"] if one["type"] == "Ready")
            ready["status"] = "False" if ready["status"] == "True" else "True"
            lines.append(json.dumps({"type": "MODIFIED", "object": pod}).encode())
        return b"\n".join(lines) + b"\n"
