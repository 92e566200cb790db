"""The audit log: every tampering is named, every crash survived, nothing counts before it is on the disk."""

from __future__ import annotations

import fcntl
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.operation import OperationKind, OperationState, Order
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.chain import read, verify
from opsconsole.operations.audit.entry import Entry, line_of
from opsconsole.operations.audit.log import AuditError, AuditLog, log_path

TARGET = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"), SafeText("uid-1"), SafeText("41"))
ORDER = Order(OperationKind.SCALE, TARGET, replicas=3, reason=SafeText("more load"))


def entry(operation: str, state: OperationState = OperationState.RECORDED) -> Entry:
    order = ORDER if state is OperationState.RECORDED else None
    return Entry(operation, 1_800_000_000.5, state, OperationKind.SCALE, TARGET, SafeText("scale to 3"), order=order)


def written(path: Path, count: int) -> AuditLog:
    log = AuditLog(path)
    for number in range(count):
        log.append(entry(f"op-{number}"))
    return log


def test_a_log_says_what_was_done_in_order_and_verifies(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit" / "prod.jsonl")
    log.append(entry("op-1"))
    log.append(entry("op-1", OperationState.SENT))
    records = read(log.path)
    assert [(record.sequence, record.operation, record.state) for record in records] == [
        (1, "op-1", OperationState.RECORDED),
        (2, "op-1", OperationState.SENT),
    ]
    assert records[0].target == TARGET
    assert records[0].reason == "more load"
    assert verify(log.path).fine
    assert verify(log.path).entries == 2
    assert log.entries()[0].intent is not None
    assert log.entries()[0].intent.order == ORDER


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    log = written(tmp_path / "audit" / "prod.jsonl", 1)
    log.path.chmod(0o644)
    log.append(entry("op-2"))
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "prod.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditError, match="can't be written"):
        AuditLog(tmp_path / "prod.jsonl").append(entry("op-1"))
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_each_cluster_has_a_file_whatever_its_name(tmp_path: Path) -> None:
    names = ["prod", "../prod", "a/b", "..", "prod\n", "x" * 400, "x" * 401, "Ü"]
    paths = {log_path(tmp_path, name) for name in names}
    assert len(paths) == len(names)
    assert {path.parent for path in paths} == {tmp_path}
    for path in paths:
        AuditLog(path).append(entry("op-1"))


def test_every_line_is_flushed_before_it_counts_and_so_is_the_folder_of_a_new_file(tmp_path: Path) -> None:
    flushed: list[tuple[bool, int]] = []

    def fsync(descriptor: int) -> None:
        state = os.fstat(descriptor)
        flushed.append((stat.S_ISDIR(state.st_mode), state.st_size))
        os.fsync(descriptor)

    log = AuditLog(tmp_path / "prod.jsonl", fsync=fsync)
    log.append(entry("op-1"))
    first = log.path.stat().st_size
    log.append(entry("op-2"))
    assert [folder for folder, _ in flushed] == [True, False, False]
    assert [size for folder, size in flushed if not folder] == [first, log.path.stat().st_size]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


TAMPERINGS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "one removed": (lambda lines: [*lines[:2], *lines[3:]], 3),
    "the first removed": (lambda lines: lines[1:], 1),
    "two swapped": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
    "one doubled": (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
    "cut in the middle": (lambda lines: [*lines[:2], lines[2][:40] + b"\n", *lines[3:]], 3),
    "joined": (lambda lines: [lines[0], lines[1][:-1], *lines[2:]], 2),
    "a blank line": (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3),
    "spaces put in": (lambda lines: [*lines[:4], lines[4].replace(b'"hash":', b'"hash": ')], 5),
    "the last changed": (lambda lines: [*lines[:4], lines[4].replace(b"scale to 3", b"scale to 1")], 5),
}


@pytest.mark.parametrize(("tamper", "bad"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_the_first_bad_line_is_named(tamper: Callable[[list[bytes]], list[bytes]], bad: int, tmp_path: Path) -> None:
    log = written(tmp_path / "prod.jsonl", 5)
    log.path.write_bytes(b"".join(tamper(lines_of(log.path))))
    found = verify(log.path)
    assert found.bad_line == bad
    assert found.words
    read(log.path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(place: float, bit: int, tmp_path: Path) -> None:
    path = tmp_path / "prod.jsonl"
    path.unlink(missing_ok=True)
    written(path, 3)
    content = bytearray(path.read_bytes())
    position = int(place * len(content))
    content[position] ^= 1 << bit
    path.write_bytes(content)
    found = verify(path)
    number = bytes(content[:position]).count(b"\n") + 1
    last_line_end = position == len(content) - 1
    assert found.bad_line == number or (last_line_end and found.torn)


def test_an_unfinished_last_line_is_no_fault_and_is_cut_off_by_the_next(tmp_path: Path) -> None:
    log = written(tmp_path / "prod.jsonl", 2)
    with log.path.open("ab") as file:
        file.write(b'{"entry":{"at":18000')
    assert verify(log.path).fine
    assert verify(log.path).torn == 20
    assert len(read(log.path)) == 2
    log.append(entry("op-9"))
    assert verify(log.path).entries == 3
    assert verify(log.path).torn == 0
    assert log.entries()[-1].torn == 20


def test_lines_longer_than_a_block_are_found_again(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "prod.jsonl")
    for number in range(3):
        log.append(
            Entry(f"op-{number}", 1.0, OperationState.SENT, OperationKind.SCALE, TARGET, SafeText("x" * 200_000))
        )
    assert verify(log.path).entries == 3


def test_nothing_is_added_to_a_log_whose_end_was_changed(tmp_path: Path) -> None:
    log = written(tmp_path / "prod.jsonl", 2)
    log.path.write_bytes(log.path.read_bytes().replace(b"op-1", b"op-7"))
    with pytest.raises(AuditError, match="was changed"):
        log.append(entry("op-2"))


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    log = written(tmp_path / "prod.jsonl", 2)
    before = log.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
    try:
        with pytest.raises(AuditError, match="can't be written"):
            log.append(entry("op-2"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.path.read_bytes() == before
    log.append(entry("op-2"))
    assert verify(log.path).entries == 3


def test_a_line_that_could_not_be_flushed_does_not_count(tmp_path: Path) -> None:
    def failing(_: int) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "prod.jsonl"
    written(path, 1)
    with pytest.raises(AuditError, match="Input/output error"):
        AuditLog(path, fsync=failing).append(entry("op-2"))
    assert verify(path).entries == 1


APPEND_MANY = """
import sys
from pathlib import Path
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.audit.log import AuditLog
target = ObjectRef(Kind.POD, "shop", "checkout-1")
log = AuditLog(Path(sys.argv[1]))
for number in range(40):
    log.append(Entry(f"{sys.argv[2]}-{number}", 1.0, OperationState.SENT, OperationKind.EVICT_POD, target, "x"))
"""


def test_two_consoles_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "prod.jsonl"
    consoles = [subprocess.Popen([sys.executable, "-c", APPEND_MANY, path, name]) for name in ("a", "b", "c")]
    assert [console.wait() for console in consoles] == [0, 0, 0]
    assert verify(path).fine
    assert verify(path).entries == 120
    assert [record.operation for record in read(path) if record.operation.startswith("b")] == [
        f"b-{number}" for number in range(40)
    ]


def test_a_line_waits_for_the_console_that_is_writing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opsconsole.operations.audit.log.LOCK_SECONDS", 0.05)
    log = written(tmp_path / "prod.jsonl", 1)
    with log.path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(AuditError, match="can't be written"):
            log.append(entry("op-2"))
    log.append(entry("op-3"))
    assert [record.operation for record in read(log.path)] == ["op-0", "op-3"]


def test_a_line_rewritten_with_a_hash_of_its_own_does_not_fit_the_next_one(tmp_path: Path) -> None:
    log = written(tmp_path / "prod.jsonl", 4)
    lines = lines_of(log.path)
    other = msgspec.structs.replace(log.entries()[1], words=SafeText("scale to 1"))
    log.path.write_bytes(b"".join([lines[0], bytes(line_of(other)) + b"\n", *lines[2:]]))
    assert verify(log.path).bad_line == 3


def test_an_operation_is_in_one_consoles_hands_until_that_console_is_done(tmp_path: Path) -> None:
    first, second = (AuditLog(tmp_path / "prod.jsonl") for _ in range(2))
    with first.hold("op-1") as mine:
        assert mine
        with second.hold("op-1") as theirs:
            assert not theirs
        with second.hold("op-2") as other:
            assert other
    with second.hold("op-1") as theirs:
        assert theirs
    assert list((tmp_path / "open").iterdir()) == []
