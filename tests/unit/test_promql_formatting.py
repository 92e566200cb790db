"""Numbers and durations as Prometheus writes them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.practice.promql.formatting import format_value
from opsconsole.practice.promql.parsing import duration_seconds, duration_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.25, "-0.25"),
        (1e15, "1000000000000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e-6, "0.0000015"),
        (1e-7, "1e-07"),
        (0.1 + 0.2, "0.30000000000000004"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_a_value_is_written_as_the_server_does(value: float, text: str) -> None:
    assert format_value(value) == text


@given(st.floats(allow_nan=False))
def test_a_written_value_reads_back_the_same(value: float) -> None:
    assert float(format_value(value)) == value


@given(st.integers(min_value=1, max_value=10**11))
def test_a_written_duration_reads_back_the_same(milliseconds: int) -> None:
    assert duration_seconds(duration_text(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)
