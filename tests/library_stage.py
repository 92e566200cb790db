"""The console's own runbooks, walked through practice shops in this process whose time stands still."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
from starlette.types import ASGIApp

from fake_clock import FakeClock
from opsconsole.config.settings import ElasticsearchSettings, KubernetesSettings, SourceSettings
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.runbook import ActStep, AskStep
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Walk
from opsconsole.practice.scenarios import scenario_named
from opsconsole.practice.serve import build
from opsconsole.practice.shop.scenario import GroundTruth
from opsconsole.runbooks.bookcase import Bookcase
from opsconsole.runbooks.shelf import read_shelf
from opsconsole.runbooks.walking.walker import RunbookWalker
from opsconsole.sources.alertmanager import AlertmanagerSource
from opsconsole.sources.elasticsearch import elasticsearch_source
from opsconsole.sources.kubernetes.source import KubernetesSource
from opsconsole.sources.prometheus import PrometheusSource
from opsconsole.sources.protocols import Sources
from opsconsole.sources.wire import (
    ALERTMANAGER_READS,
    ELASTICSEARCH_READS,
    KUBERNETES_READS,
    PROMETHEUS_READS,
    Wire,
    WritePolicy,
)
from walk_stage import quiet

STARTED = 1_790_000_003.0
PRACTICE = SafeText("practice")
URL = "http://practice"
MOST_STEPS = 30

LEAVE_IT = "leave it"
"""What every question about an act may be answered."""


class LibraryStage:
    """One scenario, `waited` seconds after a console could first see it, and the runbooks that ship."""

    def __init__(self, scenario: str, waited: float = 0.0, seed: int = 1) -> None:
        self.clock = FakeClock(STARTED)
        self.scenario = scenario_named(scenario)
        cluster = build(scenario, seed, self.clock)
        self.clock.turn_on(waited)
        self.shop = cluster.shop
        self.sources = sources_of(cluster.backends, self.clock)
        self.bookcase = Bookcase((), self.sources, self.clock, PRACTICE)
        self._shelf = read_shelf(())

    @property
    def truth(self) -> GroundTruth:
        """Of a scenario that breaks something."""
        assert self.scenario.truth is not None
        return self.scenario.truth

    async def alert(self) -> Alert:
        """The alert that the ground truth names, as Alertmanager tells it."""
        assert self.sources.alerts is not None
        alerts = (await self.sources.alerts.alerts()).value
        named = [one for one in alerts if (one.name, one.service) == (self.truth.alert, self.truth.service)]
        return next(one for one in named if one.state is AlertState.FIRING)

    async def walked(self, name: str, inputs: Mapping[str, str], answers: Mapping[str, str]) -> RunbookWalker:
        """As far as it goes without a change. `answers` to questions are by the title of the step, else `LEAVE_IT`."""
        runbook = self._shelf.named(name)
        wanted = {asked.name for asked in runbook.inputs}
        walker = await self.bookcase.begin(runbook, {key: value for key, value in inputs.items() if key in wanted})
        await walker.begin()
        for _ in range(MOST_STEPS):
            await quiet(walker)
            if walker.walk.over or not await _gone_on(walker, answers):
                break
        return walker


async def _gone_on(walker: RunbookWalker, answers: Mapping[str, str]) -> bool:
    """Whether the walk went on: an act waits, and so does what nobody could judge."""
    step = walker.step
    assert step is not None
    known = [one.outcome for one in walker.walk.results if one.number == step.number]
    if isinstance(step.does, ActStep) or StepOutcome.UNKNOWN in known:
        return False
    if isinstance(step.does, AskStep):
        await walker.answer(answers.get(step.title, LEAVE_IT))
    else:
        await walker.go_on()
    return True


def told(walk: Walk) -> str:
    """Each step with what was found, for the words of a test that fails."""
    return "\n".join(f"{one.number} {one.title}: {one.outcome.value} {one.shown}" for one in walk.results)


def sources_of(backends: Mapping[str, ASGIApp], clock: FakeClock) -> Sources:
    """The sources of a console, over `backends` without a socket between."""

    def wire_to(name: str, policy: WritePolicy) -> Callable[[SourceSettings], Wire]:
        transport = httpx.ASGITransport(backends[name])
        return lambda settings: Wire(name, settings, clock, policy, transport=transport)

    elasticsearch = ElasticsearchSettings(URL)
    return Sources(
        metrics=PrometheusSource(wire_to("prometheus", PROMETHEUS_READS)(SourceSettings(URL)), clock),
        alerts=AlertmanagerSource(wire_to("alertmanager", ALERTMANAGER_READS)(SourceSettings(URL))),
        logs=elasticsearch_source(wire_to("elasticsearch", ELASTICSEARCH_READS)(elasticsearch), elasticsearch, clock),
        workloads=KubernetesSource(KubernetesSettings(url=URL), wire_to("kubernetes", KUBERNETES_READS), clock),
    )
