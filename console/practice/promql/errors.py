"""How a query fails."""

from __future__ import annotations


class PromQLError(Exception):
    """A query that can't be answered; `kind` is Prometheus's `errorType`, `str()` the sentence for the user."""

    def __init__(self, kind: str, message: str) -> None:
        """Hold the error type and its sentence."""
        super().__init__(message)
        self.kind = kind


def bad_data(message: str) -> PromQLError:
    """The query itself is wrong, or uses what this evaluator does not have (HTTP 400)."""
    return PromQLError("bad_data", message)


def execution(message: str) -> PromQLError:
    """The query is well formed but has no answer for these series (HTTP 422)."""
    return PromQLError("execution", message)
