"""What a configuration file may say, and what is said of one that is wrong."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from opsconsole.config.configuration import Configuration, clusters_in, load
from opsconsole.config.settings import Auth, AuthKind, LogLevelSettings, SecretRef, ThemeName
from opsconsole.config.starter import STARTER, write_starter
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.series import Layer, Severity, Threshold, Unit, YAxis

MINIMAL = """\
[clusters.prod]
environment = "production"
prometheus = "http://127.0.0.1:9090"
alertmanager = "http://127.0.0.1:9093"
elasticsearch = "http://127.0.0.1:9200"
jaeger = "http://127.0.0.1:16686"
kubernetes = { kubeconfig = "~/.kube/config", context = "prod", namespaces = ["shop"] }
"""


def loaded(folder: Path, text: str) -> Configuration:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load({}, folder, file=file)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text).settings()
    return str(caught.value)


def test_the_minimal_file_loads_as_it_stands(tmp_path: Path) -> None:
    settings = loaded(tmp_path, MINIMAL).settings()
    cluster = settings.cluster
    assert (cluster.name, cluster.environment) == ("prod", "production")
    assert cluster.prometheus is not None
    assert cluster.prometheus.url == "http://127.0.0.1:9090"
    assert cluster.kubernetes is not None
    assert cluster.kubernetes.kubeconfig == Path("~/.kube/config").expanduser()
    assert cluster.kubernetes.context == "prod"
    assert cluster.kubernetes.namespaces == ("shop",)
    assert (settings.since, settings.theme, settings.write) == (3600.0, ThemeName.DARK, False)


def test_a_source_that_is_left_out_is_not_configured(tmp_path: Path) -> None:
    cluster = loaded(tmp_path, '[clusters.a]\nprometheus = "http://p:9090"\n').settings().cluster
    assert cluster.prometheus is not None
    assert cluster.jaeger is None
    assert cluster.kubernetes is None


def test_a_source_in_full_keeps_every_key(tmp_path: Path) -> None:
    text = """\
[clusters.a.elasticsearch]
url = "https://search.example.net:9200/"
base_path = "/es/"
auth = { kind = "basic", username = "reader", password = "env:SEARCH_PASSWORD" }
ca = "certificates/ca.pem"
client_certificate = "~/client.pem"
client_key = "/keys/client.key"
headers = { X-Scope-OrgID = "shop", Cookie = "file:cookie" }
tenant = "shop"
timeout = "15s"
proxy = "http://127.0.0.1:3128"
index = "logs-*"
"""
    source = loaded(tmp_path, text).settings().cluster.elasticsearch
    assert source is not None
    assert source.url == "https://search.example.net:9200/es"
    assert source.auth == Auth(AuthKind.BASIC, "reader", SecretRef("env:SEARCH_PASSWORD"))
    assert source.ca == tmp_path / "certificates/ca.pem"
    assert source.client_certificate == Path("~/client.pem").expanduser()
    assert source.client_key == Path("/keys/client.key")
    assert source.headers == {"X-Scope-OrgID": "shop", "Cookie": SecretRef(f"file:{tmp_path}/cookie")}
    assert (source.tenant, source.timeout, source.proxy) == ("shop", 15.0, "http://127.0.0.1:3128")
    assert source.index == "logs-*"


@pytest.mark.parametrize(("key", "kind"), [("token", AuthKind.BEARER), ("key", AuthKind.API_KEY)])
def test_the_kind_of_auth_follows_from_its_key(tmp_path: Path, key: str, kind: AuthKind) -> None:
    text = f'[clusters.a]\nprometheus = {{ url = "http://p", auth = {{ {key} = "env:A" }} }}\n'
    source = loaded(tmp_path, text).settings().cluster.prometheus
    assert source is not None
    assert source.auth == Auth(kind, "", SecretRef("env:A"))


def test_panels_of_all_clusters_stand_before_a_clusters_own(tmp_path: Path) -> None:
    text = """\
[clusters.a]
prometheus = "http://p"
[[panels]]
title = "Orders"
query = "sum(rate(orders_total[$__rate_interval]))"
unit = "per_second"
layer = "middleware"
legend = "{{pod}}"
thresholds = [{ value = 5, severity = "critical", above = false }, { value = 0.5 }]
y_axis = { logarithmic = true, minimum = 0.1, maximum = 10 }
[[clusters.a.panels]]
title = "订单"
query = "up"
[[clusters.a.panels]]
title = "Orders"
query = "up"
"""
    first, second, third = loaded(tmp_path, text).settings().cluster.panels
    assert (first.title, first.unit, first.layer, first.legend) == (
        "Orders", Unit.PER_SECOND, Layer.MIDDLEWARE, "{{pod}}",
    )  # fmt: skip
    assert first.thresholds == (Threshold(5.0, Severity.CRITICAL, above=False), Threshold(0.5, Severity.WARNING))
    assert first.y_axis == YAxis(logarithmic=True, minimum=0.1, maximum=10.0)
    assert second.title == "订单"
    assert second.y_axis == YAxis(minimum=0.0)
    assert len({first.id, second.id, third.id}) == 3


def test_general_keys_reach_the_settings(tmp_path: Path) -> None:
    text = f"""\
default_cluster = "b"
since = "3h"
theme = "high-contrast"
ascii = true
refresh = 5
time_zone = "UTC"
[keys]
freeze = "space"
[clusters.b]
namespace = "shop"
service = "checkout"
{MINIMAL}"""
    settings = loaded(tmp_path, text).settings()
    assert settings.cluster.name == "b"
    assert (settings.namespace, settings.service) == ("shop", "checkout")
    assert (settings.since, settings.refresh, settings.time_zone) == (10_800.0, 5.0, "UTC")
    assert settings.theme is ThemeName.HIGH_CONTRAST
    assert settings.ascii_only
    assert settings.keymap == {"freeze": "space"}


WRONG = [
    ('[clusters.prod]\npromethues = "http://x"', 'clusters.prod.promethues: unknown key, did you mean "prometheus"?'),
    ('thme = "dark"', 'thme: unknown key, did you mean "theme"?'),
    ("write = true", "write: unknown key"),
    ('prometheus = "http://x"', "write it below [clusters.NAME]"),
    ('theme = "drak"', "theme: 'drak' is no theme, did you mean \"dark\"?"),
    ("theme = 3", "theme: expected text in quotes, got a number"),
    ('ascii = "yes"', "ascii: expected true or false, got text"),
    ('since = "1 hour"', "since: '1 hour' is not a duration; write 15m"),
    ('since = "5s"', "since: is out of bounds"),
    (f'since = "{"9" * 400}d"', "since: is not a duration"),
    ("since = 2024-01-01", "since: expected a duration such as 15m or a number of seconds, got a date or time"),
    ("refresh = nan", "refresh: is not a duration"),
    ("refresh = 0", "refresh: is out of bounds"),
    ('time_zone = "Mars/Olympus"', "time_zone: 'Mars/Olympus' is no time zone here"),
    ('time_zone = "../../etc/passwd"', "is no time zone here"),
    ("clusters = 3", "clusters: expected a table, got a number"),
    ('clusters = { "" = { } }', 'clusters."": is no name'),
    ('clusters = { "a\\u001b[2J" = { } }', "is no name"),
    ("[clusters.a]\nprometheus = 9090", 'prometheus: expected a table or a URL such as "http://127.0.0.1:9090"'),
    ("[clusters.a]\nprometheus = {}", "clusters.a.prometheus: is empty"),
    ("[clusters.a]\nprometheus = { timeout = 3 }", "clusters.a.prometheus.url: is missing"),
    ('[clusters.a]\nprometheus = "127.0.0.1:9090"', "clusters.a.prometheus.url: is no URL; write one such as"),
    ('[clusters.a]\nprometheus = "http://"', "is no URL"),
    ('[clusters.a]\nprometheus = "ftp://p"', "is no URL"),
    ('[clusters.a]\nprometheus = "http://p:99999"', "is no URL"),
    ('[clusters.a]\nprometheus = "http://p/?x=1"', "holds a query or fragment"),
    ('[clusters.a]\nprometheus = { url = "http://p", timeout = "0s" }', "clusters.a.prometheus.timeout: '0s' is not"),
    ('[clusters.a]\nprometheus = { url = "http://p", index = "x" }', "clusters.a.prometheus.index: unknown key"),
    ('[clusters.a]\nprometheus = { url = "http://p", client_key = "k" }', "client_key: needs `client_certificate`"),
    ('[clusters.a]\nprometheus = { url = "http://p", auth = {} }', "clusters.a.prometheus.auth: is empty"),
    ('[clusters.a]\nprometheus = { url = "http://p", auth = { kind = "basic" } }', "auth.password: is missing"),
    ('[clusters.a]\nprometheus = { url = "http://p", auth = { password = "env:P" } }', "auth.username: is missing"),
    ('[clusters.a]\nprometheus = { url = "http://p", auth = { kind = "baisc", password = "env:P" } }', '"basic"?'),
    ('[clusters.a]\nprometheus = { url = "http://p", auth = { token = "env:P", key = "env:K" } }', "does not go with"),
    ('[clusters.a]\nkubernetes = { url = "https://k", context = "prod" }', "stands beside `kubeconfig` or `context`"),
    ('[clusters.a]\nkubernetes = { context = "prod", ca = "ca.pem" }', "kubernetes.ca: needs `url` beside it"),
    ('[clusters.a]\nkubernetes = { namespaces = "shop" }', "namespaces: expected a list of texts, got text"),
    ('[clusters.a]\nkubernetes = { namespaces = [""] }', "has an empty name in it"),
    ('[[panels]]\ntitle = "x"\n[clusters.a]', "panels[1].query: is missing"),
    ('[[panels]]\nquery = "up"\n[clusters.a]', "panels[1].title: is missing"),
    ('[[clusters.a.panels]]\ntitel = "x"', 'clusters.a.panels[1].titel: unknown key, did you mean "title"?'),
    ('[[panels]]\ntitle = "x"\nquery = "up"\nunit = "second"', 'unit: \'second\' is no unit, did you mean "seconds"?'),
    ('[[panels]]\ntitle = "x"\nquery = "up"\nthresholds = [{ value = inf }]', "thresholds[1].value: is no finite"),
    ('[[panels]]\ntitle = "x"\nquery = "up"\nthresholds = [{}]\n[clusters.a]', "thresholds[1].value: is missing"),
    ('[[panels]]\ntitle = "x"\nquery = "up"\ny_axis = { minimum = 2, maximum = 1 }\n[clusters.a]', "is not above"),
    ("keys = { freeze = 3 }", "keys.freeze: expected text in quotes, got a number"),
    ("since =", "is no valid TOML"),
    ("since = '\udcff'", "is not UTF-8"),
    ("since = " + "[" * 5000, "is no valid TOML"),
    ("since = " + "9" * 5000, "is no valid TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_a_wrong_file_is_refused_in_one_line_that_names_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        load({}, tmp_path, file=file).settings()
    said = str(caught.value)
    assert words in said
    assert "config.toml" in said
    assert said.isprintable()


PLAIN_SECRET = "hunter2-very-secret"  # noqa: S105  - the very thing that must not be repeated
LEAKS = [
    f'[clusters.a.prometheus]\nurl = "http://p"\nauth = {{ username = "u", password = "{PLAIN_SECRET}" }}',
    f'[clusters.a.prometheus]\nurl = "http://p"\nauth = {{ token = "{PLAIN_SECRET}" }}',
    f'[clusters.a.prometheus]\nurl = "http://p"\nauth = {{ token = ["{PLAIN_SECRET}"] }}',
    f'[clusters.a.prometheus]\nurl = "http://p"\nheaders = {{ Authorization = "Bearer {PLAIN_SECRET}" }}',
    f'[clusters.a.prometheus]\nurl = "http://p"\nheaders = {{ X-Api-Key = "{PLAIN_SECRET}" }}',
    f'[clusters.a]\nprometheus = "http://me:{PLAIN_SECRET}@p:9090"',
    f'[clusters.a.prometheus]\nurl = "http://p"\nproxy = "http://me:{PLAIN_SECRET}@proxy:3128"',
    f'[clusters.a]\nprometheus = "http://p/?token={PLAIN_SECRET}"',
]


@pytest.mark.parametrize("text", LEAKS)
def test_a_plain_secret_is_refused_with_advice_and_never_repeated(tmp_path: Path, text: str) -> None:
    said = complaint(tmp_path, text)
    assert PLAIN_SECRET not in said
    assert "; " in said or "expected text" in said


def test_text_that_will_be_shown_holds_nothing_a_terminal_obeys(tmp_path: Path) -> None:
    text = r"""
[clusters.a]
environment = "\u001b]0;x\u0007"
namespace = "a\u202eb"
prometheus = "http://p"
[[panels]]
title = "\u001b[2J"
query = "up"
"""
    settings = loaded(tmp_path, text).settings()
    shown = [settings.cluster.environment, str(settings.namespace), settings.cluster.panels[0].title]
    assert all(one.isprintable() for one in shown)


def test_a_file_that_others_may_change_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(MINIMAL)
    file.chmod(0o646)
    with pytest.raises(ConfigError, match=r"everybody may change .*; run chmod o-w"):
        load({}, tmp_path, file=file)


@pytest.mark.parametrize("name", ["missing.toml", "folder"])
def test_a_file_that_was_named_must_be_readable(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    for configuration in (
        lambda: load({}, tmp_path, file=Path(name)),
        lambda: load({"OPSCONSOLE_CONFIG": name}, tmp_path),
    ):
        with pytest.raises(ConfigError, match=name):
            configuration()


def test_without_any_file_there_is_advice_instead_of_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        load({}, tmp_path).settings()
    said = str(caught.value)
    assert str(tmp_path / "opsconsole" / "config.toml") in said
    assert "opsconsole config init" in said
    assert "opsconsole demo" in said


def test_several_clusters_need_a_choice(tmp_path: Path) -> None:
    said = complaint(tmp_path, '[clusters.b]\njaeger = "http://j"\n[clusters.a]\njaeger = "http://j"')
    assert "choose a cluster with --cluster: a, b" in said


def test_an_unknown_default_cluster_gets_the_nearest_name(tmp_path: Path) -> None:
    said = complaint(tmp_path, 'default_cluster = "prdo"\n' + MINIMAL)
    assert "there is no cluster 'prdo'; did you mean \"prod\"?" in said
    assert "default_cluster" in said


def test_the_starter_file_loads_is_private_and_never_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    write_starter(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert load({}, tmp_path, file=path).settings().cluster.name == "prod"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="left as it is"):
        write_starter(path)
    assert path.read_text() == "mine"


def test_every_suggestion_in_the_starter_file_is_right(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in STARTER.splitlines() if not line.startswith("# ") or " = " in line
             or line.startswith("# [")]  # fmt: skip
    text = "\n".join(line for line in lines if "=" in line or line.startswith("["))
    cluster = loaded(tmp_path, text).settings().cluster
    assert cluster.jaeger is not None
    assert len(cluster.panels) == 1


def test_a_printed_cluster_table_becomes_a_cluster() -> None:
    (cluster,) = clusters_in(MINIMAL, "a table").values()
    assert cluster.name == "prod"


LEVELS = "[clusters.a]\nkubernetes = 'http://h'\n[clusters.a.log_levels]\n"


def test_log_levels_reach_the_settings(tmp_path: Path) -> None:
    text = f"{LEVELS}path = 'level/'\nport = 'admin'\nurls = {{ orders = 'http://{{ip}}:9000/l' }}\n"
    assert loaded(tmp_path, text).settings().cluster.log_levels == LogLevelSettings(
        "/level", "admin", {"orders": "http://{ip}:9000/l"}
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 8080", "path: is missing"),
        ("path = '/l'\nport = 0", "port: is no port"),
        ("path = '/l'\nport = '-x'", "port: is no port"),
        ("path = '/l?x=1'", "path: is no path"),
        ("urls = { a = 'http://h/level' }", "is the same for all pods"),
        ("urls = { a = 'http://{node}/level' }", "has an unknown place"),
        ("urls = { a = 'ftp://{ip}/level' }", "is no URL"),
        ("urls = { a = 'http://me:secret@{ip}/level' }", "holds credentials"),
    ],
)
def test_log_levels_that_lead_nowhere_are_refused(tmp_path: Path, text: str, words: str) -> None:
    said = complaint(tmp_path, f"{LEVELS}{text}\n")
    assert words in said
    assert "secret" not in said


def test_durations_stay_finite(tmp_path: Path) -> None:
    settings = loaded(tmp_path, 'since = "30d"\n' + MINIMAL).settings()
    assert math.isfinite(settings.since)


def test_a_pipe_can_be_the_file(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, MINIMAL.encode())
    os.close(writer)
    try:
        assert load({}, tmp_path, file=Path(f"/dev/fd/{reader}")).settings().cluster.name == "prod"
    finally:
        os.close(reader)
