"""`make soak`: the console in a terminal for minutes or hours, under load, with sick backends, at a monkey's hands.

Prints what was done and held, writes every sample to `bench-results/`, and exits 1 when a promise was broken: an
error that nobody caught, a crash file, a request that could have changed the cluster, tasks or open files that
add up, or memory that grows faster than DRIFT.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from soak.endurance import Endurance
from soak.verdict import broken_promises, lines_of

RESULTS = Path(__file__).resolve().parents[2] / "bench-results"


def main() -> int:
    """Endure, tell, judge."""
    parser = argparse.ArgumentParser(prog="python -m soak", description="Let the console endure.")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=1, help="of the monkey and of the backends' illnesses")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Endurance(Path(folder), asked.seed).endure(60 * asked.minutes)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"soak-seed-{asked.seed}.json"
    file.write_text(json.dumps(run.as_json(), indent=1))
    broken = broken_promises(run)
    sys.stdout.write("\n".join([*lines_of(run), *(f"BROKEN: {one}" for one in broken), f"samples: {file.name}", ""]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
