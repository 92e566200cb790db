"""How long a key can wait for cyclic garbage to be looked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from opsconsole.garbage import spare_key_presses


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the interpreter as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_no_look_but_a_full_one_walks_more_than_a_few_ten_thousand_objects() -> None:
    spare_key_presses()
    young, middle, full = gc.get_threshold()
    # One more of the youngest looks than `middle` passes before the generation above is walked.
    assert young * (middle + 1) <= 30_000
    assert full >= 100_000
