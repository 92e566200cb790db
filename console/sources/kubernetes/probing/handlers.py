"""What a probe does, in one line."""

from __future__ import annotations

import re

from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import HttpGet, ProbeSpec

SHORT = 72
"""Characters of a handler from which it is shortened."""

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash"})
_WORDS = frozenset({"set", "exit", "if", "then", "else", "fi", "true", "export", "cd"})
_STEP = re.compile(r"\s*(?:&&|\|\||;|\n)\s*")


def handler_text(spec: ProbeSpec) -> SafeText:
    """What the probe does, such as `GET /healthz:8080`, `tcp :5432`, `exec pg_isready -h db` or `grpc :9090`.

    A long script is told by the commands it runs, in their order: `exec sh: curl, pg_isready`.
    """
    if spec.http_get is not None:
        return safe_text(_get(spec.http_get), 200)
    if spec.tcp_socket is not None:
        return safe_text(f"tcp {spec.tcp_socket.host}:{spec.tcp_socket.port}", 200)
    if spec.exec is not None:
        return safe_text(_shortened(spec.exec.command or []), 200)
    if spec.grpc is not None:
        service = f" {spec.grpc.service}" if spec.grpc.service else ""
        return safe_text(f"grpc :{spec.grpc.port}{service}", 200)
    return SafeText("unknown handler")


def handler_in_full(spec: ProbeSpec) -> SafeText:
    """What `handler_text` leaves out: the whole script, or the headers; nothing where it is all there."""
    if spec.exec is not None:
        whole = " ".join(spec.exec.command or ())
        return safe_text(whole) if f"exec {whole}" != _shortened(spec.exec.command or []) else SafeText("")
    headers = (spec.http_get.http_headers if spec.http_get else None) or ()
    return safe_text("; ".join(f"{header.name}: {_shown(header.name, header.value)}" for header in headers))


def _get(get: HttpGet) -> str:
    note = " (https)" if get.scheme.upper() == "HTTPS" else ""
    named = [header.value for header in get.http_headers or () if header.name.lower() == "host"]
    host = f" Host: {named[0]}" if named else ""
    return f"GET {get.host}{get.path}:{get.port}{note}{host}"


def _shortened(command: list[str]) -> str:
    whole = f"exec {' '.join(command)}"
    if len(whole) <= SHORT and "\n" not in whole:
        return whole
    if len(command) >= 3 and command[0] in _SHELLS and command[1].startswith("-") and "c" in command[1]:
        words = [step.split() for step in _STEP.split(command[2].strip()) if step.split()]
        programs = dict.fromkeys(step[0] for step in words if step[0] not in _WORDS and not step[0].startswith("#"))
        return f"exec {command[0]}: {', '.join(programs)}"
    return f"{whole[: SHORT - 1]}…"


def _shown(name: str, value: str) -> str:
    """A header's value, but not that of one that lets somebody in."""
    secret = any(word in name.lower() for word in ("authorization", "token", "cookie", "key", "secret"))
    return "(not shown)" if secret else value
