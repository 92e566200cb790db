"""`make bench`: the budgets of the console, measured in a real pseudo-terminal on a practice cluster.

Prints a table and writes every figure to `bench-results/<date>.json`. Compare figures of one run
only; machines differ and are noisy, so medians are what counts. Exits 0 whatever the figures are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.budgets import Figure
from bench.fault_figures import fault_figures
from bench.incident_figures import incident_figures
from bench.pattern_figures import pattern_figures
from bench.report import RESULTS, report
from bench.terminal import Terminal
from opsconsole.practice.process import PracticeProcess
from opsconsole.practice.scenarios import scenario_named

SIZE = (120, 40)
IDLE_SECONDS = 20.0


def command() -> list[str]:
    """The console as installed, on the only cluster of its configuration."""
    return [str(Path(sys.executable).with_name("opsconsole"))]


def start_figures(environment: dict[str, str], words: list[str], runs: int) -> list[Figure]:
    """First paint, and every pane filled, over `runs` starts."""
    first, filled = [], []
    for _ in range(runs + 1):
        with Terminal(command(), SIZE, environment) as terminal:
            shown = terminal.fill(["1 Alerts", *words])
            first.append(shown["1 Alerts"])
            filled.append(max(shown.values()))
    # The first start warms the page cache and compiles nothing any more after it.
    return [
        Figure("first paint", "ms", [1000 * t for t in first[1:]]),
        Figure("every pane filled", "ms", [1000 * t for t in filled[1:]]),
    ]


def running_figures(environment: dict[str, str], words: list[str], keys: int) -> list[Figure]:
    """One long run: idle cost, key to paint, bytes of a page of scrolling, memory."""
    figures = []
    with Terminal(command(), SIZE, environment) as terminal:
        terminal.fill(words)
        terminal.watch(5)
        before, began = terminal.processor_seconds, time.monotonic()
        idle = terminal.watch(IDLE_SECONDS)
        spent = terminal.processor_seconds - before
        lasted = time.monotonic() - began
        figures.append(Figure("idle bytes to the terminal", "B/s", [idle / lasted]))
        figures.append(Figure("idle processor", "% of a core", [100 * spent / lasted]))
        terminal.send(b"3")
        terminal.drain(0.3, 2)
        paints = [terminal.key_to_paint(b"k" if number % 40 < 20 else b"j") for number in range(keys)]
        figures.append(Figure("key to paint, moving in logs", "ms", [1000 * t for t in paints]))
        panes = [terminal.key_to_paint(digit) for digit in (b"1", b"2", b"3", b"4", b"5") * (keys // 10)]
        figures.append(Figure("key to paint, changing panes", "ms", [1000 * t for t in panes]))
        terminal.send(b"3")
        terminal.drain(0.3, 2)
        pages = []
        for number in range(12):
            terminal.drain(0.05, 1)
            terminal.send(b"\x1b[5~" if number % 6 < 3 else b"\x1b[6~")
            pages.append(float(terminal.drain(0.15, 1)))
        figures.append(Figure("bytes of one page of scrolling", "B", pages))
        figures.append(Figure("resident memory", "MB", [terminal.resident_bytes / 1e6]))
    return figures


def main() -> int:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--keys", type=int, default=200)
    options.add_argument("--scenario", default="bad-release")
    options.add_argument("--output", type=Path, default=RESULTS)
    asked = options.parse_args()
    expected = scenario_named(asked.scenario).truth
    with tempfile.TemporaryDirectory() as folder, PracticeProcess(asked.scenario, seed=1) as cluster_table:
        config = Path(folder) / "config.toml"
        config.write_text(cluster_table)
        config.chmod(0o600)
        # Modules compiled once stay compiled, as on any machine that is used.
        environment = {"OPSCONSOLE_CONFIG": str(config), "PYTHONDONTWRITEBYTECODE": ""}
        words = [expected.alert, "/s", "ERROR", " ms", f"{expected.service}-"]
        figures = [*start_figures(environment, words, asked.runs), *running_figures(environment, words, asked.keys)]
        figures += fault_figures(cluster_table, Path(folder), words, asked.keys)
    with tempfile.TemporaryDirectory() as folder:
        figures += incident_figures(Path(folder), asked.runs, asked.keys)
    figures += pattern_figures()
    report(figures, asked.output, size=SIZE, scenario=asked.scenario)
    return 0


if __name__ == "__main__":
    sys.exit(main())
