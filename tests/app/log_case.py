"""What tests of the logs pane share: numbered lines, the pane, what the source was asked."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from console_case import ConsoleCase

from opsconsole.actions import PaneName
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.screens.logs_pane import LogsPane
from widget_samples import LOGS, NOW, record

NEWEST = LOGS.records[0]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]")
"""Characters that a terminal obeys, or that deceive the eye; line feeds may stand in files."""


def numbered(number: int) -> LogRecord:
    """Line `number` of a row of them, a second apart; higher ones are newer, number 0 is of now."""
    made = record(number, LogLevel.INFO, "checkout", f"line {number}")
    return msgspec.structs.replace(made, id=SafeText(f"n{number}"), time=NOW + number)


def page(first: int, last: int, **more: object) -> LogPage:
    """Lines `first` to `last`, newest first."""
    records = tuple(numbered(number) for number in range(last, first - 1, -1))
    return LogPage(records, 10_000, False, **more)  # type: ignore[arg-type]


def pane(case: ConsoleCase) -> LogsPane:
    found = case.screen.pane(PaneName.LOGS)
    assert isinstance(found, LogsPane)
    return found


def asked(case: ConsoleCase, question: str = "logs") -> LogSearch:
    """The last search the source heard."""
    about = [about for heard, about in case.backends.logs.asked if heard == question][-1]
    assert isinstance(about, tuple)
    found = about[0]
    assert isinstance(found, LogSearch)
    return found


async def until(case: ConsoleCase, condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        await case.pilot.pause(0.05)
    pytest.fail(f"it never came to that\n{case.text}", pytrace=False)
