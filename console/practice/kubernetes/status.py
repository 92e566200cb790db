"""The API server's Status objects and other wire forms every resource shares.

Words and fields as kube-apiserver 1.37 sends them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def timestamp(seconds: float) -> str:
    """Unix seconds as metav1.Time writes them."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Refusal(Exception):  # noqa: N818  - an answer, not a fault of the program
    """A request that is answered with a Status of `Failure`."""

    def __init__(
        self,
        code: int,
        message: str,
        details: dict[str, Any] | None = None,
        *,
        reason: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """`code` is the HTTP status; `details` as in metav1.StatusDetails; `reason` where it isn't the usual one.

        `metadata` is that of the Status.
        """
        self.code = code
        self.body = status(code, message, details, reason=reason)
        self.body["metadata"] = metadata or {}
        super().__init__(message)


def status(
    code: int, message: str, details: dict[str, Any] | None = None, *, reason: str | None = None
) -> dict[str, Any]:
    """A metav1.Status that says what went wrong."""
    made: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
    }
    if said := _REASONS.get(code, "InternalError") if reason is None else reason:
        made["reason"] = said
    if details is not None:
        made["details"] = details
    made["code"] = code
    return made


def succeeded() -> dict[str, Any]:
    """What answers a request that made something without an object to show."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def named(resource: str, name: str, group: str = "") -> dict[str, Any]:
    """StatusDetails about one object of a resource or kind; empty parts are left out."""
    parts = {"name": name, "group": group, "kind": resource}
    return {key: value for key, value in parts.items() if value}


def qualified(resource: str, group: str) -> str:
    """A resource or kind with its group, as messages name it."""
    return f"{resource}.{group}" if group else resource


def not_found(resource: str, name: str, group: str = "") -> Refusal:
    """404: there is none of that name."""
    return Refusal(404, f'{qualified(resource, group)} "{name}" not found', named(resource, name, group))


def conflict(resource: str, name: str, why: str, group: str = "") -> Refusal:
    """409: the object is not what the request takes it for."""
    words = f'Operation cannot be fulfilled on {qualified(resource, group)} "{name}": {why}'
    return Refusal(409, words, named(resource, name, group))


def invalid(
    kind: str, name: str, field: str, why: str, group: str = "apps", reason: str = "FieldValueInvalid"
) -> Refusal:
    """422: the value of `field` can't be."""
    return invalid_causes(kind, name, [(reason, field, why)], group)


def invalid_causes(kind: str, name: str, causes: Iterable[tuple[str, str, str]], group: str) -> Refusal:
    """422 for several (reason, field, words)."""
    listed = list(causes)
    told = [f"{field}: {why}" for _, field, why in listed]
    words = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    details = named(kind, name, group)
    details["causes"] = [{"reason": reason, "message": why, "field": field} for reason, field, why in listed]
    return Refusal(422, f'{qualified(kind, group)} "{name}" is invalid: {words}', details)
