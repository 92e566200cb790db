"""The API server's Status objects and other wire forms every resource shares."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_REASONS = {
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    415: "UnsupportedMediaType",
    422: "Invalid",
}


def timestamp(seconds: float) -> str:
    """Unix seconds as metav1.Time writes them."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Refusal(Exception):  # noqa: N818  - an answer, not a fault of the program
    """A request that is answered with a Status of `Failure`."""

    def __init__(self, code: int, message: str, details: dict[str, Any] | None = None) -> None:
        """`code` is the HTTP status; `details` as in metav1.StatusDetails."""
        self.code = code
        self.body = status(code, message, details)
        super().__init__(message)


def status(code: int, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """A metav1.Status that says what went wrong."""
    made: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": _REASONS.get(code, "InternalError"),
    }
    if details:
        made["details"] = details
    made["code"] = code
    return made


def not_found(resource: str, name: str, group: str = "") -> Refusal:
    """404 in the API server's words."""
    full = f"{resource}.{group}" if group else resource
    details = {"name": name, **({"group": group} if group else {}), "kind": resource}
    return Refusal(404, f'{full} "{name}" not found', details)


def conflict(resource: str, name: str, why: str, group: str = "") -> Refusal:
    """409 in the API server's words."""
    full = f"{resource}.{group}" if group else resource
    details = {"name": name, **({"group": group} if group else {}), "kind": resource}
    return Refusal(409, f'Operation cannot be fulfilled on {full} "{name}": {why}', details)


def invalid(kind: str, name: str, why: str, group: str = "apps") -> Refusal:
    """422 in the API server's words."""
    details = {"name": name, "group": group, "kind": kind}
    return Refusal(422, f'{kind}.{group} "{name}" is invalid: {why}', details)
