"""How a configuration file says where incidents are kept, who is told of them, and where runbooks are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opsconsole.config.configuration import Configuration, load
from opsconsole.config.inventory import values_in_force
from opsconsole.config.settings import (
    IncidentSettings,
    NotificationKind,
    NotificationSettings,
    SecretRef,
    SharedIncidentSettings,
)
from opsconsole.domain.errors import ConfigError

CLUSTER = '[clusters.prod]\nelasticsearch = "http://logs:9200"\n'
CANARY = "https://hooks.example.net/services/T0/B0/canary-4711"
MAIL = """\
[[incidents.notifications]]
name = "mail"
kind = "email"
host = "mail.example.net"
sender = "console@example.net"
recipients = ["a@example.net", "b@example.net"]
"""
SLACK = '[[incidents.notifications]]\nname = "on-call"\nkind = "slack"\nurl = "env:HOOK"\n'


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Configuration:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(environ or {}, folder, file=file)


def complaint(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environ).settings()
    return str(caught.value)


def test_without_a_word_incidents_stay_in_the_users_own_file_and_nobody_is_told(tmp_path: Path) -> None:
    settings = loaded(tmp_path, CLUSTER).settings()
    assert settings.incidents == IncidentSettings()
    assert settings.runbooks == ()
    assert settings.cluster.incidents is None


def test_the_store_and_the_folders_of_runbooks_start_at_the_files_own_folder(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path, f'runbooks = ["books", "/srv/books"]\n[incidents]\nstore = "i.db"\n{CLUSTER}'
    ).settings()
    assert settings.incidents.store == tmp_path / "i.db"
    assert settings.runbooks == (tmp_path / "books", Path("/srv/books"))


def test_ways_to_tell_somebody_keep_every_key(tmp_path: Path) -> None:
    text = f"""{CLUSTER}{SLACK}owners = ["payments", "jane"]
timeout = "5s"
{MAIL}port = 465
username = "console"
password = "file:mail-password"
ca = "ca.pem"
"""
    slack, mail = loaded(tmp_path, text).settings().incidents.notifications
    assert slack == NotificationSettings(
        "on-call", NotificationKind.SLACK, url=SecretRef("env:HOOK"), owners=("payments", "jane"), timeout=5.0
    )
    assert (mail.host, mail.port, mail.sender) == ("mail.example.net", 465, "console@example.net")
    assert mail.recipients == ("a@example.net", "b@example.net")
    assert (mail.username, mail.password) == ("console", SecretRef(f"file:{tmp_path}/mail-password"))
    assert (mail.ca, mail.plain) == (tmp_path / "ca.pem", False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[incidents.notifications]]\nkind = "slack"\nurl = "env:A"\n', "notifications[1].name: is missing"),
        ('[[incidents.notifications]]\nname = "a"\nurl = "env:A"\n', "kind: is missing; write one of wecom"),
        ('[[incidents.notifications]]\nname = "a"\nkind = "slak"\n', 'did you mean "slack"?'),
        ('[[incidents.notifications]]\nname = "a"\nkind = "wecom"\n', "notifications[1].url: is missing"),
        (SLACK + SLACK, "notifications[2].name: is taken by another one"),
        (SLACK + 'host = "mail"\n', 'host: does not go with kind "slack"'),
        (MAIL + 'url = "env:A"\n', 'url: does not go with kind "email"'),
        (MAIL.replace('host = "mail.example.net"', ""), "host: is missing"),
        (MAIL.replace('sender = "console@example.net"', ""), "sender: is missing"),
        (MAIL.replace('"a@example.net", "b@example.net"', ""), "recipients: is missing"),
        (MAIL.replace("a@example.net", "A <a@example.net>"), "recipients: is no e-mail address"),
        (MAIL.replace("a@example.net", "a@example.net\\r\\nBcc: x@example.net"), "recipients: is no e-mail address"),
        (MAIL.replace("mail.example.net", "smtp://mail.example.net"), "host: is no host"),
        (MAIL + "port = 0\n", "port: is no port"),
        (MAIL + 'port = "587"\n', "port: expected a whole number, got text"),
        (MAIL + 'username = "u"\n', "password: is missing"),
        (MAIL + 'password = "env:P"\n', "username: is missing"),
        (MAIL + 'plain = true\nusername = "u"\npassword = "env:P"\n', "plain: would send the password as plain text"),
        (MAIL + 'recipient = "x"\n', 'unknown key, did you mean "recipients"?'),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    assert says in complaint(tmp_path, CLUSTER + text)


def test_a_password_may_go_in_the_clear_to_this_machine_alone(tmp_path: Path) -> None:
    text = MAIL.replace("mail.example.net", "127.0.0.1") + 'plain = true\nusername = "u"\npassword = "env:P"\n'
    (mail,) = loaded(tmp_path, CLUSTER + text).settings().incidents.notifications
    assert mail.plain


@pytest.mark.parametrize("key", ["url", "password"])
def test_a_secret_in_the_file_is_refused_and_never_repeated(tmp_path: Path, key: str) -> None:
    table = f'[[incidents.notifications]]\nname = "a"\nkind = "slack"\n{key} = "{CANARY}"\n'
    words = complaint(tmp_path, CLUSTER + table)
    assert "env:NAME" in words
    assert "canary" not in words


def test_what_is_in_force_tells_names_and_no_more_of_ways_to_tell_somebody(tmp_path: Path) -> None:
    text = f'runbooks = ["books"]\n[incidents]\nstore = "i.db"\n{CLUSTER}{SLACK}{MAIL}'
    rows = {row.key: row for row in values_in_force(loaded(tmp_path, text))}
    assert rows["incidents.notifications"].value == ["on-call", "mail"]
    assert rows["incidents.store"].value == str(tmp_path / "i.db")
    assert rows["runbooks"].value == [str(tmp_path / "books")]


def test_a_plain_header_of_the_teams_records_is_not_shown(tmp_path: Path) -> None:
    text = '[clusters.a.incidents]\nindex = "i"\nserver = { url = "http://r", headers = { X-Team = "canary" } }\n'
    rows = values_in_force(loaded(tmp_path, text))
    assert "clusters.a.incidents.server.headers.X-Team" in {row.key for row in rows}
    assert "canary" not in json.dumps([row.value for row in rows])


def test_the_teams_records_are_in_the_clusters_elasticsearch_or_in_a_server_of_their_own(tmp_path: Path) -> None:
    own = loaded(tmp_path, f'{CLUSTER}incidents = {{ index = "team" }}\n').settings().cluster.incidents
    assert own == SharedIncidentSettings("team")
    text = '[clusters.a.incidents]\nindex = "team"\nserver = "http://records:9200"\n'
    other = loaded(tmp_path, text).settings().cluster.incidents
    assert other is not None
    assert other.server is not None
    assert other.server.url == "http://records:9200"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[clusters.a.incidents]\nserver = "http://r"\n', "incidents.index: is missing"),
        ('[clusters.a.incidents]\nindex = "team"\n', "incidents.server: is missing"),
        ('[clusters.a.incidents]\nindex = "team-*"\nserver = "http://r"\n', "is no index's own name"),
        ('[clusters.a.incidents]\nindex = "Team"\nserver = "http://r"\n', "is no index's own name"),
    ],
)
def test_a_place_for_the_teams_records_that_is_none_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in complaint(tmp_path, text)


def test_variables_set_the_store_the_runbooks_and_the_index(tmp_path: Path) -> None:
    environ = {
        "OPSCONSOLE_INCIDENTS__STORE": "/srv/i.db",
        "OPSCONSOLE_RUNBOOKS": "/srv/a, /srv/b",
        "OPSCONSOLE_CLUSTERS__PROD__INCIDENTS__INDEX": "team",
    }
    settings = loaded(tmp_path, CLUSTER, environ).settings()
    assert settings.incidents.store == Path("/srv/i.db")
    assert settings.runbooks == (Path("/srv/a"), Path("/srv/b"))
    assert settings.cluster.incidents == SharedIncidentSettings("team")


def test_no_variable_sets_a_notification(tmp_path: Path) -> None:
    words = complaint(tmp_path, CLUSTER, {"OPSCONSOLE_INCIDENTS__NOTIFICATIONS": CANARY})
    assert "notifications can't be written in a variable" in words
    assert "canary" not in words


@pytest.mark.parametrize(
    "line",
    [
        "OPSCONSOLE_INCIDENTS__STORE=/tmp/theirs.db",
        "OPSCONSOLE_RUNBOOKS=/tmp/theirs",
        "OPSCONSOLE_CLUSTERS__PROD__INCIDENTS__INDEX=theirs",
        "OPSCONSOLE_CLUSTERS__PROD__INCIDENTS__SERVER=http://theirs",
    ],
)
def test_a_dotenv_file_of_somebody_else_takes_no_record_away(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"{line}\n", encoding="utf-8")
    assert "is not read from a .env file" in complaint(tmp_path, CLUSTER)


def test_a_dotenv_file_that_sends_the_logs_elsewhere_does_not_take_the_incidents_along(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPSCONSOLE_CLUSTERS__PROD__ELASTICSEARCH=http://theirs:9200\n", encoding="utf-8")
    text = f'{CLUSTER}incidents = {{ index = "team" }}\n'
    assert loaded(tmp_path, text).settings().cluster.incidents is None
    text = f'{CLUSTER}incidents = {{ index = "team", server = "http://ours:9200" }}\n'
    kept = loaded(tmp_path, text).settings().cluster.incidents
    assert kept is not None
    assert kept.server is not None
    assert kept.server.url == "http://ours:9200"


def test_another_address_for_the_teams_records_leaves_the_credentials_behind(tmp_path: Path) -> None:
    text = '[clusters.prod.incidents]\nindex = "team"\nserver = { url = "http://ours", auth = { key = "env:KEY" } }\n'
    environ = {"OPSCONSOLE_CLUSTERS__PROD__INCIDENTS__SERVER": "http://elsewhere"}
    shared = loaded(tmp_path, text, environ).settings().cluster.incidents
    assert shared is not None
    assert shared.server is not None
    assert shared.server.url == "http://elsewhere"
    assert shared.server.auth.secret is None


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ("http://logs:9200", "http://logs:9200/", True),
        ("https://Logs", "https://logs:443", True),
        ("http://logs:9200", "http://logs:9201", False),
        ("http://logs:9200/a", "http://logs:9200/b", False),
        ("http://one:9200", "http://other:9200", False),
    ],
)
def test_two_clusters_do_not_share_one_index(tmp_path: Path, first: str, second: str, *, refused: bool) -> None:
    text = (
        f'[clusters.prod]\nelasticsearch = "{first}"\nincidents = {{ index = "team" }}\n'
        f'[clusters.staging.incidents]\nindex = "team"\nserver = "{second}"\n'
    )
    if not refused:
        assert len(loaded(tmp_path, text).clusters) == 2
        return
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    words = str(caught.value)
    assert "config.toml" in words
    assert "clusters.staging.incidents.index" in words
    assert 'is where cluster "prod" keeps its incidents; each cluster needs an index of its own' in words
    assert len(loaded(tmp_path, text.replace('index = "team"', 'index = "other"', 1)).clusters) == 2
