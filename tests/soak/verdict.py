"""What a run is judged by."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from soak.endurance import LOOKS_EVERY, Run

WARM_UP = 0.4
"""Share of a life in which buffers fill, modules are imported and views are seen for the first time."""

DRIFT = 5e6
"""Bytes an hour."""

SURE_AFTER = 1800.0
"""Seconds of a life from which its drift is judged: in a shorter one a view opened late weighs more than that."""

ENOUGH = 6
"""Samples without which nothing can be told of growth."""

SLACK = 60e6
"""Bytes a shorter life may gain after its warm-up."""

TASKS, DESCRIPTORS = 40, 40
"""More of them at the end than after the warm-up are too many."""

Samples = Sequence[dict[str, Any]]


def settled(life: Samples) -> Samples:
    """The samples after the warm-up."""
    return life[int(len(life) * WARM_UP) :]


def drift(values: Sequence[float], step: float = LOOKS_EVERY) -> float:
    """Growth an hour of values taken every `step` seconds: the median of all slopes (Theil and Sen), deaf to peaks."""
    slopes = [(b - a) / (step * (j - i)) for (i, a), (j, b) in combinations(enumerate(values), 2)]
    return 3600 * statistics.median(slopes) if slopes else 0.0


def longest(run: Run) -> Samples:
    """The samples of the process that lived longest."""
    return max(run.lives, key=len, default=[])


def broken_promises(run: Run) -> list[str]:
    """A sentence for each; none when all were kept."""
    broken = [f"the console ended with {code}: {run.last_words[-400:]!r}" for code in run.exits if code]
    broken += [f"it crashed:\n{text}" for text in run.crash_files]
    if run.counts.get("changes asked"):
        asked = [name for name in run.counts if name.startswith("change:")]
        broken.append(f"requests that change something: {', '.join(asked)}")
    samples = settled(longest(run))
    if len(samples) < ENOUGH:
        return [*broken, "it did not live long enough to be judged"]
    for name, most in (("tasks", TASKS), ("descriptors", DESCRIPTORS)):
        gained = _gained(samples, name)
        if gained > most:
            broken.append(f"{gained:.0f} {name} more at the end than at the beginning")
    return [*broken, *_memory(samples)]


def _memory(samples: Samples) -> list[str]:
    resident = [one["resident"] for one in samples]
    an_hour, gained = drift(resident), _gained(samples, "resident")
    if len(samples) * LOOKS_EVERY >= SURE_AFTER:
        return [f"memory grows by {an_hour / 1e6:.1f} MB an hour"] if an_hour > DRIFT else []
    return [f"memory grew by {gained / 1e6:.0f} MB"] if gained > SLACK else []


def _gained(samples: Samples, name: str) -> float:
    """Median of the last fifth less that of the first."""
    fifth = max(1, len(samples) // 5)
    first, last = samples[:fifth], samples[-fifth:]
    return statistics.median(one[name] for one in last) - statistics.median(one[name] for one in first)


def lines_of(run: Run) -> list[str]:
    """What happened, for people."""
    samples = settled(longest(run))
    ill = sum(count for name, count in run.counts.items() if name.endswith("fell ill"))
    asked = sum(count for name, count in run.counts.items() if name.endswith(" asked") and name != "changes asked")
    lines = [
        f"{run.seconds / 60:.1f} minutes, {run.keys} keys of seed {run.seed}, {len(run.lives)} process(es)",
        f"pod changes sent {run.counts.get('pod changes', 0)}, requests {asked}, backends fell ill {ill} times",
        f"requests that change something: {run.counts.get('changes asked', 0)}",
        f"sent to the terminal: {run.bytes_received / max(run.seconds, 1) / 1000:.1f} kB/s",
        f"processor: {100 * sum(run.processor) / max(run.seconds, 1):.0f} % of a core",
    ]
    for name, unit in (("resident", 1e6), ("tasks", 1), ("descriptors", 1), ("threads", 1), ("objects", 1000)):
        values = [one[name] / unit for one in samples]
        if values:
            lines.append(f"{name}: {values[0]:.0f} → {values[-1]:.0f}, most {max(values):.0f}")
    if samples:
        lines.append(f"memory drift: {drift([one['resident'] for one in samples]) / 1e6:+.1f} MB an hour")
    return lines
