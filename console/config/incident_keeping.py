"""From checked tables to how incidents are kept, and who is told of them."""

from __future__ import annotations

import ipaddress

import msgspec

from opsconsole.config.layers import KeyPath
from opsconsole.config.reading import MisreadError
from opsconsole.config.settings import IncidentSettings, NotificationKind, NotificationSettings
from opsconsole.config.tables import IncidentsTable, NotificationTable

_OF_MAIL = ("host", "port", "plain", "sender", "recipients", "username", "password")
_NEEDED_BY_MAIL = {
    "host": "is missing; write the mail server's name",
    "sender": "is missing; write the address that mails come from",
    "recipients": "is missing; write a list of addresses",
}


def incident_settings(table: IncidentsTable | None) -> IncidentSettings:
    """How incidents are kept. Raises `MisreadError` with the path of the key that is missing or does not fit."""
    if table is None:
        return IncidentSettings()
    path: KeyPath = ("incidents",)
    known: dict[str, NotificationSettings] = {}
    for number, written in enumerate(table.notifications or (), 1):
        here = (*path, f"notifications[{number}]")
        made = _notification(written, here)
        if made.name in known:
            raise MisreadError((*here, "name"), "is taken by another one; each needs a name of its own")
        known[made.name] = made
    return IncidentSettings(table.store, tuple(known.values()))


def _notification(table: NotificationTable, path: KeyPath) -> NotificationSettings:
    if table.name is None:
        raise MisreadError((*path, "name"), "is missing; write what you call it")
    if table.kind is None:
        kinds = ", ".join(one.value for one in NotificationKind)
        raise MisreadError((*path, "kind"), f"is missing; write one of {kinds}")
    if table.kind is NotificationKind.EMAIL:
        _check_mail(table, path)
    else:
        _check_webhook(table, table.kind, path)
    written = {key: value for key, value in msgspec.structs.asdict(table).items() if value is not None}
    return NotificationSettings(**written)


def _check_webhook(table: NotificationTable, kind: NotificationKind, path: KeyPath) -> None:
    for key in _OF_MAIL:
        if getattr(table, key) is not None:
            raise MisreadError((*path, key), f'does not go with kind "{kind.value}"; take it out')
    if table.url is None:
        raise MisreadError((*path, "url"), "is missing; the address is a secret: write env:NAME or file:PATH")


def _check_mail(table: NotificationTable, path: KeyPath) -> None:
    if table.url is not None:
        raise MisreadError((*path, "url"), 'does not go with kind "email"; write `host`, `sender` and `recipients`')
    for key, words in _NEEDED_BY_MAIL.items():
        if not getattr(table, key):
            raise MisreadError((*path, key), words)
    if (table.username is None) != (table.password is None):
        missing = "password" if table.password is None else "username"
        raise MisreadError((*path, missing), "is missing; a log-in needs `username` and `password`")
    if table.plain and table.password is not None and not is_loopback(table.host or ""):
        raise MisreadError((*path, "plain"), "would send the password as plain text; take one of them out")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself, by its name or address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
