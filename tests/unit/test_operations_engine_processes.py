"""A console killed with SIGKILL in the middle of an operation, and the one that is started after it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from opsconsole.clock import SystemClock
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.chain import read, verify
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.carrying_out import SEND_SECONDS, SETTLED_AFTER
from opsconsole.operations.engine import Engine
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import ScriptedCluster, catalogue

S = OperationState
TESTS = Path(__file__).resolve().parents[1]

CONSOLE = """
import asyncio, os, signal, sys
from pathlib import Path
import msgspec
from opsconsole.clock import SystemClock
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.operation import OperationKind, OperationState, Order
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.engine import Engine
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import DEPLOYMENT, ScriptedCluster, catalogue

folder, place = Path(sys.argv[1]), sys.argv[2]


def die(here):
    if here == place:
        os.kill(os.getpid(), signal.SIGKILL)


class Log(AuditLog):
    def append(self, entry):
        die(f"before {entry.state.value}")
        written = super().append(entry)
        die(f"after {entry.state.value}")
        return written


class Cluster(ScriptedCluster):
    async def send(self, mutation, operation):
        die("before the change")
        live = await super().send(mutation, operation)
        (folder / "cluster.json").write_bytes(msgspec.json.encode(self.objects[Kind.DEPLOYMENT, "checkout"]))
        die("after the change")
        return live


async def main():
    clock = SystemClock()
    mode = WriteMode(clock)
    mode.open()
    trail = Trail(Log(folder / "audit" / "prod.jsonl"), clock, cluster="prod", operator="op")
    engine = Engine(Cluster(mode, clock.now), catalogue(), trail, clock, mode)
    plan = await engine.check(Order(OperationKind.SCALE, DEPLOYMENT, replicas=5))
    async for step in engine.carry_out(plan):
        pass
    (folder / "done").touch()


asyncio.run(main())
"""


class LaterClock(SystemClock):
    """So much later that nothing can be on its way any more."""

    def now(self) -> float:
        return super().now() + SETTLED_AFTER + SEND_SECONDS + 1


def ended(folder: Path, place: str) -> int:
    """The exit code of a console that dies at `place`."""
    return subprocess.run([sys.executable, "-c", CONSOLE, folder, place], cwd=TESTS, check=False, timeout=60).returncode


@pytest.mark.parametrize(
    ("place", "left", "end"),
    [
        ("before recorded", [], None),
        ("after recorded", [S.RECORDED], S.REFUSED),
        ("before sent", [S.RECORDED], S.REFUSED),
        ("after sent", [S.RECORDED, S.SENT], S.REFUSED),
        ("before the change", [S.RECORDED, S.SENT], S.REFUSED),
        ("after the change", [S.RECORDED, S.SENT], S.APPLIED),
        ("before applied", [S.RECORDED, S.SENT], S.APPLIED),
        ("after applied", [S.RECORDED, S.SENT, S.APPLIED], None),
        ("before verified", [S.RECORDED, S.SENT, S.APPLIED], None),
        ("nowhere", [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED], None),
    ],
)
async def test_the_next_console_tells_what_became_of_it(
    place: str, left: list[S], end: S | None, tmp_path: Path
) -> None:
    assert ended(tmp_path, place) == (0 if place == "nowhere" else -signal.SIGKILL)
    path = tmp_path / "audit" / "prod.jsonl"
    assert [record.state for record in (read(path) if path.exists() else ())] == left

    clock = LaterClock()
    cluster = ScriptedCluster(WriteMode(clock), clock.now)
    if (state := tmp_path / "cluster.json").exists():
        cluster.objects[Kind.DEPLOYMENT, "checkout"] = msgspec.json.decode(state.read_bytes())
    trail = Trail(AuditLog(path), clock, cluster=SafeText("prod"), operator=SafeText("op"))
    engine = Engine(cluster, catalogue(), trail, clock, cluster.write_mode)
    settled = await engine.reconcile()

    assert [record.state for record in settled] == ([] if end is None else [end])
    assert await engine.reconcile() == ()
    assert not path.exists() or verify(path).fine
    assert cluster.sent == []
