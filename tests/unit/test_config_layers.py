"""Which of the five layers a value is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.cli.flags import Flags
from opsconsole.config.configuration import Configuration, load
from opsconsole.config.inventory import values_in_force
from opsconsole.config.layers import Layer
from opsconsole.domain.errors import ConfigError

BASE = '[clusters.a]\nprometheus = "http://file:1"\n[clusters.eu-west]\njaeger = "http://j:1"\n'


@dataclass(frozen=True)
class Key:
    """A key as each layer writes it, with one value a layer: default, file, .env, environment, flag."""

    key: str
    variable: str
    toml: str
    values: tuple[str, str, str, str, str | None]


KEYS = [
    Key("since", "SINCE", "since", ("3600 s", "2h", "3h", "4h", "5h")),
    Key("theme", "THEME", "theme", ("dark", "light", "ansi", "high-contrast", "light")),
    Key("refresh", "REFRESH", "refresh", ("10 s", "2s", "3s", "4s", None)),
    Key("time_zone", "TIME_ZONE", "time_zone", ("local", "UTC", "Europe/Berlin", "Asia/Shanghai", None)),
    Key("namespace", "NAMESPACE", "namespace", ("–", "n1", "n2", "n3", "n4")),
    Key("service", "SERVICE", "service", ("–", "s1", "s2", "s3", "s4")),
    Key("default_cluster", "CLUSTER", "default_cluster", ("–", "eu-west", "a", "eu-west", "a")),
]  # fmt: skip
FLAG_OF = {"default_cluster": "cluster"}
SECONDS = {"2h": "7200 s", "3h": "10800 s", "4h": "14400 s", "5h": "18000 s", "2s": "2 s", "3s": "3 s", "4s": "4 s"}


def load_layers(folder: Path, key: Key, present: frozenset[Layer]) -> Configuration:
    file = folder / "config.toml"
    line = f'{key.toml} = "{key.values[Layer.FILE]}"\n' if Layer.FILE in present else ""
    file.write_text(line + BASE)
    dotenv = f"export OPSCONSOLE_{key.variable}={key.values[Layer.DOTENV]}\n" if Layer.DOTENV in present else ""
    (folder / ".env").write_text("DATABASE_URL=postgres://x\n" + dotenv)
    environ = {"LANG": "C.UTF-8"}
    if Layer.ENVIRONMENT in present:
        environ[f"OPSCONSOLE_{key.variable}"] = str(key.values[Layer.ENVIRONMENT])
    flags = Flags(**{FLAG_OF.get(key.key, key.key): key.values[Layer.FLAG]}) if Layer.FLAG in present else Flags()
    return load(environ, folder, flags.entries(), file=file)


@given(st.sampled_from(KEYS), st.frozensets(st.sampled_from(Layer)))
def test_of_all_layers_that_set_a_key_the_highest_is_in_force(
    tmp_path_factory: pytest.TempPathFactory, key: Key, layers: frozenset[Layer]
) -> None:
    present = frozenset(layer for layer in layers if key.values[layer] is not None)
    highest = max(present, default=Layer.DEFAULT)
    configuration = load_layers(tmp_path_factory.mktemp("layers"), key, present)
    (row,) = [row for row in values_in_force(configuration) if row.key == key.key]
    expected = str(key.values[highest])
    assert (row.shown, row.layer) == (SECONDS.get(expected, expected), highest.title)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(BASE)
    return tmp_path


def read(folder: Path, *, dotenv: str = "", **environ: str) -> Configuration:
    (folder / ".env").write_text(dotenv)
    return load({f"OPSCONSOLE_{name}": value for name, value in environ.items()}, folder, file=folder / "config.toml")


def test_a_nested_variable_reaches_a_clusters_source(folder: Path) -> None:
    found = read(
        folder,
        CLUSTERS__A__PROMETHEUS__TIMEOUT="5s",
        CLUSTERS__EU_WEST__KUBERNETES__NAMESPACES="shop, payments",
        CLUSTERS__NEW__ALERTMANAGER="http://am:9093",
        CLUSTERS__A__PROMETHEUS__HEADERS__X_SCOPE="shop",
        KEYS__FREEZE="space",
        ASCII="yes",
    )
    prometheus = found.clusters["a"].prometheus
    assert prometheus is not None
    assert (prometheus.url, prometheus.timeout) == ("http://file:1", 5.0)
    assert prometheus.headers == {"X-SCOPE": "shop"}
    kubernetes = found.clusters["eu-west"].kubernetes
    assert kubernetes is not None
    assert kubernetes.namespaces == ("shop", "payments")
    assert found.clusters["new"].alertmanager is not None
    assert found.keymap() == {"freeze": "space"}
    assert found.value("ascii") is True


def test_an_empty_variable_is_not_set(folder: Path) -> None:
    assert read(folder, THEME="", SINCE=" ").value("theme") is None


def test_the_clusters_own_namespace_stands_below_a_variable_and_a_flag(folder: Path) -> None:
    (folder / "config.toml").write_text('namespace = "general"\n[clusters.a]\nnamespace = "own"\njaeger = "http://j"')
    assert read(folder).settings().namespace == "own"
    assert read(folder, NAMESPACE="variable").settings().namespace == "variable"
    assert read(folder, CLUSTERS__A__NAMESPACE="nested", NAMESPACE="variable").settings().namespace == "nested"
    flagged = load({}, folder, Flags(namespace="typed").entries(), file=folder / "config.toml")
    assert flagged.settings().namespace == "typed"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("THEM", "dark", "OPSCONSOLE_THEM: unknown variable, did you mean OPSCONSOLE_THEME?"),
        ("CLUSTR", "a", "did you mean OPSCONSOLE_CLUSTER?"),
        ("DEFAULT_CLUSTER", "a", "did you mean OPSCONSOLE_CLUSTER?"),
        ("WRITE", "1", "OPSCONSOLE_WRITE: unknown variable"),
        ("CLUSTERS__EU_WEST__JAGER", "http://j", "did you mean OPSCONSOLE_CLUSTERS__EU_WEST__JAEGER?"),
        ("CLUSTERS__A", "x", "OPSCONSOLE_CLUSTERS__A: is a table"),
        ("CLUSTERS____URL", "x", "has no name between its underscores"),
        ("THEME__X", "x", "names a key below a value"),
        ("PANELS", "x", "panels can't be written in a variable"),
        ("THEME", "drak", "OPSCONSOLE_THEME: 'drak' is no theme, did you mean \"dark\"?"),
        ("ASCII", "perhaps", "OPSCONSOLE_ASCII: expected true or false"),
        ("CLUSTERS__A__PROMETHEUS__AUTH__TOKEN", "hunter2", "holds a secret as plain text"),
        ("CLUSTERS__A__PROMETHEUS__HEADERS__COOKIE", "hunter2", "holds a secret as plain text"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(folder: Path, variable: str, value: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(folder, **{variable: value})
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


SECURED = """\
[clusters.a.prometheus]
url = "https://real:9090"
ca = "ca.pem"
auth = { token = "env:TOKEN" }
headers = { Cookie = "env:COOKIE" }
client_certificate = "c.pem"
timeout = 5
"""


@pytest.mark.parametrize("name", ["PROMETHEUS", "PROMETHEUS__URL", "PROMETHEUS__PROXY"])
@pytest.mark.parametrize("through", ["dotenv", "environment"])
def test_credentials_do_not_follow_a_source_that_a_higher_layer_sends_elsewhere(
    folder: Path, name: str, through: str
) -> None:
    (folder / "config.toml").write_text(SECURED)
    variable = f"CLUSTERS__A__{name}"
    if through == "dotenv":
        source = read(folder, dotenv=f"OPSCONSOLE_{variable}=http://evil:1\n").clusters["a"].prometheus
    else:
        source = read(folder, **{variable: "http://evil:1"}).clusters["a"].prometheus
    assert source is not None
    assert source.auth.secret is None
    assert source.headers == {}
    assert source.client_certificate is None
    assert source.timeout == 5.0


def test_a_layer_may_bring_a_url_with_its_own_credentials(folder: Path) -> None:
    (folder / "config.toml").write_text(SECURED)
    source_of_layer = "CLUSTERS__A__PROMETHEUS"
    found = read(folder, **{source_of_layer: "https://other", f"{source_of_layer}__AUTH__TOKEN": "env:OTHER"})
    source = found.clusters["a"].prometheus
    assert source is not None
    assert str(source.auth.secret) == "env:OTHER"


@pytest.mark.parametrize(
    "variable",
    [
        "CONFIG",
        "CLUSTERS__A__PROMETHEUS__AUTH__TOKEN",
        "CLUSTERS__A__PROMETHEUS__HEADERS__COOKIE",
        "CLUSTERS__A__PROMETHEUS__CA",
        "CLUSTERS__A__KUBERNETES__KUBECONFIG",
    ],
)
def test_a_dotenv_file_can_neither_send_secrets_nor_start_programs(folder: Path, variable: str) -> None:
    with pytest.raises(ConfigError, match="not read from a"):
        read(folder, dotenv=f"OPSCONSOLE_{variable}=file:evil\n")


def test_a_dotenv_file_is_read_as_it_stands_and_only_for_our_keys(folder: Path) -> None:
    dotenv = "BROKEN LINE\nTHEME=ansi\nOPSCONSOLE_SERVICE='$HOME ${USER}'\n"
    found = read(folder, dotenv=dotenv)
    assert found.value("service") == "$HOME ${USER}"
    assert found.value("theme") is None


def test_a_line_of_ours_in_a_dotenv_file_must_be_well_formed(folder: Path) -> None:
    with pytest.raises(ConfigError, match="line 2 is not NAME=value"):
        read(folder, dotenv="A=1\nOPSCONSOLE_THEME 'dark\n")


def test_a_dotenv_file_that_others_may_change_is_refused(folder: Path) -> None:
    (folder / ".env").write_text("OPSCONSOLE_THEME=light\n")
    (folder / ".env").chmod(0o606)
    with pytest.raises(ConfigError, match="everybody may change"):
        load({}, folder, file=folder / "config.toml")


def test_another_programs_dotenv_file_never_stands_in_the_way(folder: Path) -> None:
    (folder / ".env").write_bytes(b"NAME=\xff\xfe\n")
    (folder / ".env").chmod(0o666)
    assert load({}, folder, file=folder / "config.toml").clusters.keys() == {"a", "eu-west"}


def test_a_virtual_environment_called_dotenv_is_no_file_of_variables(folder: Path) -> None:
    (folder / ".env").mkdir()
    assert load({}, folder, file=folder / "config.toml").clusters.keys() == {"a", "eu-west"}


def test_shown_values_hold_places_of_secrets_but_no_header_text(folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[clusters.a.prometheus]\nurl = "http://p"\nauth = { token = "env:TOKEN" }\nheaders = { X-Plain = "hunter2" }'
    )
    rows = {row.key: row for row in values_in_force(read(folder))}
    assert rows["clusters.a.prometheus.auth.token"].shown == "env:TOKEN"
    assert "hunter2" not in repr(rows)
    assert rows["clusters.a.jaeger"].shown == "not configured"
    assert rows["clusters.a.prometheus.timeout"].layer == "default"
