"""What is a part is never shown as whole, whichever backend says so and in whatever way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fault_proxy import Edit, FaultProxy
from faults.ward import SCOPE, asking, entry_of, live, settings_for, until, ward
from faulty_server import Script, replying
from leaping_loop import LeapingLoop, leaping
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics

WHOLE_SHOP = msgspec.structs.replace(SCOPE, selection=Selection(SafeText("practice"), SafeText("shop")))


def with_fields(path: str, **fields: Any) -> Edit:
    """Answers below `path` have these at their top."""

    def edit(target: str, body: bytes) -> bytes:
        if not re.search(path, target):
            return body
        return json.dumps({**json.loads(body), **fields}).encode()

    return edit


def failing_where(proxy: FaultProxy, target: bytes) -> Script:
    """Questions whose first line has `target` in it are answered 500."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        again = asyncio.StreamReader()
        again.feed_data(request)
        failing = re.search(target, request.partition(b"\r\n")[0])
        await (replying(500, b'"it is gone"') if failing else proxy.handing_on)(again, writer)

    return script


def without_the_next_page(proxy: FaultProxy) -> Script:
    """Lists of pods have another page, which does not come."""

    def more(target: str, body: bytes) -> bytes:
        if not re.search(r"/pods\?", target):
            return body
        pods = json.loads(body)
        pods["metadata"]["continue"] = "next"
        return json.dumps(pods).encode()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        again = asyncio.StreamReader()
        again.feed_data(request)
        second = b"continue=next" in request.partition(b"\r\n")[0]
        await (replying(500, b'"it is gone"') if second else proxy.edited(more))(again, writer)

    return script


SHARDS = {"total": 5, "successful": 4, "failed": 1, "failures": [{"reason": {"type": "x", "reason": "node left"}}]}
PARTS: list[tuple[str, Callable[[FaultProxy], Script], topics.Topic | None, str]] = [
    ("elasticsearch", lambda proxy: proxy.edited(with_fields("_search", _shards=SHARDS)), topics.LOGS, "node left"),
    (
        "elasticsearch",
        lambda proxy: proxy.edited(with_fields("_search", timed_out=True)),
        topics.LOG_HISTOGRAM,
        "ran out of time",
    ),
    (
        "prometheus",
        lambda proxy: proxy.edited(with_fields("query_range", warnings=["store eu-1 is away"])),
        None,
        "store eu-1 is away",
    ),
    ("jaeger", lambda proxy: failing_where(proxy, rb"=payments"), topics.TRACES, "it is gone"),
    ("kubernetes", without_the_next_page, topics.PODS, "it is gone"),
    ("kubernetes", lambda proxy: failing_where(proxy, rb"/events\?"), topics.PODS, "events"),
]

IDS = ("failed shards", "timed out", "warnings", "one service of several", "a page that does not come", "no events")


@pytest.mark.parametrize(("backend", "fault", "topic", "words"), PARTS, ids=IDS)
def test_a_part_is_never_called_live_and_says_what_is_missing(
    backend: str, fault: Callable[[FaultProxy], Script], topic: topics.Topic | None, words: str
) -> None:
    async def looks(loop: LeapingLoop) -> None:
        async with ward(loop) as cluster:
            proxy = cluster.proxies[backend]
            await proxy.infect(fault(proxy))
            async with asking(settings_for(cluster, (backend,)), loop, WHOLE_SHOP) as feeds:
                shown = topic
                for _ in range(50):
                    await asyncio.sleep(0.5)
                    assert entry_of(feeds, backend).state is not FeedState.LIVE
                    if shown is None and feeds.panels():
                        shown = topics.panel_topic(feeds.panels()[0].id)
                assert shown is not None
                snapshot = feeds.snapshot(shown)
                assert snapshot.value is not None, snapshot
                assert snapshot.state is not FeedState.LIVE
                told = [snapshot.problem.sentence] if snapshot.problem is not None else []
                assert any(words in note for note in (*snapshot.completeness.notes, *told)), snapshot.completeness
                await proxy.infect(None)
                await until(loop, lambda: live(feeds, backend), "does not get whole", 61.0)

    leaping(looks)
