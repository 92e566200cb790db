"""The rule engine: holding, firing, resolving, catching up; and what the shop's own rules raise."""

from __future__ import annotations

import pytest

from fake_clock import FakeClock
from opsconsole.practice.prometheus import RuleEngine
from opsconsole.practice.prometheus.practice_rules import PRACTICE_RULES
from opsconsole.practice.prometheus.rules import AlertRule, RuleGroup, expanded
from opsconsole.practice.promql.store import MemoryStore
from opsconsole.practice.scenarios import SCENARIOS
from opsconsole.practice.shop.scenario import Scenario
from opsconsole.practice.shop.shop import Shop

T = 1_800_000_000.0
RULES = (RuleGroup("g", (AlertRule("High", "load > 3", 60, {"severity": "critical"}),)),)


def engine(values: list[float], since: float = T) -> RuleEngine:
    """One series with a value every 15 s from T on."""
    store = MemoryStore()
    store.add({"__name__": "load", "pod": "a"}, [T + 15 * number for number in range(len(values))], values)
    return RuleEngine(store, RULES, since - 15)


def state_at(rules: RuleEngine, now: float) -> list[tuple[str, float, float | None]]:
    rules.catch_up(now)
    return [(alert.state, alert.active_at - T, alert.fired_at and alert.fired_at - T) for _, alert in rules.alerts]


def test_an_alert_is_pending_until_it_has_held() -> None:
    rules = engine([1, 1, 5, 5, 5, 5, 5, 5, 5])
    assert state_at(rules, T + 15) == []
    assert state_at(rules, T + 30) == [("pending", 30, None)]
    assert state_at(rules, T + 75) == [("pending", 30, None)]
    assert state_at(rules, T + 90) == [("firing", 30, 90)]
    assert state_at(rules, T + 120) == [("firing", 30, 90)]


def test_an_interruption_starts_the_holding_anew() -> None:
    rules = engine([5, 5, 5, 1, 5, 5, 5, 5, 5, 5])
    assert state_at(rules, T + 105) == [("pending", 60, None)]
    assert state_at(rules, T + 120) == [("firing", 60, 120)]


def test_a_resolved_alert_is_gone_and_remembered() -> None:
    rules = engine([5, 5, 5, 5, 5, 5, 1])
    assert state_at(rules, T + 90) == []
    (episode,) = rules.groups[0].records[0].episodes
    assert (episode.active_at, episode.fired_at, episode.ended_at) == (T, T + 60, T + 90)


@pytest.mark.parametrize("stops", [[T + 150], [T + 15 * number for number in range(11)], [T + 37, T + 100, T + 150]])
def test_catching_up_at_once_or_step_by_step_is_the_same(stops: list[float]) -> None:
    rules = engine([1, 5, 5, 1, 5, 5, 5, 5, 5, 5, 5])
    for stop in stops:
        rules.catch_up(stop)
    assert state_at(rules, T + 150) == [("firing", 60, 120)]
    assert len(rules.groups[0].records[0].ended) == 1


def test_templates_fill_in_labels_and_values() -> None:
    text = "{{ $labels.pod }} {{ $value }} {{$value | humanize}} {{ $value | humanizePercentage }} {{ $labels.none }}."
    assert expanded(text, {"pod": "a"}, 1312.5) == "a 1312.5 1.312k 1.312e+05% ."


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_each_scenario_fires_the_alert_of_its_ground_truth(scenario: Scenario) -> None:
    clock = FakeClock(T)
    shop = Shop(scenario, 7, T, clock, history=7200)
    rules = RuleEngine(shop.series, PRACTICE_RULES, shop.begin)
    rules.catch_up(T)
    firing = {(rule.name, alert.labels.get("service")) for rule, alert in rules.alerts if alert.state == "firing"}
    if scenario.truth is None:
        assert firing == {("Watchdog", "prometheus")}
    else:
        assert (scenario.truth.alert, scenario.truth.service) in firing


def test_every_rule_says_what_to_read_and_how_bad_it_is() -> None:
    for group in PRACTICE_RULES:
        for rule in group.rules:
            assert rule.labels["severity"] in ("critical", "warning", "info")
            assert {"summary", "description", "runbook_url"} <= rule.annotations.keys()
