"""Where a cluster is and the credentials for it, found once and shared by everything that talks to it."""

from __future__ import annotations

import threading

import msgspec

from opsconsole.clock import Clock
from opsconsole.config.settings import KubernetesSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.credentials import FoundSettings
from opsconsole.sources.kubernetes.access.plugin_credentials import PluginCredentials
from opsconsole.sources.kubernetes.access.reaching import reached_by
from opsconsole.sources.kubernetes.access.refusals import SOURCE, unusable


class LoggedIn(msgspec.Struct, frozen=True):
    """The outcome of a log-in: by which program, and until when (unix seconds, None when it did not say)."""

    program: SafeText
    expires_at: float | None = None


class Reached:
    """What a kubeconfig leads to. Several connections share one, so that a credential program runs once for all."""

    def __init__(self, settings: KubernetesSettings, clock: Clock) -> None:
        """Nothing is read yet."""
        self._settings = settings
        self._clock = clock
        self._found: FoundSettings | None = None
        self._reading = threading.Lock()

    def found(self) -> FoundSettings:
        """URL, TLS and credentials. Reads files when it is first asked; call it in a thread. Raises `SourceError`.

        What failed is read again the next time.
        """
        with self._reading:
            if self._found is None:
                try:
                    self._found = reached_by(self._settings, self._clock)
                except ImportError as error:
                    detail = SafeText("the kubernetes package can't be imported")
                    raise SourceError(ErrorKind.UNSUPPORTED, SOURCE, detail, sent=False) from error
            return self._found

    def log_in(self) -> LoggedIn:
        """Hand the terminal to the context's credential program, and use what it gives from now on.

        Blocks until the program ends, for as long as a person takes; nothing may draw meanwhile (`App.suspend()`).
        Raises `SourceError`: SIGN_IN when the program failed, CONFIGURATION when there is none to log in with.
        """
        credentials = None if self._settings.url else self.found().credentials
        if not isinstance(credentials, PluginCredentials):
            hint = "renew its token or certificate where it comes from"
            raise unusable("its credentials are not fetched by a program", hint)
        credentials.log_in()
        return LoggedIn(safe_text(credentials.plugin.name, 64), credentials.expires_at)
