"""The machine's clock is set: an hour on, an hour back, a step of NTP. Nothing that waits notices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from console_case import SETTINGS, ConsoleCase, console

from fake_clock import FakeClock
from memory_incidents import MemoryIncidents
from opsconsole.domain.incident import IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import Noted
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.write_mode import WRITE_MODE_SECONDS

HOUR = 3600.0
JUMPS = (HOUR, -HOUR, -0.4, 0.4, -86_400.0)
AGE_BELOW_ZERO = re.compile(r"(?<![\w–:-])-\d+(\.\d+)?(s|m|h|d)\b")


def asked(case: ConsoleCase) -> int:
    return sum(question == "alerts" for question, _ in case.backends.alerts.asked)


async def test_feeds_neither_stall_nor_storm_and_no_age_is_below_zero() -> None:
    async with console(size=(160, 45)) as case:
        for jump in JUMPS:
            before = asked(case)
            case.clock.set_wall(jump)
            await case.pass_time(60)
            text = case.text
            assert asked(case) - before in (6, 7)  # one in ten seconds
            assert AGE_BELOW_ZERO.findall(text) == []
            assert all(f"{source} ●" in text for source in ("k8s", "prom", "am", "es", "jaeger"))


async def test_write_mode_ends_by_the_time_that_has_passed() -> None:
    async with console(settings=SETTINGS) as case:
        await case.press("W")
        case.clock.set_wall(-HOUR)
        await case.pass_time(1)
        assert "WRITE 15m" in case.text
        case.clock.set_wall(2 * HOUR)
        await case.pass_time(1)
        assert "WRITE" in case.text
        case.clock.set_wall(-HOUR)
        await case.pass_time(WRITE_MODE_SECONDS)
        assert "READ-ONLY" in case.text


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_an_incident_is_worked_on_whatever_the_clock_says_meanwhile(tmp_path: Path, jump: float) -> None:
    clock, cluster = FakeClock(), SafeText("prod")
    store = MemoryIncidents()
    book = Book(
        store, clock, cluster=cluster, operator=SafeText("ana@laptop"), attachment=attachment_of(tmp_path, cluster)
    )
    opened = await book.open([], title=SafeText("it slowed down"), severity=IncidentSeverity.P2)
    clock.set_wall(jump)
    await book.write([Noted(SafeText("after the clock was set"))])
    await book.set_field(IncidentField.STATE, SafeText(IncidentState.STARTED.value))
    clock.set_wall(-2 * jump)
    await book.set_field(IncidentField.STATE, SafeText(IncidentState.MITIGATED.value))
    found = await store.incident(opened.id)
    assert found.state is IncidentState.MITIGATED
    begun = [at for _, at in found.state_times]
    assert begun == sorted(begun)
