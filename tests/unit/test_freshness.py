"""One source's entry of the freshness line, from the states of its feeds."""

from __future__ import annotations

from typing import Any

import pytest

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import FeedState, Problem, Snapshot, SourceName
from opsconsole.feeds.freshness import worst_of

NOW = 1_000.0
LIVE: Snapshot[Any] = Snapshot(FeedState.LIVE, "value", NOW)


def failed(kind: ErrorKind) -> Snapshot[Any]:
    return Snapshot(FeedState.DOWN, problem=Problem.of(SourceError(kind, "prometheus")))


def state_of(*snapshots: Snapshot[Any]) -> FeedState:
    return worst_of(SourceName.PROMETHEUS, snapshots, NOW, 14.0).state


@pytest.mark.parametrize("kind", [ErrorKind.BAD_QUERY, ErrorKind.TOO_LARGE, ErrorKind.UNSUPPORTED])
def test_a_question_that_fails_by_itself_leaves_its_source_partial(kind: ErrorKind) -> None:
    assert state_of(LIVE, failed(kind)) is FeedState.PARTIAL


@pytest.mark.parametrize("kind", [ErrorKind.TOO_LARGE, ErrorKind.UNSUPPORTED])
def test_a_source_that_answers_no_question_at_all_is_down(kind: ErrorKind) -> None:
    assert state_of(failed(kind), failed(ErrorKind.UNSUPPORTED)) is FeedState.DOWN


def test_a_wrong_search_alone_does_not_put_its_source_down() -> None:
    assert state_of(failed(ErrorKind.BAD_QUERY), failed(ErrorKind.BAD_QUERY)) is FeedState.PARTIAL


def test_the_worst_of_its_feeds_is_said_with_the_reason() -> None:
    entry = worst_of(SourceName.PROMETHEUS, (LIVE, failed(ErrorKind.TLS)), NOW, 14.0)
    assert entry.state is FeedState.DOWN
    assert entry.problem is not None
    assert "certificate" in entry.problem.sentence
