"""A whole incident in a real terminal, on three scenarios at once: what takes time are the rollouts."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from opsconsole.practice.scenarios import scenario_named
from runbook_reading import walk_place, wanted_key
from story_stage import Console, ConsoleStage

pytestmark = [pytest.mark.terminal, pytest.mark.long, pytest.mark.xdist_group("terminal")]

SCENARIOS = ("bad-release", "pool-exhaustion", "gc-surge")
PATIENCE = 300.0
"""Seconds until a shop that does not heal has failed."""


def test_from_the_alert_to_the_post_mortem_in_a_real_terminal(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        stages = {one: stage_of(tmp_path / one) for one in SCENARIOS}
        consoles = {one: stack.enter_context(stages[one].console("demo", "--scenario", one)) for one in SCENARIOS}
        for console in consoles.values():
            opened(console)
            walked(console)
            console.allow_and_confirm()
        for scenario, console in consoles.items():
            healed(console, scenario)
            resolved(console)
            console.press("q")
            console.shows("exit code 0")
    for scenario in SCENARIOS:
        assert_written_up(stages[scenario], scenario)


def stage_of(folder: Path) -> ConsoleStage:
    """A user of their own, who has configured nothing."""
    folder.mkdir()
    return ConsoleStage(folder, "")


def opened(console: Console) -> None:
    """Open the incident of the alert that is shown first."""
    console.shows("READ-ONLY", "since", r"k8s ●", r"ready")
    console.press("i")
    console.shows("Open an incident", "keeps")
    console.press("Enter")
    console.shows(r"INC-\w+ P2")


def walked(console: Console) -> None:
    """Take the runbook that is offered first, and do what it says until it shows a plan."""
    console.press("w")
    console.shows("Runbooks for", "steps")
    take_offered(console)

    def planned() -> bool:
        screen = console.text
        if "Look before you act" in screen:
            return True
        key, place = wanted_key(screen), walk_place(screen)
        if key:
            console.press(key)
            if key == "n":
                console.shows("Runbooks for", "steps")
                take_offered(console)
            else:
                left(console, place, key)
        return False

    console.until(planned, "a plan", patience=PATIENCE)


def take_offered(console: Console) -> None:
    console.press("Enter")
    console.shows("Enter walk, Tab next")
    console.press("Enter")
    console.shows("6 Runbook")


def left(console: Console, place: str, key: str) -> None:
    """Wait until the step has taken `key`."""

    def gone() -> bool:
        screen = console.text
        return walk_place(screen) != place or wanted_key(screen) != key or "Look before you act" in screen

    console.until(gone, f"{place} to take {key}", patience=PATIENCE)


def healed(console: Console, scenario: str) -> None:
    """See the roll back verified, end the walk, and see the alert clear."""
    truth = scenario_named(scenario).truth
    assert truth is not None
    console.until(lambda: "Operation · verified" in console.text, "the roll back to be verified", patience=PATIENCE)
    console.press("Escape")
    console.shows("Enter goes on")
    console.press("Enter")
    console.shows("Runbook · over")
    console.press("i")
    cleared = f"{truth.alert} fires no more"
    console.until(lambda: cleared in console.text, cleared, patience=PATIENCE)


def resolved(console: Console) -> None:
    """Mitigated, then resolved, with the cause and the healing that the record offers."""
    console.press("s")
    console.shows("mitigated: nobody suffers")
    console.press("Enter")
    console.shows("state: mitigated")
    console.press("s")
    console.shows("resolved: the cause is gone")
    console.press("Enter")
    console.shows("cause", "healing Roll back deployment")
    console.press("Enter")
    console.shows("P2 resolved")
    console.press("Escape")
    console.shows("1 Alerts")


def assert_written_up(stage: ConsoleStage, scenario: str) -> None:
    """The command line exports what the console has recorded."""
    truth = scenario_named(scenario).truth
    assert truth is not None
    listed = stage.run("incident", "list", "--practice")
    (name,) = re.findall(r"inc-\d{8}-\w{4}", listed.stdout)
    written = stage.run("incident", "export", name, "--practice", "--output", "-", "--time-zone", "UTC")
    assert written.returncode == 0, written.stderr
    text = written.stdout
    assert "- **P2, resolved**; cluster practice, namespace shop" in text
    for milestone in ("detected", "acknowledged", "cause named", "mitigated", "resolved"):
        assert re.search(rf"\| \*\*{milestone}\*\* \| \d\d:\d\d:\d\d \|", text), milestone
    assert "this is the cause" in text
    assert f"**What healed it:** Roll back deployment shop/{truth.service} to revision 3" in text
    course = [text.index(words) for words in (" recorded: Roll back", " sent", " applied: ", " verified: ")]
    assert course == sorted(course)
    assert f"{truth.alert} fires no more" in text
    assert stage.run("incident", "verify", "--practice").returncode == 0
    assert stage.run("audit", "verify", "--cluster", "practice").returncode == 0
