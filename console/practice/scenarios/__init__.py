"""The cases the shop can be broken by, most of them the seed document's own."""

from __future__ import annotations

from opsconsole.practice.scenarios.cases import SCENARIOS

__all__ = ["SCENARIOS", "scenario_named"]

from opsconsole.practice.shop.scenario import Scenario


def scenario_named(name: str) -> Scenario:
    """The scenario with that id. Raises `KeyError` naming those there are."""
    for scenario in SCENARIOS:
        if scenario.id == name:
            return scenario
    raise KeyError(f"no scenario {name!r}; there are {', '.join(scenario.id for scenario in SCENARIOS)}")
