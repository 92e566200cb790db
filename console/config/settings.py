"""What the console is told: frozen values, already merged from all layers.

Secrets are held as references (`env:NAME`, `file:PATH`) and read when a connection is made, so
a settings value can be printed, logged or compared without giving one away.
"""

from __future__ import annotations

import enum
from pathlib import Path

import msgspec

from opsconsole.domain.series import Panel


class SecretRef(msgspec.Struct, frozen=True):
    """Where a secret is: `env:NAME` or `file:PATH`. Its value is never part of the settings."""

    place: str

    def __str__(self) -> str:
        """The reference, which is no secret."""
        return self.place


class AuthKind(enum.Enum):
    """How requests prove who we are."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    API_KEY = "api_key"


class Auth(msgspec.Struct, frozen=True):
    """Credentials of a source. `username` goes with BASIC; `secret` is the password, token or key."""

    kind: AuthKind = AuthKind.NONE
    username: str = ""
    secret: SecretRef | None = None


class SourceSettings(msgspec.Struct, frozen=True):
    """How to reach one HTTP backend. `url` includes the base path; `timeout` is a wall deadline in seconds."""

    url: str
    auth: Auth = Auth()
    ca: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    headers: dict[str, str | SecretRef] = {}
    tenant: str | None = None
    """Sent as `X-Scope-OrgID` (Mimir, Thanos, Loki) or `x-tenant` (Jaeger)."""
    timeout: float = 10.0
    proxy: str | None = None


class ElasticsearchSettings(SourceSettings, frozen=True):
    """Elasticsearch: `index` is an index, alias, data stream or pattern."""

    index: str = "logs-*,filebeat-*,app-*"


class KubernetesSettings(SourceSettings, frozen=True):
    """The API server: a URL, or a kubeconfig and context; `namespaces` empty means all."""

    kubeconfig: Path | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()


class ClusterSettings(msgspec.Struct, frozen=True):
    """One cluster of the file. None sources are not configured."""

    name: str
    environment: str = ""
    """`production` asks for the strictest confirmations."""
    prometheus: SourceSettings | None = None
    alertmanager: SourceSettings | None = None
    elasticsearch: ElasticsearchSettings | None = None
    jaeger: SourceSettings | None = None
    kubernetes: KubernetesSettings | None = None
    namespace: str | None = None
    service: str | None = None
    """`namespace` and `service` are what the screen opens on when no flag says otherwise."""
    panels: tuple[Panel, ...] = ()


class ThemeName(enum.Enum):
    """Themes that ship with the console; ANSI uses the terminal's own 16 colours."""

    DARK = "dark"
    LIGHT = "light"
    HIGH_CONTRAST = "high-contrast"
    ANSI = "ansi"


class Settings(msgspec.Struct, frozen=True):
    """Everything in force for one run. `since` is the first window in seconds."""

    cluster: ClusterSettings
    namespace: str | None = None
    service: str | None = None
    since: float = 3600.0
    write: bool = False
    theme: ThemeName = ThemeName.DARK
    ascii_only: bool = False
    refresh: float = 10.0
    """Seconds between two questions of one feed."""
    time_zone: str = "local"
    """`local`, `UTC` or an IANA name."""
    keymap: dict[str, str] = {}
    """Action id to keys, comma separated."""
