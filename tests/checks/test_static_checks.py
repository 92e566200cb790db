"""Linter, formatter, types and import contracts, so that one run says all. `make check` runs this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from typing_tree import lay_out

ROOT = Path(__file__).resolve().parents[2]


def run(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a program of this environment in the repository; its output is the failure's text."""
    command = shutil.which(program, path=Path(sys.executable).parent)
    assert command is not None, f"{program} is not installed beside {sys.executable}"
    done = subprocess.run(
        [command, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{program} {' '.join(arguments)}\n{done.stdout}", pytrace=False)


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--output-format=concise", ".")


def test_everything_is_formatted() -> None:
    run("ruff", "format", "--check", ".")


def test_types_hold() -> None:
    tree = lay_out(ROOT)
    # Both at once: `servers` imports most of the console, and two runs would both read it while neither has kept it.
    run("mypy", "-p", "opsconsole", "-p", "servers", environment={"MYPYPATH": f"{tree}{os.pathsep}tests"})


def test_import_contracts_are_kept() -> None:
    tree = lay_out(ROOT)
    run("lint-imports", "--no-logo", environment={"PYTHONPATH": str(tree)})
