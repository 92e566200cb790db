"""`opsconsole audit` on logs that are whole, cut, changed and missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.commands import opsconsole
from opsconsole.cli.parts import Parts
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.audit.log import AuditLog, log_path

TARGET = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))


def wrote(folder: Path, cluster: str, *states: OperationState, at: float = 1_800_000_000.0) -> Path:
    log = AuditLog(log_path(folder, cluster), fsync=lambda _: None)
    for number, state in enumerate(states):
        log.append(
            Entry(
                "op-1", at + number, state, OperationKind.ROLL_BACK, TARGET, SafeText(f"it is {state.value}"),
                operator=SafeText("jane"), cluster=SafeText(cluster),
            )
        )  # fmt: skip
    return log.path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


def call(folder: Path, *arguments: str) -> Result:
    parts = Parts(audit_folder=lambda: folder)
    return CliRunner().invoke(opsconsole, ("audit", *arguments), obj=parts, standalone_mode=False)


S = OperationState


def test_every_line_is_shown_oldest_first_over_all_clusters(folder: Path) -> None:
    wrote(folder, "prod", S.RECORDED, S.APPLIED)
    wrote(folder, "qa", S.REFUSED, at=1_700_000_000.0)
    rows = call(folder, "show").output.splitlines()
    assert [row.split()[3] for row in rows[1:]] == ["qa", "prod", "prod"]
    assert rows[1].startswith("2023-11-14 22:13:20Z")
    assert "roll-back" in rows[2]
    assert "deployment shop/checkout" in rows[2]
    assert rows[2].endswith("it is recorded")


def test_one_cluster_or_the_last_lines_alone(folder: Path) -> None:
    wrote(folder, "prod", S.RECORDED, S.SENT, S.APPLIED)
    wrote(folder, "qa", S.REFUSED)
    assert len(call(folder, "show", "--cluster", "qa").output.splitlines()) == 2
    assert call(folder, "show", "--cluster", "prod", "--last", "1").output.splitlines()[1].endswith("it is applied")


def test_json_is_one_record_a_line(folder: Path) -> None:
    wrote(folder, "prod", S.RECORDED, S.UNKNOWN)
    lines = [json.loads(line) for line in call(folder, "show", "--json").output.splitlines()]
    assert {line["schema"] for line in lines} == {"opsconsole.audit/1"}
    assert [line["record"]["state"] for line in lines] == ["recorded", "unknown"]
    assert lines[0]["record"]["target"]["name"] == "checkout"


def test_a_machine_from_which_nothing_was_done_says_so(folder: Path) -> None:
    result = call(folder, "show")
    assert (result.return_value, result.stdout) == (0, "")
    assert "nothing was done from here yet" in result.stderr


def test_a_whole_log_is_verified_with_its_last_hash(folder: Path) -> None:
    path = wrote(folder, "prod", S.RECORDED, S.APPLIED)
    result = call(folder, "verify")
    assert result.return_value == 0
    assert f"{path}: 2 lines fit; the last hash is " in result.output
    body = json.loads(call(folder, "verify", "--json").output)
    assert (body["fine"], body["entries"], len(body["head"])) == (True, 2, 64)


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace("jane", "joan"), lines[2]], 2),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [*lines, "{}"], 4),
    ],
)
def test_a_log_that_was_tampered_with_is_named_with_its_line(folder: Path, harm: object, line: int) -> None:
    path = wrote(folder, "prod", S.RECORDED, S.SENT, S.APPLIED)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(harm(lines)) + "\n")  # type: ignore[operator]
    result = call(folder, "verify")
    assert result.return_value == 1
    assert f"{path}: line {line}: " in result.output


def test_a_file_of_ones_own_choice_can_be_shown_and_verified(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(wrote(folder, "prod", S.RECORDED).read_bytes())
    assert "it is recorded" in call(tmp_path / "none", "show", "--file", str(copy)).output
    assert call(tmp_path / "none", "verify", "--file", str(copy)).return_value == 0
    missing = call(folder, "verify", "--file", str(tmp_path / "gone.jsonl"))
    assert isinstance(missing.exception, ConfigError)


def test_hostile_words_in_a_log_reach_the_terminal_as_pictures(folder: Path) -> None:
    path = folder / "prod.jsonl"
    log = AuditLog(path, fsync=lambda _: None)
    log.append(Entry("op", 0.0, S.REFUSED, OperationKind.SCALE, TARGET, SafeText("\x1b[2J"), operator=SafeText("\x9b")))
    output = call(folder, "show").output
    assert output.replace("\n", "").isprintable()
    assert "␛[2J" in output
