"""What a command in a container says, as the API server's `channel.k8s.io` protocols frame it.

Every message begins with its channel: 1 stdout, 2 stderr, 3 the outcome as a Status, and from v5 on 255 a channel
that closes (kubernetes `staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go`).
"""

from __future__ import annotations

import re

from opsconsole.domain.text import SafeText
from opsconsole.operations.control import Executed
from opsconsole.operations.json_path import objects_at, text_at
from opsconsole.safe_text import safe_text
from opsconsole.sources.lenient_json import decode_loosely

SUBPROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
"""Best first. Kubernetes speaks v4 since 1.4 and v5 since 1.30."""

OUTPUT_LIMIT = 4096
"""Bytes of output kept; the rest is counted."""

_STDOUT, _STDERR, _OUTCOME = 1, 2, 3
_EXIT_CODE = "ExitCode"
_NO_SUCH_PROGRAM = re.compile(
    r"executable file.{0,300}not found|no such file or directory|exec(: |format error).{0,200}permission denied"
    r"|exec format error",
    re.IGNORECASE | re.DOTALL,
)
"""What runc and crun say before any program has been started."""

_RUNTIME_WORDS = 'exec: "'


class ExecStream:
    """Gathers the messages of one command."""

    def __init__(self) -> None:
        """Nothing said yet."""
        self._output = bytearray()
        self._dropped = 0
        self._outcome: object = None

    def take(self, message: bytes) -> None:
        """One message as it came. Channels that are not known are passed over."""
        if not message:
            return
        channel, content = message[0], message[1:]
        if channel == _OUTCOME:
            self._outcome = decode_loosely(content)
        elif channel in (_STDOUT, _STDERR):
            room = OUTPUT_LIMIT - len(self._output)
            self._output += content[:room]
            self._dropped += max(0, len(content) - room)

    @property
    def told(self) -> bool:
        """Whether the outcome has arrived: nothing more is worth waiting for."""
        return self._outcome is not None

    def executed(self) -> Executed:
        """What is known of the command now."""
        dropped = f" … +{self._dropped} bytes" if self._dropped else ""
        output = safe_text(self._output.decode("utf-8", "replace").strip() + dropped)
        if text_at(self._outcome, "status") == "Success":
            return Executed(0, output)
        message = text_at(self._outcome, "message")
        for cause in objects_at(self._outcome, "details", "causes"):
            code = text_at(cause, "message")
            if text_at(cause, "reason") == _EXIT_CODE and code.isascii() and code.isdecimal() and len(code) < 5:
                return Executed(int(code), output, safe_text(message, 500))
        if not self.told:
            return Executed(None, output, SafeText("the connection ended before the server told how it went"))
        if not _NO_SUCH_PROGRAM.search(message):
            return Executed(None, output, safe_text(message, 500))
        # The runtime's own words stand at the end of everyone's who passed them on.
        told = message[max(0, message.rfind(_RUNTIME_WORDS)) :].removesuffix(": unknown")
        return Executed(None, output, safe_text(told, 500), ran=False)
