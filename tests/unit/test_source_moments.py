"""Times as backends write them, good and bad."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.sources.moments import LATEST, parse_moment, rfc3339, valid_moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-08-07T14:11:03Z", 1786111863.0),
        ("2026-08-07T14:11:03.120456789Z", 1786111863.120456),
        ("2026-08-07T16:11:03+02:00", 1786111863.0),
        ("2026-08-07T14:11:03", 1786111863.0),
        ("1970-01-01T00:00:00Z", 0.0),
    ],
)
def test_a_time_is_read_with_its_zone_and_fraction(text: str, seconds: float) -> None:
    assert parse_moment(text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "now", "1e18", "NaN", "1786111863", "2026-13-01T00:00:00Z",
             "1969-12-31T23:59:59Z", "+292278994-08-17T07:12:55Z", "0001-01-01T00:00:00Z"]
)  # fmt: skip
def test_what_is_no_time_since_1970_is_none(text: str) -> None:
    assert parse_moment(text) is None


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, -1.0, LATEST + 1, 1e300])
def test_a_number_that_no_date_can_show_is_none(seconds: float) -> None:
    assert valid_moment(seconds) is None


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = parse_moment(text)
    assert moment is None or 0 <= moment <= LATEST


@given(st.floats(0, LATEST - 1))
def test_a_moment_written_for_an_api_reads_back(seconds: float) -> None:
    assert parse_moment(rfc3339(seconds)) == pytest.approx(seconds, abs=1e-5)
