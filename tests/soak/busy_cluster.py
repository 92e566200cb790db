"""A practice cluster under load whose backends come and go: `python -m soak.busy_cluster FOLDER SEED`.

`checkout` writes LINES_A_SECOND log lines, CHANGES_A_SECOND of the pods a watch shows change, and every backend falls
ill by turns. What asked to change anything is counted. FOLDER gets `table.toml` (how the console reaches it) once it
serves, and `counts.json` whenever the process is told SIGUSR1, and at its end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections import Counter
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from opsconsole.clock import SystemClock
from opsconsole.practice import alertmanager, elasticsearch, jaeger, kubernetes, prometheus
from opsconsole.practice.prometheus.practice_rules import PRACTICE_RULES
from opsconsole.practice.scenarios import scenario_named
from opsconsole.practice.serve import ALERT_HISTORY, BACKENDS, LOOPBACK, by_port, cluster_table, listen
from opsconsole.practice.shop.log_lines import LogLine
from opsconsole.practice.shop.shop import Shop
from soak.changing_pods import ChangingPods
from soak.flapping import Flapping

LINES_A_SECOND = 1000
KEPT_SECONDS = 20
"""So long the flood's lines are found; older ones are rotated away, or a search of an hour would be of millions."""

SCENARIO = "bad-release"


class BusyShop(Shop):
    """A shop whose `checkout` writes far more than anybody reads."""

    def logs(self, start: float, end: float) -> list[LogLine]:
        """The shop's own lines, the flood among them."""
        now = self.now()
        first, last = max(start, now - KEPT_SECONDS), min(end, now)
        pods = [one for one in self.control.pods if one.service.name == "checkout"]
        step = 1 / LINES_A_SECOND
        flood = [
            LogLine(number * step, pods[number % len(pods)], "info", f"cart {number % 97} priced", "", "", "cart.go:88",
                    {"items": number % 13}, f"flood{number}")
            for number in range(int(first / step) + 1, int(last / step))
        ]  # fmt: skip
        return sorted([*super().logs(start, end), *flood], key=lambda line: (line.time, line.id))


class Counted:
    """Counts the questions to a backend, and what asked to change something."""

    def __init__(self, name: str, application: ASGIApp, counts: Counter[str]) -> None:
        self._name, self._application, self._counts = name, application, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, then hand on."""
        self._counts[f"{self._name} asked"] += 1
        if changes(self._name, scope):
            self._counts["changes asked"] += 1
            self._counts[f"change: {scope.get('method', 'EXEC')} {scope['path']}"] += 1
        await self._application(scope, receive, send)


READING_POSTS = (
    "reviews",
    "/_search",
    "/_msearch",
    "/_pit",
    "/_field_caps",
    "/query",
    "/query_range",
    "/series",
    "/query_exemplars",
)


def changes(backend: str, scope: Scope) -> bool:
    """Whether that request could change the cluster: access reviews, rehearsals and searches can't."""
    if scope["type"] == "websocket":
        return True
    method, path = scope["method"], scope["path"]
    if method in ("GET", "HEAD") or b"dryRun=All" in scope["query_string"]:
        return False
    if backend == "elasticsearch" and method == "DELETE" and path == "/_pit":
        return False
    return not (method == "POST" and path.endswith(READING_POSTS))


def build(clock: SystemClock, prometheus_url: str, seed: int, counts: Counter[str]) -> dict[str, ASGIApp]:
    """The five backends, each counted and each ill by turns."""
    shop = BusyShop(scenario_named(SCENARIO), seed, clock.now(), clock)
    rules = prometheus.RuleEngine(
        shop.series, PRACTICE_RULES, max(shop.begin, clock.now() - ALERT_HISTORY), prometheus_url
    )
    rules.catch_up(clock.now())
    backends: dict[str, ASGIApp] = {
        "prometheus": prometheus.application(shop, rules, clock),
        "alertmanager": alertmanager.application(rules, clock),
        "elasticsearch": elasticsearch.application(shop),
        "jaeger": jaeger.application(shop),
        "kubernetes": ChangingPods(kubernetes.application(shop), counts),
    }
    return {
        name: Counted(name, Flapping(application, seed * 10 + number, counts, name), counts)
        for number, (name, application) in enumerate(backends.items())
    }


async def serve(folder: Path, seed: int) -> None:
    """Serve until SIGTERM."""
    # That a backend breaks off is meant, and no news.
    logging.disable(logging.CRITICAL)
    counts: Counter[str] = Counter()
    clock, sockets = SystemClock(), listen(None)
    ports = {name: sockets[name].getsockname()[1] for name in BACKENDS}
    backends = build(clock, f"http://{LOOPBACK}:{ports['prometheus']}", seed, counts)
    application = by_port({ports[name]: backends[name] for name in BACKENDS}, clock)
    config = uvicorn.Config(
        application, ws="wsproto", log_config=None, access_log=False, lifespan="off", server_header=False,
        date_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip

    def tell() -> None:
        part = folder / "counts.part"
        part.write_text(json.dumps(counts))
        part.rename(folder / "counts.json")

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    table = cluster_table(ports).replace('environment = "practice"', 'environment = "production"')
    (folder / "table.toml").write_text(table)
    try:
        await uvicorn.Server(config).serve(sockets=list(sockets.values()))
    finally:
        tell()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
