"""The house rules of CONTRIBUTING that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"console": "opsconsole", "widgets": "opsconsole.widgets", "themes": "opsconsole.themes"}
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
LONGEST = {ast.ClassDef: 300, ast.FunctionDef: 50, ast.AsyncFunctionDef: 50}
LONGEST_FILE = 400
VAGUE = re.compile(r"(^|_)(utils?|helpers?|manager|misc|common|data)(_|$)")

# Folders that say nothing about how they came to be on this machine.
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(work|root|home|Users)/\w")
# Kept apart so that this file doesn't find itself.
NOTE_FOR_LATER = re.compile("TO" + "DO|FIX" + "ME|X" + "XX")


def definitions(tree: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tracked_text() -> Iterator[tuple[Path, str]]:
    """Files of the repository that hold text, save the lock files others write."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix not in {".lock", ".sum", ".svg", ".png"} and path.is_file():
            yield path, path.read_text(errors="replace")


def too_long(path: Path) -> Iterator[str]:
    """What is longer than it may be in a file, and by how many lines it is there."""
    text = path.read_text()
    name = path.relative_to(ROOT)
    if (lines := len(text.splitlines())) > LONGEST_FILE:
        yield f"{name}: {lines}"
    for node in definitions(ast.parse(text)):
        if node.end_lineno is not None and (lines := node.end_lineno - node.lineno + 1) > LONGEST[type(node)]:
            yield f"{name}: {node.name}: {lines}"


def test_files_classes_and_functions_stay_short() -> None:
    assert [found for path in SOURCES for found in too_long(path)] == []


def test_modules_are_named_after_what_they_hold() -> None:
    vague = [str(path.relative_to(ROOT)) for path in SOURCES if VAGUE.search(path.stem)]
    assert vague == []


def test_no_private_textual_is_touched() -> None:
    private = re.compile(r"textual\._|from textual[\w.]* import _|\._bindings\b")
    assert [str(path.relative_to(ROOT)) for path in SOURCES if private.search(path.read_text())] == []


def test_every_package_is_in_the_wheel() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    present = {
        ".".join((package, *path.parent.relative_to(ROOT / folder).parts))
        for folder, package in FOLDERS.items()
        for path in (ROOT / folder).rglob("*.py")
    }
    assert listed == present
    assert [str(path.parent) for path in SOURCES if not (path.parent / "__init__.py").exists()] == []


def test_nothing_is_left_for_later() -> None:
    assert [str(path.relative_to(ROOT)) for path, text in tracked_text() if NOTE_FOR_LATER.search(text)] == []


def test_no_path_of_one_machine_is_written_down() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in tracked_text()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []
