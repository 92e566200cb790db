"""How an operation is told on the command line: in words, or one JSON object a line."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import msgspec

from opsconsole.cli.columns import in_columns
from opsconsole.domain.operation import OperationState, Plan, Revision, Step, Verdict

SCHEMA = "opsconsole.operation/1"

_SIGNS = {Verdict.FINE: "ok", Verdict.WARNING: "WARNING", Verdict.BLOCKED: "BLOCKED"}


class Report:
    """Prints to stdout; with `as_json` each line is an object with `schema` and `event`."""

    def __init__(self, cluster: str, *, as_json: bool) -> None:
        """Nothing is printed yet."""
        self._cluster = cluster
        self._as_json = as_json

    def plan(self, plan: Plan) -> None:
        """What would happen, and what was found."""
        if self._as_json:
            self._line("plan", plan=msgspec.to_builtins(plan), blocked=bool(plan.blocked))
            return
        rows = [("cluster", f"{self._cluster}, as {plan.identity or 'nobody it knows'}"), ("target", plan.target.words)]
        rows += [("change", f"{change.path}: {change.before} → {change.after}") for change in plan.changes]
        rows += [("cost", plan.cost), ("undo", plan.undo or "it can't be taken back")]
        rows += [(_SIGNS[check.verdict], f"{check.title}: {check.words}") for check in plan.checks]
        click.echo(f"{plan.summary}\n{_indented(in_columns(rows))}")

    def step(self, step: Step) -> None:
        """One thing that happened."""
        if self._as_json:
            self._line("step", step=msgspec.to_builtins(step))
            return
        share = "" if step.done is None else f" ({step.done:.0%})"
        click.echo(f"{moment(step.at)}  {step.state.value:<10}  {step.words}{share}")

    def outcome(self, plan: Plan, state: OperationState, exit_code: int) -> None:
        """The end, for programs alone: people have read it in the last step."""
        if self._as_json:
            self._line("outcome", operation=plan.id, state=state.value, exit_code=exit_code)

    def revisions(self, revisions: tuple[Revision, ...]) -> None:
        """What could be rolled back to, newest first."""
        if self._as_json:
            self._line("revisions", revisions=msgspec.to_builtins(revisions))
            return
        head = ("revision", "made", "pods", "images", "cause")
        click.echo(in_columns([head, *(_revision_row(one) for one in revisions)]))

    def _line(self, event: str, **fields: object) -> None:
        body = {"schema": SCHEMA, "event": event, "cluster": self._cluster, **fields}
        click.echo(msgspec.json.encode(body).decode())


def _revision_row(revision: Revision) -> tuple[str, ...]:
    return (
        f"{revision.number}{' (now)' if revision.current else ''}",
        moment(revision.created_at, date=True),
        f"{revision.ready} of {revision.pods} ready",
        ", ".join(container.image for container in revision.containers),
        revision.cause or "–",
    )


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def moment(at: float, *, date: bool = False) -> str:
    """A time of day, or a date and time, in UTC, as logs and audit records have it."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ" if date else "%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "invalid time"
