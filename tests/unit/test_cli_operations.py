"""Commands that change the cluster: what they ask of the engine, what they say, and their exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from fake_clock import FakeClock
from opsconsole.cli.commands import opsconsole
from opsconsole.cli.entry import main
from opsconsole.cli.operation_report import SCHEMA
from opsconsole.cli.parts import Parts
from opsconsole.config.settings import Settings
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import (
    Check,
    Confirmation,
    OperationKind,
    OperationState,
    Order,
    Plan,
    Step,
    Verdict,
)
from opsconsole.domain.text import SafeText
from opsconsole.write_mode import WriteMode
from still_operations import BLOCKED, WARNED, WORKLOAD, StillOperations

CONFIG = (
    '[clusters.prod]\nenvironment = "production"\nkubernetes = "http://k:1"\n[clusters.qa]\nkubernetes = "http://q:1"\n'
)
S = OperationState


class Engine(StillOperations):
    """Goes as `script` says; remembers whether write mode was open when it was asked to carry out."""

    def __init__(self) -> None:
        clock = FakeClock()
        super().__init__(clock, WriteMode(clock))
        self.script: list[S | BaseException] = [S.CONFIRMED, S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]
        self.wrote_open: list[bool] = []
        self.left_at: S | None = None
        self.impossible: tuple[OperationKind, ...] = ()

    async def choices(self, pod: ObjectRef, container: SafeText) -> tuple[Plan, ...]:
        plans = await super().choices(pod, container)
        blocked = (Check(SafeText("Shell"), Verdict.BLOCKED, SafeText("no kill in the image")),)
        return tuple(
            Plan(**{**{f: getattr(one, f) for f in one.__struct_fields__}, "checks": blocked})
            if one.order.kind in self.impossible
            else one
            for one in plans
        )

    async def carry_out(self, plan: Plan, typed: str = "") -> AsyncIterator[Step]:
        self.carried_out.append((plan, typed))
        self.wrote_open.append(self.write_mode.is_open)
        for state in self.script:
            self.left_at = state if isinstance(state, S) else self.left_at
            if isinstance(state, BaseException):
                raise state
            yield Step(state, self.clock.now(), SafeText(f"it is {state.value}"), advice=self.advice)


class Desk:
    """The commands with an engine behind them, and a person in front of them when `attended`."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.attended = False
        self.asked_of: list[str] = []

    def _operations(self, settings: Settings) -> Any:
        self.asked_of.append(settings.cluster.name)
        return self.engine

    def parts(self) -> Parts:
        return Parts(attended=lambda: self.attended, operations=self._operations)

    def __call__(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        result = CliRunner().invoke(
            click.Command("x", callback=lambda: main(arguments, self.parts()), params=[]),
            [], input=typed, standalone_mode=False,
        )  # fmt: skip
        assert result.exception is None, result.exception
        return result.return_value, result.stdout, result.stderr


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG)
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(file))
    monkeypatch.setenv("OPSCONSOLE_CLUSTER", "prod")
    monkeypatch.chdir(tmp_path)
    return Desk()


ROLL_BACK = ("rollback", "deployment/checkout", "-n", "shop")
CHECKOUT = ("--confirm", "checkout")


def ref(kind: Kind, name: str, namespace: str = "shop") -> ObjectRef:
    return ObjectRef(kind, SafeText(namespace), SafeText(name))


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        ("rollback deploy/checkout", Order(OperationKind.ROLL_BACK, ref(Kind.DEPLOYMENT, "checkout"))),
        (
            "rollback statefulset.apps/orders --to-revision 3",
            Order(OperationKind.ROLL_BACK, ref(Kind.STATEFUL_SET, "orders"), revision=3),
        ),
        ("restart ds/agent", Order(OperationKind.ROLLING_RESTART, ref(Kind.DAEMON_SET, "agent"))),
        ("restart po/x-1 --method evict", Order(OperationKind.EVICT_POD, ref(Kind.POD, "x-1"))),
        (
            "restart pod/x-1 --method kill --container app",
            Order(OperationKind.RESTART_CONTAINER, ref(Kind.POD, "x-1"), SafeText("app")),
        ),
        ("restart pod/x-1 --method rolling", Order(OperationKind.ROLLING_RESTART, WORKLOAD)),
        (
            "scale deployment/checkout --replicas 0",
            Order(OperationKind.SCALE, ref(Kind.DEPLOYMENT, "checkout"), replicas=0),
        ),
        ("pause deployment/checkout", Order(OperationKind.PAUSE_ROLLOUT, ref(Kind.DEPLOYMENT, "checkout"))),
        ("resume deployment/checkout", Order(OperationKind.RESUME_ROLLOUT, ref(Kind.DEPLOYMENT, "checkout"))),
        ("cordon node/n1.test", Order(OperationKind.CORDON, ref(Kind.NODE, "n1.test", ""))),
        ("uncordon no/n1", Order(OperationKind.UNCORDON, ref(Kind.NODE, "n1", ""))),
        ("delete pod/x-1", Order(OperationKind.DELETE_POD, ref(Kind.POD, "x-1"))),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_the_order(desk: Desk, arguments: str, order: Order) -> None:
    code, _, _ = desk(*arguments.split(), "-n", "shop", "--dry-run")
    assert (code, desk.engine.checked) == (0, [order])


def test_the_reason_goes_with_the_order_and_can_hold_no_command(desk: Desk) -> None:
    desk(*ROLL_BACK, "--dry-run", "--reason", "bad \x1b[2J release")
    assert desk.engine.checked[0].reason == "bad ␛[2J release"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("rollback checkout", "is no KIND/NAME; write one such as deployment/checkout"),
        ("rollback deploymnet/checkout", "is no KIND/NAME"),
        ("rollback pod/x", "this can't be done to a pod; it can to deployment, statefulset, daemonset"),
        ("rollback deployment/--all", "is no name of a deployment"),
        ("rollback deployment/../x", "is no name of a deployment"),
        ("restart deployment/checkout --method kill", "can only be restarted by rolling"),
        ("restart pod/x --method evict --container app", "goes with --method kill alone"),
        ("restart pod/x --confirm x", "say how to restart a pod"),
        ("scale deployment/checkout", "--replicas"),
        ("scale deployment/checkout --replicas -1", "--replicas"),
        ("rollback deployment/checkout", "stdin is no terminal: add --confirm NAME"),
    ],
)
def test_what_can_not_be_meant_is_refused_before_the_cluster_is_asked(desk: Desk, arguments: str, words: str) -> None:
    code, out, err = desk(*arguments.split(), "-n", "shop")
    assert (code, out) == (2, "")
    assert words in err
    assert desk.engine.checked == []


def test_a_target_needs_a_namespace_from_the_flag_or_the_configuration(desk: Desk, tmp_path: Path) -> None:
    code, _, err = desk("rollback", "deployment/checkout", "--dry-run")
    assert (code, "add --namespace" in err) == (2, True)
    (tmp_path / "config.toml").write_text(CONFIG.replace("[clusters.qa]", 'namespace = "own"\n[clusters.qa]'))
    assert desk("rollback", "deployment/checkout", "--dry-run")[0] == 0
    assert desk.engine.checked[0].target.namespace == "own"


def test_a_dry_run_shows_the_plan_and_carries_nothing_out(desk: Desk) -> None:
    desk.engine.checks = (WARNED,)
    code, out, _ = desk(*ROLL_BACK, "--dry-run", *CHECKOUT)
    assert code == 0
    assert out.splitlines()[0] == "roll-back checkout"
    for words in ("prod, as jane", "deployment shop/checkout", "one pod at a time", "roll forward again"):
        assert words in out
    assert "WARNING  owner: managed by Argo CD" in out
    assert desk.engine.carried_out == []


def test_a_name_typed_ahead_carries_it_out_with_write_mode_open_for_that_long(desk: Desk) -> None:
    code, out, _ = desk(*ROLL_BACK, *CHECKOUT)
    assert code == 0
    assert [typed for _, typed in desk.engine.carried_out] == ["checkout"]
    assert desk.engine.wrote_open == [True]
    assert not desk.engine.write_mode.is_open
    assert desk.engine.finished == 1
    assert [line.split()[1] for line in out.splitlines()[-5:]] == [
        "confirmed", "recorded", "sent", "applied", "verified",
    ]  # fmt: skip


def test_another_name_typed_ahead_is_wrong_use(desk: Desk) -> None:
    code, _, err = desk(*ROLL_BACK, "--confirm", "chekout")
    assert (code, "the target's name is checkout" in err) == (2, True)
    assert desk.engine.carried_out == []


@pytest.mark.parametrize(
    ("confirmation", "typed", "code"),
    [
        (Confirmation.NAME, "checkout\n", 0),
        (Confirmation.NAME, "y\n", 1),
        (Confirmation.NAME, "\n", 1),
        (Confirmation.KEY, "y\n", 0),
        (Confirmation.KEY, "n\n", 1),
        (Confirmation.KEY, "\n", 1),
    ],
)
def test_a_person_is_asked_for_the_name_or_a_yes(desk: Desk, confirmation: Confirmation, typed: str, code: int) -> None:
    desk.attended, desk.engine.confirmation = True, confirmation
    found, _, err = desk(*ROLL_BACK, typed=typed)
    assert found == code
    assert len(desk.engine.carried_out) == (code == 0)
    assert desk.engine.wrote_open == [True] * (code == 0)
    assert ("nothing was sent" in err) == (code == 1)


def test_end_of_input_is_no_yes(desk: Desk) -> None:
    desk.attended = True
    assert desk(*ROLL_BACK, typed="")[0] == 130
    assert desk.engine.carried_out == []


def test_a_blocked_plan_is_shown_and_not_asked_about(desk: Desk) -> None:
    desk.attended = True
    desk.engine.checks = (BLOCKED, WARNED)
    code, out, _ = desk(*ROLL_BACK, *CHECKOUT)
    assert (code, "BLOCKED  rights: you may not patch" in out) == (1, True)
    assert desk.engine.carried_out == []


def test_a_missing_right_has_its_own_exit_code(desk: Desk) -> None:
    desk.engine.checks = (Check(SafeText("Access"), Verdict.BLOCKED, SafeText("you may not")),)
    assert desk(*ROLL_BACK, "--dry-run")[0] == 5


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ([S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED], 0),
        ([S.REFUSED], 1),
        ([S.RECORDED, S.SENT, S.REFUSED], 1),
        ([S.RECORDED, S.SENT, S.UNKNOWN], 3),
        ([S.RECORDED, S.SENT, S.UNKNOWN, S.APPLIED, S.VERIFIED], 0),
        ([S.RECORDED, S.SENT, S.APPLIED, S.UNVERIFIED], 4),
        ([S.RECORDED, S.SENT, SourceError(ErrorKind.UNREACHABLE, "kubernetes")], 3),
        ([S.RECORDED, SourceError(ErrorKind.UNREACHABLE, "kubernetes")], 1),
    ],
)
def test_the_exit_code_says_how_it_ended(desk: Desk, script: list[S | BaseException], code: int) -> None:
    desk.engine.script = script
    assert desk(*ROLL_BACK, *CHECKOUT)[0] == code
    assert not desk.engine.write_mode.is_open


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ErrorKind.UNREACHABLE, 1),
        (ErrorKind.NOT_FOUND, 1),
        (ErrorKind.CONFIGURATION, 2),
        (ErrorKind.FORBIDDEN, 5),
        (ErrorKind.SIGN_IN, 5),
        (ErrorKind.UNAUTHORIZED, 5),
    ],
)
def test_a_cluster_that_does_not_answer_is_one_sentence(desk: Desk, kind: ErrorKind, code: int) -> None:
    desk.engine.failing = SourceError(kind, "kubernetes", SafeText("so it is"))
    found, out, err = desk(*ROLL_BACK, *CHECKOUT)
    assert (found, out) == (code, "")
    assert "so it is" in err


def test_without_waiting_it_ends_once_the_server_took_it(desk: Desk) -> None:
    assert desk(*ROLL_BACK, *CHECKOUT, "--no-wait")[0] == 0
    assert desk.engine.left_at is S.APPLIED


def test_json_is_one_object_a_line_from_plan_to_outcome(desk: Desk) -> None:
    code, out, _ = desk(*ROLL_BACK, *CHECKOUT, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert {(line["schema"], line["cluster"]) for line in lines} == {(SCHEMA, "prod")}
    assert [line["event"] for line in lines] == ["plan", *["step"] * 5, "outcome"]
    assert lines[0]["plan"]["order"]["kind"] == "roll-back"
    assert [line["step"]["state"] for line in lines[1:-1]][-1] == "verified"
    assert lines[-1] | {"schema": "", "cluster": ""} == {
        "schema": "", "cluster": "", "event": "outcome", "operation": "op-1", "state": "verified", "exit_code": code,
    }  # fmt: skip


def test_json_of_a_plan_that_is_not_carried_out_ends_with_its_exit_code_too(desk: Desk) -> None:
    desk.engine.checks = (BLOCKED,)
    code, out, _ = desk(*ROLL_BACK, "--dry-run", "--json")
    assert (code, json.loads(out.splitlines()[-1])["exit_code"]) == (1, 1)


def test_of_a_pods_ways_the_first_possible_is_taken_where_somebody_sees_it(desk: Desk) -> None:
    desk.attended = True
    desk.engine.confirmation = Confirmation.KEY
    desk.engine.impossible = (OperationKind.RESTART_CONTAINER,)
    code, _, err = desk("restart", "pod/x-1", "-n", "shop", typed="y\n")
    assert code == 0
    assert desk.engine.checked[-1].kind is OperationKind.EVICT_POD
    assert "restart-container: not possible here" in err
    assert "evict: chosen" in err


def test_revisions_are_listed_with_what_they_run(desk: Desk) -> None:
    code, out, _ = desk(*ROLL_BACK, "--list")
    assert code == 0
    rows = out.splitlines()
    assert rows[1].startswith("9 (now)")
    assert "3 of 3 ready" in rows[3]
    assert "checkout:1.8.2" in rows[3]
    listed = json.loads(desk(*ROLL_BACK, "--list", "--json")[1])
    assert [one["number"] for one in listed["revisions"]] == [9, 8, 7]
    assert desk.engine.checked == []


def test_the_cluster_is_the_one_that_was_named(desk: Desk) -> None:
    desk(*ROLL_BACK, "--cluster", "qa", "--dry-run")
    assert desk.asked_of == ["qa"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([S.CONFIRMED], "nothing was sent"),
        ([S.RECORDED], "just before it was sent"),
        ([S.RECORDED, S.SENT], "may still take effect"),
        ([S.RECORDED, S.SENT, S.UNKNOWN], "may still take effect"),
        ([S.RECORDED, S.SENT, S.APPLIED], "the server has taken it"),
    ],
)
def test_ctrl_c_says_whether_anything_was_sent_and_lets_the_record_be_finished(
    desk: Desk, script: list[S], words: str
) -> None:
    class Interrupted(Engine):
        async def carry_out(self, plan: Plan, typed: str = "") -> AsyncIterator[Step]:
            async for step in super().carry_out(plan, typed):
                yield step
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()

    desk.engine = Interrupted()
    desk.engine.script = list(script)
    code, _, err = desk(*ROLL_BACK, *CHECKOUT)
    assert (code, words in err) == (130, True)
    assert desk.engine.finished == 1
    assert not desk.engine.write_mode.is_open


def test_every_command_says_its_exit_codes() -> None:
    for name in ("restart", "rollback", "scale", "pause", "resume", "cordon", "uncordon", "delete"):
        shown = CliRunner().invoke(opsconsole, [name, "--help"]).output
        assert "3 sent with an unknown outcome" in " ".join(shown.split())
