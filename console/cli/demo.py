"""`opsconsole demo`: the console on a practice cluster in trouble."""

from __future__ import annotations

import click

from opsconsole.cli.flags import Flags, demo_flags, invocation_of
from opsconsole.cli.scenario_flags import chosen_scenario, scenario_flag, seed_flag
from opsconsole.domain.errors import ConfigError

_EXAMPLES = """\b
Examples:
  opsconsole demo
  opsconsole demo --scenario pool-exhaustion
  opsconsole demo --scenario goroutine-leak --seed 7 --since 3h
  opsconsole practice list                  the scenarios there are
"""


@click.command(epilog=_EXAMPLES)
@scenario_flag
@seed_flag
@demo_flags
@click.pass_context
def command(ctx: click.Context, flags: Flags, scenario: str, seed: int | None) -> int:
    """Open the console on a practice cluster.

    There is nothing to set up: a small shop that breaks runs in a process of its own on loopback, and
    ends with the console. Its incidents are kept apart; `opsconsole incident list --practice` shows them.
    """
    import msgspec  # noqa: PLC0415

    from opsconsole.cli.parts import PracticeOrder  # noqa: PLC0415
    from opsconsole.config.configuration import clusters_in  # noqa: PLC0415
    from opsconsole.incidents.store.place import practice_path, usual_path  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    if invocation.flags.cluster is not None:
        raise ConfigError("--cluster: the demo brings its own cluster; leave the flag out")
    configuration = invocation.configuration()
    order = PracticeOrder(chosen_scenario(scenario), seed)
    invocation.parts.prepare_screen()
    with invocation.parts.practice(order) as table:
        cluster = next(iter(clusters_in(table, "the practice cluster's table").values()))
        settings = configuration.settings(cluster)
        store = practice_path(settings.incidents.store or usual_path())
        incidents = msgspec.structs.replace(settings.incidents, store=store)
        return invocation.parts.open_console(msgspec.structs.replace(settings, incidents=incidents))
