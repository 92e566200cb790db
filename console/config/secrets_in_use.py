"""The values of the secrets that settings refer to, for whoever must keep them out of something.

Nothing here lets anybody sign in: what can't be read is left out, and nobody is told why. A connection reads its own
secrets (`opsconsole.sources.credentials`), and says what is wrong with them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from opsconsole.config.settings import KubernetesSettings, SecretRef, SourceSettings
from opsconsole.domain.known_secrets import KnownSecrets
from opsconsole.domain.secret_shapes import looks_secret

_MOST = 4_194_304
"""Bytes of one file that are read."""

_OF_A_USER = ("token", "password", "client-key-data")
_FILES_OF_A_USER = ("tokenFile", "client-key")


def secrets_in_use(*settings: object, environ: Mapping[str, str] | None = None) -> KnownSecrets:
    """The secrets that any part of `settings` refers to, and those of kubeconfigs. Reads files; call it in a thread."""
    variables = os.environ if environ is None else environ
    return KnownSecrets.of(value for part in _parts(settings) for value in _values(part, variables))


def files_of_others_eyes(*settings: object, environ: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Kubeconfigs and private keys of `settings` that somebody else on this machine can read.

    Files with a secret alone are not among them: a connection refuses those.
    """
    variables = os.environ if environ is None else environ
    files = dict.fromkeys(path for part in _parts(settings) for path in _files(part, variables))
    return tuple(path for path in files if _is_open(path))


def _parts(part: object) -> Iterator[msgspec.Struct]:
    """Every struct in `part`, however deep."""
    if isinstance(part, msgspec.Struct):
        yield part
        inner: Iterable[object] = (getattr(part, name) for name in part.__struct_fields__)
    elif isinstance(part, Mapping):
        inner = part.values()
    elif isinstance(part, (tuple, list)):
        inner = part
    else:
        return
    for one in inner:
        yield from _parts(one)


def _values(part: msgspec.Struct, environ: Mapping[str, str]) -> Iterator[str]:
    if isinstance(part, SecretRef):
        yield from _value(part, environ)
    for path in _kubeconfigs(part, environ):
        for user in _users(path):
            yield from _of_user(user, path.parent)


def _files(part: msgspec.Struct, environ: Mapping[str, str]) -> Iterator[Path]:
    if isinstance(part, SourceSettings) and (own := part.client_key or part.client_certificate) is not None:
        yield own
    for path in _kubeconfigs(part, environ):
        yield path
        yield from (path.parent / str(user[key]) for user in _users(path) for key in _FILES_OF_A_USER if user.get(key))


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except (OSError, ValueError):  # not there, or no path
        return False


def _value(ref: SecretRef, environ: Mapping[str, str]) -> Iterator[str]:
    kind, _, place = ref.place.partition(":")
    value = environ.get(place, "") if kind == "env" else _text(Path(place).expanduser())
    yield value.strip()
    # Of a webhook the address is the secret: its path stands alone in the words of its server.
    address = urlsplit(value.strip())
    if address.scheme in ("http", "https") and len(address.path) > 1:
        yield address.path
        yield address.query


def _kubeconfigs(part: msgspec.Struct, environ: Mapping[str, str]) -> tuple[Path, ...]:
    if not isinstance(part, KubernetesSettings) or part.url:
        return ()
    named = str(part.kubeconfig) if part.kubeconfig else environ.get("KUBECONFIG", "") or "~/.kube/config"
    return tuple(Path(place).expanduser() for place in named.split(os.pathsep) if place)


def _users(path: Path) -> Iterator[Mapping[str, object]]:
    """What the file at `path` has of each user; nothing for one that is no kubeconfig."""
    import yaml  # noqa: PLC0415  - a few ms that most commands save

    try:
        file: Any = yaml.load(_text(path), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  - both are safe
    except yaml.YAMLError:
        return
    users = file.get("users") if isinstance(file, dict) else None
    for entry in users if isinstance(users, list) else ():
        user = entry.get("user") if isinstance(entry, dict) else None
        if isinstance(user, dict):
            yield user


def _of_user(user: Mapping[str, object], folder: Path) -> Iterator[str]:
    yield from (str(user[key]) for key in _OF_A_USER if user.get(key))
    yield from (_text(folder / str(user[key])).strip() for key in _FILES_OF_A_USER if user.get(key))
    provider, program = user.get("auth-provider"), user.get("exec")
    own = provider.get("config") if isinstance(provider, dict) else None
    if isinstance(own, dict):
        yield from (str(value) for name, value in own.items() if looks_secret(str(name)))
    variables = program.get("env") if isinstance(program, dict) else None
    for one in variables if isinstance(variables, list) else ():
        if isinstance(one, dict) and looks_secret(str(one.get("name"))):
            yield str(one.get("value", ""))


def _text(path: Path) -> str:
    """What the file holds, empty for one that can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST).decode()
    except (OSError, ValueError):  # no text, or no path
        return ""
