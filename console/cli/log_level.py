"""`opsconsole log-level`: at which level a service logs, and another level for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from opsconsole.cli.flags import Flags, invocation_of, operation_flags
from opsconsole.cli.operate import WORKLOADS, checking, ordering, run_order, target_in
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.cli.operating import Drafting
    from opsconsole.domain.cluster_object import ObjectRef
    from opsconsole.domain.log_level import RaisedLevel, ToldLevel

SCHEMA = "opsconsole.log-level/1"
TARGETS = (*WORKLOADS, "pod")
OFFERED = ("debug", "info", "warn")
"""`opsconsole.domain.log_level.OFFERED`, which brings msgspec; a test compares the two."""

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with a schema version.")


@click.group()
def command() -> None:
    """Show a service's log level, set it for a while, put it back.

    The service's own HTTP handler is asked (zap's AtomicLevel), at the address that `log_levels` of the cluster names.
    """


@command.command(
    epilog="""\b
Examples:
  opsconsole log-level get deployment/checkout -n shop --cluster prod
  opsconsole log-level get pod/checkout-7d9f-abcde -n shop --json | jq -r .level

Exit code: 0 every ready pod tells its level, 1 some do not, 2 wrong use, 5 no access.
"""
)
@click.argument("target")
@operation_flags
@_JSON
@click.pass_context
def get(ctx: click.Context, *, target: str, flags: Flags, as_json: bool) -> int:
    """Print the level of each ready pod of a workload."""
    import asyncio  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    settings = invocation.configuration().settings()
    ref = target_in(target, settings.namespace, TARGETS)
    operations = invocation.parts.operations(settings)

    async def ask() -> tuple[tuple[ToldLevel, ...], tuple[RaisedLevel, ...]]:
        try:
            return await operations.log_levels(ref), await operations.raised_levels()
        finally:
            await operations.finish()

    told, raised = asyncio.run(ask())
    _print(told, raised, as_json=as_json)
    return 0 if told and all(one.pod.level for one in told) else 1


@ordering(
    "log-level set",
    "deployment/checkout -n shop --cluster prod",
    "deployment/checkout -n shop --level debug --for 10m --confirm checkout",
)
@click.option("--level", type=click.Choice(OFFERED), default="debug", show_default=True, help="The level wanted.")
@click.option("--for", "duration", metavar="DURATION", default="10m", show_default=True, help="How long, 10s to 4h.")
def set_level(ctx: click.Context, *, target: str, flags: Flags, level: str, duration: str, **manner: Any) -> int:
    """Set the level of all ready pods for a while.

    It is put back when the time is over, by a process that this command leaves behind; restore does so earlier.
    """
    seconds = _seconds(duration)

    def draft(ref: ObjectRef, reason: str, **_: Any) -> Drafting:
        return checking("SET_LOG_LEVEL", ref, reason, level=level, seconds=seconds)

    return run_order(ctx, flags, target, TARGETS, draft, manner)


@ordering(
    "log-level restore",
    "--cluster prod",
    "deployment/checkout -n shop --cluster prod --confirm checkout",
    optional=True,
)
def restore(ctx: click.Context, *, target: str | None, flags: Flags, **manner: Any) -> int:
    """Put a level back before its time is over.

    Without TARGET: every level of the cluster whose time is over, which is what is left to do when the machine went
    down in between. That was confirmed when the level was set, so nobody is asked.
    """
    if target is None:
        return _put_back(ctx, flags)

    def draft(ref: ObjectRef, reason: str, **_: Any) -> Drafting:
        return checking("RESTORE_LOG_LEVEL", ref, reason)

    return run_order(ctx, flags, target, TARGETS, draft, manner)


command.add_command(set_level, "set")
command.add_command(restore, "restore")


def _put_back(ctx: click.Context, flags: Flags) -> int:
    import asyncio  # noqa: PLC0415

    from opsconsole.cli.operating import put_back  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    operations = invocation.parts.operations(invocation.configuration().settings())

    async def do() -> bool:
        try:
            return await put_back(operations)
        finally:
            await operations.finish()

    return 0 if asyncio.run(do()) else 1


def _seconds(duration: str) -> float:
    from opsconsole.config.values import seconds  # noqa: PLC0415

    try:
        return seconds(duration)
    except ValueError as error:
        raise ConfigError(f"--for: {error}") from None


def _print(told: tuple[ToldLevel, ...], raised: tuple[RaisedLevel, ...], *, as_json: bool) -> None:
    import msgspec  # noqa: PLC0415

    from opsconsole.cli.columns import in_columns  # noqa: PLC0415
    from opsconsole.cli.operation_report import moment  # noqa: PLC0415

    before = {pod.uid: (pod.level, one.until) for one in raised for pod in one.pods}
    if as_json:
        for one in told:
            was, until = before.get(one.pod.uid, (None, None))
            body = {
                "schema": SCHEMA, "pod": one.pod.name, "level": one.pod.level or None, "words": one.words,
                "before": was, "until": until,
            }  # fmt: skip
            click.echo(msgspec.json.encode(body).decode())
        return
    rows = [("pod", "level", "")]
    for one in told:
        was, until = before.get(one.pod.uid, (None, 0.0))
        until_words = f"until {moment(until)}, {was} before" if was is not None else ""
        rows.append((one.pod.name, one.pod.level or "?", str(one.words) or until_words))
    click.echo(in_columns(rows))
