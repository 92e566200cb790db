"""Key to paint while every backend in turn takes questions and never answers."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.budgets import Figure, KeyPaint, key_figures
from bench.terminal import Terminal
from fault_proxy import FaultProxy, black_hole

PATIENCE = 30.0
SETTLING = 4.0
"""Seconds after which questions to the silent backend are out, and late."""

ROUND = (b"1", b"2", b"3", b"k", b"k", b"j", b"j", b"4", b"5")
"""Through all panes, and up and down in the logs; each key changes what is shown."""


class Proxies:
    """One before each backend of a cluster table, in a thread with a loop of its own."""

    def __init__(self, table: str) -> None:
        """`table` is the practice cluster's, in TOML."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="proxies", daemon=True)
        self._thread.start()
        found = re.findall(r'^(\w+) = "http://127\.0\.0\.1:(\d+)"', table, re.MULTILINE)
        self.by_name = {name: FaultProxy(int(port)) for name, port in found}
        self.table = table
        for proxy in self.by_name.values():
            self._run(proxy.listen())
            self.table = self.table.replace(f":{proxy.upstream}", f":{proxy.port}")

    def _run(self, doing: object) -> None:
        asyncio.run_coroutine_threadsafe(doing, self.loop).result(PATIENCE)  # type: ignore[arg-type]

    def silence(self, name: str) -> None:
        """Nobody answers at `name` from now on; open watches go silent."""
        self._run(self.by_name[name].infect(black_hole))

    def heal(self, name: str) -> None:
        """It answers again."""
        self._run(self.by_name[name].infect(None))

    def end(self) -> None:
        """Give the sockets back."""
        for proxy in self.by_name.values():
            self._run(proxy.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


@contextmanager
def proxied(table: str) -> Iterator[Proxies]:
    """`Proxies` before the cluster of `table`, until the block ends."""
    proxies = Proxies(table)
    try:
        yield proxies
    finally:
        proxies.end()


def fault_figures(table: str, folder: Path, words: list[str], keys: int) -> list[Figure]:
    """Moves in the logs and changes of panes, `keys` in all, while each backend is silent in turn."""
    with proxied(table) as proxies:
        config = folder / "proxied.toml"
        config.write_text(proxies.table)
        config.chmod(0o600)
        command = [str(Path(sys.executable).with_name("opsconsole"))]
        environment = {"OPSCONSOLE_CONFIG": str(config), "PYTHONDONTWRITEBYTECODE": ""}
        with Terminal(command, (120, 40), environment) as terminal:
            terminal.fill(words)
            paints: list[KeyPaint] = []
            for name in proxies.by_name:
                proxies.silence(name)
                terminal.watch(SETTLING)
                for _ in range(max(1, keys // len(proxies.by_name) // len(ROUND))):
                    paints += [_painted(terminal, key) for key in ROUND]
                proxies.heal(name)
            memory = terminal.resident_bytes / 1e6
    return [
        *key_figures("every backend black-holed in turn: key to paint", paints),
        Figure("every backend black-holed in turn: resident memory", "MB", [memory]),
    ]


def _painted(terminal: Terminal, key: bytes) -> KeyPaint:
    starved = terminal.starved_seconds
    seconds = terminal.key_to_paint(key)
    return seconds, terminal.starved_seconds - starved
