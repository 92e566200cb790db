"""Measures what the tests of `safe_text`, write mode and operations are worth: how many changes of code they notice.

`make mutation` runs it: mutmut changes one thing in one function, and runs the tests that reach this function until one
fails. What mypy refuses counts as noticed, since `make check` runs it. mutmut wants the package as one real folder, so
it and its tests are copied to `.mutation/` first. Exit code 1: too few are noticed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".mutation"
WANTED = 0.85
"""The part of the changes that has to be noticed, of all modules together and of `safe_text` by itself."""

MUTATED = ("opsconsole/safe_text.py", "opsconsole/write_mode.py", "opsconsole/operations/*.py")
LEFT_OUT = ("*/program_keeper.py", "*/protocols.py", "*/operations/control.py")
"""A process of its own, in which nobody can see what reaches what; and protocols, which do nothing."""

WHOLE = ("opsconsole.safe_text.*", "opsconsole.write_mode.*")
SAMPLE = ("*__mutmut_*4",)
"""Of operations each change whose number within its function ends in 4, a tenth: all of them take over an hour."""

TESTS = (
    "test_audit_log.py",
    "test_cli_operations.py",
    "test_log_level_operations.py",
    "test_operations_*.py",
    "test_procedure_*.py",
    "test_rollout_status.py",
    "test_safe_text.py",
    "test_unsettled_operations.py",
    "test_wire_levels.py",
    "test_wire_policy.py",
    "test_write_mode.py",
)
TOO_SLOW = ("test_operations_engine_crashes.py", "*_processes.py")
"""Whole consoles that are killed, for seconds each: what they show is not a matter of one changed line."""

OUTCOMES = {0: "survived", 1: "failed", 3: "failed", 5: "untested", 33: "untested", 37: "types", None: "not tried"}
"""What mutmut's exit codes mean; any other is a test that did not end in time, or took the process down."""

MYPY = {"python_version": "3.11", "strict": True, "warn_unused_ignores": False}


def lay_out(place: Path) -> None:
    """A copy of the package, of the tests and of what pytest is told, in `place`."""
    shutil.rmtree(place, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__", "*.png", "*.svg")
    shutil.copytree(ROOT / "console", place / "opsconsole", ignore=unwanted)
    for part in ("widgets", "themes"):
        shutil.copytree(ROOT / part, place / "opsconsole" / part, ignore=unwanted)
    shutil.copytree(ROOT / "tests", place / "tests", ignore=unwanted)
    (place / "pyproject.toml").write_text(settings(), "utf-8")


def settings() -> str:
    """mutmut's settings with mypy's, and pytest's as they are."""
    unit = ROOT / "tests" / "unit"
    slow = {path.name for pattern in TOO_SLOW for path in unit.glob(pattern)}
    tests = sorted({path.name for pattern in TESTS for path in unit.glob(pattern)} - slow)
    mutmut = {
        "source_paths": ["opsconsole"],
        "only_mutate": MUTATED,
        "do_not_mutate": LEFT_OUT,
        "pytest_add_cli_args_test_selection": [f"tests/unit/{name}" for name in tests],
        "type_check_command": [sys.executable, str(Path(__file__).resolve()), "--types", "mypy"],
        "use_git_change_detection": False,
    }
    pytest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    missing = {"module": ["prometheus_api_client.*", "kubernetes.*"], "ignore_missing_imports": True}
    return (
        f"{_table('[tool.pytest.ini_options]', pytest)}{_table('[tool.mutmut]', mutmut)}"
        f"{_table('[tool.mypy]', MYPY)}{_table('[[tool.mypy.overrides]]', missing)}"
    )


def _table(head: str, values: dict[str, Any]) -> str:
    return f"{head}\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def outcomes(place: Path) -> Iterator[tuple[str, str, str]]:
    """Module, name and outcome of each change."""
    folder = place / "mutants" / "opsconsole"
    for path in sorted(folder.rglob("*.py.meta")):
        for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
            yield str(path.relative_to(folder)).removesuffix(".meta"), name, OUTCOMES.get(code, "stopped")


def print_type_errors() -> None:
    """What mypy says of the changed functions in this folder, as JSON; what it says beside them mutmut can't place."""
    command = [sys.executable, "-m", "mypy", "--output=json", *(one.removesuffix("/*.py") for one in MUTATED)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    spans: dict[str, list[tuple[int, int]]] = {}
    for line in told.splitlines():
        error = json.loads(line)
        path = Path(f"{error['file']}.spans")
        if path.exists() and error["file"] not in spans:
            known = json.loads(path.read_text("utf-8"))["spans"]
            spans[error["file"]] = [(a, b) for name, (a, b) in known.items() if not name.endswith("__mutmut_orig")]
        if any(first <= error["line"] <= last for first, last in spans.get(error["file"], ())):
            sys.stdout.write(f"{line}\n")


def noticed(counted: Counter[str]) -> float:
    """The part that was noticed of what was tried."""
    tried = counted.total() - counted["not tried"]
    return (counted["failed"] + counted["types"] + counted["stopped"]) / tried if tried else 1.0


def report(place: Path) -> bool:
    """Print a line for each module; whether enough was noticed."""
    modules: dict[str, Counter[str]] = {}
    for module, _, outcome in outcomes(place):
        modules.setdefault(module, Counter())[outcome] += 1
    total = sum(modules.values(), Counter[str]())
    for name, counted in (*modules.items(), ("all", total)):
        told = ", ".join(f"{counted[one]} {one}" for one in ("failed", "types", "stopped", "survived", "untested"))
        sys.stdout.write(f"{name:45} {noticed(counted):6.1%}  {told}\n")
    return noticed(total) >= WANTED and noticed(modules["safe_text.py"]) >= WANTED


def main() -> int:
    """Measure, or print anew what was measured last with `--report`."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--report", action="store_true", help="print what was measured last")
    asked.add_argument("--all", action="store_true", help="every change of operations, not a tenth of them")
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--types", help=argparse.SUPPRESS)
    order = asked.parse_args()
    if order.types:
        print_type_errors()
        return 0
    if not order.report:
        lay_out(PLACE)
        wanted = ("*",) if order.all else (*WHOLE, *SAMPLE)
        command = [
            str(Path(sys.executable).with_name("mutmut")),
            "run",
            "--max-children",
            str(order.processes),
            *wanted,
        ]
        subprocess.run(command, cwd=PLACE, check=True)
    return 0 if report(PLACE) else 1


if __name__ == "__main__":
    sys.exit(main())
