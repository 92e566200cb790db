"""Commands that change the cluster, from `restart` to `uncordon`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from opsconsole.cli.flags import Flags, invocation_of, operation_flags

if TYPE_CHECKING:
    from opsconsole.cli.operating import Drafting
    from opsconsole.domain.cluster_object import ObjectRef
    from opsconsole.domain.operation import Plan
    from opsconsole.operations.protocols import Operations

_EXIT_CODES = """\b
Exit code: 0 applied and seen (or a dry run that found nothing against it), 1 refused, blocked or declined,
2 wrong use, 3 sent with an unknown outcome, 4 applied but its effect was not seen, 5 no access, 130 Ctrl+C.
"""

METHODS = ("kill", "evict", "rolling")
WORKLOADS = ("deployment", "statefulset", "daemonset")


def ordering(name: str, *examples: str, optional: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """A command on one target, `optional` or not, with the flags that all of them have."""
    options = (
        click.argument("target", required=not optional),
        operation_flags,
        click.option("--reason", metavar="TEXT", default="", help="Why, in your words; kept in the audit log."),
        click.option("--dry-run", is_flag=True, help="Check and show the plan; change nothing."),
        click.option("--confirm", metavar="NAME", help="The target's name: yes, without being asked."),
        click.option("--wait/--no-wait", default=True, help="Wait until the effect is seen.  [default: wait]"),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with a schema version."),
        click.pass_context,
    )
    shown = "\n".join(f"  opsconsole {name} {example}" for example in examples)

    def decorate(function: Callable[..., Any]) -> click.Command:
        decorated = function
        for option in reversed(options):
            decorated = option(decorated)
        return click.command(name, epilog=f"\b\nExamples:\n{shown}\n\n{_EXIT_CODES}")(decorated)

    return decorate


@ordering(
    "restart",
    "deployment/checkout -n shop --cluster prod",
    "pod/checkout-7d9f-abcde -n shop --method evict",
    "pod/checkout-7d9f-abcde -n shop --method kill --container app --confirm checkout-7d9f-abcde",
)
@click.option("--method", type=click.Choice(METHODS), help="For a pod: its container, the pod, or its workload.")
@click.option("--container", metavar="C", default="", help="Which container of the pod, for --method kill.")
def restart(ctx: click.Context, *, target: str, flags: Flags, method: str | None, container: str, **manner: Any) -> int:
    """Restart a workload, a pod or one container.

    A workload gets new pods one by one. Of a pod one container is restarted by ending its first process (kill), or
    the pod moves, disruption budgets permitting (evict), or its workload gets new pods (rolling).
    """
    from opsconsole.cli.restarting import restarting  # noqa: PLC0415

    def draft(ref: ObjectRef, reason: str, *, attended: bool) -> Drafting:
        return restarting(ref, method, container, reason, attended=attended)

    return run_order(ctx, flags, target, (*WORKLOADS, "pod"), draft, manner)


@ordering(
    "rollback",
    "deployment/checkout -n shop --list",
    "deployment/checkout -n shop --cluster prod --dry-run",
    "deploy/checkout -n shop --to-revision 3 --confirm checkout --json | jq -r .event",
)
@click.option("--to-revision", type=click.IntRange(1), metavar="N", help="Which revision; see --list.")
@click.option("--list", "listing", is_flag=True, help="List the revisions there are, and change nothing.")
def rollback(
    ctx: click.Context, *, target: str, flags: Flags, to_revision: int | None, listing: bool, **manner: Any
) -> int:
    """Roll a workload back to an earlier revision.

    Works while a rollout is stuck. Without --to-revision: to the latest one that runs something else, be it
    other images or another configuration; restarts are passed over.
    """
    if listing:
        return _list_revisions(ctx, flags, target, as_json=manner["as_json"])

    def draft(ref: ObjectRef, reason: str, **_: Any) -> Drafting:
        return checking("ROLL_BACK", ref, reason, revision=to_revision)

    return run_order(ctx, flags, target, WORKLOADS, draft, manner)


@ordering("scale", "deployment/checkout -n shop --replicas 5 --cluster prod")
@click.option("--replicas", type=click.IntRange(0, 100_000), metavar="N", required=True, help="How many pods.")
def scale(ctx: click.Context, *, target: str, flags: Flags, replicas: int, **manner: Any) -> int:
    """Set the number of pods of a workload."""

    def draft(ref: ObjectRef, reason: str, **_: Any) -> Drafting:
        return checking("SCALE", ref, reason, replicas=replicas)

    return run_order(ctx, flags, target, ("deployment", "statefulset"), draft, manner)


def _plain(name: str, kind: str, kinds: tuple[str, ...], words: str, example: str) -> click.Command:
    """A command without flags of its own."""

    def function(ctx: click.Context, *, target: str, flags: Flags, **manner: Any) -> int:
        def draft(ref: ObjectRef, reason: str, **_: Any) -> Drafting:
            return checking(kind, ref, reason)

        return run_order(ctx, flags, target, kinds, draft, manner)

    function.__doc__ = words
    return ordering(name, example)(function)


pause = _plain(
    "pause", "PAUSE_ROLLOUT", ("deployment",), "Stop a rollout where it is.",
    "deployment/checkout -n shop --cluster prod",
)  # fmt: skip
resume = _plain(
    "resume", "RESUME_ROLLOUT", ("deployment",), "Let a paused rollout go on.",
    "deployment/checkout -n shop --cluster prod",
)  # fmt: skip
cordon = _plain("cordon", "CORDON", ("node",), "Keep new pods off a node.", "node/n1 --cluster prod")
uncordon = _plain("uncordon", "UNCORDON", ("node",), "Let new pods onto a node again.", "node/n1 --cluster prod")
delete = _plain(
    "delete", "DELETE_POD", ("pod",),
    "Delete a pod.\n\nDisruption budgets are not asked; `restart --method evict` asks them.",
    "pod/checkout-7d9f-abcde -n shop --cluster prod",
)  # fmt: skip


def checking(kind: str, ref: ObjectRef, reason: str, **parameters: Any) -> Drafting:
    """Asks the engine for the plan of one order."""
    from opsconsole.domain.operation import OperationKind, Order  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    order = Order(OperationKind[kind], ref, reason=safe_text(reason, 500), **parameters)

    async def draft(operations: Operations) -> Plan:
        return await operations.check(order)

    return draft


def run_order(
    ctx: click.Context, flags: Flags, written: str, kinds: tuple[str, ...], draft: Callable[..., Drafting],
    manner: dict[str, Any],
) -> int:  # fmt: skip
    """Carry out what was typed. Raises `ConfigError` before anything is asked of the cluster."""
    from opsconsole.cli.operating import Manner, operate  # noqa: PLC0415  - brings asyncio
    from opsconsole.cli.operation_report import Report  # noqa: PLC0415

    invocation, reason = invocation_of(ctx, flags), manner.pop("reason")
    how = Manner(**manner, attended=invocation.parts.attended())
    settings = invocation.configuration().settings()
    ref = target_in(written, settings.namespace, kinds)
    drafting = draft(ref, reason, attended=how.attended or how.dry_run)
    how.check()
    report = Report(settings.cluster.name, as_json=how.as_json)
    return operate(invocation.parts.operations(settings), drafting, report, how)


def _list_revisions(ctx: click.Context, flags: Flags, written: str, *, as_json: bool) -> int:
    import asyncio  # noqa: PLC0415

    from opsconsole.cli.operation_report import Report  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    settings = invocation.configuration().settings()
    ref = target_in(written, settings.namespace, WORKLOADS)
    revisions = asyncio.run(invocation.parts.operations(settings).revisions(ref))
    Report(settings.cluster.name, as_json=as_json).revisions(revisions)
    return 0


def target_in(written: str, namespace: str | None, kinds: tuple[str, ...]) -> ObjectRef:
    """The object that `written` names, of one of `kinds`. Raises `ConfigError`."""
    from opsconsole.cli.target import target_of  # noqa: PLC0415
    from opsconsole.domain.cluster_object import Kind  # noqa: PLC0415

    named = {kind.value.lower(): kind for kind in Kind}
    return target_of(written, namespace, tuple(named[kind] for kind in kinds))
