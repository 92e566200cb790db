"""Every example of every page is what it says it is: settings load, YAML and JSON parse, scripts are scripts."""

from __future__ import annotations

import ast
import json
import re
import runpy
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import yaml

from opsconsole.actions import with_keymap
from opsconsole.cli.commands import opsconsole
from opsconsole.cli.flags import Flags
from opsconsole.config.configuration import load

ROOT = Path(__file__).parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("README.md")))
FENCE = re.compile(r"^(?P<fence>```+)(?P<language>\S*)\n(?P<text>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
MAKE = (ROOT / "Makefile").read_text(encoding="utf-8")


class Example(NamedTuple):
    """A fenced block, and where it begins."""

    place: str
    language: str
    text: str


def examples() -> list[Example]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in FENCE.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            found.append(Example(f"{page.relative_to(ROOT)}:{line}", block["language"], block["text"]))
    return found


EXAMPLES = examples()


def loads_as_settings(text: str, folder: Path) -> None:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    configuration = load({}, folder, Flags().entries(), file=file)
    with_keymap(configuration.keymap())
    for cluster in configuration.clusters.values():
        assert configuration.settings(cluster).cluster == cluster


def parses_as_yaml(text: str, _: Path) -> None:
    assert [one for one in yaml.safe_load_all(text) if isinstance(one, dict)]


def parses_as_json(text: str, _: Path) -> None:
    json.loads(text)


def is_a_script(text: str, _: Path) -> None:
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def is_python(text: str, _: Path) -> None:
    ast.parse(text)


def is_typed(text: str, _: Path) -> None:
    """Each line can be split into words, and each target of make is there."""
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            targets = [word for word in words[1:] if "=" not in word]
            assert [target for target in targets if f"\n{target}:" not in MAKE] == []


CHECKS: Mapping[str, Callable[[str, Path], None]] = {
    "toml": loads_as_settings,
    "yaml": parses_as_yaml,
    "json": parses_as_json,
    "sh": is_a_script,
    "python": is_python,
    "console": is_typed,
}
READ_ELSEWHERE = {
    "": "a drawing",
    "markdown": "a runbook; tests/unit/test_runbook_parsing.py reads and lints it",
}


def test_every_language_has_a_check() -> None:
    assert {one.place for one in EXAMPLES if one.language not in CHECKS | READ_ELSEWHERE} == set()


@pytest.mark.parametrize("language", CHECKS)
def test_examples_are_what_they_say(language: str, tmp_path: Path) -> None:
    wrong = []
    for one in (one for one in EXAMPLES if one.language == language):
        try:
            CHECKS[language](one.text, tmp_path)
        except Exception as error:  # noqa: BLE001  - all of them are named at once
            wrong.append(f"{one.place}: {type(error).__name__}: {error}")
    assert wrong == []


def anchor(heading: str) -> str:
    """The name that a heading gets on a page, as GitHub makes it."""
    plain = re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def test_every_link_leads_to_a_page_and_a_heading_that_are_there() -> None:
    texts = {page: FENCE.sub("", page.read_text(encoding="utf-8")) for page in PAGES}
    anchors = {
        page: {anchor(one) for one in re.findall(r"^#+ (.+)$", text, re.MULTILINE)} for page, text in texts.items()
    }
    broken = []
    for page, text in texts.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            name, _, part = target.partition("#")
            other = (page.parent / name).resolve() if name else page
            if target.startswith(("http://", "https://")):
                continue
            if not other.exists() or (part and part not in anchors.get(other, ())):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_the_roles_to_apply_are_those_of_the_page() -> None:
    """A real API server holds the page's to be enough, and no more (tests/real/test_documented_roles.py)."""
    page = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
    shown = [block["text"] for block in FENCE.finditer(page) if "kind: ClusterRole" in block["text"]]
    files = [ROOT / "docs" / "rights" / f"{name}.yaml" for name in ("reader", "operator")]
    assert shown == [file.read_text(encoding="utf-8") for file in files]


def test_every_command_that_a_sentence_names_is_there() -> None:
    unknown = []
    for page in PAGES:
        for named in re.findall(r"`opsconsole ([a-z][a-z -]*)", page.read_text(encoding="utf-8")):
            command: click.Command | None = opsconsole
            for word in named.split():
                if not isinstance(command, click.Group):
                    break  # an argument
                command = command.get_command(click.Context(command), word)
            if command is None:
                unknown.append(f"{page.relative_to(ROOT)}: opsconsole {named}")
    assert unknown == []


def test_every_page_is_in_the_table_of_contents() -> None:
    folder = ROOT / "docs"
    contents = (folder / "README.md").read_text(encoding="utf-8")
    linked = {(folder / name).resolve() for name in re.findall(r"\]\(([^)#\s]+)", contents)}
    assert {page for page in folder.rglob("*.md") if page not in linked} == {folder / "README.md"}


def test_the_picture_of_the_rooms_is_the_drawn_one_and_its_rooms_are_there() -> None:
    folder = ROOT / "docs" / "pictures"
    drawn = runpy.run_path(str(folder / "rooms.py"))
    assert (folder / "rooms.svg").read_text(encoding="utf-8") == drawn["picture"](), (
        "run `python docs/pictures/rooms.py`"
    )
    names = [room.name for room in drawn["ROOMS"]]
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert "pictures/rooms.svg" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
