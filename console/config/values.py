"""Single values of the configuration: from what is written to what is meant.

Every function takes the written value and the folder that relative paths start from, and raises
`ValueError` with words for the operator. No message repeats a value that could be a secret.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from opsconsole.config.settings import AuthKind, NotificationKind, SecretRef, ThemeName
from opsconsole.domain.series import Layer, Severity, Unit
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import LONGEST_WINDOW, SHORTEST_WINDOW, parse_duration
from opsconsole.safe_text import safe_text

NAME_LIMIT = 256
"""Characters of a name or title; more is a mistake."""

_SECRET = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)", re.DOTALL)
_SECRET_HEADER = re.compile(r"auth|token|secret|key|cookie|password|credential|session", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True)
class Parsed:
    """How a field is read: `takes` is the type written in TOML, `parse` makes the value of it."""

    takes: object
    parse: Callable[[object, Path], object]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `known` that `word` was probably meant to be, or None."""
    found = difflib.get_close_matches(word.lower(), list(known), 1, 0.6)
    return found[0] if found else None


def one_of(word: str, known: Iterable[str], what: str) -> ValueError:
    """The error for a `word` that is no `what`."""
    choices = list(known)
    near = nearest(word, choices)
    meant = f', did you mean "{near}"?' if near else ";"
    return ValueError(f"{safe_text(word, 60)!r} is no {what}{meant} choose one of {', '.join(choices)}")


def name(value: object, _: Path) -> SafeText:
    """A name or title that will be shown."""
    text = str(value).strip()
    if not text:
        raise ValueError("is empty; write a name or leave the key out")
    return safe_text(text, NAME_LIMIT)


def theme(value: object, _: Path) -> ThemeName:
    """One of the themes."""
    try:
        return ThemeName(value)
    except ValueError:
        raise one_of(str(value), [one.value for one in ThemeName], "theme") from None


def auth_kind(value: object, _: Path) -> AuthKind:
    """One of the ways to prove who we are."""
    try:
        return AuthKind(value)
    except ValueError:
        raise one_of(str(value), [one.value for one in AuthKind], "kind of auth") from None


def notification_kind(value: object, _: Path) -> NotificationKind:
    """One of the ways to tell somebody."""
    try:
        return NotificationKind(value)
    except ValueError:
        raise one_of(str(value), [one.value for one in NotificationKind], "kind of notification") from None


def severity(value: object, _: Path) -> Severity:
    """One of the severities."""
    try:
        return Severity(value)
    except ValueError:
        raise one_of(str(value), [one.value for one in Severity], "severity") from None


def unit(value: object, _: Path) -> Unit:
    """One of the units."""
    try:
        return Unit(value)
    except ValueError:
        raise one_of(str(value), [one.value for one in Unit], "unit") from None


def layer(value: object, _: Path) -> Layer:
    """One of the layers of metrics."""
    try:
        return Layer(value)
    except ValueError:
        raise one_of(str(value), [one.value for one in Layer], "layer") from None


def seconds(value: object) -> float:
    """Seconds in a duration such as `15m`, or in a number."""
    if isinstance(value, (int, float)):
        number = float(value)
    elif re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text := str(value).strip()):
        number = float(text)
    elif len(text) > 32:
        raise ValueError("is not a duration; write 15m, 1h30m or 7d")
    else:
        number = parse_duration(safe_text(text))
    if not math.isfinite(number):
        raise ValueError("is not a duration; write 15m, 1h30m or 7d")
    return number


def window(value: object, _: Path) -> float:
    """The first time window, in seconds."""
    number = seconds(value)
    if not SHORTEST_WINDOW <= number <= LONGEST_WINDOW:
        raise ValueError("is out of bounds; write a duration from 1m to 30d")
    return number


def refresh(value: object, _: Path) -> float:
    """Seconds between two questions of one feed."""
    number = seconds(value)
    if not 1.0 <= number <= 3600.0:
        raise ValueError("is out of bounds; write a duration from 1s to 1h")
    return number


def timeout(value: object, _: Path) -> float:
    """Wall seconds of one request."""
    number = seconds(value)
    if not 0.1 <= number <= 600.0:
        raise ValueError("is out of bounds; write a duration from 0.1 (seconds) to 10m")
    return number


def number(value: object, _: Path) -> float:
    """A finite number."""
    result = float(str(value))
    if not math.isfinite(result):
        raise ValueError("is no finite number; write one such as 0.05")
    return result


def time_zone(value: object, _: Path) -> str:
    """`local`, `UTC` or an IANA name that this machine knows."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  - only needed for a zone that is set

    text = str(value)
    if text in ("local", "UTC"):
        return text
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{safe_text(text, 60)!r} is no time zone here; write local, UTC or a name such as Europe/Berlin"
        ) from None
    return text


def _address(value: object, schemes: tuple[str, ...], example: str) -> SplitResult:
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"is no URL; write one such as {example}") from None
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"is no URL; write one such as {example}, with {' or '.join(schemes)}")
    if not text.isprintable() or any(char in text for char in ' \\"<>') or port == 0:
        raise ValueError(f"is no URL; write one such as {example}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds credentials; take them out of the URL, and use `auth` with env:NAME or file:PATH")
    if parts.query or parts.fragment:
        raise ValueError("holds a query or fragment; write the base address alone")
    return parts


def url(value: object, _: Path) -> str:
    """A server's base address without a slash at its end."""
    return _address(value, ("http", "https"), "http://127.0.0.1:9090").geturl().rstrip("/")


def proxy(value: object, _: Path) -> str:
    """A proxy's address."""
    return _address(value, ("http", "https", "socks5", "socks5h"), "http://127.0.0.1:3128").geturl().rstrip("/")


_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
"""As the API server takes names of ports (apimachinery, `IsValidPortName`)."""


def port(value: object, _: Path) -> int | str:
    """A port by its number, or by the name that a container gives it."""
    text = str(value).strip()
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    if not _PORT_NAME.fullmatch(text):
        raise ValueError("is no port; write a number from 1 to 65535, or the name that the container gives it")
    return text


_PLACE = re.compile(r"\{([^{}]*)\}")
_PLACES = frozenset(("pod", "ip", "namespace"))


def pod_url(text: str) -> str:
    """The address of something in each pod, with places such as `{ip}` left to be filled in."""
    named, rest = set(_PLACE.findall(text)), _PLACE.sub("x", text)
    if named - _PLACES or "{" in rest or "}" in rest:
        raise ValueError("has an unknown place; write {pod}, {ip} or {namespace}")
    if not {"pod", "ip"} & named:
        raise ValueError("is the same for all pods; write one such as http://{ip}:8080/level")
    _address(rest, ("http", "https"), "http://{ip}:8080/level")
    return text


def tcp_port(value: object, _: Path) -> int:
    """A port by its number."""
    number = int(str(value))
    if not 0 < number < 65_536:
        raise ValueError("is no port; write a number from 1 to 65535")
    return number


_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]{2,45}\]?")
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
"""As HTML takes addresses (HTML Standard, "valid e-mail address"): nothing in it can end a line or a header."""


def host(value: object, _: Path) -> str:
    """A server's name or address alone."""
    text = str(value).strip()
    if not _HOST.fullmatch(text):
        raise ValueError("is no host; write the server's name alone, such as mail.example.net")
    return text.strip("[]")


def mail_address(value: object, _: Path) -> str:
    """One e-mail address, bare."""
    text = str(value).strip()
    if not _MAIL_ADDRESS.fullmatch(text):
        raise ValueError("is no e-mail address; write it bare, such as on-call@example.net")
    return text


def mail_addresses(value: object, base: Path) -> tuple[str, ...]:
    """Several e-mail addresses."""
    written: Iterable[object] = value if isinstance(value, (tuple, list)) else ()
    return tuple(mail_address(one, base) for one in written)


def base_path(value: object, _: Path) -> str:
    """A path below the server's address, `/` at its start and none at its end; empty for the root."""
    text = str(value).strip("/ ")
    if not text.isprintable() or any(char in text for char in "?# ") or ".." in text.split("/"):
        raise ValueError("is no path; write one such as /prometheus")
    return f"/{text}" if text else ""


def path(value: object, base: Path) -> Path:
    """A file; `~` is the home folder, and a relative path starts at the configuration's folder."""
    text = str(value)
    if not text.strip() or "\0" in text:
        raise ValueError("is no path; write one such as ~/.config/opsconsole/ca.pem")
    try:
        return base / Path(text).expanduser()
    except RuntimeError:
        raise ValueError("names the home folder of a user that does not exist; write the path from /") from None


def paths(value: object, base: Path) -> tuple[Path, ...]:
    """Several files or folders."""
    written: Iterable[object] = value if isinstance(value, (tuple, list)) else ()
    return tuple(path(one, base) for one in written)


def secret(value: object, base: Path) -> SecretRef:
    """Where a secret is. A secret itself is refused, and never repeated."""
    text = str(value)
    if not _SECRET.fullmatch(text):
        raise ValueError(
            "holds a secret as plain text; put it in a file with mode 600 and write file:PATH, "
            "or export it and write env:NAME"
        )
    if text.startswith("file:"):
        return SecretRef(f"file:{path(text.removeprefix('file:'), base)}")
    return SecretRef(text)


def header(key: str, value: object, base: Path) -> str | SecretRef:
    """A header's value: plain where it can't be a secret, otherwise a reference to one."""
    text = str(value)
    if not _HEADER_NAME.fullmatch(key):
        raise ValueError("is no header name; write one such as X-Scope-OrgID")
    if _SECRET.fullmatch(text):
        return secret(text, base)
    if _SECRET_HEADER.search(key):
        return secret(text, base)
    if not (text.isascii() and text.isprintable()):
        raise ValueError("has characters that a header can't carry; write printable ASCII")
    return text


def index(value: object, _: Path) -> str:
    """An index, alias, data stream or pattern, several joined by commas."""
    text = str(value).strip()
    if not text or not text.isprintable() or any(char in text for char in ' /\\"<>|?#'):
        raise ValueError("is no index or pattern; write one such as logs-*,filebeat-*")
    return text


def names(value: object, _: Path) -> tuple[SafeText, ...]:
    """Several names, none of them empty."""
    written: Iterable[object] = value if isinstance(value, (tuple, list)) else ()
    if not all(str(one).strip() for one in written):
        raise ValueError('has an empty name in it; write a list such as ["shop", "payments"]')
    return tuple(safe_text(str(one).strip(), NAME_LIMIT) for one in written)


def field_names(value: object, _: Path) -> tuple[str, ...]:
    """Names of fields of an index, each in full."""
    written = tuple(str(one).strip() for one in value) if isinstance(value, (tuple, list)) else ()
    for one in written:
        if not one or not one.isprintable() or any(char in one for char in " *,^") or len(one) > NAME_LIMIT:
            raise ValueError('names no field; write a list of whole names such as ["svc.name", "app"]')
    return written


def programs(value: object, _: Path) -> tuple[str, ...]:
    """Programs by name or absolute path, each with the words that must follow it."""
    written = tuple(str(one) for one in value) if isinstance(value, (tuple, list)) else ()
    for one in written:
        try:
            words = shlex.split(one)
        except ValueError:
            words = []
        if not words or not one.isprintable() or (os.sep in words[0] and not words[0].startswith(("/", "~"))):
            raise ValueError(
                'names no program; write a list such as ["aws eks get-token", "/usr/local/bin/corp-login"], '
                "each a name on PATH or a path from /"
            )
    return written


def query(value: object, _: Path) -> str:
    """A PromQL template."""
    text = str(value).strip()
    if not text:
        raise ValueError("is empty; write a PromQL query")
    return text
