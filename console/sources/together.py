"""Several questions at once, each of which may fail by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from opsconsole.domain.errors import SourceError

T = TypeVar("T")


async def together(questions: Iterable[Coroutine[Any, Any, T]]) -> tuple[T | SourceError, ...]:
    """Answers in the order of `questions`, a `SourceError` standing where one failed.

    Cancelling the caller cancels every question. How many really run at once is the wire's affair.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_answer(question)) for question in questions]
    return tuple(task.result() for task in tasks)


async def _answer(question: Coroutine[Any, Any, T]) -> T | SourceError:
    try:
        return await question
    except SourceError as error:
        return error


def good(answers: Iterable[T | SourceError]) -> tuple[T, ...]:
    """The answers that are none of errors. Raises the first error when there are only errors."""
    everything = tuple(answers)
    kept = tuple(answer for answer in everything if not isinstance(answer, SourceError))
    if not kept:
        for answer in everything:
            if isinstance(answer, SourceError):
                raise answer
    return kept
