"""`make bench-logs`: log lines and traces in quantity, measured from outside, and lnav on the same lines.

A million lines in a real Elasticsearch (loaded once, kept in the cache), 5,000 new ones a second, a trace of ten
thousand spans. The server, the writer and the console share the machine, so figures are only comparable within one
run. Exits 0 whatever the figures are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.budgets import Figure
from bench.lnav_figures import lnav_figures
from bench.log_corpus import LINES
from bench.log_searches import SCROLLED, SEARCHES, log_figures
from bench.log_store import serving, stored
from bench.log_tailing import SECONDS, tail_figures
from bench.measure import SIZE
from bench.report import RESULTS, report
from bench.trace_figures import trace_figures


def measured(part: Callable[[], list[Figure]]) -> list[Figure]:
    """The figures of `part`; none where what it waits for never came, which is said, and the others go on."""
    try:
        return part()
    except TimeoutError as error:
        sys.stderr.write(f"not measured: {error}\n")
        return []


def main() -> int:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=LINES)
    options.add_argument("--tail-seconds", type=float, default=SECONDS)
    options.add_argument("--output", type=Path, default=RESULTS)
    asked = options.parse_args()
    store = stored(asked.lines)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        with serving(store, folder / "elasticsearch") as server:
            figures = [
                *measured(lambda: log_figures(store, server.url, folder)),
                *measured(lambda: tail_figures(server.url, folder, asked.tail_seconds)),
            ]
        figures += measured(lambda: trace_figures(folder))
        figures += measured(lambda: lnav_figures(store.file, SEARCHES[::3], SCROLLED, folder))
    report(figures, asked.output, size=SIZE, lines=asked.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
