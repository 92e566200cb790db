"""Which order a restart is."""

from __future__ import annotations

import click

from opsconsole.cli.operating import Drafting
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.operation import OperationKind, Order, Plan
from opsconsole.domain.text import SafeText
from opsconsole.operations.protocols import Operations
from opsconsole.safe_text import safe_text


def restarting(ref: ObjectRef, method: str | None, container: str, reason: str, *, attended: bool) -> Drafting:
    """Asks the engine for the plan of a restart by `method` (kill, evict, rolling).

    Without a method: a workload rolls, and of a pod's ways the first that is possible is taken, which somebody
    must be there to see. Raises `ConfigError` for what does not go together.
    """
    words, name = safe_text(reason, 500), safe_text(container, 253)
    if ref.kind is not Kind.POD:
        if method not in (None, "rolling") or container:
            raise ConfigError(f"--method: a {ref.kind.value.lower()} can only be restarted by rolling")
        return _checking(Order(OperationKind.ROLLING_RESTART, ref, reason=words))
    if container and method not in (None, "kill"):
        raise ConfigError(f"--container: goes with --method kill alone; {method} restarts the whole pod")
    match method:
        case "kill":
            return _checking(Order(OperationKind.RESTART_CONTAINER, ref, name, reason=words))
        case "evict":
            return _checking(Order(OperationKind.EVICT_POD, ref, reason=words))
        case "rolling":
            return _rolling(ref, words)
    if not attended:
        raise ConfigError("--method: say how to restart a pod: kill, evict or rolling")
    return _first_possible(ref, name, words)


def _checking(order: Order) -> Drafting:
    async def draft(operations: Operations) -> Plan:
        return await operations.check(order)

    return draft


def _rolling(pod: ObjectRef, reason: SafeText) -> Drafting:
    async def draft(operations: Operations) -> Plan:
        workload = await operations.workload_of(pod)
        if workload is None:
            raise ConfigError(f"--method: {pod.words} belongs to no workload that could roll; kill or evict it")
        return await operations.check(Order(OperationKind.ROLLING_RESTART, workload, reason=reason))

    return draft


def _first_possible(pod: ObjectRef, container: SafeText, reason: SafeText) -> Drafting:
    async def draft(operations: Operations) -> Plan:
        ways = await operations.choices(pod, container)
        if not ways:
            raise ConfigError(f"TARGET: there is no way to restart {pod.words}")
        chosen = next((way for way in ways if not way.blocked), ways[0])
        for way in ways:
            state = "chosen" if way is chosen else "not possible here" if way.blocked else "possible too"
            click.echo(f"opsconsole: {way.order.kind.value}: {state}; {way.summary}", err=True)
        order = chosen.order
        return await operations.check(Order(order.kind, order.target, order.container, reason=reason))

    return draft
