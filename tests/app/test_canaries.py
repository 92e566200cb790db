"""Secrets in every place where one may be given: everything is run, and all that came out is searched for each of them.

One process does it all (`canary_console.py`), on a cluster that leaves secrets about (`canary_cluster.py`).
"""

from __future__ import annotations

import base64
import html
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

import canary_console
from canary_cluster import LEFT_ABOUT, NEVER_SHOWN, WRITTEN_BY_SHAPE, CanaryCluster, canary_cluster

pytestmark = [pytest.mark.xdist_group("canaries"), pytest.mark.long]

PLACES = (
    "prometheus-variable", "alertmanager-file", "elasticsearch-file", "jaeger-cookie", "team-variable", "mail-variable",
    "plugin-token", "plugin-variable", "kubeconfig-token", "kubeconfig-password", "token-file", "other-variable",
    "dotenv", "url-in-file", "token-in-file", "header-in-file", "proxy-in-kubeconfig",
)  # fmt: skip
CANARIES = {name: f'C4n {name}"/+&Zk{number}' for number, name in enumerate(PLACES, 10)}
"""Where a secret is given, to its value: each encoding spells it in another way."""
CANARIES |= {"hook": "C4n-hook-Zk90/xyz", "url-in-file": "C4n-userinfo-Zk91", "proxy-in-kubeconfig": "C4n-proxy-Zk92"}
KEY = "-----BEGIN PRIVATE KEY-----\nC4nKeyData7Zk93\n-----END PRIVATE KEY-----\n"
CANARIES["client-key"] = "C4nKeyData7Zk93"

SHOWN_TO_SERVERS = (
    "prometheus-variable", "elasticsearch-file", "jaeger-cookie", "team-variable", "plugin-token", "hook",
)  # fmt: skip
"""Those that go out in a header or a path as they are; the one of basic authentication is looked for in base64."""


def spellings(secret: str) -> set[str]:
    """How `secret` may stand somewhere."""
    found = {secret, quote(secret), quote(secret, safe=""), quote(secret, safe="").lower(), quote_plus(secret)}
    found |= {json.dumps(secret)[1:-1], html.escape(secret), repr(secret)[1:-1], html.escape(json.dumps(secret)[1:-1])}
    for before in range(3):
        coded = base64.b64encode(b"." * before + secret.encode())[4:-4].decode()
        found |= {coded, coded.translate(str.maketrans("+/", "-_"))}
    return found


@dataclass(frozen=True)
class Run:
    """What came of it."""

    folder: Path
    cluster: CanaryCluster

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    @property
    def state(self) -> Path:
        return self.folder / "home" / ".local" / "state" / "opsconsole"

    def files(self, *below: str) -> Iterator[tuple[str, bytes]]:
        """Everything that was written anywhere, save what was given."""
        for place in below or ("outputs", "home", "work"):
            for path in sorted((self.folder / place).rglob("*")):
                if path.is_file() and path.name != ".env":
                    yield str(path.relative_to(self.folder)), path.read_bytes()

    def text_of(self, pattern: str) -> str:
        """What the outputs of that name say."""
        found = sorted(self.outputs.glob(pattern))
        assert found, pattern
        return "\n".join(path.read_text(errors="replace") for path in found)


def given(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = folder / "given" / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def kubeconfig(folder: Path, name: str, server: str) -> Path:
    """A program gives the token; other users of the file have what the file holds."""
    reply = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
             "status": {"token": CANARIES["plugin-token"]}}  # fmt: skip
    answer = given(folder, "answer.json", json.dumps(reply))
    seen = f"cp /proc/self/environ {folder}/children/plugin.environ"
    program = given(folder, "corp-login", f"#!/bin/sh\n{seen}\ncat {answer}\n", 0o700)
    variables = [{"name": "CORP_SECRET", "value": CANARIES["plugin-variable"]}]
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never",
           "env": variables}  # fmt: skip
    others = {
        "token": CANARIES["kubeconfig-token"], "password": CANARIES["kubeconfig-password"], "username": "me",
        "client-key-data": base64.b64encode(KEY.encode()).decode(),
        "tokenFile": str(given(folder, "kube-token", CANARIES["token-file"])),
    }  # fmt: skip
    proxied = {"server": "https://127.0.0.1:1", "proxy-url": f"http://me:{CANARIES['proxy-in-kubeconfig']}@127.0.0.1:1"}
    file = {
        "clusters": [{"name": "c", "cluster": {"server": server}}, {"name": "p", "cluster": proxied}],
        "users": [{"name": "u", "user": {"exec": run}}, {"name": "o", "user": others}],
        "contexts": [
            {"name": "x", "context": {"cluster": "c", "user": "u"}},
            {"name": "y", "context": {"cluster": "p", "user": "u"}},
        ],
        "current-context": "x",
    }
    return given(folder, f"{name}-kubeconfig", json.dumps(file), 0o644 if name == "refusing" else 0o600)


def configuration(folder: Path, name: str, urls: dict[str, str], hook: str, mail: int) -> Path:
    file = kubeconfig(folder, name, urls["kubernetes"])
    plugin = json.dumps(str(folder / "given" / "corp-login"))
    return given(folder, f"{name}.toml", f"""
[clusters.practice]
namespace = "shop"
prometheus = {{ url = "{urls["prometheus"]}", auth = {{ token = "env:PROM" }} }}
alertmanager = {{ url = "{urls["alertmanager"]}", auth = {{ username = "me", password = "file:{folder}/given/am" }} }}
elasticsearch = {{ url = "{urls["elasticsearch"]}", auth = {{ key = "file:{folder}/given/es" }} }}
jaeger = {{ url = "{urls["jaeger"]}", headers = {{ Cookie = "env:JAEGER" }} }}
kubernetes = {{ kubeconfig = "{file}", exec_plugins = [{plugin}] }}
[clusters.practice.incidents]
index = "team-incidents"
server = {{ url = "{urls["elasticsearch"]}", auth = {{ key = "env:TEAM" }} }}
[[incidents.notifications]]
name = "hook"
kind = "slack"
url = "file:{hook}"
[[incidents.notifications]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = {mail}
plain = true
sender = "a@example.net"
recipients = ["b@example.net"]
username = "me"
password = "env:MAIL"
""")  # fmt: skip


def wrong_ones(folder: Path) -> list[Path]:
    """Configurations that are refused, each with a secret in it."""
    proxied = f'kubernetes = {{ kubeconfig = "{folder}/given/practice-kubeconfig", context = "y" }}'
    texts = [
        f'jaeger = "http://me:{CANARIES["url-in-file"]}@h:1"',
        f"jaeger = {{ url = 'http://h:1', auth = {{ token = '{CANARIES['token-in-file']}' }} }}",
        f"jaeger = {{ url = 'http://h:1', headers = {{ Cookie = '{CANARIES['header-in-file']}' }} }}",
        proxied.replace(" }", f', exec_plugins = ["{folder}/given/corp-login"] }}'),
    ]
    return [given(folder, f"wrong{number}.toml", f"[clusters.a]\n{text}\n") for number, text in enumerate(texts)]


def variables(folder: Path) -> dict[str, str]:
    """The environment of the console, with a secret of another program's in it."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder / "home"), "LANG": "C.UTF-8", "TERM": "xterm-256color",
        "PYTHONPATH": os.pathsep.join(sys.path[1:]), "OTHER_PROGRAMS_TOKEN": CANARIES["other-variable"],
        "PROM": CANARIES["prometheus-variable"], "JAEGER": CANARIES["jaeger-cookie"], "TEAM": CANARIES["team-variable"],
        "MAIL": CANARIES["mail-variable"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("canaries")
    for name in ("home", "work", "outputs", "children"):
        (folder / name).mkdir()
    refused = base64.b64encode(f"\0me\0{CANARIES['mail-variable']}".encode()).decode()
    with canary_cluster(CANARIES["jaeger-cookie"], f"who is {CANARIES['mail-variable']}, {refused}?") as cluster:
        urls = {line.split(" = ")[0]: line.split('"')[1] for line in cluster.table.splitlines() if "http" in line}
        odd = f"http://127.0.0.1:{cluster.odd_port}"
        given(folder, "am", CANARIES["alertmanager-file"])
        given(folder, "es", CANARIES["elasticsearch-file"])
        hook = str(given(folder, "hook", f"{odd}/services/{CANARIES['hook']}"))
        refusing = configuration(folder, "refusing", dict.fromkeys(urls, odd), hook, cluster.mail.port)
        practice = configuration(folder, "practice", urls, hook, cluster.mail.port)
        (folder / "work" / ".env").write_text(f"OTHER_SECRET='{CANARIES['dotenv']}'\n")
        words = (folder / "outputs", practice, refusing, *wrong_ones(folder))
        done = subprocess.run(
            (sys.executable, canary_console.__file__, *map(str, words)),
            cwd=folder / "work", env=variables(folder), umask=0, capture_output=True, text=True, check=False,
            timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        (folder / "outputs" / "stdout").write_text(done.stdout)
        (folder / "outputs" / "stderr").write_text(done.stderr)
        yield Run(folder, cluster)


def test_the_credentials_were_used_and_everything_was_run(ran: Run) -> None:
    """Else nothing that follows would say anything."""
    assert [name for name in SHOWN_TO_SERVERS if not ran.cluster.was_shown(CANARIES[name])] == []
    assert ran.cluster.was_shown(base64.b64encode(f"me:{CANARIES['alertmanager-file']}".encode()).decode())
    assert WRITTEN_BY_SHAPE in ran.text_of("*clipboard")
    assert "is open with" in ran.text_of("*screen-after-*")
    assert "refused" in ran.text_of("*check*")
    assert "evidence" in ran.text_of("*incident-show*").lower()
    assert "it writes password=" in ran.text_of("*audit-show*")
    assert "0 events sent" in ran.text_of("*incident-sync*")  # the console itself did
    assert any(b"denied: password=" in body for body in ran.cluster.bodies)
    assert "delivered" in ran.text_of("*incident-notify*")
    assert ran.cluster.mail.logins == [f"\0me\0{CANARIES['mail-variable']}"]
    assert "who is" in ran.text_of("*incident-notify*")
    assert ran.cluster.told != []
    assert len(list(ran.state.glob("crashes/*"))) == 1
    assert len(list(ran.state.glob("logs/*"))) >= 1
    assert len(list(ran.state.glob("audit/*"))) >= 1
    assert [name for name, _ in ran.files("outputs") if "copy-of-incidents.db-wal" in name] != []


@pytest.mark.parametrize("place", CANARIES)
def test_a_credential_comes_out_nowhere(ran: Run, place: str) -> None:
    wanted = [one.encode() for one in spellings(CANARIES[place])]
    # What a container writes is shown as it is, and copied when somebody says so.
    shown = ("screen", "clipboard", "picture", "snapshot", "state/opsconsole/logs/") if written(place) else ()
    found = [
        (name, text[max(0, text.index(one) - 60) : text.index(one) + 60])
        for name, text in ran.files()
        if not any(part in name for part in shown)
        for one in wanted
        if one in text
    ]
    assert found == []
    assert not any(one in text for text in sent(ran) for one in wanted)


def sent(ran: Run) -> Iterator[bytes]:
    """Whatever left for a server, save in a header or an address."""
    yield from ran.cluster.bodies
    yield from (text.encode() for text in ran.cluster.told)


def written(place: str) -> bool:
    """Whether the cluster's own lines hold it."""
    return place == "jaeger-cookie"


@pytest.mark.parametrize("secret", LEFT_ABOUT)
def test_what_the_clusters_programs_leave_about_is_in_no_record(ran: Run, secret: str) -> None:
    kept = [name for name, text in ran.files() if secret.encode() in text]
    allowed = ("screen", "clipboard", "picture", "snapshot", "state/opsconsole/logs/")
    assert [name for name in kept if secret in NEVER_SHOWN or not any(part in name for part in allowed)] == []
    assert not any(secret.encode() in text for text in sent(ran))


def test_the_record_says_what_it_hides(ran: Run) -> None:
    text = ran.text_of("../work/*.md")
    assert "denied: password=⟨hidden⟩ at amqp://shop:⟨hidden⟩@mq/ with ⟨hidden⟩" in text
    assert "what looks like a secret is hidden in" in text


def test_a_credential_program_gets_what_it_needs_and_no_more(ran: Run) -> None:
    raw = (ran.folder / "children" / "plugin.environ").read_text()
    got = dict(one.partition("=")[::2] for one in raw.split("\0") if one)
    assert {"CORP_SECRET", "KUBERNETES_EXEC_INFO", "PATH", "HOME"} <= set(got)
    assert set(got) <= {"CORP_SECRET", "KUBERNETES_EXEC_INFO", "PATH", "HOME", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}


def test_a_check_says_which_kubeconfig_others_can_read(ran: Run) -> None:
    said = [line for line in ran.text_of("*-check-*").splitlines() if "others can read" in line]
    path = ran.folder / "given" / "refusing-kubeconfig"
    assert set(said) == {f"opsconsole: others can read {path}, which may hold secrets; run chmod 600 on it"}


def test_everything_of_ours_is_the_owners_alone_under_any_umask(ran: Run) -> None:
    ours = [*ran.state.parent.parent.rglob("*"), *(ran.folder / "work").iterdir()]
    modes = {
        str(path.relative_to(ran.folder)): stat.S_IMODE(path.stat().st_mode) for path in ours if path.name != ".env"
    }
    assert {"incidents.db", "audit", "crashes", "logs", "attached"} <= {Path(name).name for name in modes}
    assert {Path(name).suffix for name in modes} >= {".md", ".html", ".json", ".db"}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
