"""Rules of the house that read the code or a fresh interpreter: what may be caught, and what may be imported when."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("console", "widgets", "themes") for path in (ROOT / folder).rglob("*.py"))

BROAD_EXCEPT_PLACES = ("console/feeds/feed.py", "console/cli/")
"""A feed turns a fault of ours into its pane's message; the command line turns one into a line on stderr."""

SLOW = ("textual", "rich", "numpy", "kubernetes", "elasticsearch", "elastic_transport", "prometheus_api_client",
        "starlette", "uvicorn", "httpx", "requests", "promql_parser", "apsw", "jinja2", "markdown_it",
        "mdit_py_plugins", "yaml", "smtplib")  # fmt: skip
CLIENT_PACKAGES = ("kubernetes", "elasticsearch", "elastic_transport", "prometheus_api_client")


def loaded_after(statement: str, names: tuple[str, ...]) -> list[str]:
    """Those of the top-level packages `names` that a fresh interpreter has loaded after `statement`."""
    program = (
        f"import json, sys\n{statement}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return [name for name in json.loads(done.stdout.splitlines()[-1]) if name in names]


def broad_handlers(tree: ast.AST) -> Iterator[int]:
    """Lines of handlers that catch everything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
            if node.type is None or names & {"Exception", "BaseException"}:
                yield node.lineno


def test_everything_is_caught_in_two_places_only() -> None:
    found = [
        f"{name}:{line}"
        for path in SOURCES
        if not (name := str(path.relative_to(ROOT))).startswith(BROAD_EXCEPT_PLACES)
        for line in broad_handlers(ast.parse(path.read_text()))
    ]
    assert found == []


def test_the_command_line_loads_nothing_slow() -> None:
    assert loaded_after("import opsconsole.cli", SLOW) == []


def test_the_screen_loads_nothing_but_what_paints_it() -> None:
    assert loaded_after("import opsconsole.cli, opsconsole.app", SLOW) == ["rich", "textual"]


def test_configuration_and_domain_load_nothing_slow() -> None:
    assert loaded_after("import opsconsole.config.settings, opsconsole.domain.console_snapshot", SLOW) == []


@pytest.mark.parametrize(
    "module",
    [
        "opsconsole.sources.connect",
        "opsconsole.sources.prometheus",
        "opsconsole.sources.alertmanager",
        "opsconsole.sources.elasticsearch.source",
        "opsconsole.sources.jaeger.source",
        "opsconsole.sources.kubernetes.source",
    ],
)
def test_a_source_loads_its_client_package_only_when_it_is_asked(module: str) -> None:
    assert loaded_after(f"import {module}", (*CLIENT_PACKAGES, "numpy", "textual", "starlette")) == []


def test_the_screen_loads_neither_a_client_package_nor_the_practice_cluster() -> None:
    assert loaded_after("import opsconsole.app", (*CLIENT_PACKAGES, "starlette", "uvicorn", "promql_parser")) == []


def test_the_check_sees_a_package_that_is_loaded() -> None:
    assert loaded_after("import numpy", SLOW) == ["numpy"]
