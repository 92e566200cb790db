"""No module has a form of code by which text from outside could become a command, and each such form is found."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unsafe_forms.reading import trees_of
from unsafe_forms.table import FORMS, unsafe_forms

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("console", "widgets", "themes")
SOURCE = "console/sources/x.py"

FOUND = {
    "markup read from values": (
        "Content.from_markup(words)",
        "Text.from_markup(f'[b]{words}[/b]')",
        "Text.from_ansi(line)",
        "Content.from_text(words)",
        "matcher.highlight(title)",  # of Textual's palette
    ),
    "markup switched on": ("Static(words, markup=True)", "log.show(line, markup=wanted)"),
    "a toast that reads markup": ("self.notify(words)", "app.notify(f'{words}', severity='error')"),
    "a string in a widget that reads markup": (
        "from textual.widgets import Static\ndef f(words: str): Static(words)",
        "from textual.widgets import Label\ndef f(words: SafeText): Label(f'about {words}')",
        "from textual.widgets.option_list import Option\ndef f(name): Option(name, id='1')",
        "from textual.widgets import Static\ndef told() -> str: ...\ndef f(): Static(told())",
        "def f(words: str): frame.border_title = words",
        "def f(words): frame.border_subtitle = f'Esc {words}'",
        "def f(words): words = str(words); box.tooltip = words",
    ),
    "a string for an update": (
        "def f(words: SafeText): widget.update(words)",
        "widget.update(f'about {words}')",
        "def f(): said = 'a'.join(x); widget.update(said)",
    ),
    "redirects": ("client.get(url, follow_redirects=True)", "httpx.AsyncClient(trust_env=False, follow_redirects=x)"),
    "the environment trusted": ("httpx.AsyncClient()", "httpx.Client(trust_env=True)", "session.trust_env = True"),
    "TLS not verified": (
        "client(verify=False)",
        "context.check_hostname = False",
        "context.verify_mode = ssl.CERT_NONE",
        "ssl._create_unverified_context()",
    ),
    "a query put together": (
        "ask(query=f'up{{job=\"{job}\"}}')",
        "body = {'query_string': {'query': 'service:' + name}}",
        "params['query'] = 'up{job=\"%s\"}' % job",
        "query = 'up{{job=\"{}\"}}'.format(job)",
    ),
    "outside text printed": (
        "print(words)",
        "sys.stdout.write(words)",
        "def f(path: Path): click.echo(f'{path}: fine')",
        "def f(words: str): click.echo(f'about {words}')",
        "try: x()\nexcept OSError as error: click.echo(f'no: {error}', err=True)",
        "def where() -> Path: ...\ndef f(): path = where(); click.echo(f'in {path}')",
    ),
    "a file written by itself": (
        "open(name, 'w')",
        "path.open('ab')",
        "path.write_text(words)",
        "path.write_bytes(body)",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "tempfile.mktemp()",
    ),
    "a program started": (
        "import subprocess",
        "from multiprocessing import Process",
        "import webbrowser",
        "await asyncio.create_subprocess_exec('ls')",
        "os.execv(program, arguments)",
        "os.popen(words)",
        "os.fork()",
    ),
}
"""What has to be found, by the name of the form."""

FINE = (
    "Content.from_markup('[b]own[/b]')",
    "Content(words)",
    "from textual.widgets import Static\nStatic(Content(words))",
    "from textual.widgets import Static\nStatic('own words')",
    "from textual.widgets import Static\nStatic(classes='x', markup=False)",
    "from textual.widgets import Static\ndef told() -> Content: ...\ndef f(): Static(told())",
    "def f(title: Content): frame.border_title = title",
    "frame.border_title = Content.assemble(words, ' ', more)",
    "self.notify(words, markup=False)",
    "known.update(other)",
    "digest.update(words.encode())",
    "httpx.AsyncClient(trust_env=False, follow_redirects=False)",
    "ask(query=query)",
    "query = f'up{{job={promql_string(job)}}}'",
    "def f(path: Path): click.echo(f'{safe_text(path)}: fine')",
    "def f(words: SafeText): click.echo(f'about {words}')",
    "path.open('rb')",
    "open_new(path)",
)
"""What looks alike and is safe."""

RUFFS = {
    "S102": "exec(words)",
    "S301": "import pickle\npickle.loads(body)",
    "S306": "import tempfile\ntempfile.mktemp()",
    "S307": "eval(words)",
    "S311": "import random\ntoken = random.random()",
    "S324": "import hashlib\nhashlib.md5(body)",
    "S501": "import httpx\nhttpx.get(url, verify=False)",
    "S506": "import yaml\nyaml.load(words)",
    "S602": "import subprocess\nsubprocess.run(words, shell=True)",
    "S603": "import subprocess\nsubprocess.run([words])",
    "S605": "import os\nos.system(words)",
    "S608": "query = f'SELECT * FROM {table}'",
    "T201": "print(words)",
}
"""Forms that ruff knows, by its codes."""

SILENCED = {
    "console/incidents/store/record_file.py": {"S608"},  # names of tables that are literals
    "console/incidents/store/verifying.py": {"S608"},  # the same
    "console/sources/kubernetes/access/plugin_run.py": {"S603"},  # the allow-list's, without a shell
    "console/config/secrets_in_use.py": {"S506"},  # the loader is one of the two safe ones
    "console/level_watch.py": {"S603"},  # our own module
    "console/practice/process.py": {"S603"},  # our own module
    "console/app.py": {"S311"},  # spreads requests in time
    "console/drills/choosing.py": {"S311"},  # chooses a scenario
    "console/incident_sharing.py": {"S311"},  # spreads requests in time
    "console/screens/headless.py": {"S311"},  # the same
    "console/sources/kubernetes/source.py": {"S311"},  # the same
}
"""Where one of them may be silenced; none of these guards a secret or takes text from outside."""


def names_found(code: str, path: str = SOURCE) -> set[str]:
    return {name for _, name in unsafe_forms({path: ast.parse(code)})}


def test_no_module_has_a_form_that_is_unsafe() -> None:
    assert list(unsafe_forms(trees_of(ROOT, *FOLDERS))) == []


def test_leave_is_given_to_modules_that_need_it_alone() -> None:
    given = {path for form in FORMS for path in form.allowed if (ROOT / path).exists()}
    trees = {path: ast.parse((ROOT / path).read_text("utf-8")) for path in given}
    assert {place.partition(":")[0] for place, _ in unsafe_forms(trees, leave=False)} == given


def test_every_form_has_its_examples() -> None:
    assert FOUND.keys() == {form.name for form in FORMS}


@pytest.mark.parametrize(("form", "code"), [(form, code) for form, codes in FOUND.items() for code in codes])
def test_a_form_is_found(form: str, code: str) -> None:
    assert form in names_found(code)


@pytest.mark.parametrize("code", FINE)
def test_what_is_safe_is_left_alone(code: str) -> None:
    assert names_found(code) == set()


def test_ruff_looks_for_the_forms_that_it_knows(tmp_path: Path) -> None:
    for code, text in RUFFS.items():
        (tmp_path / f"{code.lower()}.py").write_text(f"{text}\n")
    ruff = shutil.which("ruff", path=Path(sys.executable).parent)
    assert ruff is not None
    command = [ruff, "check", "--output-format=json", "--no-cache", "--config", str(ROOT / "pyproject.toml"), tmp_path]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    found = {(Path(one["filename"]).stem.upper(), one["code"]) for one in told}
    assert {(code, code) for code in RUFFS} <= found


def test_nobody_silences_ruff_where_it_matters() -> None:
    silenced: dict[str, set[str]] = {}
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for codes in re.findall(r"# (?:noqa|ruff: noqa):? ?([A-Z0-9, ]*)", path.read_text("utf-8")):
            named = set(re.findall(r"[A-Z]+\d+", codes)) or {"all"}
            if found := named & {*RUFFS, "all", "S"}:
                silenced.setdefault(str(path.relative_to(ROOT)), set()).update(found)
    assert silenced == SILENCED
