"""The same samples for both evaluators: a small shop's metrics, with resets, gaps and odd numbers."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from opsconsole.practice.promql.store import MemoryStore

START = 1_700_000_000.0
INTERVAL = 15.0
COUNT = 240
"""One hour of samples, in one block of the real server."""

Samples = tuple[Mapping[str, str], Sequence[float], Sequence[float]]


def samples() -> Iterator[Samples]:
    """Labels with `__name__`, times in unix seconds and values, always the same."""
    chance = random.Random(7)
    times = [START + INTERVAL * number for number in range(COUNT)]
    for service in ("checkout", "orders"):
        for pod in ("a", "b"):
            yield from _of_pod({"service": service, "pod": f"{service}-{pod}"}, times, chance)
    yield {"__name__": "odd"}, times, [(math.nan, math.inf, -math.inf, 0.0, -1.5)[n % 5] for n in range(COUNT)]
    yield {"__name__": "sparse"}, times[::13], [float(n) for n in range(len(times[::13]))]
    late = {"__name__": "http_requests_total", "service": "late", "pod": "late-a", "status": "200"}
    yield late, times[100:140], [float(n * n) for n in range(40)]


def _of_pod(labels: Mapping[str, str], times: Sequence[float], chance: random.Random) -> Iterator[Samples]:
    for status in ("200", "404", "500"):
        counter, total = [], 0.0
        for number in range(len(times)):
            # One restart of the process on the way.
            total = 0.0 if number == 120 and labels["pod"].endswith("a") else total + chance.randrange(40)
            counter.append(total)
        yield {"__name__": "http_requests_total", "status": status, **labels}, times, counter
    counts = [0.0] * 5
    rows: list[list[float]] = [[] for _ in counts]
    for _ in times:
        for bucket in range(len(counts)):
            counts[bucket] += chance.randrange(1, 6)
        for bucket, row in enumerate(rows):
            row.append(sum(counts[: bucket + 1]))
    for bound, row in zip(("0.1", "0.25", "0.5", "1", "+Inf"), rows, strict=True):
        yield {"__name__": "http_request_duration_seconds_bucket", "le": bound, **labels}, times, row
    gauge = [100 + 50 * math.sin(number / 9) + chance.random() for number in range(len(times))]
    kept = [number for number in range(len(times)) if not 60 <= number < 100]  # longer than the lookback
    yield {"__name__": "app_goroutines", **labels}, [times[n] for n in kept], [gauge[n] for n in kept]


def store() -> MemoryStore:
    """The samples for the practice evaluator."""
    memory = MemoryStore()
    for labels, times, values in samples():
        memory.add(labels, np.array(times), np.array(values))
    return memory


def open_metrics() -> str:
    """The samples for `promtool tsdb create-blocks-from openmetrics`."""
    lines = []
    for labels, times, values in samples():
        matchers = ",".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
        lines += [
            f"{labels['__name__']}{{{matchers}}} {_number(value)} {time:.3f}"
            for time, value in zip(times, values, strict=True)
        ]
    return "\n".join([*lines, "# EOF", ""])


def _number(value: float) -> str:
    return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN" if math.isnan(value) else repr(value))
