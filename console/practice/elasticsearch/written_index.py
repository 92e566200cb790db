"""Indices that somebody else than the shop writes: documents by id, numbered in the order in which they came."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from opsconsole.practice.elasticsearch.refusal import Refusal

REFRESH_INTERVAL = 1.0
"""Seconds after which searches see what was written (index.refresh_interval)."""

ID_LIMIT = 512
"""Bytes of an id."""

_INVALID = re.compile(r'[\\/*?"<>| ,#:]')
_PARTS = frozenset({"settings", "mappings", "aliases"})

Guard = tuple[int, int]
"""`if_seq_no` and `if_primary_term`."""


class Document(NamedTuple):
    """A document as it was last written, by the write with the number `seq_no`."""

    id: str
    seq_no: int
    version: int
    source: dict[str, Any]


class WrittenIndex:
    """One index with one shard. `now` tells unix seconds."""

    term = 1
    """No primary of this shard ever dies."""

    def __init__(self, name: str, mappings: dict[str, Any], now: Callable[[], float]) -> None:
        """Empty."""
        self.name = name
        self.mappings = mappings
        self._now = now
        self._numbers = 0
        self._documents: dict[str, Document] = {}
        self._shown: list[Document] = []
        self._refreshed = now()

    def get(self, name: str) -> Document | None:
        """The document, whether searches see it yet or not."""
        return self._documents.get(name)

    def create(self, name: str, source: Any) -> Document:
        """Add a document. Raises `Refusal` 409 when there is one of that id, 400 for what the mapping forbids."""
        self._check(name, source)
        known = self._documents.get(name)
        if known is not None:
            raise _conflict(name, f"document already exists (current version [{known.version}])")
        return self._write(name, source, 1)

    def index(self, name: str, source: Any, guard: Guard | None = None) -> Document:
        """Add or replace a document. Raises `Refusal` as `create`, and 409 when it is not as `guard` says."""
        self._check(name, source)
        known = self._documents.get(name)
        if guard is not None:
            needed = f"required seqNo [{guard[0]}], primary term [{guard[1]}]."
            if known is None:
                raise _conflict(name, f"{needed} but no document was found")
            if (known.seq_no, self.term) != guard:
                found = f"current document has seqNo [{known.seq_no}] and primary term [{self.term}]"
                raise _conflict(name, f"{needed} {found}")
        return self._write(name, source, known.version + 1 if known else 1)

    def refresh(self) -> None:
        """Let searches see everything."""
        self._shown = sorted(self._documents.values(), key=lambda one: one.seq_no)
        self._refreshed = self._now()

    @property
    def shown(self) -> list[Document]:
        """What searches see, in the order in which it was written."""
        if self._now() - self._refreshed >= REFRESH_INTERVAL:
            self.refresh()
        return self._shown

    def _write(self, name: str, source: dict[str, Any], version: int) -> Document:
        made = Document(name, self._numbers, version, source)
        self._numbers += 1
        self._documents[name] = made
        return made

    def _check(self, name: str, source: Any) -> None:
        if len(name.encode()) > ID_LIMIT:
            words = f"id [{name}] is too long, must be no longer than {ID_LIMIT} bytes but was: {len(name.encode())}"
            raise Refusal(400, "action_request_validation_exception", f"Validation Failed: 1: {words};")
        if not isinstance(source, dict):
            raise Refusal(400, "document_parsing_exception", "[1:1] failed to parse")
        if self.mappings.get("dynamic") == "strict":
            _check_fields(source, self.mappings, "_doc")


def _check_fields(source: dict[str, Any], mapping: dict[str, Any], inside: str) -> None:
    known = mapping.get("properties", {})
    for field, value in source.items():
        if field not in known:
            words = f"mapping set to strict, dynamic introduction of [{field}] within [{inside}] is not allowed"
            raise Refusal(400, "strict_dynamic_mapping_exception", f"[1:1] {words}")
        if "properties" in known[field] and isinstance(value, dict):
            _check_fields(value, known[field], field if inside == "_doc" else f"{inside}.{field}")


def _conflict(name: str, words: str) -> Refusal:
    return Refusal(409, "version_conflict_engine_exception", f"[{name}]: version conflict, {words}")


class WrittenIndices:
    """Those that were made. `now` tells unix seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        """None was."""
        self._now = now
        self._made: dict[str, WrittenIndex] = {}

    def get(self, name: str) -> WrittenIndex | None:
        """The index, or None."""
        return self._made.get(name)

    def make(self, name: str, body: dict[str, Any]) -> WrittenIndex:
        """A new index. Raises `Refusal` 400 for a name or a body that is none, and where there is one."""
        if name in self._made:
            uuid = hashlib.sha256(name.encode()).hexdigest()[:22]
            raise Refusal(400, "resource_already_exists_exception", f"index [{name}/{uuid}] already exists")
        wrong = _wrong_name(name)
        if wrong:
            raise Refusal(400, "invalid_index_name_exception", f"Invalid index name [{name}], {wrong}")
        unknown = body.keys() - _PARTS
        if unknown:
            raise Refusal(400, "parse_exception", f"unknown key [{min(unknown)}] for create index")
        made = self._made[name] = WrittenIndex(name, body.get("mappings") or {}, self._now)
        return made

    def remove(self, index: WrittenIndex) -> None:
        """Forget `index` and all that was written to it."""
        del self._made[index.name]

    def to_write(self, name: str) -> WrittenIndex:
        """The index, made where it is missing, as a server does unless it is told not to."""
        return self._made.get(name) or self.make(name, {})


def _wrong_name(name: str) -> str:
    if name != name.lower():
        return "must be lowercase"
    if name.startswith(("_", "-", "+")):
        return "must not start with '_', '-', or '+'"
    if _INVALID.search(name):
        return "must not contain the following characters ['\\','/','*','?','\"','<','>','|',' ',',']"
    return ""
