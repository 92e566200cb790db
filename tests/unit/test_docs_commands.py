"""The command lines in the documentation are such as the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from opsconsole.cli.commands import opsconsole

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))


def lines() -> Iterator[tuple[str, str]]:
    """Each line of a ```console block that starts with the program, and its page."""
    for page in PAGES:
        for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            yield from ((page.name, line) for line in block.splitlines() if line.startswith("opsconsole"))


@pytest.mark.parametrize(("page", "line"), list(lines()))
def test_it_is_a_command_with_flags_that_are_there(page: str, line: str) -> None:
    command: click.Command = opsconsole
    words = shlex.split(line, comments=True)[1:]
    context = click.Context(command)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"{page}: {line}"
        command, words = found, words[1:]
        context = click.Context(command, parent=context)
    command.make_parser(context).parse_args(words)


def test_every_command_is_in_the_table_of_commands() -> None:
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    table = page.split("## ", 2)[0]
    missing = [name for name in opsconsole.list_commands(click.Context(opsconsole)) if f"`{name}`" not in table]
    assert not missing


def test_links_within_the_documentation_lead_somewhere() -> None:
    targets = ((page, one) for page in PAGES for one in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")))
    broken = [
        f"{page.name}: {target}"
        for page, target in targets
        if not target.startswith(("http://", "https://")) and not (page.parent / target).exists()
    ]
    assert not broken
