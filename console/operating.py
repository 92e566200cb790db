"""Puts the one engine together for a cluster of the settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import platformdirs

from opsconsole.clock import Clock
from opsconsole.config.settings import ClusterSettings, LogLevelSettings, SourceSettings
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.log_level import RaisedLevel
from opsconsole.domain.snapshot import SourceName
from opsconsole.level_watch import LevelWatch
from opsconsole.machine_user import operator
from opsconsole.operations.audit.log import AuditLog, log_path
from opsconsole.operations.engine import Engine
from opsconsole.operations.journal import Journal
from opsconsole.operations.procedures.catalogue import catalogue
from opsconsole.operations.programs import ProgramRunner, environment
from opsconsole.operations.raised_levels import raised_in
from opsconsole.operations.trail import Trail
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.access import ClusterAccess, Reached
from opsconsole.sources.kubernetes.control import KubernetesControl
from opsconsole.sources.kubernetes.pod_levels import SOURCE as LEVELS
from opsconsole.sources.kubernetes.pod_levels import PodLevels
from opsconsole.sources.wire import KUBERNETES_READS, Wire, WritePolicy, only_level, with_levels
from opsconsole.write_mode import WriteMode


def audit_folder() -> Path:
    """Where this user's audit logs are."""
    return platformdirs.user_state_path("opsconsole") / "audit"


def audit_path(cluster: str, folder: Path | None = None) -> Path:
    """The audit log of the cluster called so in the settings."""
    return log_path(folder or audit_folder(), cluster)


def operations(
    cluster: ClusterSettings,
    clock: Clock,
    write_mode: WriteMode,
    *,
    access: ClusterAccess | None = None,
    reached: Reached | None = None,
    folder: Path | None = None,
    watched: bool = True,
    journal: Journal | None = None,
) -> Engine:
    """The engine for `cluster`, which changes nothing while `write_mode` is closed. Nothing is sent by this.

    It has connections of its own, so that no feed's requests stand before an operation's; `access` shares those
    of another, which must be under the same write mode, and `reached` only the credentials. `folder` is for
    audit logs, without one this user's. What it sets for a while is put back by a process of its own, unless
    `watched` is False: that process has an engine, too. `journal` is told of every operation before it is sent.
    Raises `ConfigError` where no API server is configured.
    """
    if access is None:
        access = cluster_access(cluster, clock, write_mode, reached)
    levels = PodLevels(cluster.log_levels, access.wire, _wire_at(clock, write_mode))
    trail = Trail(
        AuditLog(audit_path(cluster.name, folder)),
        clock,
        cluster=safe_text(cluster.name, 200),
        operator=operator(),
        journal=journal,
    )

    async def raised() -> tuple[RaisedLevel, ...]:
        return raised_in(await trail.entries())

    async def give_back() -> None:
        await levels.close()
        await access.close()

    kubeconfig = cluster.kubernetes.kubeconfig if cluster.kubernetes is not None else None
    programs = ProgramRunner(write_mode, environment(os.environ, kubeconfig))
    return Engine(
        KubernetesControl(access.wire, write_mode, levels),
        catalogue(clock, raised, programs),
        trail,
        clock,
        write_mode,
        production=cluster.production,
        give_back=give_back,
        watch=LevelWatch(cluster, folder or audit_folder()) if watched else None,
        programs=programs,
    )


def cluster_access(
    cluster: ClusterSettings, clock: Clock, write_mode: WriteMode, reached: Reached | None = None
) -> ClusterAccess:
    """Access to the cluster's API server for operations. Raises `ConfigError` where none is configured."""
    if cluster.kubernetes is None:
        raise ConfigError(f"cluster {cluster.name}: operations need its `kubernetes` table; add it")
    policy = levels_policy(cluster.log_levels)

    def wire_of(found: SourceSettings) -> Wire:
        return Wire(SourceName.KUBERNETES.value, found, clock, policy, write_mode=write_mode)

    return ClusterAccess(cluster.kubernetes, wire_of, clock, reached)


def levels_policy(settings: LogLevelSettings | None) -> WritePolicy:
    """What may be asked of the API server, the log level handlers of `settings` among it."""
    if settings is None or not settings.path:
        return KUBERNETES_READS
    port = settings.port if isinstance(settings.port, int) else None
    return with_levels(KUBERNETES_READS, port, settings.path)


def _wire_at(clock: Clock, write_mode: WriteMode) -> Callable[[str, str], Wire]:
    def wire(origin: str, path: str) -> Wire:
        return Wire(LEVELS, SourceSettings(url=origin), clock, only_level(unquote(path)), write_mode=write_mode)

    return wire
