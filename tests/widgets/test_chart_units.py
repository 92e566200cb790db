"""Values read as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.series import Unit
from opsconsole.widgets.chart.units import format_value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, Unit.NUMBER, "0"),
        (412.0, Unit.NUMBER, "412"),
        (3.4, Unit.NUMBER, "3.4"),
        (1200.0, Unit.NUMBER, "1.2k"),
        (1312.0, Unit.NUMBER, "1.31k"),
        (999.4, Unit.NUMBER, "999"),
        (999.6, Unit.NUMBER, "1k"),
        (-1500.0, Unit.NUMBER, "-1.5k"),
        (2.5e9, Unit.NUMBER, "2.5G"),
        (3.4, Unit.PER_SECOND, "3.4/s"),
        (1250.0, Unit.PER_SECOND, "1.25k/s"),
        (0.12, Unit.RATIO, "12 %"),
        (0.081, Unit.RATIO, "8.1 %"),
        (1.0, Unit.RATIO, "100 %"),
        (0.9995, Unit.RATIO, "99.95 %"),
        (0.999999, Unit.RATIO, "99.99 %"),
        (2.5, Unit.RATIO, "250 %"),
        (0.85, Unit.SECONDS, "850 ms"),
        (1.94, Unit.SECONDS, "1.94 s"),
        (0.00025, Unit.SECONDS, "250 µs"),
        (0.99999, Unit.SECONDS, "1 s"),
        (90.0, Unit.SECONDS, "90 s"),
        (125.0, Unit.SECONDS, "2m05s"),
        (7200.0, Unit.SECONDS, "2h"),
        (1.5 * 1024**3, Unit.BYTES, "1.5 GiB"),
        (512.0, Unit.BYTES, "512 B"),
        (1023.9, Unit.BYTES, "1 KiB"),
        (0.25, Unit.CORES, "0.25 cores"),
        (math.inf, Unit.SECONDS, "+Inf"),
        (-math.inf, Unit.SECONDS, "-Inf"),
        (math.nan, Unit.BYTES, "–"),
        (None, Unit.BYTES, "–"),
    ],
)
def test_a_value_reads_in_three_digits_with_its_unit(value: float | None, unit: Unit, text: str) -> None:
    assert format_value(value, unit) == text


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(list(Unit)))
def test_every_float_has_a_short_text(value: float, unit: Unit) -> None:
    assert 1 <= len(format_value(value, unit)) <= 20


@given(st.floats(min_value=0.0, max_value=0.9999999999, exclude_max=True))
def test_a_ratio_below_one_never_reads_as_a_hundred_per_cent(value: float) -> None:
    assert not format_value(value, Unit.RATIO).startswith("100")


@given(st.floats(min_value=0.001, max_value=9e14))
def test_a_number_keeps_its_size_within_half_a_per_cent(value: float) -> None:
    text = format_value(value, Unit.NUMBER)
    factor = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1], 1.0)
    assert float(text.rstrip("kMGT")) * factor == pytest.approx(value, rel=0.0055)
