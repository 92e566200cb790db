"""Events that are too large for the team's store, made small enough. The machine that wrote them has them whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from opsconsole.domain.evidence import ChartEvidence, LinesEvidence, Pinned, TraceEvidence
from opsconsole.domain.incident_event import EvidencePinned, Noted, Unreadable, What
from opsconsole.domain.series import Series
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span
from opsconsole.safe_text import safe_text

EVENT_LIMIT = 512 * 1024
"""Bytes of JSON that one event may take: some 700 log lines, or 30 series of a thousand samples."""

_SHARE = 0.9
"""Part of the limit that lines, series or spans may take; the rest is for what stands around them."""

_STRINGS = (1024, 256, 64)
"""Characters that are left of each text, tried one after the other."""

P = TypeVar("P")


def cut_down(what: What, limit: int = EVENT_LIMIT) -> What:
    """`what` in at most `limit` bytes of JSON; what was left out is said in it."""
    if isinstance(what, Unreadable):
        return what if len(what.raw.encode()) <= limit else _too_large(what.kind, len(what.raw))
    whole = _size(what)
    if whole <= limit:
        return what
    if isinstance(what, EvidencePinned):
        fewer = EvidencePinned(_fewer(what.evidence, int(limit * _SHARE)), what.words)
        if _size(fewer) <= limit:
            return fewer
        what = fewer
    for longest in _STRINGS:
        shorter = _shortened(what, longest)
        if _size(shorter) <= limit:
            return shorter
    return _too_large(SafeText(str(what.__struct_config__.tag)), whole)


def _too_large(kind: SafeText, size: int) -> What:
    return Noted(safe_text(f"({kind}: {size // 1024} kB, too large for the team's store; see where it was written)"))


def _fewer(evidence: Pinned, room: int) -> Pinned:
    """Evidence with as many lines, series or spans as `room` bytes hold."""
    if isinstance(evidence, LinesEvidence):
        chosen = [place for place, one in enumerate(evidence.records) if one.id in evidence.chosen]
        middle = chosen[len(chosen) // 2] if chosen else _nearest(evidence)
        kept = _most(evidence.records, _outwards(len(evidence.records), middle, chosen), room)
        words = _left_out(evidence.completeness, len(kept), len(evidence.records), "lines")
        return msgspec.structs.replace(evidence, records=kept, completeness=words)
    if isinstance(evidence, ChartEvidence):
        return _fewer_series(evidence, room)
    if isinstance(evidence, TraceEvidence):
        return _fewer_spans(evidence, room)
    return evidence


def _nearest(evidence: LinesEvidence) -> int:
    """The place of the line nearest to the moment that the evidence speaks of."""
    apart = [abs((one.time or 0.0) - evidence.at) for one in evidence.records]
    return apart.index(min(apart)) if apart else 0


def _outwards(count: int, middle: int, first: Sequence[int]) -> list[int]:
    """All places: those in `first`, then by how near they are to `middle`."""
    return list(dict.fromkeys((*first, *sorted(range(count), key=lambda place: abs(place - middle)))))


def _fewer_series(evidence: ChartEvidence, room: int) -> ChartEvidence:
    kept = _most(evidence.series, range(len(evidence.series)), room)
    if kept or not evidence.series:
        words = _left_out(evidence.completeness, len(kept), len(evidence.series), "series")
        return msgspec.structs.replace(evidence, series=kept, completeness=words)
    every = _size(evidence.series[0]) // max(1, room) + 1
    thinned = _thinned(evidence.series[0], every)
    told = _left_out(evidence.completeness, 1, len(evidence.series), "series")
    words = _left_out(told, len(thinned.times), len(evidence.series[0].times), "samples")
    return msgspec.structs.replace(evidence, series=(thinned,), step=evidence.step * every, completeness=words)


def _thinned(series: Series, every: int) -> Series:
    """Each sample of `series` that has `every` - 1 left out behind it."""
    return msgspec.structs.replace(series, times=series.times[::every], values=series.values[::every])


def _fewer_spans(evidence: TraceEvidence, room: int) -> TraceEvidence:
    """Failed spans and the one that was meant with all above them, then those nearest to the root."""
    spans = evidence.trace.spans
    place = {span.span_id: number for number, span in enumerate(spans)}
    meant = [one for one in spans if one.span_id == evidence.chosen] + [one for one in spans if one.error]
    first = [number for one in meant for number in _way_up(one, spans, place)]
    depths = sorted(evidence.trace.depth_first(), key=lambda one: one[0])
    order = dict.fromkeys((*first, *(place[span.span_id] for _, span in depths)))
    kept = _most(spans, list(order), room) or spans[:1]
    words = _left_out(evidence.completeness, len(kept), len(spans), "spans")
    return msgspec.structs.replace(
        evidence, trace=msgspec.structs.replace(evidence.trace, spans=kept), completeness=words
    )


def _way_up(span: Span, spans: Sequence[Span], place: dict[SafeText, int]) -> list[int]:
    """Places of `span` and of all above it, from the top."""
    way: list[int] = []
    following: int | None = place[span.span_id]
    while following is not None and following not in way:
        way.append(following)
        parent = spans[following].parent_id
        following = place.get(parent) if parent is not None else None
    return way[::-1]


def _most(items: Sequence[P], order: Sequence[int], room: int) -> tuple[P, ...]:
    """As many of `items` as `room` bytes hold, taken in `order` until one has no room, in their own order."""
    kept: list[int] = []
    for place in order:
        room -= _size(items[place]) + 1
        if room < 0:
            break
        kept.append(place)
    return tuple(items[place] for place in sorted(kept))


def _left_out(said: SafeText, kept: int, whole: int, what: str) -> SafeText:
    if kept == whole:
        return said
    words = f"the team's store has {kept} of {whole} {what}"
    return SafeText(f"{said}; {words}" if said else words)


def _shortened(what: What, longest: int) -> What:
    """`what` with every text cut to `longest` characters; each says how much is missing."""
    return msgspec.convert(_cut(msgspec.to_builtins(what), longest), What)  # type: ignore[no-any-return]


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return safe_text(value, longest)
    if isinstance(value, list | tuple):
        return [_cut(one, longest) for one in value]
    if isinstance(value, dict):
        return {key: _cut(one, longest) for key, one in value.items()}
    return value


def _size(value: object) -> int:
    """Bytes of JSON."""
    return len(msgspec.json.encode(value))
