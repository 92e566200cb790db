"""`make bench-real`: the console on a real API server with 10,000 pods (kwok), measured from outside.

The API server, the pods and whatever changes them run on the same machine, so figures are only
comparable within one run. Exits 0 whatever the figures are.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.budgets import Figure
from bench.measure import IDLE_SECONDS, SIZE, command
from bench.report import RESULTS, report
from bench.terminal import Terminal
from servers.kubernetes.cluster import run_control_plane

CHANGES = 100.0
"""Pods that change a second."""

ROW = "service-"
"""How the names of the pods begin; nothing else on the screen does."""


def configuration(kubeconfig: Path, folder: Path) -> Path:
    """A configuration with Kubernetes alone."""
    path = folder / "config.toml"
    path.write_text(f'[clusters.scale.kubernetes]\nkubeconfig = "{kubeconfig}"\n')
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def changing(kubeconfig: Path) -> Iterator[None]:
    """`CHANGES` pods a second change until the block ends."""
    tests = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.changing_pods", str(kubeconfig), str(CHANGES)],
        env={**os.environ, "PYTHONPATH": str(tests)},
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def figures_of(kubeconfig: Path, environment: dict[str, str], runs: int, keys: int) -> list[Figure]:
    """First rows over `runs` starts, then one long run."""
    first = []
    for _ in range(runs + 1):
        with Terminal(command(), SIZE, environment) as terminal:
            first.append(terminal.fill([ROW])[ROW])
    with Terminal(command(), SIZE, environment) as terminal:
        terminal.fill([ROW])
        terminal.watch(15)
        idle = _processor(terminal, IDLE_SECONDS)
        resident = terminal.resident_bytes
        terminal.send(b"5")
        with changing(kubeconfig):
            terminal.watch(10)
            paints = [terminal.key_to_paint(b"j" if number % 40 < 20 else b"k") for number in range(keys)]
            busy = _processor(terminal, IDLE_SECONDS)
            at_last = terminal.resident_bytes
    return [
        Figure("10,000 pods: first rows", "ms", [1000 * seconds for seconds in first[1:]]),
        Figure("10,000 pods: resident memory", "MB", [resident / 1e6]),
        Figure("10,000 pods: idle processor", "% of a core", [idle]),
        Figure("10,000 pods, 100 changing a second: key to paint", "ms", [1000 * seconds for seconds in paints]),
        Figure("10,000 pods, 100 changing a second: processor", "% of a core", [busy]),
        Figure("10,000 pods, 100 changing a second: memory", "MB", [at_last / 1e6]),
    ]


def _processor(terminal: Terminal, seconds: float) -> float:
    """Per cent of a core that the console takes over `seconds`."""
    before, began = terminal.processor_seconds, time.monotonic()
    terminal.watch(seconds)
    return 100 * (terminal.processor_seconds - before) / (time.monotonic() - began)


def main() -> int:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pods", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--keys", type=int, default=200)
    options.add_argument("--output", type=Path, default=RESULTS)
    asked = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        run_control_plane(Path(folder) / "cluster", kwok_pods=asked.pods) as cluster,
    ):
        config = configuration(cluster.kubeconfig, Path(folder))
        environment = {"OPSCONSOLE_CONFIG": str(config), "PYTHONDONTWRITEBYTECODE": ""}
        figures = figures_of(cluster.kubeconfig, environment, asked.runs, asked.keys)
    report(figures, asked.output, size=SIZE, pods=asked.pods)
    return 0


if __name__ == "__main__":
    sys.exit(main())
