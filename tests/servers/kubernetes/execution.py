"""Running a command in a container over the API server's WebSocket (subprotocol `v5.channel.k8s.io`)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
import websocket

from servers.kubernetes.certificates import Certificate

STDOUT, STDERR, ERROR = 1, 2, 3
TIMEOUT = 10.0


class Execution(msgspec.Struct, frozen=True):
    """How a command ended. `code` is its exit status, None when it could not be run; `message` then says why."""

    code: int | None
    stdout: str
    stderr: str
    message: str


def execute(
    url: str, trust: ssl.SSLContext, user: Certificate, path: str, command: Sequence[str], container: str = ""
) -> Execution:
    """Run `command` in a container of the pod at `path`, without a terminal or input, and return how it ended."""
    query = [("command", word) for word in command] + [("stdout", "true"), ("stderr", "true")]
    if container:
        query.append(("container", container))
    trust.load_cert_chain(user.certificate, user.key)
    channel = websocket.create_connection(
        f"{url.replace('https://', 'wss://')}{path}/exec?{urlencode(query)}",
        subprotocols=["v5.channel.k8s.io"],
        sslopt={"context": trust},
        timeout=TIMEOUT,
    )
    told: dict[int, bytes] = {STDOUT: b"", STDERR: b"", ERROR: b""}
    try:
        while True:
            opcode, frame = channel.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            if frame:
                told[frame[0]] = told.get(frame[0], b"") + frame[1:]
    finally:
        # `close` would leave the socket open once the other side has closed.
        channel.shutdown()  # type: ignore[no-untyped-call]
    return _ended(told)


def _ended(told: dict[int, bytes]) -> Execution:
    # The last word is a metav1.Status: Success, or with reason NonZeroExitCode the code among its causes.
    status = json.loads(told[ERROR] or b"{}")
    causes = status.get("details", {}).get("causes", [])
    codes = [int(cause["message"]) for cause in causes if cause.get("reason") == "ExitCode"]
    code = 0 if status.get("status") == "Success" else next(iter(codes), None)
    stdout, stderr = (told[stream].decode(errors="replace") for stream in (STDOUT, STDERR))
    return Execution(code, stdout, stderr, status.get("message", ""))
