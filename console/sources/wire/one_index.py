"""For a connection that writes to one index of Elasticsearch, and can't reach anything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec

from opsconsole.sources.wire.outgoing import Outgoing
from opsconsole.sources.wire.policy import WritePolicy

PLAIN_INDEX = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
"""An index's own name: no pattern, no list, no date math, nothing hidden."""

_DOCUMENT = r"[!-.0-9:-~]{1,200}"
_CREATED = re.compile(rb'\{"create":\{"_id":"[!#-.0-9:-\[\]-~]{1,200}"\}\}')
"""The one action line there is: a document that is not there yet, in the index of the path."""

_SEARCHED = frozenset(
    {"query", "sort", "size", "_source", "fields", "seq_no_primary_term", "track_total_hits"},
)
_ELSEWHERE = frozenset({"index", "_index", "pit", "script", "runtime_mappings"})
"""Keys by which a query reads from another index (a lookup of terms, a shape, a document), or runs a program."""

_GUARDED = frozenset({"if_seq_no", "if_primary_term"})


@dataclass(frozen=True)
class OneIndex(WritePolicy):
    """Lets requests to `index` pass that make it, add documents, search it, and replace a document that was read.

    Nothing that is there is deleted, and nothing replaced unseen. No permit widens it.
    """

    index: str = ""

    def allows(self, request: Outgoing) -> bool:
        """Whether the request may be sent."""
        if not self.is_plain(request.path) or not PLAIN_INDEX.fullmatch(self.index) or request.form is not None:
            return False
        _, index, *rest = map(unquote, request.path.split("/"))
        judged = _JUDGES.get((request.method, rest[0] if rest else "", len(rest)))
        if index != self.index or judged is None:
            return False
        if len(rest) == 2 and not re.fullmatch(_DOCUMENT, rest[1]):
            return False
        return _is_json(request) and judged(request)

    def may_be_permitted(self, request: Outgoing) -> bool:  # noqa: ARG002  - whatever it is
        """Never."""
        return False


def _is_json(request: Outgoing) -> bool:
    """Whether the server reads the body as what it was judged by: other media types end a line otherwise."""
    kinds = [value for name, value in request.headers.items() if name.lower() == "content-type"]
    return all("json" in kind.lower() for kind in kinds) and len(kinds) <= 1


def _bare(request: Outgoing) -> bool:
    return not request.params and request.json is None and not request.content


def _plain(request: Outgoing) -> bool:
    return not request.params


def _guarded(request: Outgoing) -> bool:
    """Whether it replaces the one version that was read, and no later one."""
    names = [name for name, _ in request.params]
    return len(names) == len(_GUARDED) and set(names) == _GUARDED


def _makes(request: Outgoing) -> bool:
    """Whether it makes the index and gives it no second name."""
    body = _body(request)
    return not request.params and isinstance(body, dict) and body.keys() <= {"settings", "mappings"}


def _adds(request: Outgoing) -> bool:
    if request.params or request.json is not None or not request.content:
        return False
    *lines, end = request.content.split(b"\n")
    return not end and len(lines) % 2 == 0 and all(_CREATED.fullmatch(line) for line in lines[::2])


def _searches(request: Outgoing) -> bool:
    body = _body(request)
    return not request.params and isinstance(body, dict) and body.keys() <= _SEARCHED and not _leads_elsewhere(body)


def _leads_elsewhere(value: Any) -> bool:
    if isinstance(value, dict):
        return not _ELSEWHERE.isdisjoint(value) or any(_leads_elsewhere(one) for one in value.values())
    return isinstance(value, list | tuple) and any(_leads_elsewhere(one) for one in value)


def _body(request: Outgoing) -> Any:
    if request.content is None:
        return request.json
    try:
        return msgspec.json.decode(request.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


_JUDGES: dict[tuple[str, str, int], Callable[[Outgoing], bool]] = {
    ("PUT", "", 0): _makes,
    ("GET", "_mapping", 1): _bare,
    ("GET", "_doc", 2): _bare,
    ("PUT", "_create", 2): _plain,
    ("PUT", "_doc", 2): _guarded,
    ("PUT", "_bulk", 1): _adds,
    ("POST", "_search", 1): _searches,
}
"""What is looked at by method, the word after the index, and how many words there are."""
