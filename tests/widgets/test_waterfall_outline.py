"""Which spans are listed, whatever is folded and looked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.trace import Trace
from opsconsole.traces import shape_of
from opsconsole.widgets.waterfall.outline import Outline
from waterfall_samples import at, trace

NAMES = [f"s{number}" for number in range(9)]
traces = st.lists(
    st.tuples(st.sampled_from(NAMES), st.none() | st.sampled_from([*NAMES, "gone"]), st.integers(0, 9), st.booleans()),
    min_size=1,
    max_size=20,
).map(lambda rows: trace(*(at(name, parent, start, 1.0, error=error) for name, parent, start, error in rows)))
moves = st.lists(
    st.tuples(st.sampled_from(["toggle", "levels", "reveal", "keep", "all"]), st.integers(0, 19)), max_size=8
)


def moved(outline: Outline, steps: list[tuple[str, int]]) -> None:
    """Do `steps` to `outline`."""
    count = len(outline.nodes)
    for step, number in steps:
        if step == "toggle":
            outline.toggle(number % count)
        elif step == "levels":
            outline.show_levels(number % 5 or None)
        elif step == "reveal":
            outline.reveal(number % count)
        else:
            outline.keep((lambda place, of=number: place % 3 == of % 3) if step == "keep" else None)


@given(traces, moves)
def test_listed_spans_stand_in_order_with_all_their_ancestors_and_nothing_folded_away(
    shaped: Trace, steps: list[tuple[str, int]]
) -> None:
    outline = Outline(shape_of(shaped))
    moved(outline, steps)
    listed = outline.listed()
    assert list(listed) == sorted(set(listed))
    for place in listed:
        parent = outline.nodes[place].parent
        while parent is not None:
            assert parent in listed
            assert not outline.is_folded(parent)
            parent = outline.nodes[parent].parent


@given(traces, moves, st.integers(0, 19))
def test_what_is_revealed_is_listed_unless_words_leave_it_out(
    shaped: Trace, steps: list[tuple[str, int]], number: int
) -> None:
    outline = Outline(shape_of(shaped))
    moved(outline, steps)
    place = number % len(outline.nodes)
    outline.reveal(place)
    assert place in outline.listed() or outline.narrowed


@given(traces, st.integers(0, 19))
def test_errors_are_gone_round_each_once(shaped: Trace, number: int) -> None:
    outline = Outline(shape_of(shaped))
    failed = {place for place, node in enumerate(outline.nodes) if node.span.error}
    place: int | None = number % len(outline.nodes)
    gone_to = []
    for _ in failed:
        assert place is not None
        place = outline.next_error(place, 1)
        gone_to.append(place)
    assert set(gone_to) == failed
    assert failed or outline.next_error(0, 1) is None


@given(traces)
def test_every_span_has_a_key_of_its_own_by_which_it_is_found(shaped: Trace) -> None:
    outline = Outline(shape_of(shaped))
    assert [outline.place_of(key) for key in outline.keys] == list(range(len(outline.nodes)))
