"""Elasticsearch's error bodies."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818  - an answer, not a fault of the program
    """A request that is answered with an error body."""

    def __init__(self, code: int, kind: str, reason: str) -> None:
        """`code` is the HTTP status, `kind` Elasticsearch's exception type."""
        self.code = code
        self.body = error_body(code, kind, reason)
        super().__init__(reason)


def error_body(code: int, kind: str, reason: str) -> dict[str, Any]:
    """`{"error": {root_cause, type, reason}, "status"}`."""
    cause = {"type": kind, "reason": reason}
    return {"error": {"root_cause": [cause], **cause}, "status": code}


def shards_failed(kind: str, reason: str) -> Refusal:
    """A search that failed on every shard."""
    made = Refusal(400, kind, reason)
    made.body["error"] |= {
        "type": "search_phase_execution_exception",
        "reason": "all shards failed",
        "phase": "query",
        "grouped": True,
        "caused_by": {"type": kind, "reason": reason},
    }
    return made


def unparsable(reason: str) -> Refusal:
    """A body that does not parse."""
    return Refusal(400, "parsing_exception", reason)
