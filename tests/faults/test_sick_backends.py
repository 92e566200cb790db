"""Twenty faults of each of five backends: the badge, the words, the memory, the way back.

Sources, feeds, TLS and sockets are the real ones; only waiting takes no time.
"""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from fault_proxy import FaultProxy
from faults.ills import ILLS, Ill, bomb, certificates, cure
from faults.outcomes import AT_TIMES, badges_at_times, outcome_of, page
from faults.ward import asking, entry_of, live, settings_for, until, ward, written_ca
from faulty_server import MEGABYTE
from leaping_loop import LeapingLoop, leaping
from looped_practice import ProxiedCluster
from opsconsole.domain.snapshot import FeedState, SourceFreshness
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.practice.serve import BACKENDS
from opsconsole.sources.wire.body import BODY_LIMIT
from opsconsole.sources.wire.connection import CONCURRENCY

ROOT = Path(__file__).parents[2]
UNCOUNTED = ("foreign", "expired", "no-name", "refused")
"""Faults by which no request gets as far as the proxy."""

BACK_WITHIN = 61.0
"""Seconds from a cure to LIVE: a watch that is refused asks again after a minute."""


def test_the_page_in_the_documentation_is_the_table() -> None:
    assert (ROOT / "docs/faults.md").read_text("utf-8") == page()


@pytest.mark.long
@pytest.mark.parametrize("backend", BACKENDS)
def test_each_fault_has_its_badge_and_words_and_is_got_over_without_a_key(backend: str, tmp_path: Path) -> None:
    async def visits(loop: LeapingLoop) -> list[str]:
        wrong: list[str] = []
        async with ward(loop) as cluster:
            for ill in ILLS:
                visit = Visit(cluster, loop, backend, ill, written_ca(tmp_path))
                try:
                    await visit.made()
                except AssertionError as error:
                    wrong.append(f"{ill.name}: {error}")
        return wrong

    wrong = leaping(visits)
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
def test_the_others_stay_live_while_one_takes_questions_and_never_answers_or_sends_a_bomb() -> None:
    async def watched(loop: LeapingLoop) -> None:
        hole, bomb = (next(ill for ill in ILLS if ill.name == name) for name in ("black-hole", "bomb"))
        rounds = [*((name, hole) for name in BACKENDS), ("prometheus", bomb), ("kubernetes", bomb)]
        async with ward(loop) as cluster, asking(settings_for(cluster, BACKENDS), loop) as feeds:
            for sick, ill in rounds:
                await until(loop, lambda: all(live(feeds, name) for name in BACKENDS), "not all live")
                others = [name for name in BACKENDS if name != sick]
                asked = {name: len(cluster.proxies[name].asked) for name in others}
                await ill.strike(cluster.proxies[sick], loop)
                for _ in range(26):
                    await asyncio.sleep(0.5)
                    states = {name: entry_of(feeds, name).state for name in others}
                    assert set(states.values()) == {FeedState.LIVE}, f"{sick} {ill.name}: {states}"
                polled = [name for name in others if name != "kubernetes"]
                assert all(len(cluster.proxies[name].asked) > asked[name] for name in polled), "nobody was asked"
                await cure(cluster.proxies[sick], loop)
                await asyncio.sleep(5.0)  # its own watches break off by that

    leaping(watched)


class Visit:
    """One backend with one fault: from the start, and once it has answered."""

    def __init__(self, cluster: ProxiedCluster, loop: LeapingLoop, backend: str, ill: Ill, ca: Path) -> None:
        self._cluster, self._loop, self._backend, self._ill, self._ca = cluster, loop, backend, ill, ca

    @property
    def _proxy(self) -> FaultProxy:
        return self._cluster.proxies[self._backend]

    async def made(self) -> None:
        """Raises `AssertionError` where something else is seen than the table has."""
        self._began = self._loop.time() + 0.001
        if self._ill.secured:
            await self._proxy.secure(certificates().good)
        await asyncio.sleep(1.0)
        await self._ill.strike(self._proxy, self._loop)
        try:
            settings = settings_for(self._cluster, (self._backend,), self._ca)
            async with asking(settings, self._loop) as feeds:
                await (self._at_times(feeds) if self._ill.passing else self._for_good(feeds))
        finally:
            await cure(self._proxy, self._loop)
            await self._proxy.secure(None)

    async def _for_good(self, feeds: ClusterFeeds) -> None:
        expected = outcome_of(self._ill, self._backend)
        if self._ill.name == "bomb":
            assert len(bomb()) < MEGABYTE
            tracemalloc.start()
        try:
            first = await self._seen(feeds, expected.first)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert most < (CONCURRENCY + 1) * BODY_LIMIT, f"{most:,} bytes"
        assert first.as_of is None
        self._holds(first)
        await self._well(feeds)
        await self._ill.strike(self._proxy, self._loop)
        if expected.later is FeedState.LIVE:
            await self._stays_live(feeds)
            return
        later = await self._seen(feeds, expected.later)
        assert later.as_of is not None, "the values are gone"
        self._holds(later)
        await self._well(feeds)

    async def _at_times(self, feeds: ClusterFeeds) -> None:
        """Something is seen of it within half a minute, and nothing worse than old once there were values."""
        states, kinds = badges_at_times(self._ill, self._backend), AT_TIMES[self._ill.name][1]
        await self._well(feeds)
        await self._ill.strike(self._proxy, self._loop)
        seen = set()
        for _ in range(70):
            await asyncio.sleep(0.5)
            entry = entry_of(feeds, self._backend)
            seen.add(entry.state)
            assert entry.problem is None or entry.problem.kind in kinds, entry.problem
        assert seen <= states, seen
        assert seen & {FeedState.STALE, FeedState.PARTIAL} or states == {FeedState.LIVE}, "nothing was seen of it"
        await self._well(feeds)

    async def _stays_live(self, feeds: ClusterFeeds) -> None:
        for _ in range(30):
            await asyncio.sleep(1.0)
            assert entry_of(feeds, self._backend).state is FeedState.LIVE

    async def _seen(self, feeds: ClusterFeeds, state: FeedState) -> SourceFreshness:
        """The backend's entry once it has this state and the words that belong to the fault."""
        expected = outcome_of(self._ill, self._backend)

        def told() -> bool:
            entry = entry_of(feeds, self._backend)
            problem = entry.problem
            return entry.state is state and problem is not None and expected.says(self._backend, problem.sentence)

        try:
            await until(self._loop, told, "")
        except AssertionError:
            raise AssertionError(f"expected {state}, {expected.kind}; seen {entry_of(feeds, self._backend)}") from None
        return entry_of(feeds, self._backend)

    def _holds(self, entry: SourceFreshness) -> None:
        """Of what kind it is, and how often it was asked."""
        assert entry.problem is not None
        assert entry.problem.kind is outcome_of(self._ill, self._backend).kind
        assert entry.asked > 0
        if self._ill.name not in UNCOUNTED:
            heard = self._proxy.since(max(self._began, self._loop.time() - 60.0))
            assert entry.asked == heard, f"says {entry.asked} requests, {heard} came"

    async def _well(self, feeds: ClusterFeeds) -> None:
        await cure(self._proxy, self._loop)
        await until(self._loop, lambda: live(feeds, self._backend), "does not get well by itself", BACK_WITHIN)
