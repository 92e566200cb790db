"""Both sets of signs fit the same layout."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len

from opsconsole.widgets.glyphs import ASCII, UNICODE, Glyphs

NARROW = [name for name in Glyphs.__struct_fields__ if name not in ("more", "levels")]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("name", NARROW)
def test_a_sign_is_one_cell_wide(glyphs: Glyphs, name: str) -> None:
    assert cell_len(getattr(glyphs, name)) == 1


def test_the_ascii_set_is_ascii() -> None:
    assert all(value.isascii() for value in msgspec.structs.asdict(ASCII).values())


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize(
    "family",
    [
        ("live", "stale", "partial", "down", "no_access", "paused", "unset"),
        ("firing", "pending", "silenced", "inhibited"),
        ("passing", "failing", "suspended", "unknown", "unset"),
        ("cursor", "cursor_blurred"),
        ("folded", "unfolded"),
        ("bar", "span_line", "event", "earlier", "later"),
    ],
)
def test_signs_that_stand_for_different_states_differ(glyphs: Glyphs, family: tuple[str, ...]) -> None:
    assert len({getattr(glyphs, name) for name in family}) == len(family)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_there_are_eight_levels_of_a_bar(glyphs: Glyphs) -> None:
    assert len(set(glyphs.levels)) == 8
    assert cell_len(glyphs.levels) == 8
