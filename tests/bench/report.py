"""The figures of one run, printed and kept."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.budgets import BUDGETS, Figure, table

RESULTS = Path(__file__).resolve().parents[2] / "bench-results"


def report(figures: list[Figure], folder: Path, **about: object) -> Path:
    """Print `figures` and write them, with what the run was `about`, to a file of their own in `folder`."""
    sys.stdout.write(table(figures) + "\n")
    folder.mkdir(exist_ok=True)
    taken_at = datetime.now(UTC)
    path = folder / f"{taken_at:%Y-%m-%dT%H%M%SZ}.json"
    wire = {
        "schema": "opsconsole.bench/1",
        "taken_at": taken_at.isoformat(),
        "python": platform.python_version(),
        "machine": {"system": platform.platform(), "processors": os.cpu_count()},
        **about,
        "figures": [
            {
                "name": figure.name,
                "unit": figure.unit,
                "budget": BUDGETS.get(figure.name),
                "p50": statistics.median(figure.values),
                "p95": figure.quantile(0.95),
                "max": max(figure.values),
                "values": figure.values,
            }
            for figure in figures
        ],
    }
    path.write_text(json.dumps(wire, indent=2) + "\n")
    sys.stdout.write(f"\nwritten to {path}\n")
    return path
