"""A practice cluster in the test's own event loop, each backend behind a fault proxy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from fault_proxy import FaultProxy
from opsconsole.clock import Clock
from opsconsole.config.configuration import clusters_in
from opsconsole.config.settings import ClusterSettings
from opsconsole.practice import kubernetes
from opsconsole.practice.serve import BACKENDS, build, by_port, cluster_table, listen


@dataclass(frozen=True)
class ProxiedCluster:
    """The settings by which the console reaches the cluster, through `proxies` by backend."""

    settings: ClusterSettings
    proxies: Mapping[str, FaultProxy]


class _Server(uvicorn.Server):
    """Serves until it is told to stop, without looking at the clock ten times a second, nor at signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.over = asyncio.Event()

    async def main_loop(self) -> None:
        self.ready.set()
        await self.over.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


STEP = 15.0
"""Seconds: the shop's time moves by so much, and watches look at it as often. Nothing here is about its life."""


class _StepClock:
    """The time of the last step."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()

    def now(self) -> float:
        return self._began + (self._clock.now() - self._began) // STEP * STEP

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class _StepPace:
    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, STEP))

    def wake(self) -> None:
        """Nobody writes here."""


@asynccontextmanager
async def proxied_practice(scenario: str, clock: Clock, seed: int = 1) -> AsyncIterator[ProxiedCluster]:
    """The practice cluster in trouble by `scenario`, at the time of `clock`."""
    sockets = listen(None)
    ports = {name: one.getsockname()[1] for name, one in sockets.items()}
    built = build(scenario, seed, _StepClock(clock))
    backends = {**built.backends, "kubernetes": kubernetes.application(built.shop, _StepPace())}
    application = by_port({ports[name]: backend for name, backend in backends.items()}, clock)
    server = _Server(
        uvicorn.Config(
            application,
            ws="wsproto",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=list(sockets.values())))
    proxies = {name: FaultProxy(port) for name, port in ports.items()}
    try:
        await server.ready.wait()
        for proxy in proxies.values():
            await proxy.listen()
        table = cluster_table({name: proxy.port for name, proxy in proxies.items()})
        settings = next(iter(clusters_in(table, "the practice cluster's table").values()))
        assert set(proxies) == set(BACKENDS)
        yield ProxiedCluster(settings, proxies)
    finally:
        for proxy in proxies.values():
            await proxy.end()
        server.over.set()
        await serving
