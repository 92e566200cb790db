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
    fields: dict[str, tuple[str, ...]] = {}
    """Names of fields by what they hold (`service`, `level` …), before those the console knows."""
    kibana: str | None = None
    """Kibana's base URL; `kibana_data_view` and `kibana_space` are ids there, "" for the default."""
    kibana_data_view: str = ""
    kibana_space: str = ""


class KubernetesSettings(SourceSettings, frozen=True):
    """The API server: a URL, or a kubeconfig and context; `namespaces` empty means all."""

    kubeconfig: Path | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    exec_plugins: tuple[str, ...] | None = None
    """Credential programs of the kubeconfig that may be run; None means the well-known ones."""


class LogLevelSettings(msgspec.Struct, frozen=True):
    """Where services let their log level be set (zap's `AtomicLevel` as an HTTP handler).

    `path` and `port` are those of a pod, reached through the API server's proxy; without a port, the first that its
    containers name; an empty path means that there is none. `urls` has addresses of single services, by the name of
    their workload, with `{pod}`, `{ip}` and `{namespace}` filled in for each pod.
    """

    path: str = ""
    port: int | str | None = None
    urls: dict[str, str] = {}


class SharedIncidentSettings(msgspec.Struct, frozen=True):
    """Where the team's incident records are: an index of an Elasticsearch, the cluster's own if `server` is None."""

    index: str
    server: SourceSettings | None = None


class NotificationKind(enum.Enum):
    """How somebody is told of an incident."""

    WECOM = "wecom"
    """A group robot's webhook, `{"msgtype": "markdown", …}`."""
    SLACK = "slack"
    """An incoming webhook, `{"text": …}`."""
    EMAIL = "email"


class NotificationSettings(msgspec.Struct, frozen=True):
    """One way to tell somebody. `owners` are the names it is for; empty: everybody.

    A webhook's whole URL is a secret. E-mail takes `host`, `port`, `sender`, `recipients` and, where the server wants
    them, `username` and `password`. Its connection is encrypted, by TLS from the beginning on port 465 and by STARTTLS
    elsewhere, unless the server is this machine's own on port 25, or `plain` asks for no encryption.
    """

    name: str
    kind: NotificationKind
    url: SecretRef | None = None
    host: str = ""
    port: int = 587
    plain: bool = False
    sender: str = ""
    recipients: tuple[str, ...] = ()
    username: str = ""
    password: SecretRef | None = None
    ca: Path | None = None
    owners: tuple[str, ...] = ()
    timeout: float = 10.0


class IncidentSettings(msgspec.Struct, frozen=True):
    """How incidents are kept: `store` is the file, None for the user's own in the state folder."""

    store: Path | None = None
    notifications: tuple[NotificationSettings, ...] = ()


PRODUCTION = frozenset({"production", "prod", "live"})
"""Values of a cluster's `environment`, in any case, that ask for typed confirmations."""


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
    log_levels: LogLevelSettings | None = None
    incidents: SharedIncidentSettings | None = None
    """Where the cluster's records are shared by a team; None: on this machine alone."""

    @property
    def production(self) -> bool:
        """Whether mistakes on the cluster hurt other people."""
        return self.environment.lower() in PRODUCTION


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
    incidents: IncidentSettings = IncidentSettings()
    runbooks: tuple[Path, ...] = ()
    """Folders with the team's runbooks, before those that come with the console."""
