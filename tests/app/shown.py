"""Waiting for what a console shows, with an end to the patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from console_case import ConsoleCase


async def shown(case: ConsoleCase, words: str) -> str:
    """The screen once `words` are on it, across its lines."""

    def there() -> bool:
        return words in case.text or words in " ".join(case.text.split())

    await until(case, there)
    return case.text


async def until(case: ConsoleCase, met: Callable[[], bool]) -> None:
    """Returns once the condition is met; raises `TimeoutError` with what was on the screen after a minute."""
    try:
        async with asyncio.timeout(60):
            while not met():
                await case.settled()
    except TimeoutError:
        raise TimeoutError(case.text) from None
