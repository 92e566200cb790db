"""`opsconsole log-level`: what is typed, what is printed, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_clock import FakeClock
from opsconsole.cli import log_level
from opsconsole.cli.entry import main
from opsconsole.cli.parts import Parts
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_level import OFFERED, PodLevel, RaisedLevel, ToldLevel
from opsconsole.domain.operation import OperationKind
from opsconsole.domain.text import SafeText
from opsconsole.write_mode import WriteMode
from still_operations import StillOperations

CHECKOUT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))


def pod(name: str, level: str) -> PodLevel:
    return PodLevel(SafeText(name), SafeText(f"uid-{name}"), SafeText(level))


@pytest.fixture
def operations() -> StillOperations:
    clock = FakeClock()
    made = StillOperations(clock, WriteMode(clock))
    made.told = (ToldLevel(pod("a", "debug")), ToldLevel(pod("b", "info")))
    return made


def raised(operations: StillOperations, left: float) -> RaisedLevel:
    made = RaisedLevel("op-1", CHECKOUT, SafeText("debug"), operations.clock.now() + left, (pod("a", "info"),))
    operations.raised = (made,)
    return made


@pytest.fixture
def call(operations: StillOperations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "config.toml"
    file.write_text('[clusters.prod]\nnamespace = "shop"\nkubernetes = "http://127.0.0.1:1"\n')
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(file))
    monkeypatch.chdir(tmp_path)

    def calling(*words: str) -> int:
        return main(["log-level", *words], Parts(operations=lambda _: operations, attended=lambda: False))

    return calling


def test_the_level_of_each_pod_is_printed_with_what_is_in_force(call, operations: StillOperations, capsys) -> None:
    raised(operations, 600)
    assert call("get", "deploy/checkout") == 0
    (asked,) = operations.asked_levels
    assert (asked.kind, asked.name) == (Kind.DEPLOYMENT, "checkout")
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["pod", "level"]
    assert first.split()[:2] == ["a", "debug"]
    assert "info before" in first
    assert second.split() == ["b", "info"]


def test_as_json_each_pod_is_an_object(call, operations: StillOperations, capsys) -> None:
    left = raised(operations, 600)
    assert call("get", "deploy/checkout", "--json") == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["schema"], first["level"], first["before"], first["until"]) == (
        log_level.SCHEMA,
        "debug",
        "info",
        left.until,
    )
    assert second["before"] is None


def test_a_pod_that_does_not_tell_is_not_well(call, operations: StillOperations, capsys) -> None:
    operations.told = (ToldLevel(pod("a", ""), SafeText("it does not answer")),)
    assert call("get", "deploy/checkout") == 1
    assert "it does not answer" in capsys.readouterr().out


def test_no_access_has_its_own_exit_code(call, operations: StillOperations) -> None:
    operations.failing = SourceError(ErrorKind.FORBIDDEN, "kubernetes")
    assert call("get", "deploy/checkout") == 5


@pytest.mark.parametrize(
    ("words", "level", "seconds"),
    [((), "debug", 600.0), (("--level", "warn", "--for", "1h30m"), "warn", 5400.0), (("--for", "90"), "debug", 90.0)],
)
def test_what_is_typed_becomes_the_order(
    call, operations: StillOperations, words: tuple[str, ...], level: str, seconds: float
) -> None:
    assert call("set", "deploy/checkout", "--confirm", "checkout", *words) == 0
    ((plan, typed),) = operations.carried_out
    assert (plan.order.kind, plan.order.level, plan.order.seconds, typed) == (
        OperationKind.SET_LOG_LEVEL,
        level,
        seconds,
        "checkout",
    )


@pytest.mark.parametrize("words", [("--for", "soon"), ("--level", "loud")])
def test_what_is_no_level_and_no_duration_is_wrong_use(
    call, operations: StillOperations, words: tuple[str, ...]
) -> None:
    assert call("set", "deploy/checkout", "--confirm", "checkout", *words) == 2
    assert operations.checked == []


def test_set_needs_a_yes(call, operations: StillOperations) -> None:
    assert call("set", "deploy/checkout") == 2
    assert operations.carried_out == []


def test_restore_of_a_target_is_an_order(call, operations: StillOperations) -> None:
    assert call("restore", "deploy/checkout", "--confirm", "checkout") == 0
    ((plan, _),) = operations.carried_out
    assert plan.order.kind is OperationKind.RESTORE_LOG_LEVEL


def test_restore_without_a_target_puts_back_what_is_overdue_and_asks_nobody(
    call, operations: StillOperations, capsys
) -> None:
    raised(operations, -5)
    assert call("restore") == 0
    assert operations.put_backs == ["op-1"]
    assert operations.carried_out == []
    assert "the time was over, so it was put back" in capsys.readouterr().err


def test_restore_without_a_target_leaves_what_is_not_overdue(call, operations: StillOperations) -> None:
    raised(operations, 5)
    assert call("restore") == 0
    assert operations.put_backs == []


def test_restore_that_does_not_get_all_of_it_done_is_not_well(call, operations: StillOperations) -> None:
    raised(operations, -5)
    operations.putting_back = False
    assert call("restore") == 1


def test_any_operation_puts_back_what_is_overdue(call, operations: StillOperations, capsys) -> None:
    raised(operations, -5)
    operations.unwatched = (SafeText("the watching process can't be started"),)
    assert call("set", "deploy/checkout", "--dry-run") == 0
    assert operations.put_backs == ["op-1"]
    said = capsys.readouterr().err
    assert "log level debug: put back" in said
    assert "not watched over: the watching process can't be started" in said


def test_the_command_offers_what_the_console_offers() -> None:
    assert log_level.OFFERED == OFFERED
