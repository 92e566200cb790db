"""What the unit tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import transcripts


@pytest.fixture(autouse=True)
def told_as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold what procedures and the engine told in the test against its transcript."""
    transcripts.heard.clear()
    yield
    if not transcripts.heard:
        return
    module, test, told = request.path.stem, request.node.name, transcripts.transcript()
    if transcripts.is_to_be_stored():
        transcripts.store(module, test, told)
    assert told == transcripts.stored(module).get(test), "this is told otherwise than before; see tests/transcripts.py"
