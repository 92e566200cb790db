"""The practice cluster as one process: five backends on loopback.

`python -m opsconsole.practice.serve --scenario gc-surge` prints a cluster table in TOML and serves
until it is told to stop. One server listens on five ports; the port decides which backend answers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opsconsole.clock import Clock, SystemClock
from opsconsole.practice import alertmanager, elasticsearch, jaeger, kubernetes, prometheus
from opsconsole.practice.prometheus.practice_rules import PRACTICE_RULES
from opsconsole.practice.scenarios import SCENARIOS, scenario_named
from opsconsole.practice.shop.shop import TROUBLE_AGE, Shop

BACKENDS = ("prometheus", "alertmanager", "elasticsearch", "jaeger", "kubernetes")
"""In the order of their ports."""

DEFAULT_SCENARIO = "bad-release"
DEFAULT_SEED = 1
READY = "# ready"
"""The line after the cluster table, printed once everything answers."""

ALERT_HISTORY = 3600.0
"""Seconds of the past for which rules are evaluated at the start; every scenario's trouble is younger."""

LOOPBACK = "127.0.0.1"
_GRACE = 1
"""Seconds that open connections, such as watches, get to end."""


@dataclass(frozen=True)
class PracticeCluster:
    """The backends of one shop, by name."""

    shop: Shop
    backends: Mapping[str, ASGIApp]


def build(
    scenario_id: str, seed: int, clock: Clock, prometheus_url: str = "", *, breaks_in: float | None = None
) -> PracticeCluster:
    """A shop with its past, broken as the scenario says, its alerts already raised.

    With `breaks_in` it is well, and the first of the scenario's changes happens in so many seconds; alerts follow as
    their rules say, some of them minutes later. Raises KeyError for a scenario that does not exist.
    """
    scenario = scenario_named(scenario_id)
    age = TROUBLE_AGE if breaks_in is None else -(round(breaks_in) + scenario.lead)
    shop = Shop(scenario, seed, clock.now(), clock, trouble_age=age)
    rules = prometheus.RuleEngine(
        shop.series, PRACTICE_RULES, max(shop.begin, clock.now() - ALERT_HISTORY), prometheus_url
    )
    rules.catch_up(clock.now())
    return PracticeCluster(
        shop,
        {
            "prometheus": prometheus.application(shop, rules, clock),
            "alertmanager": alertmanager.application(rules, clock),
            "elasticsearch": elasticsearch.application(shop),
            "jaeger": jaeger.application(shop),
            "kubernetes": kubernetes.application(shop),
        },
    )


def cluster_table(ports: Mapping[str, int]) -> str:
    """The configuration of the console for backends on `ports`, in TOML."""
    lines = ["[clusters.practice]", 'environment = "practice"']
    lines += [f'{name} = "http://{LOOPBACK}:{ports[name]}"' for name in BACKENDS]
    return "\n".join([*lines, 'namespace = "shop"', 'log_levels = { path = "/level" }', ""])


def listen(port_base: int | None) -> dict[str, socket.socket]:
    """A listening socket for each backend, on `port_base` and the four after it, or on free ports.

    Raises OSError when a port is taken.
    """
    with contextlib.ExitStack() as opened:
        sockets = {}
        for number, name in enumerate(BACKENDS):
            listener = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, 0 if port_base is None else port_base + number))
            listener.listen(128)
            sockets[name] = listener
        opened.pop_all()
    return sockets


def by_port(backends: Mapping[int, ASGIApp], clock: Clock) -> ASGIApp:
    """One application that hands each request to the backend of the port it came in on, and dates the answer.

    uvicorn's own `Date` is up to a second old, which would read as a clock that is behind.
    """

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(clock.now(), usegmt=True).encode("ascii")
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        await backends[scope["server"][1]](scope, receive, dated)

    return dispatch


class _Server(uvicorn.Server):
    """Tells when it serves, and leaves the signals to us: uvicorn would raise them again once it has stopped."""

    def __init__(self, config: uvicorn.Config, serving: Callable[[], None]) -> None:
        super().__init__(config)
        self._serving = serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._serving()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(
    scenario_id: str,
    seed: int,
    port_base: int | None,
    announce: Callable[[str], None],
    *,
    until_stdin_closes: bool = False,
    breaks_in: float | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, and with `until_stdin_closes` no longer than stdin is open.

    With `breaks_in` the shop is well at first (`build`). `announce` gets the cluster table once every backend answers.
    Raises KeyError for an unknown scenario and OSError for ports that are taken.
    """
    sockets = listen(port_base)
    try:
        ports = {name: listener.getsockname()[1] for name, listener in sockets.items()}
        url = f"http://{LOOPBACK}:{ports['prometheus']}"
        clock = SystemClock()
        cluster = build(scenario_id, seed, clock, url, breaks_in=breaks_in)
        application = by_port({ports[name]: backend for name, backend in cluster.backends.items()}, clock)
        config = uvicorn.Config(
            application,
            ws="wsproto",
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE,
        )
        server = _Server(config, lambda: announce(cluster_table(ports)))
        with _stopping(server, until_stdin_closes=until_stdin_closes):
            await server.serve(sockets=list(sockets.values()))
    finally:
        for listener in sockets.values():
            listener.close()


@contextlib.contextmanager
def _stopping(server: uvicorn.Server, *, until_stdin_closes: bool) -> Generator[None, None, None]:
    """While open, signals and the end of stdin make `server` stop."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    def read() -> None:
        if not os.read(stdin, 4096):
            loop.remove_reader(stdin)
            stop()

    signals, stdin = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP), 0
    for number in signals:
        loop.add_signal_handler(number, stop)
    if until_stdin_closes:
        loop.add_reader(stdin, read)
    try:
        yield
    finally:
        if until_stdin_closes:
            loop.remove_reader(stdin)
        for number in signals:
            loop.remove_signal_handler(number)


def announce_on_stdout(table: str) -> None:
    """Print the table and the line that says it is whole."""
    sys.stdout.write(f"{table}{READY}\n")
    sys.stdout.flush()


def run(
    scenario_id: str = DEFAULT_SCENARIO,
    seed: int | None = None,
    port_base: int | None = None,
    *,
    until_stdin_closes: bool = False,
    breaks_in: float | None = None,
) -> int:
    """Serve until stopped, the table on stdout; returns the exit code, errors as one line on stderr."""
    chosen = DEFAULT_SEED if seed is None else seed
    try:
        asyncio.run(
            serve(
                scenario_id,
                chosen,
                port_base,
                announce_on_stdout,
                until_stdin_closes=until_stdin_closes,
                breaks_in=breaks_in,
            )
        )
    except KeyError as error:
        sys.stderr.write(f"practice: {error.args[0]}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"practice: can't serve on ports from {port_base}: {error.strerror}; choose another base\n")
        return 2
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m opsconsole.practice.serve", description="Serve a practice cluster on loopback."
    )
    names = [scenario.id for scenario in SCENARIOS]
    parser.add_argument("--scenario", default=DEFAULT_SCENARIO, choices=names)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--port-base", type=int, default=None, help="first of five ports; free ones when left out")
    parser.add_argument("--breaks-in", type=float, default=None, help="seconds in which it is well; broken without")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when whoever started it ends")
    parser.add_argument("--sealed", action="store_true", help="read scenario, seed and breaks_in from a line of stdin")
    chosen = parser.parse_args(arguments)
    if chosen.sealed:
        parser.set_defaults(**json.loads(_first_line()))
        chosen = parser.parse_args([one for one in arguments or sys.argv[1:] if one != "--sealed"])
    return run(
        chosen.scenario,
        chosen.seed,
        chosen.port_base,
        until_stdin_closes=chosen.until_stdin_closes,
        breaks_in=chosen.breaks_in,
    )


def _first_line() -> bytes:
    """Of stdin, byte by byte: what follows is not ours to take."""
    line = b""
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return line


if __name__ == "__main__":
    sys.exit(main())
