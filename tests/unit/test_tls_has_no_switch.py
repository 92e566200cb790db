"""Nothing that an operator can write or type turns the check of certificates off.

That the check is made, and that `ca` and client certificates count, is tested where requests leave (`test_wire.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from opsconsole.cli.commands import opsconsole
from opsconsole.config.configuration import load
from opsconsole.config.shapes import Inner, Listed, Named, Shape, shapes_of
from opsconsole.config.tables import FileTable
from opsconsole.domain.errors import ConfigError

SWITCH = re.compile(r"verify|insecure|skip|unsafe|no.?check|check.?host|trust|tls|ssl|cert", re.IGNORECASE)
HARMLESS = {"client_certificate"}
"""Names that the pattern meets: what we show of ourselves."""


def keys(shape: Shape, path: str = "") -> Iterator[str]:
    """Every key of the configuration file."""
    match shape:
        case Inner(table):
            for name, inner in shapes_of(table).items():
                yield f"{path}.{name}"
                yield from keys(inner, f"{path}.{name}")
        case Named(item):
            yield from keys(item, f"{path}.*")
        case Listed(table):
            yield from keys(Inner(table), f"{path}.*")


def options(command: click.Command, path: str = "opsconsole") -> Iterator[str]:
    """Every option of every command."""
    for parameter in command.params:
        yield from (f"{path} {one}" for one in (*parameter.opts, *parameter.secondary_opts))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from options(inner, f"{path} {name}")


def test_no_key_of_the_configuration_turns_it_off() -> None:
    found = list(keys(Inner(FileTable)))
    assert ".clusters.*.prometheus.ca" in found
    assert ".incidents.notifications.*.ca" in found
    assert {one for one in found if SWITCH.search(one) and one.rpartition(".")[2] not in HARMLESS} == set()


def test_no_option_of_a_command_turns_it_off() -> None:
    found = list(options(opsconsole))
    assert "opsconsole incident export --output" in found
    # `verify` is also a command of its own, about records.
    assert {one for one in found if SWITCH.search(one.rpartition(" ")[2])} == set()


@pytest.mark.parametrize("key", ["verify = false", "insecure = true", "insecure_skip_tls_verify = true", "tls = false"])
def test_whoever_writes_one_all_the_same_is_told(tmp_path: Path, key: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f'[clusters.a.jaeger]\nurl = "https://j"\n{key}\n')
    with pytest.raises(ConfigError, match="unknown key"):
        load({}, tmp_path, file=file)
