"""A console killed with SIGKILL around what it records: the next one completes the incident's timeline, once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from opsconsole.clock import SystemClock
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.incident_event import OperationTold
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.late_records import IncidentJournal, LateRecords
from opsconsole.incidents.records import Records
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.operations.audit.chain import read
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.carrying_out import SEND_SECONDS, SETTLED_AFTER
from opsconsole.operations.engine import Engine
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import ScriptedCluster, catalogue

S = OperationState
TESTS = Path(__file__).resolve().parents[1]
WAY = [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]

CONSOLE = """
import asyncio, os, signal, sys
from pathlib import Path
import msgspec
from opsconsole.clock import SystemClock
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.operation import OperationKind, Order
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.late_records import IncidentJournal, LateRecords
from opsconsole.incidents.records import Records
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.engine import Engine
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import DEPLOYMENT, ScriptedCluster, catalogue

folder, place = Path(sys.argv[1]), sys.argv[2]


def die(here):
    if here == place:
        os.kill(os.getpid(), signal.SIGKILL)


class Journal(IncidentJournal):
    async def tell(self, incident, facts):
        state = facts[-1].what.state.value
        die(f"before {state} is told")
        await super().tell(incident, facts)
        die(f"after {state} is told")


class Cluster(ScriptedCluster):
    async def send(self, mutation, operation):
        live = await super().send(mutation, operation)
        (folder / "cluster.json").write_bytes(msgspec.json.encode(self.objects[Kind.DEPLOYMENT, "checkout"]))
        die("after the change")
        return live


async def main():
    clock = SystemClock()
    mode = WriteMode(clock)
    mode.open()
    attachment = attachment_of(folder, "prod")

    async def opened():
        store = SqliteIncidents(folder / "incidents.db")
        return Records(store, Book(store, clock, cluster="prod", operator="op", attachment=attachment))

    records = LateRecords(opened, attachment)
    book = (await records()).book
    await book.open([], title="Checkout fails", severity=IncidentSeverity.P2)
    log = AuditLog(folder / "audit" / "prod.jsonl")
    trail = Trail(log, clock, cluster="prod", operator="op", journal=Journal(records))
    engine = Engine(Cluster(mode, clock.now), catalogue(), trail, clock, mode)
    plan = await engine.check(Order(OperationKind.SCALE, DEPLOYMENT, replicas=5))
    async for step in engine.carry_out(plan):
        pass
    await records.close()


asyncio.run(main())
"""


class LaterClock(SystemClock):
    """So much later that nothing can be on its way any more."""

    def now(self) -> float:
        return super().now() + SETTLED_AFTER + SEND_SECONDS + 1


@pytest.mark.parametrize(
    ("place", "told", "end"),
    [
        ("before recorded is told", [], [S.RECORDED, S.REFUSED]),
        ("after recorded is told", [S.RECORDED], [S.RECORDED, S.REFUSED]),
        ("before sent is told", [S.RECORDED], [S.RECORDED, S.SENT, S.REFUSED]),
        ("after sent is told", [S.RECORDED, S.SENT], [S.RECORDED, S.SENT, S.REFUSED]),
        ("after the change", [S.RECORDED, S.SENT], [S.RECORDED, S.SENT, S.APPLIED]),
        ("before applied is told", [S.RECORDED, S.SENT], [S.RECORDED, S.SENT, S.APPLIED]),
        ("before verified is told", WAY[:3], WAY),
        ("after verified is told", WAY, WAY),
        ("nowhere", WAY, WAY),
    ],
)
async def test_the_next_console_completes_the_timeline(place: str, told: list[S], end: list[S], tmp_path: Path) -> None:
    ended = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
        [sys.executable, "-c", CONSOLE, tmp_path, place], cwd=TESTS, check=False, timeout=120
    )
    assert ended.returncode == (0 if place == "nowhere" else -signal.SIGKILL)
    clock = LaterClock()
    store = SqliteIncidents(tmp_path / "incidents.db")
    attachment = attachment_of(tmp_path, "prod")
    cluster_name, user = SafeText("prod"), SafeText("op")

    async def opened() -> Records:
        return Records(store, Book(store, clock, cluster=cluster_name, operator=user, attachment=attachment))

    async def states() -> list[S]:
        (incident,) = await store.incidents()
        return [one.what.state for one in await store.events(incident.id) if isinstance(one.what, OperationTold)]

    assert await states() == told
    cluster = ScriptedCluster(WriteMode(clock), clock.now)
    if (body := tmp_path / "cluster.json").exists():
        cluster.objects[Kind.DEPLOYMENT, "checkout"] = msgspec.json.decode(body.read_bytes())
    log = AuditLog(tmp_path / "audit" / "prod.jsonl")
    journal = IncidentJournal(LateRecords(opened, attachment))
    trail = Trail(log, clock, cluster=cluster_name, operator=user, journal=journal)
    engine = Engine(cluster, catalogue(), trail, clock, cluster.write_mode)
    for _ in range(2):
        await engine.reconcile()
        assert await states() == end
        assert [record.state for record in read(log.path)] == end
    assert cluster.sent == []
    await store.close()
