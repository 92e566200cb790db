"""What a piece of evidence was the answer to, in words: the same on the screen and in the post-mortem."""

from __future__ import annotations

from opsconsole.domain.evidence import LinesEvidence
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.text import SafeText


def search_words(search: LogSearch) -> SafeText:
    """`service checkout; words: timeout; error or worse; not pod checkout-1`; `all lines` for an empty one."""
    selection, query = search.selection, search.query
    where = (
        ("namespace", selection.namespace),
        ("service", selection.service),
        ("pod", selection.pod),
        ("trace", selection.trace),
    )
    parts = [f"{name} {value}" for name, value in where if value]
    return SafeText("; ".join((*parts, *_narrowed(query))) or "all lines")


def _narrowed(query: LogQuery) -> tuple[str, ...]:
    raw = "query" if query.syntax is LogSyntax.RAW else "words"
    return (
        *((f"{raw}: {query.words}",) if query.words else ()),
        *((f"{query.level.value} or worse",) if query.level is not None else ()),
        *map(_filter, query.filters),
        *((f"pattern: {query.pattern}",) if query.pattern is not None else ()),
    )


def _filter(one: LogFilter) -> str:
    return f"{'not ' if one.exclude else ''}{one.field} {one.value}"


def lines_words(lines: LinesEvidence) -> SafeText:
    """`6 lines kept of 88,310+ that match`."""
    kept, more = len(lines.records), "" if lines.total_is_exact else "+"
    count = f"{kept} line{'s' * (kept != 1)} kept"
    return SafeText(count if lines.total <= kept and not more else f"{count} of {lines.total:,}{more} that match")
