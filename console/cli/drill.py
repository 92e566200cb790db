"""`opsconsole drill`: practise on a cluster that breaks at a time nobody knows."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli.flags import Flags, demo_flags, invocation_of
from opsconsole.cli.incident_record import asked, record_path
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.domain.incident import Incident
    from opsconsole.drills.drill import DrillOrder
    from opsconsole.drills.history import BrokenOff
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
@click.option("--json", "as_json", is_flag=True, help="With --list: one JSON object a line, with a schema version.")
@demo_flags
@click.pass_context
def command(
    ctx: click.Context, flags: Flags, scenario: str, seed: int | None, *, soon: bool, listed: bool, as_json: bool
) -> int:
    """Practise: find and heal what breaks.

    A practice cluster is well at first. Something breaks within two minutes; its first alert follows by its rule,
    one to ten minutes later, and starts the clock. Name the cause in an incident (i) and heal it. The drill ends
    when the incident is resolved and the alerts have cleared, or by F9, and tells how it went.
    """
    invocation = invocation_of(ctx, flags)
    if invocation.flags.cluster is not None:
        raise ConfigError("--cluster: a drill brings its own cluster; leave the flag out")
    if as_json and not listed:
        raise ConfigError("--json: it goes with --list; add that, or leave it out")
    path = record_path(ctx, flags, None)
    _break_off(path)
    if listed:
        return _print_former(path, as_json=as_json)
    invocation.parts.prepare_screen()
    order = _order(scenario, secrets.randbits(32) if seed is None else seed, path)
    incident = _practised(ctx, flags, order, path, soon=soon)
    if incident is not None:
        _print_result(path, incident)
    return 0


def _practised(ctx: click.Context, flags: Flags, order: DrillOrder, path: Path, *, soon: bool) -> str | None:
    """Open the console on a cluster that breaks; the incident in which it is written down, None without one."""
    import msgspec  # noqa: PLC0415

    from opsconsole.actions import ACTIONS  # noqa: PLC0415
    from opsconsole.cli.parts import PracticeOrder  # noqa: PLC0415
    from opsconsole.config.configuration import clusters_in  # noqa: PLC0415
    from opsconsole.drills.choosing import SOON, quiet_time  # noqa: PLC0415
    from opsconsole.drills.drill import Drill  # noqa: PLC0415
    from opsconsole.drills.key_path import KeyPath  # noqa: PLC0415
    from opsconsole.incidents.drill_marks import BegunDrill, DrillMarks  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    configuration = invocation.configuration()
    drill = Drill(order, KeyPath({one.handler: one.id for one in ACTIONS}))
    breaks_in = SOON if soon else quiet_time(order.seed)
    with invocation.parts.practice(PracticeOrder(order.scenario, order.seed, breaks_in=breaks_in)) as table:
        cluster = next(iter(clusters_in(table, "the practice cluster's table").values()))
        named = msgspec.structs.replace(cluster, name=CLUSTER)
        # Whatever ends this process, a later one finds the mark and brings the drill to its end.
        mark = DrillMarks(path).begin(BegunDrill(time.time(), order.scenario, order.seed))
        try:
            invocation.parts.open_drill(configuration.settings(named), drill)
            if not drill.trouble:
                mark.remove()
        finally:
            mark.release()
    if drill.trouble:
        click.echo(f"opsconsole: the drill's end is not written down: {drill.trouble}", err=True)
    return drill.incident


def _order(name: str, seed: int, path: Path) -> DrillOrder:
    """What is played. Raises `ConfigError` for a scenario that there is not, or in which nothing breaks."""
    from opsconsole.drills.choosing import chosen  # noqa: PLC0415
    from opsconsole.practice.scenarios import SCENARIOS  # noqa: PLC0415

    breaking = {one.id: one for one in SCENARIOS if one.truth is not None}
    if name == RANDOM:
        from opsconsole.drills.history import last_played  # noqa: PLC0415

        name = chosen(list(breaking), seed, last_played(*_former(path)))
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


def _break_off(path: Path) -> None:
    """End the drills whose process was killed, and say which. What can't be written now is said, and stays."""
    from opsconsole.clock import SystemClock  # noqa: PLC0415
    from opsconsole.incidents.attachment import attachment_of  # noqa: PLC0415
    from opsconsole.incidents.book import Book  # noqa: PLC0415
    from opsconsole.incidents.drill_marks import BROKEN_OFF, DrillMarks, break_off  # noqa: PLC0415
    from opsconsole.incidents.protocols import StoreError  # noqa: PLC0415
    from opsconsole.incidents.records import Records  # noqa: PLC0415
    from opsconsole.machine_user import operator  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    if not path.exists():
        return
    attachment, marks = attachment_of(path.parent, CLUSTER), DrillMarks(path)

    async def ended(store: IncidentStore) -> tuple[Incident, ...]:
        book = Book(store, SystemClock(), cluster=safe_text(CLUSTER), operator=operator(), attachment=attachment)
        return await break_off(Records(store, book), marks, thorough=True)

    try:
        for one in asked(path, ended):
            click.echo(f"opsconsole: {one.id}: {BROKEN_OFF}", err=True)
    except StoreError as error:
        click.echo(f"opsconsole: a drill that was killed is not ended: {error}", err=True)


def _former(path: Path) -> tuple[tuple[DrillResult, ...], tuple[BrokenOff, ...]]:
    """Drills that came to their end, and those that were killed."""
    from opsconsole.drills.history import broken_off_drills, former_drills  # noqa: PLC0415

    async def both(store: IncidentStore) -> tuple[tuple[DrillResult, ...], tuple[BrokenOff, ...]]:
        return await former_drills(store), await broken_off_drills(store)

    return asked(path, both) if path.exists() else ((), ())


def _print_former(path: Path, *, as_json: bool) -> int:
    from opsconsole.cli.drill_report import former_bodies, former_table  # noqa: PLC0415

    former, broken_off = _former(path)
    if as_json:
        import msgspec  # noqa: PLC0415

        for body in former_bodies(former, broken_off):
            click.echo(msgspec.json.encode(body).decode())
        return 0
    found = former or broken_off
    click.echo(former_table(former, broken_off) if found else "no drill has come to its end yet")
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
