"""What is done to the cluster stands in the open incident's timeline before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from book_stage import BookStage
from opsconsole.domain.incident import Incident, IncidentSeverity
from opsconsole.domain.incident_event import Fact, IncidentEvent, OperationTold
from opsconsole.domain.operation import OperationKind, OperationState, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.late_records import IncidentJournal, LateRecords
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.records import Records
from opsconsole.operations.audit.chain import read
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.engine import Engine
from opsconsole.operations.journal import TELL_SECONDS, Journal
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import DEPLOYMENT, ScriptedCluster, catalogue

S = OperationState
SCALE = Order(OperationKind.SCALE, DEPLOYMENT, replicas=5, reason=SafeText("more load"))
FULL = StoreError("no space left for the records; free some")


class Stage(BookStage):
    """A console with an engine, records and one book of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "state")
        self.mode = WriteMode(self.clock)
        self.mode.open()
        self.cluster = ScriptedCluster(self.mode, self.clock.now)
        self.log = AuditLog(folder / "audit" / "prod.jsonl")
        self.mine = self.book()
        self.opened = 0

    async def _open(self) -> Records:
        self.opened += 1
        if self.store.broken:
            raise self.store.broken
        return Records(self.store, self.mine)

    @property
    def journal(self) -> IncidentJournal:
        return IncidentJournal(LateRecords(self._open, attachment_of(self.folder, "prod")))

    def engine(self, journal: Journal | None = None, patience: float = TELL_SECONDS) -> Engine:
        trail = Trail(
            self.log,
            self.clock,
            cluster=SafeText("prod"),
            operator=SafeText("jane@laptop"),
            journal=journal or self.journal,
            patience=patience,
        )
        return Engine(self.cluster, catalogue(), trail, self.clock, self.mode)

    async def incident(self, book: Book | None = None) -> Incident:
        return await (book or self.mine).open([], title=SafeText("Checkout fails"), severity=IncidentSeverity.P2)

    async def told(self, incident: Incident) -> list[tuple[IncidentEvent, OperationTold]]:
        events = await self.store.events(incident.id)
        return [(one, one.what) for one in events if isinstance(one.what, OperationTold)]

    @property
    def recorded(self) -> list[S]:
        return [one.state for one in read(self.log.path)] if self.log.path.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def carried(engine: Engine, order: Order = SCALE) -> list[Step]:
    return [step async for step in engine.carry_out(await engine.check(order))]


async def states(stage: Stage, incident: Incident) -> list[S]:
    return [what.state for _, what in await stage.told(incident)]


async def test_every_state_of_an_operation_is_told_with_who_what_and_why(stage: Stage) -> None:
    incident = await stage.incident()
    seen: list[list[S]] = []
    stage.cluster.before_send = lambda _: seen.append(
        [one.what.state for one in stage.store.written if isinstance(one.what, OperationTold)]
    )
    steps = await carried(stage.engine())
    assert steps[-1].state is S.VERIFIED
    assert seen == [[S.RECORDED, S.SENT]]
    told = await stage.told(incident)
    assert [what.state for _, what in told] == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]
    event, what = told[0]
    assert (what.kind, what.target.words) == (OperationKind.SCALE, "deployment shop/checkout")
    assert (what.words, what.reason) == ("scale deployment shop/checkout to 5", "more load")
    assert {one.author.operator for one, _ in told} == {"jane@laptop"}
    assert {one.author.identity for one, _ in told} == {"jane@example.com"}
    assert (event.origin, event.at) == ("engine", read(stage.log.path)[0].at)
    assert "the incident's timeline" in next(one.words for one in steps if one.state is S.RECORDED)


async def test_without_an_incident_the_records_are_not_even_opened(stage: Stage) -> None:
    stage.store.broken = FULL
    assert (await carried(stage.engine()))[-1].state is S.VERIFIED
    assert stage.opened == 0


async def test_a_console_started_anew_tells_it_to_the_incident_of_before(stage: Stage) -> None:
    incident = await stage.incident(stage.book())
    await carried(stage.engine())
    assert await states(stage, incident) == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]


async def test_what_the_incident_can_not_record_is_not_sent(stage: Stage) -> None:
    await stage.incident()
    engine = stage.engine()
    plan = await engine.check(SCALE)
    stage.store.broken = FULL
    steps = [step async for step in engine.carry_out(plan)]
    assert stage.cluster.sent == []
    assert steps[-1].state is S.REFUSED
    assert steps[-1].words == f"nothing was sent, because it can't be recorded: {FULL}"
    assert stage.recorded == []


class Failing:
    """A journal that fails from the call numbered `good` on, by `error`, or by never answering."""

    def __init__(self, journal: Journal, good: int, error: StoreError | None) -> None:
        self.journal = journal
        self.good = good
        self.error = error

    async def incident(self) -> str:
        return await self.journal.incident()

    async def tell(self, incident: str, facts: Sequence[Fact]) -> None:
        self.good -= 1
        if self.good < 0 and self.error is not None:
            raise self.error
        if self.good < 0:
            await asyncio.Event().wait()
        await self.journal.tell(incident, facts)


@pytest.mark.parametrize(
    ("error", "why"), [(FULL, str(FULL)), (None, "the incident's record did not answer within 0.05 s")]
)
async def test_what_the_timeline_does_not_tell_is_not_sent_and_the_log_says_so(
    stage: Stage, error: StoreError | None, why: str
) -> None:
    incident = await stage.incident()
    steps = await carried(stage.engine(Failing(stage.journal, 0, error), patience=0.05))
    assert stage.cluster.sent == []
    assert [step.state for step in steps] == [S.CONFIRMED, S.REFUSED]
    assert steps[-1].words == f"nothing was sent, because the incident's timeline can't tell it: {why}"
    assert stage.recorded == [S.RECORDED, S.REFUSED]
    assert await states(stage, incident) == []
    assert await stage.engine().reconcile() == ()
    assert await states(stage, incident) == [S.RECORDED, S.REFUSED]


@pytest.mark.parametrize("good", [1, 2, 3])
@pytest.mark.parametrize("error", [FULL, None])
async def test_once_it_is_sent_a_failing_timeline_stops_neither_the_log_nor_the_watching(
    stage: Stage, good: int, error: StoreError | None
) -> None:
    incident = await stage.incident()
    steps = await carried(stage.engine(Failing(stage.journal, good, error), patience=0.05))
    assert [step.state for step in steps][-1] is S.VERIFIED
    assert stage.recorded == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]
    assert "not in the incident's timeline yet" in steps[-1].words
    assert await states(stage, incident) == stage.recorded[:good]
    again = stage.engine()
    for _ in range(2):
        await again.reconcile()
        assert await states(stage, incident) == stage.recorded


async def test_an_operation_stays_with_its_incident_when_another_is_worked_on(stage: Stage) -> None:
    first = await stage.incident()
    engine = stage.engine()
    steps = engine.carry_out(await engine.check(SCALE))
    assert [(await anext(steps)).state, (await anext(steps)).state] == [S.CONFIRMED, S.RECORDED]
    second = await stage.incident()
    async for _ in steps:
        pass
    assert await states(stage, first) == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]
    assert await states(stage, second) == []


async def test_records_that_could_not_be_opened_are_tried_again(stage: Stage) -> None:
    incident = await stage.incident(stage.book())
    stage.store.broken = FULL
    journal = stage.journal
    assert (await carried(stage.engine(journal)))[-1].state is S.REFUSED
    stage.store.broken = None
    assert (await carried(stage.engine(journal)))[-1].state is S.VERIFIED
    assert await states(stage, incident) == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]
    assert (stage.opened, stage.cluster.sent) == (2, [(await stage.told(incident))[0][1].operation])


async def test_records_are_opened_once_and_given_back(stage: Stage) -> None:
    records = LateRecords(stage._open, attachment_of(stage.folder, "prod"))
    assert await records.if_needed() is None
    one, other = await asyncio.gather(records(), records())
    assert one is other
    assert await records.if_needed() is one
    await records.close()
    assert (stage.opened, stage.store.closed) == (1, True)
