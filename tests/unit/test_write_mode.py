"""Write mode: closed unless opened, and closed again by itself."""

from __future__ import annotations

import pytest

from fake_clock import FakeClock
from opsconsole.write_mode import WRITE_MODE_SECONDS, ReadOnlyError, WriteMode


def test_a_console_is_read_only_until_write_mode_is_opened() -> None:
    mode = WriteMode(FakeClock())
    assert not mode.is_open
    assert mode.remaining == 0
    with pytest.raises(ReadOnlyError):
        mode.permit("PATCH", "/x", "op")


async def test_it_closes_by_itself_and_says_how_long_is_left() -> None:
    clock = FakeClock()
    mode = WriteMode(clock)
    mode.open()
    await clock.advance(WRITE_MODE_SECONDS - 1)
    assert mode.remaining == 1
    await clock.advance(1)
    assert mode.remaining == 0
    with pytest.raises(ReadOnlyError):
        mode.permit("PATCH", "/x", "op")


async def test_opening_again_counts_from_then() -> None:
    clock = FakeClock()
    mode = WriteMode(clock)
    mode.open()
    await clock.advance(600)
    mode.open()
    assert mode.remaining == WRITE_MODE_SECONDS


def test_a_permit_is_spent_once_and_only_on_its_own_request() -> None:
    mode = WriteMode(FakeClock())
    mode.open()
    permit = mode.permit("patch", "/x", "op")
    assert not mode.spend(None, "PATCH", "/x")
    assert not mode.spend(permit, "DELETE", "/x")
    assert not mode.spend(permit, "PATCH", "/y")
    assert mode.spend(permit, "PATCH", "/x")
    assert not mode.spend(permit, "PATCH", "/x")


def test_closing_voids_permits_for_good() -> None:
    mode = WriteMode(FakeClock())
    mode.open()
    permit = mode.permit("PATCH", "/x", "op")
    mode.close()
    mode.open()
    assert not mode.spend(permit, "PATCH", "/x")
