"""A due date is read as people write it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from opsconsole.screens.incidents.due_date import parse_due

SATURDAY = datetime(2026, 11, 28, 3, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", "2026-11-28"),
        ("tomorrow", "2026-11-29"),
        ("mon", "2026-11-30"),
        ("fri", "2026-12-04"),
        ("Friday", "2026-12-04"),
        ("sat", "2026-12-05"),
        ("3d", "2026-12-01"),
        ("3 days", "2026-12-01"),
        ("2w", "2026-12-12"),
        ("2026-12-01", "2026-12-01"),
        ("2028-02-29", "2028-02-29"),
    ],
)
def test_it_names_the_end_of_that_day(typed: str, day: str) -> None:
    due = parse_due(typed, SATURDAY, UTC)
    assert due == datetime.fromisoformat(f"{day}T23:59:00+00:00").timestamp()


def test_today_is_the_day_of_the_zone() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    evening = datetime(2026, 11, 28, 20, 0, tzinfo=UTC).timestamp()
    assert parse_due("today", evening, tokyo) == datetime(2026, 11, 29, 23, 59, tzinfo=tokyo).timestamp()


def test_nothing_is_no_date() -> None:
    assert parse_due("  ", SATURDAY, UTC) is None


@pytest.mark.parametrize("typed", ["someday", "2026-13-01", "2026-02-30", "99999d 3", "f", "frx"])
def test_what_is_no_date_is_refused_with_examples(typed: str) -> None:
    with pytest.raises(ValueError, match="is no date: write fri, tomorrow, 3d, 2w or 2026-12-01"):
        parse_due(typed, SATURDAY, UTC)


def test_a_day_that_has_passed_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-11-27 has passed"):
        parse_due("2026-11-27", SATURDAY, UTC)
