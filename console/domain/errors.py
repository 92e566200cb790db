"""The one small tree of errors, and the words a person sees for each.

    OpsConsoleError
    ├── ConfigError     the file, the environment or a flag is wrong: exit code 2
    └── SourceError     a backend did not give what was asked: shown in its pane

Every sentence is written here, once: what happened, then what to do.
"""

from __future__ import annotations

import enum

from opsconsole.domain.text import SafeText


class ErrorKind(enum.Enum):
    """What went wrong with a backend."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    BAD_QUERY = "bad_query"
    NOT_FOUND = "not_found"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    SERVER = "server"
    UNSUPPORTED = "unsupported"
    CONFLICT = "conflict"
    UNPROCESSABLE = "unprocessable"
    REFUSED_WRITE = "refused_write"
    SIGN_IN = "sign_in"
    CONFIGURATION = "configuration"
    INTERNAL = "internal"


_SENTENCES: dict[ErrorKind, tuple[str, str]] = {
    ErrorKind.UNREACHABLE: ("can't be reached", "check its URL and the network or tunnel"),
    ErrorKind.TIMEOUT: (
        "did not answer in time",
        "look at its load and the network, or ask for less (a shorter range, one service)",
    ),
    ErrorKind.TLS: ("has a certificate that can't be trusted", "set `ca` to the file of its authority"),
    ErrorKind.UNAUTHORIZED: ("wants credentials (401)", "set or renew `auth` for it"),
    ErrorKind.FORBIDDEN: ("refuses these credentials (403)", "ask for read access, or use other credentials"),
    ErrorKind.THROTTLED: ("is limiting requests (429)", "the console waits and asks less often"),
    ErrorKind.BAD_QUERY: ("refused the query", "correct the panel or the search"),
    ErrorKind.NOT_FOUND: ("has no such address (404)", "check the URL and its base path"),
    ErrorKind.MALFORMED: (
        "answered with something else than its API",
        "check that the URL is the server's own, not a log-in page or a proxy",
    ),
    ErrorKind.TOO_LARGE: (
        "answered with more than the console accepts",
        "ask for less (a shorter range, one namespace, one service)",
    ),
    ErrorKind.SERVER: ("failed to answer", "look at the server itself; the console keeps trying"),
    ErrorKind.UNSUPPORTED: (
        "lacks what this pane needs",
        "see docs/configuration.md for the versions that are known to work",
    ),
    ErrorKind.CONFLICT: (
        "says that the object changed in between (409)",
        "look at it again, then decide anew",
    ),
    ErrorKind.UNPROCESSABLE: ("refused the change as not valid", "read its reason; nothing was changed"),
    ErrorKind.REFUSED_WRITE: (
        "was not asked: the console is read-only",
        "start with --write if you mean to change things",
    ),
    ErrorKind.SIGN_IN: ("was not asked: there are no credentials for it", "sign in with `opsconsole login`"),
    ErrorKind.CONFIGURATION: ("was not asked", "correct its settings"),
    ErrorKind.INTERNAL: ("hit a fault of the console's own", "please report it with this line"),
}


class OpsConsoleError(Exception):
    """Base of all errors that are meant for a person."""


class ConfigError(OpsConsoleError):
    """A setting is wrong. `str()` names the place and what to write instead; exit code 2."""


class SourceError(OpsConsoleError):
    """A backend did not give what was asked.

    `source` is the source's name (`prometheus`, …), `detail` the backend's own words made safe,
    `retry_after` the seconds it asked us to wait. `hint` says what the operator can do.
    """

    def __init__(
        self,
        kind: ErrorKind,
        source: str,
        detail: SafeText = SafeText(""),
        *,
        hint: str | None = None,
        retry_after: float | None = None,
        sent: bool = True,
        status: int | None = None,
    ) -> None:
        """`hint` replaces the kind's own advice where the place of the fault knows better.

        `sent` False: it is certain that no byte of the request reached the backend. `status` is the HTTP status,
        when there was an answer.
        """
        self.kind = kind
        self.source = source
        self.detail = detail
        self.hint = SafeText(hint if hint is not None else _SENTENCES[kind][1])
        self.retry_after = retry_after
        self.sent = sent
        self.status = status
        super().__init__(self.sentence)

    @property
    def sentence(self) -> SafeText:
        """One line: the source, what happened, the backend's words, what to do."""
        said = f": {self.detail}" if self.detail else ""
        return SafeText(f"{self.source} {_SENTENCES[self.kind][0]}{said}; {self.hint}")
