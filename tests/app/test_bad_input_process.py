"""The program as the shell sees it when the configuration or a source is wrong: exit codes, stdout, stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from faulty_server import replying, served
from forked_program import ProgramSource, program_source
from opsconsole.practice.process import PracticeProcess

pytestmark = pytest.mark.xdist_group("bad-input")

SOURCES = ("kubernetes", "prometheus", "alertmanager", "elasticsearch", "jaeger")
LOG_IN = replying(200, b"<html><title>Sign in</title></html>", Content_Type="text/html")
SENTENCE = (
    "elasticsearch answered with something else than its API: a web page “Sign in”; "
    "check that the URL is the server's own, not a log-in page or a proxy"
)


@pytest.fixture(scope="module")
def practice() -> Iterator[str]:
    """The cluster table, in TOML, of a practice cluster that is well served."""
    with PracticeProcess("bad-release", seed=7) as table:
        yield table


@pytest.fixture(scope="module")
def program() -> Iterator[ProgramSource]:
    """Where the programs come from."""
    with program_source() as source:
        yield source


def moved(table: str, source: str, url: str) -> str:
    """`table` with `source` at another URL."""
    return re.sub(rf'(?m)^{source} = ".*"$', f'{source} = "{url}"', table)


MISTAKES = [
    ('[clusters.a]\npromethues = "http://h:9"', (), 'clusters.a.promethues: unknown key, did you mean "prometheus"?'),
    ('[clusters.prod]\njaeger = "http://h:9"', ("--cluster", "prdo"), "no cluster 'prdo'; did you mean \"prod\"?"),
    ('theme = "drak"\n[clusters.a]\njaeger = "http://h:9"', (), "theme: 'drak' is no theme, did you mean \"dark\"?"),
    ('[clusters.a]\njaeger = "http://h:9"', ("--theme", "drak"), "--theme: 'drak' is no theme"),
    ('[clusters.a]\njaeger = "h:9"', (), "clusters.a.jaeger.url: is no URL; write one such as http://"),
    ('[clusters.a]\njaeger = "http://u:pw@h:9"', (), "clusters.a.jaeger.url: holds credentials; take them out"),
    ("[clusters.a]\njaeger = 9", (), "clusters.a.jaeger: expected a table or a URL"),
    ('[clusters.a]\njaeger = { url = "http://h:9", timeot = 3 }', (), 'timeot: unknown key, did you mean "timeout"?'),
    (
        '[clusters.a]\njaeger = { url = "http://h:9", auth = { token = "hunter2" } }',
        (),
        "auth.token: holds a secret as plain text; put it in a file",
    ),
    ("[clusters.a\n", (), "c.toml is no valid TOML"),
]


@pytest.mark.parametrize(
    ("command", "file", "flags", "words"),
    # `check` draws nothing, so it knows no theme.
    [("snapshot", *one) for one in MISTAKES] + [("check", *one) for one in MISTAKES if "--theme" not in one[1]],
)
async def test_a_mistake_in_the_configuration_is_one_line_on_stderr_and_exit_code_two(
    tmp_path: Path, program: ProgramSource, command: str, file: str, flags: tuple[str, ...], words: str
) -> None:
    (tmp_path / "c.toml").write_text(file)
    ended = await program.run_beside(tmp_path, command, "--config", "c.toml", *flags)
    assert (ended.code, ended.out) == (2, "")
    assert re.fullmatch(r"opsconsole: [^\n]+\n", ended.err)
    assert words in ended.err
    assert "hunter2" not in ended.err
    assert "pw@" not in ended.err


async def test_a_snapshot_tells_of_the_failing_source_and_shows_the_others(
    tmp_path: Path, practice: str, program: ProgramSource
) -> None:
    async with served(LOG_IN) as url:
        (tmp_path / "c.toml").write_text(moved(practice, "elasticsearch", url))
        text = await program.run_beside(tmp_path, "snapshot", "--config", "c.toml", "--wait", "30s", "--full", "logs")
        data = await program.run_beside(tmp_path, "snapshot", "--config", "c.toml", "--wait", "30s", "--format", "json")
    assert (text.code, text.err, data.code, data.err) == (0, "", 0, "")
    assert SENTENCE in " ".join(text.out.replace("│", " ").split())
    known = json.loads(data.out)
    states = {entry["source"]: entry["state"] for entry in known["freshness"]}
    assert states == {**dict.fromkeys(SOURCES, "live"), "elasticsearch": "down"}
    assert known["logs"]["problem"] == {"kind": "malformed", "sentence": SENTENCE}
    assert known["pods"]["value"]["pods"]
    assert known["alerts"]["value"]


async def test_check_is_zero_when_all_is_well_and_names_everyone(
    tmp_path: Path, practice: str, program: ProgramSource
) -> None:
    (tmp_path / "c.toml").write_text(practice)
    table = await program.run_beside(tmp_path, "check", "--config", "c.toml")
    assert (table.code, table.err) == (0, "")
    lines = table.out.splitlines()
    assert lines[0].split() == ["source", "state", "version", "identity", "latency", "clock", "missing", "url"]
    assert [line.split()[:2] for line in lines[1:]] == [[name, "ok"] for name in SOURCES]
    data = json.loads((await program.run_beside(tmp_path, "check", "--config", "c.toml", "--json")).out)
    assert (data["schema"], data["cluster"], data["well"]) == ("opsconsole.check/1", "practice", True)
    for source in data["sources"]:
        assert source["version"]
        assert source["identity"]
        assert abs(source["clock_skew"]) < 1.5
        assert source["missing"] == []
        assert source["problem"] is None


async def test_check_is_one_when_a_source_is_down_and_says_which_and_why(
    tmp_path: Path, practice: str, program: ProgramSource
) -> None:
    async with served(LOG_IN) as url:
        (tmp_path / "c.toml").write_text(moved(practice, "elasticsearch", url))
        table = await program.run_beside(tmp_path, "check", "--config", "c.toml")
        data = await program.run_beside(tmp_path, "check", "--config", "c.toml", "--json")
    assert (table.code, table.err, data.code, data.err) == (1, "", 1, "")
    assert table.out.splitlines()[-1] == SENTENCE
    assert [line.split()[1] for line in table.out.splitlines()[1:6]] == ["ok", "ok", "ok", "failed", "ok"]
    failed = {source["source"]: source["problem"] for source in json.loads(data.out)["sources"]}
    assert failed == {**dict.fromkeys(SOURCES), "elasticsearch": SENTENCE}


@pytest.mark.parametrize("kind", ["file", "env"])
async def test_check_is_two_when_a_secret_can_not_be_used(tmp_path: Path, program: ProgramSource, kind: str) -> None:
    secret = tmp_path / "token"
    secret.write_text("hunter2")
    secret.chmod(0o640)
    place, words = {
        "file": (f"file:{secret}", f"jaeger was not asked: others can read {secret}; run chmod 600 {secret}"),
        "env": ("env:NO_SUCH", "jaeger was not asked: the environment has no NO_SUCH; export NO_SUCH with the secret"),
    }[kind]
    settings = f'{{ url = "http://127.0.0.1:9", auth = {{ token = "{place}" }} }}'
    (tmp_path / "c.toml").write_text(f"[clusters.a]\njaeger = {settings}\n")
    ended = await program.run_beside(tmp_path, "check", "--config", "c.toml")
    assert (ended.code, ended.err) == (2, "")
    assert ended.out.splitlines()[-1] == words
    assert "hunter2" not in ended.out
