"""Which spans of a trace are listed: folded ones hide what is below them, words hide what does not have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from opsconsole.domain.trace_shape import SpanNode, TraceShape


class Outline:
    """Places in `shape.nodes` that are listed, in the tree's order."""

    def __init__(self, shape: TraceShape) -> None:
        """Everything is listed."""
        self.shape = shape
        self.keys = _distinct(shape.nodes)
        self._place_of = {key: place for place, key in enumerate(self.keys)}
        self._folded: set[int] = set()
        self._kept: frozenset[int] | None = None
        self.matches: frozenset[int] = frozenset()
        """Those that have the words themselves; the others are listed as their ancestors."""

    @property
    def nodes(self) -> Sequence[SpanNode]:
        """All of them."""
        return self.shape.nodes

    @property
    def narrowed(self) -> bool:
        """Whether words leave some out."""
        return self._kept is not None

    def place_of(self, key: str) -> int | None:
        """The place of the span with `key`."""
        return self._place_of.get(key)

    def is_folded(self, place: int) -> bool:
        """Whether what is below the span is hidden."""
        return place in self._folded

    @property
    def folded_keys(self) -> frozenset[str]:
        """Keys of the folded spans, to fold them again in another reading of the trace."""
        return frozenset(self.keys[place] for place in self._folded)

    def listed(self) -> tuple[int, ...]:
        """Places in order."""
        nodes, kept, folded = self.nodes, self._kept, self._folded
        if kept is None and not folded:
            return tuple(range(len(nodes)))
        found = []
        place = 0
        while place < len(nodes):
            if kept is None or place in kept:
                found.append(place)
            place += 1 + (nodes[place].below if place in folded else 0)
        return tuple(found)

    # --- folding

    def toggle(self, place: int) -> None:
        """Fold the span, or unfold it. One with nothing below it has nothing to fold."""
        if place in self._folded:
            self._folded.remove(place)
        elif self.nodes[place].below:
            self._folded.add(place)

    def fold(self, keys: Iterable[str]) -> None:
        """Fold the spans with `keys`, as far as they are there."""
        places = (self._place_of.get(key) for key in keys)
        self._folded.update(place for place in places if place is not None and self.nodes[place].below)

    def show_levels(self, levels: int | None) -> None:
        """List spans of the first `levels` levels, of all of them for None."""
        self._folded = (
            set()
            if levels is None
            else {place for place, node in enumerate(self.nodes) if node.depth == levels - 1 and node.below}
        )

    def reveal(self, place: int) -> None:
        """Unfold whatever hides the span."""
        self._folded.difference_update(self._above(place))

    def _above(self, place: int) -> Iterable[int]:
        parent = self.nodes[place].parent
        while parent is not None:
            yield parent
            parent = self.nodes[parent].parent

    # --- words

    def keep(self, fits: Callable[[int], bool] | None) -> None:
        """List only spans that fit and their ancestors, unfolding those; all spans for None."""
        if fits is None:
            self._kept, self.matches = None, frozenset()
            return
        self.matches = frozenset(place for place in range(len(self.nodes)) if fits(place))
        above: set[int] = set()
        for place in self.matches:
            for ancestor in self._above(place):
                if ancestor in above:
                    break
                above.add(ancestor)
        self._folded -= above
        self._kept = self.matches | above

    def next_error(self, place: int, step: int) -> int | None:
        """The next failed span after `place`, or before it for `step` -1, around the ends; None when none failed.

        While words leave spans out, those are not gone to.
        """
        nodes, count = self.nodes, len(self.nodes)
        for distance in range(1, count + 1):
            there = (place + step * distance) % count
            if nodes[there].span.error and (self._kept is None or there in self._kept):
                return there
        return None


def _distinct(nodes: Sequence[SpanNode]) -> tuple[str, ...]:
    """A key for each of `nodes`; a broken store may give two spans everything alike."""
    keys: list[str] = []
    seen: set[str] = set()
    for place, node in enumerate(nodes):
        key = str(node.key)
        if key in seen:
            key = f"{key} {place}"
        seen.add(key)
        keys.append(key)
    return tuple(keys)
