"""Flags that choose what the practice cluster plays."""

from __future__ import annotations

import click

from opsconsole.cli import completion
from opsconsole.domain.errors import ConfigError

DEFAULT_SCENARIO = "bad-release"

scenario_flag = click.option(
    "--scenario", default=DEFAULT_SCENARIO, show_default=True, metavar="NAME", shell_complete=completion.scenarios,
    help="What breaks; `opsconsole practice list` names them.",
)  # fmt: skip
seed_flag = click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", help="The same seed, the same shop.")


def chosen_scenario(name: str) -> str:
    """`name`, when there is such a scenario. Raises `ConfigError` with the nearest one otherwise."""
    if name == DEFAULT_SCENARIO:
        return name  # the usual start waits for no list
    from opsconsole.config.values import one_of  # noqa: PLC0415
    from opsconsole.practice.scenarios import SCENARIOS  # noqa: PLC0415

    known = [scenario.id for scenario in SCENARIOS]
    if name not in known:
        raise ConfigError(f"--scenario: {one_of(name, known, 'scenario')}")
    return name
