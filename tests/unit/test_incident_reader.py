"""The team's index is read in its order and completely, also where numbers come to light late or are given anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from fake_clock import FakeClock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.sources.elasticsearch.incident_reader import (
    EVENTS_AT_ONCE,
    GAP_AGE,
    PAGE,
    RE_READ,
    IncidentIndexReader,
)
from opsconsole.sources.elasticsearch.incident_server import Place

PROD = SafeText("prod")


class NumberedServer:
    """An index whose documents stand at the numbers where a test puts them."""

    def __init__(self) -> None:
        self.documents: dict[int, tuple[str, str, int]] = {}
        self.index = 7
        self.remembered: int | None = None
        self.fetched: list[str] = []
        self.asked_again: list[int] = []
        self.broken: SourceError | None = None
        self.too_large: set[str] = set()

    def put(self, number: int, name: str = "", *, kind: str = "event", term: int = 1) -> None:
        self.documents[number] = (name or f"ev-{number}", kind, term)

    async def identity(self) -> int:
        if self.remembered is None:
            self.remembered = self.index
        return self.remembered

    def forget(self) -> None:
        self.remembered = None

    async def places(self, since: int, among: Sequence[int], limit: int) -> list[Place]:
        self.asked_again = list(among)
        if self.broken is not None:
            raise self.broken
        wanted = sorted(number for number in self.documents if number >= since or number in among)[:limit]
        return [
            Place(name, number, term, {"doc": [kind], "size": [100]})
            for number in wanted
            for name, kind, term in [self.documents[number]]
        ]

    async def contents(self, ids: Sequence[str]) -> list[bytes]:
        if self.too_large & set(ids):
            raise SourceError(ErrorKind.TOO_LARGE, "store")
        self.fetched += ids
        return [stored(name) for name in ids]


def stored(name: str, **changed: Any) -> bytes:
    source = {"incident": "inc-1", "at": 1.0, "recorded_at": 1.0, "what": {"type": "note", "words": name}, **changed}
    return msgspec.json.encode({"_id": name, "_source": source})


@pytest.fixture
def server() -> NumberedServer:
    return NumberedServer()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def reader_of(server: NumberedServer, clock: FakeClock, watermark: int = 0) -> IncidentIndexReader:
    return IncidentIndexReader(server, watermark, clock, PROD)  # type: ignore[arg-type]


async def names(reader: IncidentIndexReader, known: Sequence[str] = ()) -> list[str]:
    """Ids of the events that are to be had now."""
    found: list[str] = []
    while True:
        part = await reader.read(known)
        found += [event.id for event in part.events]
        if not part.more:
            return found


async def test_events_come_in_the_order_of_their_numbers(server: NumberedServer, clock: FakeClock) -> None:
    for number in (3, 0, 2):
        server.put(number)
    server.put(4, "head.inc-1", kind="incident")
    server.put(1, "opsconsole.index", kind="index")
    reader = reader_of(server, clock)
    assert await names(reader) == ["ev-0", "ev-2", "ev-3"]
    assert await names(reader) == []
    server.put(5)
    assert await names(reader) == ["ev-5"]


async def test_a_number_that_comes_to_light_late_is_not_missed(server: NumberedServer, clock: FakeClock) -> None:
    server.put(0)
    server.put(2)
    reader = reader_of(server, clock)
    assert await names(reader) == ["ev-0", "ev-2"]
    clock.turn_on(GAP_AGE / 2)
    assert await names(reader) == []
    server.put(1)
    server.put(3)
    assert await names(reader) == ["ev-1", "ev-3"]


async def test_the_watermark_stays_below_a_gap_until_it_is_certain_that_nothing_comes(
    server: NumberedServer, clock: FakeClock
) -> None:
    server.put(0)
    server.put(2)
    reader = reader_of(server, clock)
    first = await reader.read()
    clock.turn_on(GAP_AGE / 2)
    assert (await reader.read()).watermark == first.watermark
    server.put(1)
    assert await names(reader_of(server, clock, first.watermark)) == ["ev-0", "ev-1", "ev-2"]


async def test_a_gap_is_given_up_when_no_write_can_take_so_long(server: NumberedServer, clock: FakeClock) -> None:
    server.put(0)
    server.put(2)
    reader = reader_of(server, clock)
    await reader.read()
    clock.turn_on(GAP_AGE)
    await reader.read()
    assert server.asked_again == [1]
    await reader.read()
    assert server.asked_again == []


async def test_a_new_reader_goes_on_at_the_watermark(server: NumberedServer, clock: FakeClock) -> None:
    for number in range(5):
        server.put(number)
    reader = reader_of(server, clock)
    await reader.read()
    clock.turn_on(GAP_AGE)
    watermark = (await reader.read()).watermark
    server.put(5)
    server.fetched.clear()
    assert await names(reader_of(server, clock, watermark), ["ev-4"]) == ["ev-5"]
    assert server.fetched == ["ev-5"]


async def test_what_was_read_a_moment_ago_is_read_again_by_a_new_reader(
    server: NumberedServer, clock: FakeClock
) -> None:
    server.put(0)
    reader = reader_of(server, clock)
    watermark = (await reader.read()).watermark
    assert await names(reader_of(server, clock, watermark)) == ["ev-0"]


async def test_known_events_are_not_fetched(server: NumberedServer, clock: FakeClock) -> None:
    for number in range(3):
        server.put(number)
    assert await names(reader_of(server, clock), ["ev-0", "ev-2"]) == ["ev-1"]
    assert server.fetched == ["ev-1"]


async def test_a_long_record_is_read_in_portions(server: NumberedServer, clock: FakeClock) -> None:
    for number in range(2 * PAGE + 10):
        server.put(number)
    reader = reader_of(server, clock)
    part = await reader.read()
    assert (len(part.events), part.more) == (EVENTS_AT_ONCE, True)
    rest = await names(reader)
    assert [*(event.id for event in part.events), *rest] == [f"ev-{number}" for number in range(2 * PAGE + 10)]


async def test_another_index_is_read_from_its_beginning(server: NumberedServer, clock: FakeClock) -> None:
    for number in range(5):
        server.put(number)
    reader = reader_of(server, clock)
    assert not (await reader.read()).anew
    server.documents.clear()
    server.put(0, "ev-new")
    server.index = 8
    server.forget()
    part = await reader.read()
    assert part.anew
    assert [event.id for event in part.events] == ["ev-new"]
    again = await reader_of(server, clock, (7 << 40) | 5).read()
    assert again.anew
    assert [event.id for event in again.events] == ["ev-new"]


async def test_an_index_that_lost_its_last_documents_is_read_and_filled_again(
    server: NumberedServer, clock: FakeClock
) -> None:
    for number in range(5):
        server.put(number)
    reader = reader_of(server, clock)
    await reader.read()
    for number in (3, 4):
        del server.documents[number]
    part = await reader.read()
    assert (part.anew, part.more, part.watermark) == (True, True, 0)
    assert await names(reader, ["ev-0", "ev-1", "ev-2"]) == []
    server.put(3, "ev-again")
    assert await names(reader) == ["ev-again"]


async def test_a_number_that_was_given_again_by_another_primary_is_not_missed(
    server: NumberedServer, clock: FakeClock
) -> None:
    for number in range(RE_READ + 5):
        server.put(number)
    reader = reader_of(server, clock)
    known = await names(reader)
    server.put(RE_READ + 2, "ev-other", term=2)
    server.put(RE_READ + 5, term=2)
    assert await names(reader, known) == ["ev-other", f"ev-{RE_READ + 5}"]
    assert await names(reader, known) == []


async def test_a_failed_search_changes_nothing(server: NumberedServer, clock: FakeClock) -> None:
    server.put(0)
    reader = reader_of(server, clock)
    server.broken = SourceError(ErrorKind.UNREACHABLE, "store")
    with pytest.raises(SourceError):
        await reader.read()
    server.broken = None
    assert await names(reader) == ["ev-0"]


async def test_what_is_too_large_to_read_costs_itself_alone(server: NumberedServer, clock: FakeClock) -> None:
    for number in range(5):
        server.put(number)
    server.too_large = {"ev-3"}
    part = await reader_of(server, clock).read()
    assert [event.id for event in part.events] == ["ev-0", "ev-1", "ev-2", "ev-4"]
    assert part.skipped == 1


async def test_most_numbers_missing_is_no_trouble(server: NumberedServer, clock: FakeClock) -> None:
    server.put(5_000_000)
    reader = reader_of(server, clock)
    assert await names(reader) == ["ev-5000000"]
    server.put(4_999_000)
    assert await names(reader) == ["ev-4999000"]
