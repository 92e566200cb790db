"""Feeds over real sources that ask a practice cluster some of whose backends are sick."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from faults.ills import certificates
from leaping_loop import LeapingLoop, LoopClock
from looped_practice import ProxiedCluster, proxied_practice
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import FeedState, SourceFreshness
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.feed import Pace
from opsconsole.practice.serve import BACKENDS
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import Sources

LONGEST = 180.0
"""Seconds of the loop after which something that was waited for will not come."""

SCOPE = Scope(Selection(SafeText("practice"), SafeText("shop"), SafeText("checkout")), TimeWindow(900.0))


@asynccontextmanager
async def ward(loop: LeapingLoop) -> AsyncIterator[ProxiedCluster]:
    """A practice cluster in trouble by a bad release, whose backends but Kubernetes answer the same from memory."""
    async with proxied_practice("bad-release", LoopClock(loop)) as cluster:
        loop.waiting = lambda: cluster.proxies["prometheus"].held
        for name, proxy in cluster.proxies.items():
            proxy.remembered = None if name == "kubernetes" else {}
        yield cluster


def written_ca(folder: Path) -> Path:
    """The authority of the secured proxies as a file."""
    file = folder / "ca.pem"
    certificates().authority.cert_pem.write_to_path(str(file))
    return file


def settings_for(cluster: ProxiedCluster, backends: tuple[str, ...], ca: Path | None = None) -> ClusterSettings:
    """Those of `backends` alone, by the proxies' addresses."""
    changed = dict.fromkeys(BACKENDS)
    for name in backends:
        proxy, known = cluster.proxies[name], getattr(cluster.settings, name)
        changed[name] = msgspec.structs.replace(known, url=proxy.url, ca=ca if proxy.secured else None)
    return msgspec.structs.replace(cluster.settings, **changed)


@asynccontextmanager
async def asking(settings: ClusterSettings, loop: LeapingLoop, scope: Scope = SCOPE) -> AsyncIterator[ClusterFeeds]:
    """Feeds of all backends that are configured, each asked for what is its own of `scope`."""
    clock = LoopClock(loop)

    def connected() -> Sources:
        return msgspec.structs.replace(connect(settings, clock), container_logs=None)

    feeds = ClusterFeeds(connected, scope, lambda _: None, clock=clock, chance=random.Random(1), pace=Pace())
    feeds.set_columns(20)
    feeds.start()
    try:
        yield feeds
    finally:
        await feeds.stop()


def entry_of(feeds: ClusterFeeds, backend: str) -> SourceFreshness:
    """Its entry of the bottom line."""
    return next(entry for entry in feeds.freshness() if entry.source.value == backend)


def live(feeds: ClusterFeeds, backend: str) -> bool:
    """Whether it is live, and everything it was asked has an answer."""
    return feeds.answered() and entry_of(feeds, backend).state is FeedState.LIVE


async def until(loop: LeapingLoop, condition: Callable[[], bool], what: str, longest: float = LONGEST) -> float:
    """Seconds of the loop until `condition` holds; looked at twice a second of the loop."""
    began = loop.time()
    while not condition():
        assert loop.time() - began < longest, what
        await asyncio.sleep(0.5)
    return loop.time() - began
