"""One line of the audit log, and how lines hold on to each other.

A line is `{"entry":E,"hash":H}`: E is JSON with sorted keys and no blanks, H the SHA-256 of its bytes, and E
names the hash of the line before as `previous`. A changed line does not fit its own hash, a removed, added or
moved one does not fit its neighbours. Whoever can write the file can also write a whole new chain: keep head
hashes elsewhere to notice that, or lines cut off at the end.
"""

from __future__ import annotations

import hashlib

import msgspec

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.operation import AuditRecord, OperationKind, OperationState, Order
from opsconsole.domain.secret_shapes import without_secrets
from opsconsole.domain.text import SafeText
from opsconsole.operations.procedure import Intent
from opsconsole.safe_text import safe_text

FIRST = "0" * 64
"""What the first line names as the hash before it."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a line says. `at` is unix seconds; `order` and `baseline` stand only where the state is RECORDED.

    `torn` counts the bytes of an unfinished line that were found before this one and cut off. `closed` says of
    UNKNOWN that nobody can tell any more, so that it is not looked up again. `cluster_id` is the cluster's own name
    for itself, since `cluster`, that of the settings, may come to mean another; empty where it may not be read.
    `incident` is the one whose timeline tells the operation too, empty when none was worked on.
    """

    operation: str
    at: float
    state: OperationState
    kind: OperationKind
    target: ObjectRef
    words: SafeText
    operator: SafeText = SafeText("")
    identity: SafeText = SafeText("")
    cluster: SafeText = SafeText("")
    before: SafeText = SafeText("")
    after: SafeText = SafeText("")
    order: Order | None = None
    baseline: dict[str, str] | None = None
    closed: bool = False
    cluster_id: SafeText = SafeText("")
    incident: str = ""
    sequence: int = 0
    previous: str = FIRST
    torn: int = 0

    @property
    def intent(self) -> Intent | None:
        """What was recorded before it was sent; None in lines of other states."""
        if self.order is None:
            return None
        return Intent(self.operation, self.order, self.target, self.at, self.baseline or {})

    @property
    def record(self) -> AuditRecord:
        """The line as it is shown."""
        return AuditRecord(
            sequence=self.sequence,
            at=self.at,
            operation=self.operation,
            state=self.state,
            kind=self.kind,
            target=self.target,
            operator=self.operator,
            identity=self.identity,
            cluster=self.cluster,
            words=self.words,
            before=self.before,
            after=self.after,
            reason=self.order.reason if self.order is not None else SafeText(""),
            closed=self.closed,
        )


def kept(order: Order) -> Order:
    """`order` as it is written down: in the operator's own words of why, what looks like a secret is hidden."""
    return msgspec.structs.replace(order, reason=safe_text(without_secrets(order.reason)))


class Line(msgspec.Struct, frozen=True):
    """A line as bytes: the entry not yet decoded."""

    entry: msgspec.Raw
    hash: str

    def __bytes__(self) -> bytes:
        """The one way this line is written, without its line end."""
        return b'{"entry":' + bytes(self.entry) + b',"hash":"' + self.hash.encode() + b'"}'

    @property
    def holds(self) -> bool:
        """Whether the hash is the entry's own."""
        return hashlib.sha256(bytes(self.entry)).hexdigest() == self.hash


def line_of(entry: Entry) -> Line:
    """The line that says `entry`."""
    body = msgspec.json.encode(entry, order="sorted")
    return Line(msgspec.Raw(body), hashlib.sha256(body).hexdigest())


def decode_line(raw: bytes) -> tuple[Line, Entry]:
    """A line and what it says. Raises `msgspec.DecodeError` (or `UnicodeDecodeError`) when it is none of ours."""
    line = msgspec.json.decode(raw, type=Line)
    return line, msgspec.json.decode(line.entry, type=Entry)
