"""`opsconsole drill`: practise on a cluster that breaks at a time nobody knows."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli.flags import Flags, demo_flags, invocation_of
from opsconsole.cli.incident_record import asked, record_path
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.drills.drill import DrillOrder
    from opsconsole.drills.judging import DrillResult
    from opsconsole.incidents.protocols import IncidentStore
    from opsconsole.practice.shop.scenario import Scenario

CLUSTER = "drill"
"""What the practice cluster is called meanwhile: it tells nothing, and its incidents are no demo's."""
RANDOM = "random"

_EXAMPLES = """\b
Examples:
  opsconsole drill
  opsconsole drill --scenario pool-exhaustion --seed 7
  opsconsole drill --list
  opsconsole incident list --drills
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--scenario", default=RANDOM, show_default=True, metavar="NAME",
    help="What breaks; `opsconsole practice list` names them. Random leaves out the last one.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", help="The same seed, the same drill.")
@click.option("--soon", is_flag=True, help="Break within seconds, not in half a minute to two.")
@click.option("--list", "listed", is_flag=True, help="Print former drills, the newest first, and begin none.")
@demo_flags
@click.pass_context
def command(ctx: click.Context, flags: Flags, scenario: str, seed: int | None, *, soon: bool, listed: bool) -> int:
    """Practise: find and heal what breaks.

    A practice cluster is well at first. Something breaks within two minutes; its first alert follows by its rule,
    one to ten minutes later, and starts the clock. Name the cause in an incident (i) and heal it. The drill ends
    when the incident is resolved and the alerts have cleared, or by F9, and tells how it went.
    """
    invocation = invocation_of(ctx, flags)
    if invocation.flags.cluster is not None:
        raise ConfigError("--cluster: a drill brings its own cluster; leave the flag out")
    path = record_path(ctx, flags, None)
    if listed:
        return _print_former(path)
    invocation.parts.prepare_screen()
    order = _order(scenario, secrets.randbits(32) if seed is None else seed, path)
    incident = _practised(ctx, flags, order, soon=soon)
    if incident is not None:
        _print_result(path, incident)
    return 0


def _practised(ctx: click.Context, flags: Flags, order: DrillOrder, *, soon: bool) -> str | None:
    """Open the console on a cluster that breaks; the incident in which it is written down, None without one."""
    import msgspec  # noqa: PLC0415

    from opsconsole.actions import ACTIONS  # noqa: PLC0415
    from opsconsole.cli.parts import PracticeOrder  # noqa: PLC0415
    from opsconsole.config.configuration import clusters_in  # noqa: PLC0415
    from opsconsole.drills.choosing import SOON, quiet_time  # noqa: PLC0415
    from opsconsole.drills.drill import Drill  # noqa: PLC0415
    from opsconsole.drills.key_path import KeyPath  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    configuration = invocation.configuration()
    drill = Drill(order, KeyPath({one.handler: one.id for one in ACTIONS}))
    breaks_in = SOON if soon else quiet_time(order.seed)
    with invocation.parts.practice(PracticeOrder(order.scenario, order.seed, breaks_in=breaks_in)) as table:
        cluster = next(iter(clusters_in(table, "the practice cluster's table").values()))
        named = msgspec.structs.replace(cluster, name=CLUSTER)
        invocation.parts.open_drill(configuration.settings(named), drill)
    if drill.trouble:
        click.echo(f"opsconsole: the drill's end is not written down: {drill.trouble}", err=True)
    return drill.incident


def _order(name: str, seed: int, path: Path) -> DrillOrder:
    """What is played. Raises `ConfigError` for a scenario that there is not, or in which nothing breaks."""
    from opsconsole.drills.choosing import chosen  # noqa: PLC0415
    from opsconsole.practice.scenarios import SCENARIOS  # noqa: PLC0415

    breaking = {one.id: one for one in SCENARIOS if one.truth is not None}
    if name == RANDOM:
        former = _former(path)
        name = chosen(list(breaking), seed, str(former[0].ended.scenario) if former else None)
    elif name not in breaking:
        from opsconsole.config.values import one_of  # noqa: PLC0415

        if name in (one.id for one in SCENARIOS):
            raise ConfigError(f"--scenario: nothing breaks in {name}; name another one")
        raise ConfigError(f"--scenario: {one_of(name, [RANDOM, *breaking], 'scenario')}")
    return ordered(breaking[name], seed)


def ordered(scenario: Scenario, seed: int) -> DrillOrder:
    """A drill of `scenario`, with its truth. Raises `ConfigError` when nothing breaks in it."""
    from opsconsole.domain.drill import DrillTruth  # noqa: PLC0415
    from opsconsole.domain.operation import OperationKind  # noqa: PLC0415
    from opsconsole.drills.drill import DrillOrder  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    if scenario.truth is None:
        raise ConfigError(f"--scenario: nothing breaks in {scenario.id}; name another one")
    truth = scenario.truth
    kinds = {
        "rollback": (OperationKind.ROLL_BACK,),
        "restart": (OperationKind.ROLLING_RESTART, OperationKind.RESTART_CONTAINER),
        "delete pod": (OperationKind.DELETE_POD, OperationKind.EVICT_POD),
    }
    return DrillOrder(
        safe_text(scenario.id),
        seed,
        DrillTruth(
            cause=safe_text(truth.cause),
            change=safe_text(truth.change),
            healing=safe_text(truth.healing),
            alert=safe_text(truth.alert),
            service=safe_text(truth.service),
            heals_by=tuple(kind for way in truth.heals_by for kind in kinds[way]),
        ),
    )


def _former(path: Path) -> tuple[DrillResult, ...]:
    from opsconsole.drills.history import former_drills  # noqa: PLC0415

    return asked(path, former_drills) if path.exists() else ()


def _print_former(path: Path) -> int:
    from opsconsole.cli.drill_report import former_table  # noqa: PLC0415

    former = _former(path)
    click.echo(former_table(former) if former else "no drill has come to its end yet")
    return 0


def _print_result(path: Path, incident: str) -> None:
    from opsconsole.drills.history import former_drills  # noqa: PLC0415
    from opsconsole.drills.judging import judged  # noqa: PLC0415
    from opsconsole.drills.report import plain, report  # noqa: PLC0415

    async def told(store: IncidentStore) -> str:
        found = await store.incident(incident)
        result = judged(found, await store.events(found.id))
        return "" if result is None else plain(report(result, await former_drills(store, before=result)))

    click.echo(asked(path, told))
    click.echo(f"\nopsconsole incident export {incident} writes it up; opsconsole drill --list shows former ones")
