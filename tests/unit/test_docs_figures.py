"""Figures, names and lists in the documentation are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opsconsole.actions import action, key_words
from opsconsole.domain.operation import OperationKind
from opsconsole.domain.runbook import InputType, PodFinding
from opsconsole.domain.series import Unit
from opsconsole.operations.carrying_out import SETTLED_AFTER, SETTLING_SECONDS
from opsconsole.operations.confirming import PLAN_SECONDS
from opsconsole.operations.programs import OUTPUT_LIMIT
from opsconsole.runbooks.blocks.act_block import LONGEST_TIMEOUT, PARAMETERS, TARGETS, WRAPPERS
from opsconsole.runbooks.file_reading import LARGEST_FILE
from opsconsole.runbooks.outline import MOST_STEPS
from opsconsole.screens.operations.level_keeping import PUT_BACK_SECONDS
from opsconsole.sources.kubernetes.access.plugin import WELL_KNOWN
from opsconsole.write_mode import WRITE_MODE_SECONDS

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    """A page as running text."""
    return " ".join((DOCS / f"{name}.md").read_text(encoding="utf-8").split())


def section(name: str, heading: str) -> str:
    """One section of a page, with its lines."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8").split(f"\n{heading}\n")[1].split("\n##")[0]


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


@pytest.mark.parametrize(
    ("name", "words", "holds"),
    [
        ("safety", "ends by itself after 15 minutes", WRITE_MODE_SECONDS == 900),
        ("safety", "a plan is good for a minute", PLAN_SECONDS == 60),
        ("commands", "A plan is good for a minute", PLAN_SECONDS == 60),
        ("safety", "counts only after 65 seconds", SETTLED_AFTER == 65),
        ("safety", "The console looks for ten minutes", SETTLING_SECONDS == 600),
        ("safety", "kept up to 64 KiB", OUTPUT_LIMIT == 64 * 1024),
        ("safety", "for ten minutes at most", LONGEST_TIMEOUT == 600),
        ("runbooks", "10m at most", LONGEST_TIMEOUT == 600),
        ("safety", "it waits up to 10 seconds for that", PUT_BACK_SECONDS == 10),
        ("runbooks", "is larger than 256 KiB", LARGEST_FILE == 256 * 1024),
        ("runbooks", "more than 200 steps", MOST_STEPS == 200),
    ],
)
def test_a_figure_of_a_page_is_the_one_in_force(name: str, words: str, holds: bool) -> None:
    assert words in page(name)
    assert holds


def test_the_page_names_the_operations_of_a_runbook_by_what_they_are_done_to() -> None:
    row = next(line for line in section("runbooks", "### `act`").splitlines() if line.startswith("| `operation` |"))
    listed = re.findall(r"([^()]*) \(a (\w+)\)", row.removeprefix("| `operation` |"))
    named = {target: {kind.value for kind, one in TARGETS.items() if one == target} for target in set(TARGETS.values())}
    assert {target: quoted(kinds) for kinds, target in listed} == named
    assert {OperationKind.RUN_COMMAND} == set(OperationKind) - set(TARGETS)


def test_the_page_names_the_parameters_findings_types_and_units_of_a_runbook() -> None:
    acts, checks, front = (section("runbooks", f"### {name}") for name in ("`act`", "`check`", "Front matter"))
    (parameters,) = (line for line in acts.splitlines() if line.startswith("| `parameters` |"))
    assert quoted(parameters) - {"parameters"} == {name for names in PARAMETERS.values() for name in names}
    (pods,) = (line for line in checks.splitlines() if line.startswith("| `pods` |"))
    assert {one.replace("-", " ") for one in quoted(pods)} - {"pods"} == {
        one.value.replace("-", " ") for one in PodFinding
    }
    assert quoted(front.split("Types are")[1].split("Text is never")[0]) >= {one.value for one in InputType}
    (promql,) = (line for line in checks.splitlines() if line.startswith("| `promql` |"))
    units = {one.value for one in Unit if one is not Unit.NUMBER}
    assert quoted(promql.split("`unit`")[1].split(")")[0]) == units
    assert {"words", "raw", "level", "where", "not"} <= quoted(checks)


def test_the_page_names_the_credential_programs_that_are_allowed() -> None:
    text = page("configuration").split("Allowed is what PATH leads to")[1].split("`exec_plugins` replaces")[0]
    assert quoted(text) == set(WELL_KNOWN)


def test_programs_that_run_others_are_refused_as_the_page_says() -> None:
    text = page("runbooks").split("Shells, and programs that run others (")[1].split(")")[0]
    assert quoted(text) <= WRAPPERS


@pytest.mark.parametrize(
    ("name", "words", "key", "action_id"),
    [
        ("getting-started", "`Esc` goes back", "Esc", "back"),
        ("getting-started", "`h` shows what changed before", "h", "see_change"),
        ("getting-started", "`l` the log lines of that moment", "l", "see_logs"),
        ("getting-started", "`v` the trace of a line", "v", "see_traces"),
        ("getting-started", "`?` lists the keys", "?", "help"),
        ("getting-started", "`:` finds any action by name", ":", "palette"),
        ("getting-started", "`q` leaves", "q", "quit"),
        ("getting-started", "`s` lists your services", "s", "choose_service"),
        ("getting-started", "`r` on a pod shows how it could be restarted", "r", "restart"),
        ("getting-started", "before you say `W`", "W", "write_mode"),
        ("getting-started", "`i` opens an incident", "i", "incident"),
        ("getting-started", "`w` offers [runbooks]", "w", "runbooks"),
        ("troubleshooting", "or `R` to ask again", "R", "refresh"),
        ("troubleshooting", "`0` goes back to live", "0", "go_live"),
        ("troubleshooting", "`u` widens it", "u", "widen"),
        ("troubleshooting", "`t` changes the window", "t", "choose_range"),
        ("troubleshooting", "`T` goes through the themes", "T", "next_theme"),
        ("troubleshooting", "`y` copies nothing", "y", "copy"),
        ("troubleshooting", "`Ctrl+S` saves log lines", "Ctrl+S", "save_lines"),
        ("troubleshooting", "`L` in the console does the same", "L", "log_in"),
        ("safety", "or `W`. It ends by itself", "W", "write_mode"),
    ],
)
def test_a_key_of_a_page_is_the_registrys(name: str, words: str, key: str, action_id: str) -> None:
    assert words in page(name)
    assert key in key_words(action(action_id).keys).split()
