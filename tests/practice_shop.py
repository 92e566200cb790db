"""A practice shop whose time a test moves, and its wire servers in the same process."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from starlette.types import ASGIApp

from opsconsole.practice import elasticsearch, jaeger, kubernetes
from opsconsole.practice.promql.store import LabelMatcher, MatchKind, StoredSeries
from opsconsole.practice.scenarios import scenario_named
from opsconsole.practice.shop.shop import Shop

STARTED = 1_790_000_003.0


class HandClock:
    """Wall time that moves by hand."""

    def __init__(self, now: float = STARTED) -> None:
        self.time = now

    def now(self) -> float:
        return self.time


class StillClock(HandClock):
    """Wall time that nobody can move."""

    def __setattr__(self, name: str, value: float) -> None:
        assert not hasattr(self, name), "this drill stands still, since others look at it; make one of your own"
        super().__setattr__(name, value)


class HandPace:
    """Waiting moves the clock, so watches take no time. It may take longer than one wants to wait."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.at_least = 0.0
        """Seconds."""

    async def wait(self, seconds: float) -> None:
        self.clock.time += max(seconds, self.at_least)

    def wake(self) -> None:
        return


class Drill:
    """One shop with its clock and its servers."""

    def __init__(self, scenario: str, seed: int = 1, history: int = 1800, clock: HandClock | None = None) -> None:
        self.clock = clock or HandClock()
        self.shop = Shop(scenario_named(scenario), seed, STARTED, self.clock, history=history)
        self.pace = HandPace(self.clock)
        self.kubernetes = client(kubernetes.application(self.shop, self.pace))
        self.elasticsearch = client(elasticsearch.application(self.shop))
        self.jaeger = client(jaeger.application(self.shop))

    def wait(self, seconds: float) -> None:
        self.clock.time += seconds
        self.shop.advance()

    def series(self, metric: str, seconds: float = 60, **labels: str) -> list[StoredSeries]:
        """Samples of the last `seconds`."""
        wanted = {"__name__": metric, **labels}
        matchers = [LabelMatcher(name, MatchKind.EQUAL, value) for name, value in wanted.items()]
        now = self.clock.now()
        return self.shop.series.select(matchers, now - seconds, now)

    def latest(self, metric: str, **labels: str) -> list[float]:
        """The newest sample of every series that goes on."""
        values = [float(series.values[-1]) for series in self.series(metric, 11, **labels)]
        return [value for value in values if not np.isnan(value)]

    def gained(self, metric: str, seconds: float = 60, **labels: str) -> float:
        """What counters rose by in the last `seconds`, resets aside."""
        return sum(risen(series.values) for series in self.series(metric, seconds, **labels))

    async def revisions(self, deployment: str) -> list[dict[str, Any]]:
        """ReplicaSets of a deployment, newest revision first."""
        path = f"/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app={deployment}"
        items = (await self.kubernetes.get(path)).json()["items"]
        key = "deployment.kubernetes.io/revision"
        return sorted(items, key=lambda item: -int(item["metadata"]["annotations"][key]))

    async def roll_back(self, deployment: str) -> None:
        """To the revision before, as `kubectl rollout undo` does it."""
        template = (await self.revisions(deployment))[1]["spec"]["template"]
        del template["metadata"]["labels"]["pod-template-hash"]
        await self.patch(
            deployment,
            [{"op": "replace", "path": "/spec/template", "value": template}],
            "application/json-patch+json",
        )

    async def restart(self, deployment: str) -> None:
        """As `kubectl rollout restart` does it."""
        annotations = {"kubectl.kubernetes.io/restartedAt": f"at {self.clock.now():.0f}"}
        await self.patch(deployment, {"spec": {"template": {"metadata": {"annotations": annotations}}}})

    async def patch(
        self, deployment: str, body: Any, media_type: str = "application/strategic-merge-patch+json", query: str = ""
    ) -> dict[str, Any]:
        kind = "statefulsets" if deployment == "postgres" else "deployments"
        path = f"/apis/apps/v1/namespaces/shop/{kind}/{deployment}{query}"
        answer = await self.kubernetes.patch(path, json=body, headers={"content-type": media_type})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@cache
def standing(scenario: str, history: int = 3600) -> Drill:
    """The drill that all tests of a process share who only look. Neither its clock nor its cluster can be changed."""
    drill = Drill(scenario, history=history, clock=StillClock())
    drill.kubernetes.event_hooks = {"response": [_changed_nothing]}
    return drill


async def _changed_nothing(answer: httpx.Response) -> None:
    asked = answer.request
    looked = asked.method == "GET" or asked.url.path.endswith("reviews")
    assert looked or answer.is_error, f"{asked.method} {asked.url.path} changes a drill that others look at"


def client(application: ASGIApp) -> httpx.AsyncClient:
    """A client that speaks to `application` without a socket."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://practice")


def risen(values: NDArray[np.float64]) -> float:
    """What a counter rose by, a fall being a reset to 0 (as PromQL's `increase` counts)."""
    numbers = values[~np.isnan(values)]
    if len(numbers) < 2:
        return 0.0
    steps = np.diff(numbers)
    return float(np.where(steps < 0, numbers[1:], steps).sum())
