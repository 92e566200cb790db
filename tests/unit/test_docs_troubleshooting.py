"""`docs/troubleshooting.md` has every message that the console can show, as it reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opsconsole.cli import exit_codes
from opsconsole.cli.entry import main
from opsconsole.domain.errors import ErrorKind, SourceError
from troubleshooting_page import CHANGES, CONSOLE, GROUPS, MARK, PAGE, anew, remarks

TEXT = PAGE.read_text(encoding="utf-8")
TABLES = {found[2]: found[3] for found in MARK.finditer(TEXT)}


def test_every_message_is_on_the_page_and_no_other() -> None:
    assert set(TABLES) == set(GROUPS)
    wanted = anew(TEXT)
    assert wanted.splitlines() == TEXT.splitlines(), (
        "run `python tests/troubleshooting_page.py` and look at the remarks"
    )


def test_a_new_message_comes_without_a_remark_and_an_old_one_keeps_its_own() -> None:
    before = "<!-- messages: sources -->\n| message | more |\n|---|---|\n| `it is gone` | x |\n"
    (first, *_) = GROUPS["sources"]()
    again = anew(before + f"| `{first}` | mine |\n\nafter\n")
    kept = remarks(again)
    assert kept[first] == "mine"
    assert "it is gone" not in kept
    assert set(kept.values()) == {"mine", ""}
    assert again.endswith("|\n\nafter\n")


def fits(message: str) -> list[str]:
    """The messages of the page that `message` is one of."""
    known = [one for table in TABLES.values() for one in remarks(table)]
    patterns = {one: ".*".join(re.escape(part) for part in one.split(CHANGES)) for one in known}
    return [one for one, pattern in patterns.items() if re.search(pattern + "$", message)]


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        (None, ["check"]),
        ("clusters = 3", ["check"]),
        ("refesh = '3s'", ["check"]),
        ("[clusters.prod]\nprometheus = 'http://me:secret@127.0.0.1:9'", ["check"]),
        ("[clusters.prod]\nprometheus = { url = 'http://127.0.0.1:9', auth = { token = 'secret' } }", ["check"]),
        ("[clusters.a]\njaeger = 'http://127.0.0.1:9'\n[clusters.b]\njaeger = 'http://127.0.0.1:9'", ["check"]),
        ("[clusters.prod]\njaeger = 'http://127.0.0.1:9'", ["check", "--cluster", "stage"]),
        ("[clusters.prod]\njaeger = 'http://127.0.0.1:9'", ["snapshot", "--size", "1x1"]),
        ("[clusters.prod]\njaeger = 'http://127.0.0.1:9'", ["restart", "checkout"]),
        ("[clusters.prod]\njaeger = 'http://127.0.0.1:9'", ["incident", "show", "INC-none"]),
    ],
)
def test_what_a_command_says_is_found_there(
    written: str | None, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    if written is not None:
        file.write_text(f"incidents = {{ store = '{tmp_path / 'i.db'}' }}\n{written}\n", encoding="utf-8")
    assert main([*arguments, "--config", str(file)]) in (1, 2)
    said = capsys.readouterr().err.strip()
    assert said.startswith("opsconsole: ")
    assert fits(said), said


def test_the_page_says_with_which_code_a_source_ends_a_command() -> None:
    codes = {kind: exit_codes.of_source_error(SourceError(kind, "SOURCE")) for kind in ErrorKind}
    no_access = {kind for kind, code in codes.items() if code == exit_codes.NO_ACCESS}
    assert no_access == {ErrorKind.UNAUTHORIZED, ErrorKind.FORBIDDEN, ErrorKind.SIGN_IN}
    assert {kind for kind, code in codes.items() if code == exit_codes.WRONG_USE} == {ErrorKind.CONFIGURATION}
    assert (
        "`401`, `403` and missing credentials end a command with 5, wrong\nsettings with 2, all others with 1" in TEXT
    )


def test_every_exit_code_is_in_the_table_of_commands() -> None:
    page = (PAGE.parent / "commands.md").read_text(encoding="utf-8")
    section = page.split("\n## Exit codes\n")[1]
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}
    assert listed == {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}


def written(place: str, *files: Path) -> set[str]:
    """What the pattern `place` finds in source files."""
    return {name for file in files for name in re.findall(place, file.read_text(encoding="utf-8"), re.MULTILINE)}


def test_the_page_lists_what_the_state_folder_holds() -> None:
    record = (*(CONSOLE / "incidents").rglob("*.py"), CONSOLE / "record_keeping.py")
    made = written(r'user_state_path\("opsconsole"\) / "([\w.-]+)"', *CONSOLE.rglob("*.py"))
    made |= written(r'(?:path\.parent|folder) / "([\w-]+)"', *record) | written(r'^FILE_NAME = "(.+)"', *record)
    table = TEXT.split("| what | is |")[1].split("\n\n")[0]
    first_cells = (row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    listed = {name.strip("/") for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}
    assert made <= listed
    assert {"audit", "incidents.db", "attached", "crashes"} <= made
