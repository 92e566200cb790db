"""`opsconsole practice`: the practice cluster by itself."""

from __future__ import annotations

import click

from opsconsole.cli.flags import Flags, invocation_of
from opsconsole.cli.scenario_flags import chosen_scenario, scenario_flag, seed_flag

SCHEMA = "opsconsole.practice/1"


@click.group()
def command() -> None:
    """Run a small shop that breaks, to practise on."""


@command.command(
    epilog="""\b
Examples:
  opsconsole practice serve --scenario gc-surge > practice.toml &
  opsconsole --config practice.toml
  opsconsole practice serve --port-base 19000
"""
)
@scenario_flag
@seed_flag
@click.option(
    "--port-base",
    type=click.IntRange(1024, 65_500),
    metavar="N",
    help="First of the ports to serve on; free ones when left out.",
)
@click.option(
    "--breaks-in",
    type=click.FloatRange(0, 86_400),
    metavar="SECONDS",
    help="Be well for so long first; alerts follow by their rules, up to ten minutes later.",
)
@click.pass_context
def serve(ctx: click.Context, scenario: str, seed: int | None, port_base: int | None, breaks_in: float | None) -> int:
    """Serve a practice cluster on loopback until stopped.

    Prints a cluster table in TOML, ready to be used with --config, once everything answers.
    """
    from opsconsole.cli.parts import PracticeOrder  # noqa: PLC0415

    order = PracticeOrder(chosen_scenario(scenario), seed, port_base, breaks_in)
    return invocation_of(ctx, Flags()).parts.serve_practice(order)


@command.command(
    "list",
    epilog="""\b
Examples:
  opsconsole practice list
  opsconsole practice list --json --spoil | jq '.scenarios[] | {id, healing: .truth.healing}'
""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON with a schema version.")
@click.option("--spoil", is_flag=True, help="Tell the cause and the cure too.")
def list_scenarios(*, as_json: bool, spoil: bool) -> int:
    """List the scenarios. What is behind each is kept back unless --spoil is given."""
    import dataclasses  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from opsconsole.cli.columns import in_columns  # noqa: PLC0415
    from opsconsole.practice.scenarios import SCENARIOS  # noqa: PLC0415

    listed: list[dict[str, object]] = []
    for one in SCENARIOS:
        truth = {"truth": dataclasses.asdict(one.truth) if one.truth else None} if spoil else {}
        listed.append({"id": one.id, "title": one.title, **truth})
    if as_json:
        body = {"schema": SCHEMA, "scenarios": listed}
        click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2).decode())
        return 0
    rows = [(one.id, one.title) for one in SCENARIOS]
    if spoil:
        for one in SCENARIOS:
            rows += [(one.id, f"cause: {one.truth.cause}"), (one.id, f"cure: {one.truth.healing}")] if one.truth else []
        rows.sort(key=lambda row: [one.id for one in SCENARIOS].index(row[0]))
    click.echo(in_columns(rows))
    return 0
