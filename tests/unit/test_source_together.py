"""Several questions at once: one failure leaves the others' answers."""

from __future__ import annotations

import asyncio

import pytest

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.sources.together import good, together


async def answer(value: int) -> int:
    return value


async def failure(kind: ErrorKind = ErrorKind.SERVER) -> int:
    raise SourceError(kind, "jaeger")


async def test_answers_stand_in_the_order_of_the_questions_with_errors_in_their_place() -> None:
    first, second, third = await together([answer(1), failure(), answer(3)])
    assert (first, third) == (1, 3)
    assert isinstance(second, SourceError)
    assert good((first, second, third)) == (1, 3)


async def test_where_all_failed_the_first_error_is_raised() -> None:
    with pytest.raises(SourceError) as caught:
        good(await together([failure(ErrorKind.TLS), failure()]))
    assert caught.value.kind is ErrorKind.TLS


async def test_no_question_has_no_answer_and_no_error() -> None:
    assert good(await together([])) == ()


async def test_cancelling_the_asker_cancels_every_question() -> None:
    everyone, cancelled = asyncio.Barrier(3), []

    async def endless(number: int) -> int:
        try:
            await everyone.wait()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    asking = asyncio.create_task(together([endless(1), endless(2)]))
    await everyone.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert sorted(cancelled) == [1, 2]
