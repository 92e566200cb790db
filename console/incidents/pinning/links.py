"""Where the same can be seen in a browser."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import msgspec

from opsconsole.domain.evidence import ChartEvidence, Pinned, TraceEvidence
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text

LONGEST = 4000
"""Characters of a link; browsers and proxies take longer ones no more surely."""


class WebLinks(msgspec.Struct, frozen=True):
    """Base URLs of the backends that have pages of their own; empty for none."""

    prometheus: str = ""
    jaeger: str = ""


NO_LINKS = WebLinks()
"""Nobody knows where pages are."""


def with_link(pinned: Pinned, links: WebLinks) -> Pinned:
    """`pinned` with the link to the same chart or trace, where it has none yet and one can be made."""
    if pinned.link:
        return pinned
    if isinstance(pinned, ChartEvidence) and links.prometheus:
        return msgspec.structs.replace(pinned, link=graph_link(links.prometheus, pinned.query, pinned.span))
    if isinstance(pinned, TraceEvidence) and links.jaeger:
        return msgspec.structs.replace(pinned, link=trace_link(links.jaeger, pinned.trace.trace_id))
    return pinned


def graph_link(base: str, query: str, span: TimeRange) -> SafeText:
    """Prometheus' graph of `query` over `span`; empty when that is too long for a browser, or no address.

    Parameters: `g0.expr`, `g0.range_input`, `g0.end_input` (UTC), `g0.tab=0` for the graph, as its page writes them.
    """
    try:
        end = datetime.fromtimestamp(span.end, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return SafeText("")
    asked = {"g0.expr": query, "g0.tab": "0", "g0.range_input": f"{max(1, round(span.span))}s", "g0.end_input": end}
    return _bounded(f"{_plain(base)}/graph?{urlencode(asked)}") if _plain(base) else SafeText("")


def trace_link(base: str, trace_id: str) -> SafeText:
    """Jaeger's page of a trace."""
    return _bounded(f"{_plain(base)}/trace/{quote(trace_id, safe='')}") if _plain(base) else SafeText("")


def _plain(base: str) -> str:
    """`base` without name, password, query and the last slash; empty unless it is http or https."""
    try:
        parts = urlsplit(base)
        place = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not place:
        return ""
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))


def _bounded(link: str) -> SafeText:
    return safe_text(link, LONGEST + 1) if len(link) <= LONGEST else SafeText("")
