"""`opsconsole audit`: what was done to the clusters from here, and whether the record of it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli.flags import Flags, cluster_flags, invocation_of
from opsconsole.domain.errors import ConfigError
from opsconsole.safe_text import safe_text

if TYPE_CHECKING:
    from opsconsole.domain.operation import AuditRecord

SCHEMA = "opsconsole.audit/1"

_FILE = click.option(
    "--file", type=click.Path(path_type=Path), metavar="FILE", help="This log instead of the usual ones."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with a schema version.")


@click.group()
def command() -> None:
    """Show or verify the audit logs, one for each cluster.

    A line is written before anything is sent, and one for what became of it. Each line holds the hash of the
    one before.
    """


@command.command(
    epilog="""\b
Examples:
  opsconsole audit show --cluster prod --last 20
  opsconsole audit show --json | jq 'select(.record.state == "unknown")'
"""
)
@cluster_flags
@_FILE
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the last N lines.")
@_JSON
@click.pass_context
def show(ctx: click.Context, flags: Flags, file: Path | None, last: int | None, *, as_json: bool) -> int:
    """Print what was done, oldest first.

    When, by whom, on which cluster, what, to which object, and what became of it.
    """
    from opsconsole.operations.audit.chain import read  # noqa: PLC0415

    records: list[AuditRecord] = []
    for path in _logs(ctx, flags, file):
        try:
            records.extend(read(path))
        except OSError as error:
            raise _unreadable(path, error) from error
    records.sort(key=lambda record: record.at)
    chosen = [_safe(record) for record in (records[-last:] if last else records)]
    if as_json:
        _print_json(chosen)
    elif chosen:
        _print_table(chosen)
    else:
        click.echo("opsconsole: nothing was done from here yet", err=True)
    return 0


@command.command(
    epilog="""\b
Examples:
  opsconsole audit verify
  opsconsole audit verify --file prod.jsonl --json | jq .head

Exit code: 0 every line fits, 1 a line was changed, removed, added or moved, 2 there is no such file.
"""
)
@cluster_flags
@_FILE
@_JSON
@click.pass_context
def verify(ctx: click.Context, flags: Flags, file: Path | None, *, as_json: bool) -> int:
    """Check that nothing was changed since.

    Each line must fit its hash and the line before; the first that does not is named. Lines cut off at the
    end, or a log written anew as a whole, show only when you keep the last hash elsewhere.
    """
    import msgspec  # noqa: PLC0415

    from opsconsole.operations.audit import chain  # noqa: PLC0415

    fine = True
    for path in _logs(ctx, flags, file):
        try:
            found = chain.verify(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        fine = fine and found.fine
        if as_json:
            body = {"schema": SCHEMA, "file": str(path), "fine": found.fine, **msgspec.to_builtins(found)}
            click.echo(msgspec.json.encode(body).decode())
        elif found.fine:
            torn = f"; {found.torn} bytes of an unfinished line at its end" if found.torn else ""
            click.echo(f"{safe_text(path)}: {found.entries} lines fit; the last hash is {found.head}{torn}")
        else:
            click.echo(f"{safe_text(path)}: line {found.bad_line}: {found.words}; the {found.entries} before it fit")
    return 0 if fine else 1


def _logs(ctx: click.Context, flags: Flags, file: Path | None) -> list[Path]:
    """The logs that were asked for. Raises `ConfigError` when the one that was named is not there."""
    from opsconsole.operations.audit.log import log_path  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    if file is not None:
        if not file.is_file():
            raise ConfigError(f"--file: there is no {file}")
        return [file]
    folder = invocation.parts.audit_folder()
    if invocation.flags.cluster is None:
        return sorted(folder.glob("*.jsonl"))
    path = log_path(folder, invocation.flags.cluster)
    return [path] if path.is_file() else []


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"can't read {path} ({error.strerror}); check who may read it")


def _safe(record: AuditRecord) -> AuditRecord:
    """The record with every text made safe: a file can hold anything, whoever wrote it."""
    import msgspec  # noqa: PLC0415

    from opsconsole.domain.operation import AuditRecord as Record  # noqa: PLC0415

    return msgspec.convert(_safe_value(msgspec.to_builtins(record)), Record)


def _safe_value(value: object) -> object:
    if isinstance(value, dict):
        return {key: _safe_value(one) for key, one in value.items()}
    return safe_text(value) if isinstance(value, str) else value


def _print_json(records: list[AuditRecord]) -> None:
    import msgspec  # noqa: PLC0415

    for record in records:
        body = {"schema": SCHEMA, "record": msgspec.to_builtins(record)}
        click.echo(msgspec.json.encode(body).decode())


def _print_table(records: list[AuditRecord]) -> None:
    from opsconsole.cli.columns import in_columns  # noqa: PLC0415
    from opsconsole.cli.operation_report import moment  # noqa: PLC0415

    head = ("time", "operator", "cluster", "state", "operation", "target", "what")
    rows = [
        (
            moment(one.at, date=True), one.operator, one.cluster, one.state.value, one.kind.value, one.target.words,
            one.words,
        )
        for one in records
    ]  # fmt: skip
    click.echo(in_columns([head, *rows]))
