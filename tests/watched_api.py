"""An API server in memory whose lists can be watched, dropped, compacted and refused."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock, settle
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.pod import PodList
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.source import KubernetesSource
from opsconsole.sources.wire import KUBERNETES_READS, Wire

Object = dict[str, Any]
ALL = Selection(SafeText("prod"))


class WatchStream(httpx.AsyncByteStream):
    """The body of one watch: lines come as they are sent, until it ends or breaks."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self.closed = False

    def send(self, *parts: bytes | Exception | None) -> None:
        for part in parts:
            self._queue.put_nowait(part)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (part := await self._queue.get()) is not None:
            if isinstance(part, Exception):
                raise part
            yield part

    async def aclose(self) -> None:
        self.closed = True


class WatchedApi:
    """Lists by plural. `refused` maps a path to the status that it answers, `pages` holds back further pages."""

    def __init__(self, **lists: list[Object]) -> None:
        self.version = 100
        self.lists: dict[str, dict[str, Object]] = {}
        self.asked: list[httpx.Request] = []
        self.refused: dict[str, int] = {}
        self.watch_status = 200
        self.down = False
        self.more_pages = asyncio.Event()
        self.more_pages.set()
        self.streams: dict[str, list[tuple[str | None, WatchStream]]] = {}
        for plural, items in lists.items():
            for item in items:
                self._store(plural, item)

    def _store(self, plural: str, item: Object) -> Object:
        self.version += 1
        item["metadata"]["resourceVersion"] = str(self.version)
        self.lists.setdefault(plural, {})[item["metadata"]["uid"]] = item
        return item

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.down:
            raise httpx.ConnectError("refused", request=request)
        path, params = request.url.path, request.url.params
        if path in self.refused:
            message = f"{path} is refused"
            return httpx.Response(self.refused[path], json={"kind": "Status", "message": message})
        plural = path.rpartition("/")[2]
        place = path.split("/namespaces/")[1].split("/")[0] if "/namespaces/" in path else None
        if params.get("watch"):
            return self._watch(plural, place)
        start, size = int(params.get("continue", 0)), int(params["limit"])
        if start:
            await self.more_pages.wait()
        items = [
            one for one in self.lists.get(plural, {}).values() if place in (None, one["metadata"].get("namespace"))
        ]
        rest = {"continue": str(start + size)} if start + size < len(items) else {}
        body = {"metadata": {"resourceVersion": str(self.version)} | rest, "items": items[start : start + size]}
        return httpx.Response(200, content=json.dumps(body))

    def _watch(self, plural: str, place: str | None) -> httpx.Response:
        if self.watch_status != 200:
            return httpx.Response(self.watch_status, json={"message": "no watch"})
        stream = WatchStream()
        self.streams.setdefault(plural, []).append((place, stream))
        return httpx.Response(200, stream=stream)

    # -- what happens ----------------------------------------------------------------------------

    def put(self, plural: str, item: Object, *, told: bool = True) -> None:
        """Add or change an object; `told` False: nobody hears of it."""
        known = item["metadata"]["uid"] in self.lists.get(plural, {})
        self._store(plural, item)
        if told:
            self.say(plural, "MODIFIED" if known else "ADDED", item)

    def delete(self, plural: str, uid: str, *, told: bool = True) -> None:
        item = self.lists[plural].pop(uid)
        self.version += 1
        item["metadata"]["resourceVersion"] = str(self.version)
        if told:
            self.say(plural, "DELETED", item)

    def bookmark(self, plural: str) -> None:
        self.version += 10
        self.say(plural, "BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(self.version)}})

    def say(self, plural: str, kind: str, item: Object) -> None:
        line = json.dumps({"type": kind, "object": item}).encode() + b"\n"
        self.newest(plural).send(line)

    def newest(self, plural: str) -> WatchStream:
        """The watch of `plural` that was opened last."""
        return self.streams[plural][-1][1]

    def end(self, plural: str) -> None:
        self.newest(plural).send(None)

    def break_off(self, plural: str, error: Exception | None = None) -> None:
        self.newest(plural).send(error or httpx.ReadError("reset by peer"))

    def asked_of(self, plural: str, *, watch: bool) -> list[httpx.Request]:
        """Lists, or watches, that were asked for."""
        return [
            request
            for request in self.asked
            if request.url.path.rpartition("/")[2] == plural and bool(request.url.params.get("watch")) is watch
        ]


def watched_source(api: WatchedApi, clock: FakeClock, namespaces: tuple[str, ...] = ()) -> KubernetesSource:
    """A source that watches `api`."""

    def wire_of(settings: SourceSettings) -> Wire:
        return Wire("kubernetes", settings, clock, KUBERNETES_READS, transport=httpx.MockTransport(api))

    settings = KubernetesSettings("http://api.test:6443", namespaces=namespaces)
    source = KubernetesSource(settings, wire_of, clock, chance=random.Random(1))
    source.watch()
    return source


def pod(name: str, namespace: str = "shop", **status: Any) -> Object:
    """A pod that is well, of service checkout, with a readiness probe."""
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": "2027-01-15T07:50:00Z"}
    running = {
        "name": "app",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": "2027-01-15T07:50:00Z"}},
    }
    probe = {"tcpSocket": {"port": 80}, "periodSeconds": 10}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "creationTimestamp": "2027-01-15T07:50:00Z",
            "labels": {"app": "checkout"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "checkout-1", "uid": "rs-1", "controller": True}],
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "i", "readinessProbe": probe}]},
        "status": {"phase": "Running", "conditions": [condition], "containerStatuses": [running]} | status,
    }


class WatchCase:
    """A source that watches an API server in memory."""

    def __init__(self, api: WatchedApi, namespaces: tuple[str, ...] = ()) -> None:
        self.clock = FakeClock(1_800_000_000.0)
        self.api = api
        self.source = watched_source(api, self.clock, namespaces)

    async def pods(self, selection: Selection = ALL) -> Reading[PodList]:
        return await self.source.pods(selection)

    async def names(self) -> list[str]:
        return [one.name for one in (await self.pods()).value.pods]

    async def whole(self) -> Reading[PodList]:
        """Everything listed and all watches open."""
        await self.pods()
        await until(lambda: "nodes" in self.api.streams and "pods" in self.api.streams)
        return await self.pods()


async def until(true: Callable[[], object]) -> None:
    for _ in range(200):
        if true():
            return
        await settle()
    pytest.fail("what was waited for did not come")
