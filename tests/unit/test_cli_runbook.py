"""`opsconsole runbook`: lists, checks, and walks in a plain terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from fake_clock import FakeClock
from opsconsole.cli.entry import main
from opsconsole.cli.parts import Parts
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, Settings
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.operation import Confirmation, OperationState, Plan, Step
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Walk
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.incidents.folding import walks
from opsconsole.record_keeping import late_records
from opsconsole.write_mode import WriteMode
from runbook_files import CHECK, DECIDE, ENDS, FRONT, WHOLE, step
from still_operations import WORKLOAD, StillOperations
from still_sources import backends

CONFIG = '[clusters.prod]\nkubernetes = "http://k:1"\n'
ACT = step("operation: scale\nname: $service\nparameters: {replicas: 5}", "act", "More of it")
ACTING = FRONT + CHECK + DECIDE.replace("yes-it-is", "more-of-it") + ACT + ENDS
ANSWERED = ("--input", "service=checkout", "-n", "shop")


class Desk:
    """The commands with sources and an engine in memory, and a person in front of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attended = True
        self.told = backends()
        self.told.metrics.instant_values = (1.0,)
        self.told.workloads.workload_list = WorkloadList(
            (Workload(WORKLOAD, SafeText("checkout"), 3, 3, 3, 3, RolloutState.DONE, SafeText("")),)
        )
        clock = FakeClock()
        self.engine = StillOperations(clock, WriteMode(clock))

    def _connect(self, cluster: ClusterSettings) -> Any:
        assert cluster.name == "prod"
        return self.told.sources()

    def __call__(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        parts = Parts(attended=lambda: self.attended, connect=self._connect, operations=lambda _: self.engine)
        result = CliRunner().invoke(
            click.Command("x", callback=lambda: main(arguments, parts), params=[]),
            [], input=typed, standalone_mode=False,
        )  # fmt: skip
        if isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exception is None, result.exception
        return result.return_value, result.stdout, result.stderr

    def file(self, text: str, name: str = "case.md") -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)


class Unanswered(StillOperations):
    """Sends, and never hears of it again."""

    async def carry_out(self, plan: Plan, typed: str = "") -> AsyncIterator[Step]:
        self.carried_out.append((plan, typed))
        for state in (OperationState.RECORDED, OperationState.SENT, OperationState.UNKNOWN):
            yield Step(state, self.clock.now(), SafeText(f"it is {state.value}"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG)
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(file))
    monkeypatch.setenv("OPSCONSOLE_CLUSTER", "prod")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


def test_our_own_runbooks_are_listed_and_those_for_an_alert_with_why(desk: Desk) -> None:
    code, out, _ = desk("runbook", "list")
    assert code == 0
    assert "bad-release" in out
    code, out, _ = desk("runbook", "list", "--alert", "ErrorRateHigh", "--service", "checkout")
    assert out.splitlines()[1].startswith("bad-release")
    assert "it is for the alert ErrorRateHigh" in out
    assert desk("runbook", "list", "--alert", "Zzz")[1] == "no runbook fits\n"


def test_a_file_without_fault_is_fine_and_each_fault_has_its_line(desk: Desk) -> None:
    good, bad = desk.file(WHOLE), desk.file(WHOLE.replace("above 0", "a lot"), "bad.md")
    assert desk("runbook", "check", good)[:2] == (0, f"{good}: fine, 4 steps\n")
    code, out, _ = desk("runbook", "check", good, bad, str(desk.folder / "none.md"))
    assert code == 1
    assert f"{bad}:12: `a lot` is no expectation; write `above 5%`" in out
    assert f"{desk.folder / 'none.md'}:1: it can't be read: No such file" in out


def test_a_walk_goes_to_its_end_by_enter(desk: Desk) -> None:
    code, out, err = desk("runbook", "walk", desk.file(WHOLE), *ANSWERED, typed="\n\n\n")
    assert (code, err) == (0, "")
    assert "not recorded: no incident is worked on" in out
    assert "holds           Is it so: 1; expected above 0" in out
    assert out.rstrip().endswith("the end: it is so")


def test_inputs_are_asked_for_until_they_are_answers(desk: Desk) -> None:
    code, out, _ = desk("runbook", "walk", desk.file(WHOLE), typed="a b\ncheckout\nshop\nquit\n")
    assert code == 1
    assert "`a b` is not a name of lower case letters" in out
    assert out.rstrip().endswith("left")
    assert desk.told.metrics.asked[0][1][0] == 'up{service="checkout"}'  # type: ignore[index]


@pytest.mark.parametrize("given", ["service=a;b", "service", "other=x"])
def test_a_wrong_input_on_the_command_line_is_refused(desk: Desk, given: str) -> None:
    code, _, err = desk("runbook", "walk", desk.file(WHOLE), "-n", "shop", "--input", given, typed="checkout\n\n\n")
    assert code in (1, 2)
    assert "a;b" in err or "NAME=VALUE" in err or "no input is called other" in err


def test_what_can_not_be_judged_is_skipped_with_a_reason_and_decided_by_number(desk: Desk) -> None:
    desk.told.metrics.instant_values = ()
    typed = "skip\nskip no metrics\n2\n\n"
    code, out, _ = desk("runbook", "walk", desk.file(WHOLE), *ANSWERED, typed=typed)
    assert code == 0
    assert "say why it is skipped" in out
    assert "skipped         Is it so: no metrics" in out
    assert "2  it does not hold: No" in out
    assert out.rstrip().endswith("the end: not this")


def test_without_write_an_act_is_shown_and_not_done(desk: Desk) -> None:
    typed = "\n\nskip not now\n\n"
    code, out, _ = desk("runbook", "walk", desk.file(ACTING), *ANSWERED, typed=typed)
    assert code == 0
    assert "read-only: start with --write" in out
    assert "deployment shop/checkout" in out
    assert desk.engine.carried_out == []


def test_an_act_is_done_once_it_was_confirmed_as_the_plan_asks(desk: Desk) -> None:
    desk.engine.confirmation = Confirmation.NAME
    typed = "\n\nno\n\ncheckout\n\n"
    code, out, _ = desk("runbook", "walk", desk.file(ACTING), *ANSWERED, "--write", typed=typed)
    assert code == 0, out
    assert "not confirmed; nothing was sent" in out
    assert len(desk.engine.carried_out) == 1
    assert not desk.engine.write_mode.is_open


def test_a_changed_file_ends_the_walk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = desk.file(WHOLE)
    prompt = click.prompt

    def changing(*about: Any, **more: Any) -> Any:
        Path(file).write_text(WHOLE + "\n")
        return prompt(*about, **more)

    monkeypatch.setattr(click, "prompt", changing)
    code, _, err = desk("runbook", "walk", file, *ANSWERED, typed="\n\n")
    assert code == 1
    assert "was changed since this walk began" in err


def test_a_walk_needs_a_person_and_a_runbook(desk: Desk) -> None:
    desk.attended = False
    assert desk("runbook", "walk", "bad-release")[0] == 2
    desk.attended = True
    code, _, err = desk("runbook", "walk", "no-such", typed="")
    assert code == 1
    assert "no runbook is called so; known: bad-release" in err
    code, _, err = desk("runbook", "walk", desk.file("nothing", "bad.md"))
    assert "bad.md:1: a runbook begins with front matter" in err


def recorded(incident: str) -> Walk:
    async def read() -> Walk:
        records = late_records(settings(), SystemClock())
        opened = await records()
        (walk,) = walks(await opened.store.events(incident))
        await records.close()
        return walk

    return asyncio.run(read())


def settings() -> Settings:
    return Settings(ClusterSettings("prod"))


def opened_incident() -> str:
    async def opened() -> str:
        records = late_records(settings(), SystemClock())
        book = (await records()).book
        incident = await book.open([], title=SafeText("trouble"), severity=IncidentSeverity.P2)
        await book.attach(None)
        await records.close()
        return incident.id

    return asyncio.run(opened())


def test_a_walk_is_recorded_in_its_incident_and_taken_up_where_it_was_left(desk: Desk) -> None:
    incident = opened_incident()
    file = desk.file(ACTING)
    code, out, _ = desk("runbook", "walk", file, *ANSWERED, "--incident", incident, typed="\nquit\n")
    assert code == 1
    assert f"recorded in {incident}" in out
    assert recorded(incident).position == 3
    typed = "y\n\ncheckout\n\n"
    code, out, _ = desk("runbook", "walk", file, "--write", typed=typed)
    assert code == 0, out
    assert "was left at step 3; take it up? y or n:" in out
    walk = recorded(incident)
    assert walk.over
    act = next(one for one in walk.results if one.number == 3)
    assert act.outcome is StepOutcome.DONE
    assert act.operation == desk.engine.carried_out[0][0].id


def test_an_operation_that_nobody_knows_of_stays_under_way(desk: Desk) -> None:
    desk.engine = Unanswered(desk.engine.clock, desk.engine.write_mode)
    incident = opened_incident()
    typed = "\n\ncheckout\nquit\n"
    code, out, _ = desk("runbook", "walk", desk.file(ACTING), *ANSWERED, "--write", "--incident", incident, typed=typed)
    assert code == 1
    assert "nobody knows yet whether it took effect" in out
    assert recorded(incident).results[-1].outcome is StepOutcome.UNDER_WAY
