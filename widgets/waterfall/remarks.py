"""What is wrong with a trace itself, in words."""

from __future__ import annotations

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_shape import TraceShape
from opsconsole.widgets.waterfall.times import precise


def remarks(shape: TraceShape, notes: tuple[SafeText, ...], micro: SafeText) -> tuple[SafeText, ...]:
    """Sentences about what is missing or can't be right, the gravest first; none for a whole trace.

    `notes` are the source's own words, such as how many spans could not be read.
    """
    nodes = shape.nodes
    found = [str(note) for note in notes]
    if nodes and not shape.roots:
        found.append("the root is missing: the trace is not complete")
    if shape.orphans:
        found.append(
            f"{_spans(shape.orphans)} below {_counted(shape.missing_parents, 'parent')} that "
            f"{'is' if shape.missing_parents == 1 else 'are'} missing"
        )
    if shape.roots > 1:
        found.append(f"{shape.roots:,} roots: requests under one trace id")
    looped = sum(node.looped for node in nodes)
    if looped:
        found.append(f"{_spans(looped)} at the top, their parents leading back to them")
    early = [node.early for node in nodes if node.early]
    if early:
        found.append(
            f"{_begins(len(early))} before {'its' if len(early) == 1 else 'their'} parent, by up to "
            f"{precise(max(early), micro)}: clocks differ"
        )
    late = [node.late for node in nodes if node.late and not node.early]
    if late:
        ends = "1 span ends after its parent" if len(late) == 1 else f"{len(late):,} spans end after their parents"
        found.append(f"{ends}, by up to {precise(max(late), micro)}: clocks differ, or nobody waited")
    warned = sum(bool(node.span.warnings) for node in nodes)
    if warned:
        found.append(f"{_spans(warned)} with warnings")
    return tuple(SafeText(words) for words in found)


def _spans(count: int) -> str:
    return _counted(count, "span")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _begins(count: int) -> str:
    return "1 span begins" if count == 1 else f"{count:,} spans begin"
