"""The practice cluster's Prometheus and Alertmanager as a test's servers, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.applications import Starlette

from opsconsole.clock import SystemClock
from opsconsole.practice.alertmanager.application import application as alertmanager
from opsconsole.practice.prometheus.application import application as prometheus
from opsconsole.practice.prometheus.practice_rules import PRACTICE_RULES
from opsconsole.practice.prometheus.rule_engine import RuleEngine
from opsconsole.practice.scenarios import scenario_named
from opsconsole.practice.shop.shop import Shop
from servers.ports import reserved_port
from servers.waiting import until


@contextlib.contextmanager
def run_practice_metrics(scenario: str) -> Iterator[tuple[str, str]]:
    """Base URLs of Prometheus and Alertmanager over a shop broken by `scenario`, until the block ends."""
    clock = SystemClock()
    shop = Shop(scenario_named(scenario), 7, clock.now(), clock)
    rules = RuleEngine(shop.series, PRACTICE_RULES, shop.begin)
    with _served([prometheus(shop, rules, clock), alertmanager(rules, clock)]) as (metrics, alerts):
        yield metrics, alerts


@contextlib.contextmanager
def _served(applications: Sequence[Starlette]) -> Iterator[list[str]]:
    """One thread serves them all, so that the shop is asked by one at a time."""
    with contextlib.ExitStack() as ports:
        numbers = [ports.enter_context(reserved_port()) for _ in applications]
        servers = [
            uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="error", lifespan="off"))
            for app, port in zip(applications, numbers, strict=True)
        ]
        thread = threading.Thread(target=_serve, args=(servers,))
        thread.start()
        try:
            until(lambda: all(server.started for server in servers), "the practice cluster")
            yield [f"http://127.0.0.1:{port}" for port in numbers]
        finally:
            for server in servers:
                server.should_exit = True
            thread.join()


def _serve(servers: Sequence[uvicorn.Server]) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(*(server.serve() for server in servers))

    asyncio.run(all_of_them())
