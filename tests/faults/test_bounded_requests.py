"""How often sick backends are asked, counted where the requests arrive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise

import pytest

from fault_proxy import FaultProxy
from faults.ward import asking, entry_of, live, settings_for, until, ward
from faulty_server import Script, replying
from leaping_loop import LeapingLoop, leaping
from opsconsole.domain.snapshot import FeedState

MINUTE = 60.0
A_MINUTE = {"prometheus": 40, "alertmanager": 10, "elasticsearch": 26, "jaeger": 10, "kubernetes": 50}
"""Requests that a backend may get in any minute after the first: one question each five seconds by turns, of two
requests at most, less where there are few questions; Prometheus is asked for the counters of probes besides. The seven
lists and watches of Kubernetes go by client-go's waits, each by itself."""

AT_FIRST = 80
"""Requests in the first minute: each question of the screen is asked a few times before they take turns."""


@pytest.mark.parametrize(
    ("backends", "minutes"), [(("alertmanager", "jaeger"), 60), (("prometheus", "elasticsearch", "kubernetes"), 3)]
)
def test_sick_backends_are_asked_seldom_and_found_well_by_themselves(backends: tuple[str, ...], minutes: int) -> None:
    async def asked(loop: LeapingLoop) -> None:
        async with ward(loop) as cluster, asking(settings_for(cluster, backends), loop) as feeds:
            await until(loop, feeds.answered, "not filled")
            proxies = {name: cluster.proxies[name] for name in backends}
            for proxy in proxies.values():
                await proxy.infect(replying(503))
            began = loop.time()
            await asyncio.sleep(MINUTE * minutes)
            told = {entry.source.value: entry.asked for entry in feeds.freshness()}
            for name, proxy in proxies.items():
                times = (began + MINUTE * number for number in range(minutes + 1))
                heard = [proxy.since(start) - proxy.since(end) for start, end in pairwise(times)]
                assert heard[0] <= AT_FIRST, f"{name}: {heard[0]} requests in the first minute"
                assert 1 <= max(heard[1:]) <= A_MINUTE[name], f"{name}: {heard}"
                assert told[name] == proxy.since(loop.time() - MINUTE), name
                await proxy.infect(None)
            for name in backends:
                await until(loop, lambda name=name: live(feeds, name), f"{name} does not get well", MINUTE)

    leaping(asked)


def test_a_retry_after_of_nothing_does_not_make_the_console_hurry() -> None:
    hurrying = _asked_in_two_minutes("alertmanager", lambda _: replying(429, Retry_After="0"))
    assert hurrying <= 2 * A_MINUTE["alertmanager"]


def test_versions_that_are_always_too_old_to_watch_from_do_not_make_it_hurry() -> None:
    status = json.dumps({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}).encode()

    def expiring(proxy: FaultProxy) -> Script:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            again = asyncio.StreamReader()
            again.feed_data(request)
            watched = b"watch=1" in request.partition(b"\r\n")[0]
            await (replying(410, status) if watched else proxy.handing_on)(again, writer)

        return script

    # A list and a watch each time.
    assert _asked_in_two_minutes("kubernetes", expiring) <= 2 * (A_MINUTE["kubernetes"] + AT_FIRST)


def test_a_retry_after_of_years_is_not_waited_for() -> None:
    async def years(loop: LeapingLoop) -> None:
        async with ward(loop) as cluster:
            proxy = cluster.proxies["jaeger"]
            await proxy.infect(replying(429, Retry_After="99999999"))
            async with asking(settings_for(cluster, ("jaeger",)), loop) as feeds:
                await asyncio.sleep(MINUTE)
                assert entry_of(feeds, "jaeger").state is FeedState.THROTTLED
                assert len(proxy.asked) == 1
                await proxy.infect(None)
                await until(loop, lambda: live(feeds, "jaeger"), "waits for years", 601.0)

    leaping(years)


def _asked_in_two_minutes(backend: str, fault: Callable[[FaultProxy], Script]) -> int:
    async def counted(loop: LeapingLoop) -> int:
        async with ward(loop) as cluster:
            proxy = cluster.proxies[backend]
            await proxy.infect(fault(proxy))
            async with asking(settings_for(cluster, (backend,)), loop):
                await asyncio.sleep(2 * MINUTE)
            return len(proxy.asked)

    return leaping(counted)
