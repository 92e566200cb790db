"""From checked tables to the values the rest of the console works with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from opsconsole.config import values
from opsconsole.config.layers import KeyPath
from opsconsole.config.reading import MisreadError
from opsconsole.config.settings import (
    Auth,
    AuthKind,
    ClusterSettings,
    ElasticsearchSettings,
    KubernetesSettings,
    LogLevelSettings,
    SecretRef,
    SharedIncidentSettings,
    SourceSettings,
)
from opsconsole.config.tables import (
    AuthTable,
    ClusterTable,
    ElasticsearchTable,
    KubernetesTable,
    LogLevelsTable,
    PanelTable,
    SourceTable,
    ThresholdTable,
)
from opsconsole.domain.series import Panel, Threshold, YAxis
from opsconsole.safe_text import safe_text

PLAIN_INDEX = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
"""What the connection to the team's records lets through: no pattern, no list, nothing hidden."""

S = TypeVar("S", bound=SourceSettings)

_SECRETS: dict[AuthKind, str] = {AuthKind.BASIC: "password", AuthKind.BEARER: "token", AuthKind.API_KEY: "key"}


def cluster(name: str, table: ClusterTable, shared: tuple[PanelTable, ...]) -> ClusterSettings:
    """The cluster called `name`; panels of all clusters (`shared`) stand before its own.

    Raises `MisreadError` with the path of the key that is missing or does not fit the others.
    """
    path: KeyPath = ("clusters", name)
    panels = [*panels_of(shared, ("panels",)), *panels_of(table.panels or (), (*path, "panels"))]

    def source(key: str, written: SourceTable | None, kind: type[S]) -> S | None:
        return None if written is None else _source(written, kind, (*path, key))

    return ClusterSettings(
        name=safe_text(name),
        environment=table.environment or "",
        namespace=table.namespace,
        service=table.service,
        prometheus=source("prometheus", table.prometheus, SourceSettings),
        alertmanager=source("alertmanager", table.alertmanager, SourceSettings),
        elasticsearch=source("elasticsearch", table.elasticsearch, ElasticsearchSettings),
        jaeger=source("jaeger", table.jaeger, SourceSettings),
        kubernetes=source("kubernetes", table.kubernetes, KubernetesSettings),
        panels=_with_ids(panels),
        log_levels=_log_levels(table.log_levels, (*path, "log_levels")),
        incidents=_shared_incidents(table, (*path, "incidents")),
    )


def _shared_incidents(cluster: ClusterTable, path: KeyPath) -> SharedIncidentSettings | None:
    table = cluster.incidents
    if table is None:
        return None
    if table.index is None:
        raise MisreadError((*path, "index"), "is missing; write the index of the team, such as opsconsole-incidents")
    if not PLAIN_INDEX.fullmatch(table.index):
        raise MisreadError((*path, "index"), "is no index's own name; write small letters, digits and dashes")
    if table.server is None and cluster.elasticsearch is None:
        raise MisreadError((*path, "server"), "is missing; the cluster has no `elasticsearch` to take instead")
    server = None if table.server is None else _source(table.server, SourceSettings, (*path, "server"))
    return SharedIncidentSettings(table.index, server)


def _log_levels(table: LogLevelsTable | None, path: KeyPath) -> LogLevelSettings | None:
    if table is None:
        return None
    if table.port is not None and not table.path:
        raise MisreadError((*path, "path"), "is missing; write where the handler is, such as /level")
    urls: dict[str, str] = {}
    for name, written in (table.urls or {}).items():
        try:
            urls[name] = values.pod_url(written)
        except ValueError as error:
            raise MisreadError((*path, "urls", name), str(error)) from None
    return LogLevelSettings(table.path or "", table.port, urls)


def _source(table: SourceTable, kind: type[S], path: KeyPath) -> S:
    _check_address(table, path)
    if (table.client_key is not None) and table.client_certificate is None:
        raise MisreadError((*path, "client_key"), "needs `client_certificate` beside it")
    plain = ("ca", "client_certificate", "client_key", "headers", "tenant", "timeout", "proxy")
    extra = (
        "index",
        "kibana",
        "kibana_data_view",
        "kibana_space",
        "kubeconfig",
        "context",
        "namespaces",
        "exec_plugins",
    )
    fields = {key: value for key in (*plain, *extra) if (value := getattr(table, key, None)) is not None}
    if isinstance(table, ElasticsearchTable):
        fields["fields"] = _field_names(table)
    return kind(url=(table.url or "") + (table.base_path or ""), auth=_auth(table.auth, (*path, "auth")), **fields)


def _field_names(table: ElasticsearchTable) -> dict[str, tuple[str, ...]]:
    """Names of fields by what they hold."""
    written = {} if table.fields is None else msgspec.structs.asdict(table.fields)
    return {key: names for key, names in written.items() if names}


def _check_address(table: SourceTable, path: KeyPath) -> None:
    if not isinstance(table, KubernetesTable):
        if table.url is None:
            raise MisreadError((*path, "url"), "is missing; write the server's address, such as http://127.0.0.1:9090")
        return
    if table.url is not None and (table.kubeconfig is not None or table.context is not None):
        raise MisreadError((*path, "url"), "stands beside `kubeconfig` or `context`; write one way or the other")
    if table.url is not None and table.exec_plugins is not None:
        raise MisreadError((*path, "exec_plugins"), "belongs to a kubeconfig; with `url`, `auth` says who we are")
    for key in ("base_path", "auth", "ca", "client_certificate", "client_key"):
        if table.url is None and getattr(table, key) is not None:
            raise MisreadError((*path, key), "needs `url` beside it; a kubeconfig brings its own")


def _auth(table: AuthTable | None, path: KeyPath) -> Auth:
    """Raises `MisreadError` unless the keys are those of one kind; the kind follows from them when left out."""
    if table is None:
        return Auth()
    secrets: dict[str, SecretRef] = {
        key: value for key in _SECRETS.values() if (value := getattr(table, key)) is not None
    }
    kind = table.kind or next((one for one, key in _SECRETS.items() if key in secrets), None)
    if kind is None:
        raise MisreadError(path, "needs `password`, `token` or `key`; write env:NAME or file:PATH")
    wanted = _SECRETS.get(kind)
    for key in secrets:
        if key != wanted:
            raise MisreadError((*path, key), f'does not go with kind "{kind.value}"; take one of them out')
    if wanted is None:
        return Auth()
    if wanted not in secrets:
        raise MisreadError((*path, wanted), "is missing; write env:NAME or file:PATH")
    if kind is AuthKind.BASIC and not table.username:
        raise MisreadError((*path, "username"), "is missing; basic auth needs it")
    if kind is not AuthKind.BASIC and table.username:
        raise MisreadError((*path, "username"), f'does not go with kind "{kind.value}"; take it out')
    return Auth(kind, table.username or "", secrets[wanted])


def panels_of(tables: tuple[PanelTable, ...], path: KeyPath) -> list[Panel]:
    """Panels without their ids. Raises `MisreadError` for one without title or query."""
    return [_panel(table, (*path[:-1], f"{path[-1]}[{number}]")) for number, table in enumerate(tables, 1)]


def _panel(table: PanelTable, path: KeyPath) -> Panel:
    if table.title is None:
        raise MisreadError((*path, "title"), "is missing; write what the panel shows")
    if table.query is None:
        raise MisreadError((*path, "query"), "is missing; write its PromQL")
    axis = YAxis(minimum=0.0)
    if table.y_axis is not None:
        logarithmic = bool(table.y_axis.logarithmic)
        axis = YAxis(logarithmic, table.y_axis.minimum, table.y_axis.maximum)
        if axis.minimum is not None and axis.maximum is not None and axis.minimum >= axis.maximum:
            raise MisreadError((*path, "y_axis", "maximum"), "is not above `minimum`")
        if logarithmic and axis.minimum is not None and axis.minimum <= 0:
            raise MisreadError((*path, "y_axis", "minimum"), "must be above 0 on a logarithmic axis")
    panel = Panel(id="", title=table.title, query=table.query, legend=table.legend or "", y_axis=axis)
    thresholds = tuple(
        _threshold(one, (*path, f"thresholds[{number}]")) for number, one in enumerate(table.thresholds or (), 1)
    )
    return msgspec.structs.replace(
        panel, unit=table.unit or panel.unit, layer=table.layer or panel.layer, thresholds=thresholds
    )


def _threshold(table: ThresholdTable, path: KeyPath) -> Threshold:
    if table.value is None:
        raise MisreadError((*path, "value"), "is missing; write the level that means trouble")
    plain = Threshold(table.value)
    return Threshold(table.value, table.severity or plain.severity, plain.above if table.above is None else table.above)


def _with_ids(panels: list[Panel]) -> tuple[Panel, ...]:
    """Ids out of titles: `own-orders-per-minute`, with a number where two are the same."""
    taken: set[str] = set()
    numbered: Callable[[str, int], str] = lambda slug, n: f"own-{slug}" if n == 1 else f"own-{slug}-{n}"  # noqa: E731
    result = []
    for panel in panels:
        slug = re.sub(r"[^a-z0-9]+", "-", panel.title.lower()).strip("-") or "panel"
        number = 1
        while (panel_id := numbered(slug, number)) in taken:
            number += 1
        taken.add(panel_id)
        result.append(msgspec.structs.replace(panel, id=panel_id))
    return tuple(result)
