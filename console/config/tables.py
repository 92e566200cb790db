"""The tables that a configuration file may hold: every key, with its type.

`docs/configuration.md` documents each of them; a test compares the two. A field's annotation says
what its value becomes, and `Parsed` how it is read. None means that the key is not set.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from opsconsole.config import values
from opsconsole.config.settings import AuthKind, NotificationKind, SecretRef, ThemeName
from opsconsole.config.values import Parsed
from opsconsole.domain.series import Layer, Severity, Unit
from opsconsole.domain.text import SafeText

Name = Annotated[SafeText, Parsed(str, values.name)]
Secret = Annotated[SecretRef, Parsed(str, values.secret)]
FilePaths = Annotated[tuple[Path, ...], Parsed(tuple[str, ...], values.paths)]
FilePath = Annotated[Path, Parsed(str, values.path)]
Url = Annotated[str, Parsed(str, values.url)]
Number = Annotated[float, Parsed(float, values.number)]
Names = Annotated[tuple[SafeText, ...], Parsed(tuple[str, ...], values.names)]
FieldNames = Annotated[tuple[str, ...], Parsed(tuple[str, ...], values.field_names)]
Programs = Annotated[tuple[str, ...], Parsed(tuple[str, ...], values.programs)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file. Unknown keys are refused."""


class AuthTable(Table, frozen=True):
    """`auth` of a source."""

    kind: Annotated[AuthKind, Parsed(str, values.auth_kind)] | None = None
    username: Name | None = None
    password: Secret | None = None
    token: Secret | None = None
    key: Secret | None = None


class SourceTable(Table, frozen=True):
    """A source; a bare string in its place is its `url`."""

    url: Url | None = None
    base_path: Annotated[str, Parsed(str, values.base_path)] | None = None
    auth: AuthTable | None = None
    ca: FilePath | None = None
    client_certificate: FilePath | None = None
    client_key: FilePath | None = None
    headers: dict[str, str | SecretRef] | None = None
    tenant: Name | None = None
    timeout: Annotated[float, Parsed(float | str, values.timeout)] | None = None
    proxy: Annotated[str, Parsed(str, values.proxy)] | None = None


class FieldsTable(Table, frozen=True):
    """`fields` of `elasticsearch`."""

    service: FieldNames | None = None
    namespace: FieldNames | None = None
    pod: FieldNames | None = None
    container: FieldNames | None = None
    level: FieldNames | None = None
    message: FieldNames | None = None
    trace: FieldNames | None = None
    span: FieldNames | None = None


class ElasticsearchTable(SourceTable, frozen=True):
    """`elasticsearch` of a cluster."""

    index: Annotated[str, Parsed(str, values.index)] | None = None
    fields: FieldsTable | None = None
    kibana: Url | None = None
    kibana_data_view: Name | None = None
    kibana_space: Name | None = None


class KubernetesTable(SourceTable, frozen=True):
    """`kubernetes` of a cluster."""

    kubeconfig: FilePath | None = None
    context: Name | None = None
    namespaces: Names | None = None
    exec_plugins: Programs | None = None


class LogLevelsTable(Table, frozen=True):
    """`log_levels` of a cluster."""

    path: Annotated[str, Parsed(str, values.base_path)] | None = None
    port: Annotated[int | str, Parsed(int | str, values.port)] | None = None
    urls: dict[str, str] | None = None


class ThresholdTable(Table, frozen=True):
    """One of a panel's `thresholds`."""

    value: Number | None = None
    severity: Annotated[Severity, Parsed(str, values.severity)] | None = None
    above: bool | None = None


class YAxisTable(Table, frozen=True):
    """`y_axis` of a panel."""

    logarithmic: bool | None = None
    minimum: Number | None = None
    maximum: Number | None = None


class PanelTable(Table, frozen=True):
    """One of the `panels`."""

    title: Name | None = None
    query: Annotated[str, Parsed(str, values.query)] | None = None
    unit: Annotated[Unit, Parsed(str, values.unit)] | None = None
    layer: Annotated[Layer, Parsed(str, values.layer)] | None = None
    thresholds: tuple[ThresholdTable, ...] | None = None
    legend: str | None = None
    y_axis: YAxisTable | None = None


class SharedIncidentsTable(Table, frozen=True):
    """`incidents` of a cluster."""

    index: Annotated[str, Parsed(str, values.index)] | None = None
    server: SourceTable | None = None


class NotificationTable(Table, frozen=True):
    """One of the `notifications` of `incidents`."""

    name: Name | None = None
    kind: Annotated[NotificationKind, Parsed(str, values.notification_kind)] | None = None
    url: Secret | None = None
    host: Annotated[str, Parsed(str, values.host)] | None = None
    port: Annotated[int, Parsed(int, values.tcp_port)] | None = None
    plain: bool | None = None
    sender: Annotated[str, Parsed(str, values.mail_address)] | None = None
    recipients: Annotated[tuple[str, ...], Parsed(tuple[str, ...], values.mail_addresses)] | None = None
    username: Name | None = None
    password: Secret | None = None
    ca: FilePath | None = None
    owners: Names | None = None
    timeout: Annotated[float, Parsed(float | str, values.timeout)] | None = None


class IncidentsTable(Table, frozen=True):
    """`[incidents]`."""

    store: FilePath | None = None
    notifications: tuple[NotificationTable, ...] | None = None


class ClusterTable(Table, frozen=True):
    """`[clusters.NAME]`."""

    environment: Name | None = None
    namespace: Name | None = None
    service: Name | None = None
    prometheus: SourceTable | None = None
    alertmanager: SourceTable | None = None
    elasticsearch: ElasticsearchTable | None = None
    jaeger: SourceTable | None = None
    kubernetes: KubernetesTable | None = None
    panels: tuple[PanelTable, ...] | None = None
    log_levels: LogLevelsTable | None = None
    incidents: SharedIncidentsTable | None = None


class FileTable(Table, frozen=True):
    """The whole file."""

    default_cluster: str | None = None
    namespace: Name | None = None
    service: Name | None = None
    since: Annotated[float, Parsed(float | str, values.window)] | None = None
    theme: Annotated[ThemeName, Parsed(str, values.theme)] | None = None
    ascii: bool | None = None
    refresh: Annotated[float, Parsed(float | str, values.refresh)] | None = None
    time_zone: Annotated[str, Parsed(str, values.time_zone)] | None = None
    keys: dict[str, str] | None = None
    incidents: IncidentsTable | None = None
    runbooks: FilePaths | None = None
    panels: tuple[PanelTable, ...] | None = None
    clusters: dict[str, ClusterTable] | None = None
