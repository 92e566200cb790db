"""What was left open is looked at until it is settled, without saying the same twice."""

from __future__ import annotations

import asyncio

from fake_clock import FakeClock
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, OpsConsoleError, SourceError
from opsconsole.domain.operation import AuditRecord, OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.screens.operations.unsettled import Unsettled

S = OperationState
TARGET = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))


def record(state: S, words: str) -> AuditRecord:
    nobody = SafeText("")
    kind = OperationKind.ROLL_BACK
    return AuditRecord(7, 0.0, "op-1", state, kind, TARGET, nobody, nobody, nobody, SafeText(words))


class Case:
    """`finds` are what looks find, in turn; then nothing is open any more."""

    def __init__(self, *finds: AuditRecord | OpsConsoleError) -> None:
        self.finds = list(finds)
        self.looks = 0
        self.said: list[SafeText] = []
        self.clock = FakeClock()
        self.unsettled = Unsettled(self.look, self.said.append, self.clock)

    async def look(self) -> tuple[AuditRecord, ...]:
        self.looks += 1
        found = self.finds.pop(0) if self.finds else None
        if isinstance(found, OpsConsoleError):
            raise found
        return () if found is None else (found,)


async def test_where_nothing_is_open_one_look_is_enough() -> None:
    case = Case()
    await case.unsettled.settle()
    assert (case.looks, case.said) == (1, [])


async def test_what_is_unknown_is_looked_at_every_minute_and_told_again_only_when_it_is_settled() -> None:
    unknown = record(S.UNKNOWN, "nobody knows")
    case = Case(unknown, unknown, unknown, record(S.APPLIED, "it is there"))
    task = asyncio.create_task(case.unsettled.settle())
    await case.clock.advance(0)
    assert (case.looks, len(case.said)) == (1, 1)
    await case.clock.advance(121)
    assert (case.looks, len(case.said)) == (3, 1)
    await case.clock.advance(60)
    await task
    assert case.looks == 4
    assert case.said[0].endswith("nobody knows")
    assert case.said[1].endswith("it is there")
    assert all("roll" in words and "checkout" in words for words in case.said)


async def test_a_look_that_fails_is_told_once_and_made_again() -> None:
    away = SourceError(ErrorKind.UNREACHABLE, "kubernetes", SafeText("refused"))
    case = Case(away, away)
    task = asyncio.create_task(case.unsettled.settle())
    await case.clock.advance(130)
    await task
    assert (case.looks, len(case.said)) == (3, 1)


async def test_two_wishes_to_look_are_one() -> None:
    case = Case(record(S.UNKNOWN, "nobody knows"))
    first = asyncio.create_task(case.unsettled.settle(after=5))
    await case.clock.advance(1)
    await case.unsettled.settle()
    assert case.looks == 0
    await case.clock.advance(70)
    await first
    assert case.looks == 2
