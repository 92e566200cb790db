"""The team's incidents in an index of Elasticsearch: the practice cluster's, and a real one's."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from hostile.corpus import HOSTILE
from memory_incidents import MemoryIncidents
from opsconsole.cli.incident_sync import exchange_once
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, SharedIncidentSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.evidence import LinesEvidence
from opsconsole.domain.incident import Incident, IncidentSeverity
from opsconsole.domain.incident_event import Author, EvidencePinned, IncidentEvent, Noted, Opened, Unreadable, What
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.incident_sharing import sharing_of
from opsconsole.incidents.folding import fold
from opsconsole.incidents.protocols import SharedIncidents, SharedReader
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.safe_text import safe_text
from opsconsole.sources.connect import connect_incidents

PATIENCE = 60.0
INCIDENT = "inc-20261128-7kq4"
AT = 1_795_800_000.0


def event(name: str, what: What, *, at: float = AT, replaces: tuple[str, ...] = ()) -> IncidentEvent:
    return IncidentEvent(
        id=name,
        incident=INCIDENT,
        at=at,
        recorded_at=at + 0.25,
        author=Author(SafeText("ann@laptop"), SafeText("ann")),
        origin=SafeText("operator"),
        what=what,
        replaces=replaces,
    )


def note(name: str, words: str = "seen") -> IncidentEvent:
    return event(name, Noted(SafeText(words)), replaces=("ev-0",))


OPENED = event("ev-0", Opened(SafeText("checkout fails"), IncidentSeverity.P1, SafeText("prod")))


@pytest.fixture
def cluster(logging_shop: ClusterSettings) -> Iterator[ClusterSettings]:
    """A cluster whose incidents are shared in an index of the test's own."""
    assert logging_shop.elasticsearch is not None
    index = f"incidents-{uuid.uuid4().hex[:8]}"
    yield ClusterSettings(
        "prod", elasticsearch=logging_shop.elasticsearch, incidents=SharedIncidentSettings(index=index)
    )
    with api_of(logging_shop) as api:
        api.delete(f"/{index}")


def api_of(cluster: ClusterSettings) -> httpx.Client:
    assert cluster.elasticsearch is not None
    return httpx.Client(base_url=cluster.elasticsearch.url, trust_env=False, timeout=60)


def index_of(cluster: ClusterSettings) -> str:
    assert cluster.incidents is not None
    return cluster.incidents.index


@pytest.fixture
async def shared(cluster: ClusterSettings) -> AsyncIterator[SharedIncidents]:
    made = connection(cluster)
    yield made
    await made.close()


def connection(cluster: ClusterSettings) -> SharedIncidents:
    made = connect_incidents(cluster, SystemClock(), uuid.uuid4().hex)
    assert made is not None
    return made


async def read(reader: SharedReader, count: int, known: Sequence[str] = ()) -> list[IncidentEvent]:
    """At least `count` events, as soon as searches see them."""
    found: list[IncidentEvent] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            found += (await reader.read(known)).events
            await asyncio.sleep(0.05)
    return found


async def test_events_come_as_they_were_sent(shared: SharedIncidents, cluster: ClusterSettings) -> None:
    sent = [OPENED, note("ev-1"), note("ev-2", "\u00e4\u4e2d\u6587 \U0001f525")]
    assert await shared.send(sent) == ("ev-0", "ev-1", "ev-2")
    assert await read(shared.reader(0), 3) == sent
    other = connection(cluster)
    assert await read(other.reader(0), 3) == sent
    await other.close()


async def test_an_event_that_is_there_already_is_not_written_again(shared: SharedIncidents) -> None:
    await shared.send([OPENED])
    assert await shared.send([OPENED, note("ev-0", "another"), note("ev-1")]) == ("ev-0", "ev-1")
    assert await read(shared.reader(0), 2) == [OPENED, note("ev-1")]


async def test_two_that_begin_at_once_make_one_index(cluster: ClusterSettings) -> None:
    machines = [connection(cluster) for _ in range(4)]
    await asyncio.gather(*(one.send([note(f"ev-{number}")]) for number, one in enumerate(machines)))
    watermarks = set()
    for one in machines:
        assert len(await read(one.reader(0), 4)) == 4
        watermarks.add((await one.reader(0).read()).watermark)
        await one.close()
    assert len(watermarks) == 1


async def test_a_long_record_is_read_whole_and_in_order(shared: SharedIncidents) -> None:
    sent = [note(f"ev-{number:04}") for number in range(1234)]
    assert len(await shared.send(sent)) == len(sent)
    assert await read(shared.reader(0), len(sent)) == sent


async def test_an_index_of_somebody_else_is_not_written_to(shared: SharedIncidents, cluster: ClusterSettings) -> None:
    with api_of(cluster) as api:
        made = {"mappings": {"properties": {"message": {"type": "text"}}}}
        api.put(f"/{index_of(cluster)}", json=made).raise_for_status()
        with pytest.raises(SourceError) as refused:
            await shared.send([OPENED])
        assert refused.value.kind is ErrorKind.CONFIGURATION
        assert "name another `index`" in refused.value.sentence
        assert api.get(f"/{index_of(cluster)}/_doc/ev-0").status_code == 404


async def test_an_index_that_is_deleted_is_made_anew_and_told(
    shared: SharedIncidents, cluster: ClusterSettings
) -> None:
    await shared.send([OPENED])
    reader = shared.reader(0)
    await read(reader, 1)
    with api_of(cluster) as api:
        api.delete(f"/{index_of(cluster)}").raise_for_status()
    anew = False
    async with asyncio.timeout(PATIENCE):
        while not anew:
            anew = (await reader.read()).anew
            await asyncio.sleep(0.05)
    await shared.send([OPENED])
    assert await read(reader, 1) == [OPENED]


async def test_an_event_of_a_newer_console_is_kept_as_it_came(
    shared: SharedIncidents, cluster: ClusterSettings
) -> None:
    what = {"type": "teleported", "to": ["mars"], "deep": {"a.b": 1}}
    field = {"type": "field-set", "field": "mood", "value": "good"}
    await shared.send([OPENED])
    put(cluster, "ev-1", what=what)
    put(cluster, "ev-2", what=field)
    _, first, second = await read(shared.reader(0), 3)
    assert isinstance(first.what, Unreadable)
    assert isinstance(second.what, Unreadable)
    assert first.what.kind == "teleported"
    assert msgspec.json.decode(first.what.raw) == what
    assert msgspec.json.decode(second.what.raw) == field


async def test_hostile_texts_are_made_harmless(shared: SharedIncidents, cluster: ClusterSettings) -> None:
    await shared.send([OPENED])
    texts = [text for text in HOSTILE if "\ud800" not in text]
    for number, text in enumerate(texts):
        put(cluster, f"ev-{number + 1}", what={"type": "note", "words": text}, origin=text, author={"operator": text})
    _, *found = await read(shared.reader(0), len(texts) + 1)
    for text, one in zip(texts, found, strict=True):
        assert isinstance(one.what, Noted)
        assert one.what.words == one.origin == one.author.operator == safe_text(text)


@pytest.mark.parametrize(
    "broken",
    [
        {"incident": "../../etc/passwd"},
        {"incident": ""},
        {"at": -1.0},
        {"at": 1e300},
        {"recorded_at": None},
        {"what": "words"},
        {"what": {"words": "without a type"}},
        {"replaces": ["\u001b[2J"]},
        {"author": "ann"},
    ],
    ids=str,
)
async def test_what_is_no_event_costs_itself_alone(
    shared: SharedIncidents, cluster: ClusterSettings, broken: dict[str, Any]
) -> None:
    await shared.send([OPENED])
    with api_of(cluster) as api:
        document = {**SOURCE, "what": {"type": "note", "words": "x"}, **broken}
        answer = api.put(f"/{index_of(cluster)}/_create/ev-1", json=document)
        if answer.status_code == 400:
            return  # the server's mapping forbids it already
    await shared.send([note("ev-2")])
    reader, found, skipped = shared.reader(0), [], 0
    async with asyncio.timeout(PATIENCE):
        while len(found) < 2:
            part = await reader.read()
            found += [one.id for one in part.events]
            skipped += part.skipped
            await asyncio.sleep(0.05)
    assert (found, skipped) == (["ev-0", "ev-2"], 1)


SOURCE = {"doc": "event", "incident": INCIDENT, "at": AT, "recorded_at": AT, "origin": "operator", "size": 10}


def put(cluster: ClusterSettings, name: str, **fields: Any) -> None:
    """Write a document as another program would."""
    with api_of(cluster) as api:
        api.put(f"/{index_of(cluster)}/_create/{name}", json={**SOURCE, **fields}).raise_for_status()


async def test_evidence_that_is_too_large_is_cut_and_says_so(shared: SharedIncidents) -> None:
    records = tuple(
        LogRecord(SafeText(f"line-{number}"), AT + number, LogLevel.ERROR, SafeText("checkout"), SafeText("x" * 4000))
        for number in range(500)
    )
    evidence = LinesEvidence(
        title=SafeText("errors of checkout"),
        span=TimeRange(AT, AT + 600),
        at=AT + 250,
        captured_at=AT + 600,
        source=SafeText("elasticsearch"),
        search=LogSearch(Selection(SafeText("prod")), TimeRange(AT, AT + 600)),
        records=records,
        total=500,
    )
    await shared.send([OPENED, event("ev-1", EvidencePinned(evidence))])
    _, found = await read(shared.reader(0), 2)
    assert isinstance(found.what, EvidencePinned)
    kept = found.what.evidence
    assert isinstance(kept, LinesEvidence)
    assert 50 < len(kept.records) < 500
    assert kept.completeness == f"the team's store has {len(kept.records)} of 500 lines"
    assert records[250] in kept.records
    assert list(kept.records) == sorted(kept.records, key=lambda one: one.time or 0.0)


async def test_people_see_the_incident_that_tells_most(shared: SharedIncidents, cluster: ClusterSettings) -> None:
    early, late = fold([OPENED]), fold([OPENED, note("ev-1")])
    await shared.send([OPENED])
    await shared.tell(early)
    assert head_of(cluster)["events"] == 1
    await asyncio.gather(*(one.tell(late) for one in itertools.repeat(shared, 3)))
    await shared.tell(early)
    told = head_of(cluster)
    assert (told["events"], told["title"], told["severity"], told["state"]) == (2, "checkout fails", "P1", "triage")


async def test_all_who_tell_at_once_leave_the_incident_that_tells_most(cluster: ClusterSettings) -> None:
    machines = [connection(cluster) for _ in range(4)]
    await machines[0].send([OPENED])
    known: list[IncidentEvent] = [OPENED, *(note(f"ev-{number}") for number in range(1, 5))]
    versions: list[Incident] = [fold(known[: number + 2]) for number in range(4)]
    await asyncio.gather(*(one.tell(version) for one, version in zip(machines, versions, strict=True)))
    assert head_of(cluster)["events"] == 5
    for one in machines:
        await one.close()


def head_of(cluster: ClusterSettings) -> Any:
    with api_of(cluster) as api:
        return api.get(f"/{index_of(cluster)}/_doc/head.{INCIDENT}").raise_for_status().json()["_source"]


async def test_two_machines_come_to_have_the_same(cluster: ClusterSettings) -> None:
    ann, bob = MemoryIncidents(OPENED, note("ev-1")), MemoryIncidents()
    first, second = (sharing_of(cluster, store, SystemClock()) for store in (ann, bob))
    assert first is not None
    assert second is not None
    await first.exchange()
    async with asyncio.timeout(PATIENCE):
        while len(bob.written) < 2:
            await second.exchange()
            await asyncio.sleep(0.05)
    await bob.append([note("ev-2")])
    await second.exchange()
    async with asyncio.timeout(PATIENCE):
        while len(ann.written) < 3:
            await first.exchange()
            await asyncio.sleep(0.05)
    assert await ann.events(INCIDENT) == await bob.events(INCIDENT)
    for one in (first, second):
        await one.close()


async def test_a_command_exchanges_everything_at_once(cluster: ClusterSettings, tmp_path: Path) -> None:
    ann, bob = SqliteIncidents(tmp_path / "ann.db"), SqliteIncidents(tmp_path / "bob.db")
    await ann.append([OPENED, event("ev-1", Noted(SafeText("seen")))])
    outcome, state = await exchange_once(ann, cluster)
    assert (outcome.sent, outcome.received, state.words) == (2, 0, "live")
    received = 0
    async with asyncio.timeout(PATIENCE):
        while received < 2:
            received += (await exchange_once(bob, cluster))[0].received
            await asyncio.sleep(0.05)
    assert await bob.events(INCIDENT) == await ann.events(INCIDENT)
    for store in (ann, bob):
        await store.close()


def test_without_a_server_it_says_what_to_configure() -> None:
    with pytest.raises(ConfigError, match="name a `server`, or configure `elasticsearch`"):
        connect_incidents(ClusterSettings("prod", incidents=SharedIncidentSettings("team")), SystemClock(), "x")


def test_a_pattern_is_no_index(logging_shop: ClusterSettings) -> None:
    settings = ClusterSettings(
        "prod", elasticsearch=logging_shop.elasticsearch, incidents=SharedIncidentSettings("incidents-*")
    )
    with pytest.raises(ConfigError, match="is not the name of one index"):
        connect_incidents(settings, SystemClock(), "x")


def test_nothing_is_shared_unless_it_is_configured() -> None:
    assert connect_incidents(ClusterSettings("prod"), SystemClock(), "x") is None
    assert sharing_of(ClusterSettings("prod"), MemoryIncidents(), SystemClock()) is None
