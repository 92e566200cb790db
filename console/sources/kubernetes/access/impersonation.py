"""Acting as somebody else: the headers of Kubernetes' user impersonation (`client-go/transport`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opsconsole.sources.kubernetes.access.refusals import unusable

_HEADER_CHARACTERS = frozenset("!#$&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Characters of a header's name (RFC 9110, 5.6.2) without the percent sign, which escapes the others."""


def impersonation_headers(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Headers for `as`, `as-uid`, `as-groups` and `as-user-extra` of a kubeconfig's user; groups repeat theirs.

    Raises `SourceError` when they name no user, or can't stand in a header.
    """
    headers = tuple(_headers(user))
    if headers and not user.get("as"):
        raise unusable("the user impersonates groups, but nobody", "set the user's `as`, which the others go with")
    for name, value in headers:
        if not (value.isascii() and value.isprintable() and value):
            raise unusable(
                f"{name} is nothing that a header can carry", "correct the user's `as` and what goes with it"
            )
    return headers


def _headers(user: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if user.get("as"):
        yield "Impersonate-User", str(user["as"])
    if user.get("as-uid"):
        yield "Impersonate-Uid", str(user["as-uid"])
    for group in user.get("as-groups") or ():
        yield "Impersonate-Group", str(group)
    for key, values in (user.get("as-user-extra") or {}).items():
        for value in values or ():
            yield f"Impersonate-Extra-{_escaped(str(key))}", str(value)


def _escaped(key: str) -> str:
    return "".join(
        chr(byte) if chr(byte) in _HEADER_CHARACTERS else f"%{byte:02X}" for byte in key.encode("utf-8", "replace")
    )
