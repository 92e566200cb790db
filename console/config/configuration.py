"""All layers together: which clusters there are, and what is in force for one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

import msgspec

from opsconsole.config import assembling, values
from opsconsole.config.environment import entries_of_variables
from opsconsole.config.files import ConfigFile, config_file, parse_toml, read_config, read_dotenv, shown_path
from opsconsole.config.incident_keeping import incident_settings
from opsconsole.config.layers import Entries, Entry, KeyPath, Layer, merged
from opsconsole.config.reading import MisreadError, build, entries_of
from opsconsole.config.settings import ClusterSettings, IncidentSettings, Settings, ThemeName
from opsconsole.config.shared_indices import check_apart
from opsconsole.config.tables import FileTable
from opsconsole.domain.errors import ConfigError
from opsconsole.safe_text import safe_text


class Configuration(msgspec.Struct, frozen=True):
    """What the layers say. `entries` are the values in force, each with its origin."""

    file: ConfigFile
    file_exists: bool
    entries: Entries
    clusters: dict[str, ClusterSettings]
    write: bool = False
    incidents: IncidentSettings = IncidentSettings()

    def value(self, *path: str) -> object | None:
        """The value at `path`, or None when no layer sets it."""
        entry = self.entries.get(path)
        return None if entry is None else entry.value

    def chosen(self) -> ClusterSettings:
        """The cluster that was asked for, else the default one, else the only one.

        Raises `ConfigError` that says what there is to choose from.
        """
        name = self.value("default_cluster")
        if not self.clusters:
            raise ConfigError(self._without_clusters(name))
        if name is None:
            if len(self.clusters) == 1:
                return next(iter(self.clusters.values()))
            known = ", ".join(sorted(self.clusters))
            raise ConfigError(
                safe_text(f"choose a cluster with --cluster: {known}; or set default_cluster in {self.file.shown}")
            )
        if (found := self.clusters.get(str(name))) is not None:
            return found
        near = values.nearest(str(name), self.clusters)
        meant = f'did you mean "{near}"? ' if near else ""
        place = self.entries["default_cluster",].origin.place
        raise ConfigError(
            safe_text(
                f"{place}: there is no cluster {str(name)!r}; {meant}{self.file.shown} has "
                f"{', '.join(sorted(self.clusters))}"
            )
        )

    def _without_clusters(self, name: object) -> str:
        state = "names no cluster" if self.file_exists else "does not exist"
        asked = safe_text(f"there is no cluster {str(name)!r}" if name else "no cluster is configured")
        return (
            f"{asked}: {self.file.shown} {state}; "
            "`opsconsole config init` writes one to fill in, `opsconsole demo` needs none"
        )

    def settings(self, cluster: ClusterSettings | None = None) -> Settings:
        """The settings for a run on `cluster`, which is a practice one, or on the chosen one.

        Of what happens in a practice cluster nobody is told. Raises `ConfigError` like `chosen`.
        """
        used = cluster or self.chosen()
        usual = Settings(cluster=used)
        return Settings(
            cluster=used,
            namespace=self._scoped("namespace", used, used.namespace),
            service=self._scoped("service", used, used.service),
            since=cast(float, self.value("since") or usual.since),
            write=self.write,
            theme=cast(ThemeName, self.value("theme") or usual.theme),
            ascii_only=bool(self.value("ascii")),
            refresh=cast(float, self.value("refresh") or usual.refresh),
            time_zone=cast(str, self.value("time_zone") or usual.time_zone),
            keymap=self.keymap(),
            incidents=self.incidents if cluster is None else IncidentSettings(store=self.incidents.store),
            runbooks=cast(tuple[Path, ...], self.value("runbooks") or ()),
        )

    def keymap(self) -> dict[str, str]:
        """Keys by action id."""
        return {path[1]: cast(str, entry.value) for path, entry in self.entries.items() if path[0] == "keys"}

    def _scoped(self, key: str, cluster: ClusterSettings, own: str | None) -> str | None:
        """A key that stands at the top and in a cluster: the higher layer wins, then the cluster."""
        general, special = self.entries.get((key,)), self.entries.get(("clusters", cluster.name, key))
        if general is None or (special is not None and special.origin.layer >= general.origin.layer):
            return own
        if special is None and own is not None and general.origin.layer is not Layer.FLAG:
            return own  # a practice cluster brings its own, which only a flag outranks
        return cast(str, general.value)


def load(
    environ: Mapping[str, str], folder: Path, flags: Entries | None = None, *, file: Path | None = None,
    write: bool = False,
) -> Configuration:  # fmt: skip
    """All layers, read and checked.

    `folder` is the working folder (`.env`, relative paths), `flags` what was typed, `file` the value of
    `--config`. Raises `ConfigError` for the first thing that is wrong.
    """
    place = config_file(environ, folder, file)
    tree = read_config(place)
    layers: list[Entries] = [entries_of(tree, Layer.FILE, place.shown, place.path.parent)]
    dotenv = folder / ".env"
    layers.append(
        entries_of_variables(read_dotenv(dotenv), Layer.DOTENV, _cluster_names(layers), folder, shown_path(dotenv))
    )
    layers.append(entries_of_variables(environ, Layer.ENVIRONMENT, _cluster_names(layers), folder))
    entries = merged([*layers, flags or {}])
    clusters, incidents = _assembled(entries)
    return Configuration(place, place.path.exists(), entries, clusters, write, incidents)


def _cluster_names(layers: Iterable[Entries]) -> tuple[str, ...]:
    names = (path[1] for entries in layers for path in entries if path[0] == "clusters" and len(path) > 1)
    return tuple(dict.fromkeys(names))


def _assembled(entries: Mapping[KeyPath, Entry]) -> tuple[dict[str, ClusterSettings], IncidentSettings]:
    """Every cluster, and how incidents are kept.

    Raises `ConfigError` naming the layers of the key that does not fit.
    """
    tables = cast(FileTable, build(FileTable, {path: entry.value for path, entry in entries.items()}))
    try:
        clusters = {
            name: assembling.cluster(name, table, tables.panels or ())
            for name, table in (tables.clusters or {}).items()
        }
        check_apart(clusters)
        return clusters, incident_settings(tables.incidents)
    except MisreadError as error:
        raise ConfigError(safe_text(f"{_origin_near(entries, error.path)}{error}")) from None


def _origin_near(entries: Mapping[KeyPath, Entry], path: KeyPath) -> str:
    """The file or variable that holds the nearest key to one that is missing."""
    plain = tuple(key.split("[")[0] for key in path)
    for length in range(len(plain), 0, -1):
        places = {
            entry.origin.place.rsplit(": ", 1)[0] for key, entry in entries.items() if key[:length] == plain[:length]
        }
        if places:
            return f"{' and '.join(sorted(places))}: "
    return ""


def clusters_in(text: str, place: str) -> dict[str, ClusterSettings]:
    """The clusters of a TOML text such as `opsconsole practice serve` prints. Raises `ConfigError`."""
    tree = {key: value for key, value in parse_toml(text, place).items() if key == "clusters"}
    return _assembled(entries_of(tree, Layer.FILE, place, Path.cwd()))[0]
