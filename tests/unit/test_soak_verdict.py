"""What the endurance run is judged by."""

from __future__ import annotations

import random
from typing import Any

import pytest

from soak.busy_cluster import changes
from soak.endurance import LOOKS_EVERY, Run
from soak.monkey import KEYS, move
from soak.verdict import broken_promises, drift, lines_of


def life(samples: int, an_hour: float = 0.0, tasks: int = 0) -> list[dict[str, Any]]:
    """Samples of a console whose memory (bytes an hour) and tasks (in all) grow evenly, with noise."""
    chance = random.Random(1)
    return [
        {
            "resident": 100e6 + an_hour * n * LOOKS_EVERY / 3600 + chance.uniform(-1e5, 1e5),
            "tasks": 120 + tasks * n // samples,
            "descriptors": 20,
            "threads": 9,
            "objects": 1000,
        }
        for n in range(samples)
    ]


def kept(**changed: Any) -> Run:
    return Run(seed=1, lives=[life(500)], exits=[0], **changed)


def test_a_calm_run_keeps_every_promise_and_is_told_in_figures() -> None:
    assert broken_promises(kept()) == []
    assert any("memory drift" in line for line in lines_of(kept()))


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (kept(crash_files=["ValueError"]), "it crashed"),
        (kept(counts={"changes asked": 1, "change: PATCH /x": 1}), "PATCH /x"),
        (Run(seed=1, lives=[life(500)], exits=[1]), "ended with 1"),
        (Run(seed=1, lives=[life(900, an_hour=30e6)], exits=[0]), "MB an hour"),
        (Run(seed=1, lives=[life(500, tasks=400)], exits=[0]), "tasks more"),
        (Run(seed=1, lives=[life(100, an_hour=3e9)], exits=[0]), "memory grew"),
        (Run(seed=1, exits=[0]), "long enough"),
    ],
)
def test_each_broken_promise_is_named(run: Run, said: str) -> None:
    assert any(said in one for one in broken_promises(run))


def test_one_peak_is_no_drift() -> None:
    values = [100.0] * 200
    values[150] = 10_000.0
    assert drift(values) == 0


def request(method: str, path: str, query: bytes = b"", kind: str = "http") -> dict[str, Any]:
    return {"type": kind, "method": method, "path": path, "query_string": query}


@pytest.mark.parametrize(
    ("backend", "scope", "expected"),
    [
        ("kubernetes", request("GET", "/api/v1/pods"), False),
        ("kubernetes", request("PATCH", "/apis/apps/v1/namespaces/shop/deployments/x"), True),
        ("kubernetes", request("PATCH", "/apis/apps/v1/namespaces/shop/deployments/x", b"dryRun=All"), False),
        ("kubernetes", request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"), False),
        ("kubernetes", request("GET", "/api/v1/namespaces/shop/pods/x/exec", kind="websocket"), True),
        ("elasticsearch", request("POST", "/logs/_search"), False),
        ("elasticsearch", request("DELETE", "/_pit"), False),
        ("elasticsearch", request("PUT", "/logs/_doc/1"), True),
        ("alertmanager", request("POST", "/api/v2/silences"), True),
        ("prometheus", request("POST", "/api/v1/query_range"), False),
    ],
)
def test_reading_is_told_from_changing(backend: str, scope: dict[str, Any], expected: bool) -> None:
    assert changes(backend, scope) is expected


def test_a_seed_s_monkey_types_the_same_again_and_never_leaves() -> None:
    def typed() -> list[tuple[bytes, ...]]:
        chance = random.Random(5)
        return [move(chance) for _ in range(500)]

    assert typed() == typed()
    assert not {b"q", b"\x03", b"\x11", b"\x1a"} & set(KEYS)
