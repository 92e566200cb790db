"""A real Alertmanager that keeps what it receives and notifies nobody.

Debian's build reads its message templates from a fixed folder below /usr/share, which only an
installed package has. The unpacked binary is therefore relocated as package managers do it: the
folder's name in it is replaced by a relative one of the same length, a link in the server's folder.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from servers.cache import exclusive
from servers.debian import binary
from servers.ports import reserved_port
from servers.process import ServerProcess, running

INSTALLED_TEMPLATES = Path("/usr/share/prometheus/alertmanager")
LINKED_TEMPLATES = Path("am-templates")


@contextlib.contextmanager
def run_alertmanager(
    folder: Path, *, inhibit_rules: Sequence[Mapping[str, object]] = (), flags: Sequence[str] = ()
) -> Iterator[ServerProcess]:
    """Alertmanager in `folder` (made when missing), ready, until the block ends.

    One route, grouped by alert name, to one receiver called `on-call` that sends nothing.
    `inhibit_rules` are as in alertmanager.yml, which is `folder/alertmanager.yml`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = _relocated(binary("prometheus-alertmanager"), folder)
    with reserved_port() as port:
        address = f"127.0.0.1:{port}"
        config = folder / "alertmanager.yml"
        config.write_text(_config(inhibit_rules))
        command: list[str | Path] = [
            program,
            f"--config.file={config}",
            f"--storage.path={folder / 'state'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
            "--log.level=warn",
            *flags,
        ]
        server = ServerProcess(command, url=f"http://{address}", ready_path="/-/ready", folder=folder)
        with running(server):
            yield server


def _config(inhibit_rules: Sequence[Mapping[str, object]]) -> str:
    route = {"receiver": "on-call", "group_by": ["alertname"], "group_wait": "1s", "group_interval": "1s"}
    wire = {"route": route, "receivers": [{"name": "on-call"}], "inhibit_rules": [dict(rule) for rule in inhibit_rules]}
    return json.dumps(wire, indent=2)  # JSON is YAML


def _relocated(program: Path, folder: Path) -> Path:
    """`program`, or a copy of it that finds its templates by a link made in `folder`."""
    templates = program.parents[2] / INSTALLED_TEMPLATES.relative_to("/")
    if not templates.is_dir():  # from PATH: it has what it needs
        return program
    link = folder / LINKED_TEMPLATES
    if not link.is_symlink():
        link.symlink_to(templates)
    copy = program.with_name("alertmanager-relocated")
    with exclusive("alertmanager-relocated"):
        if not copy.exists():
            old = str(INSTALLED_TEMPLATES).encode()
            new = str(LINKED_TEMPLATES).encode()
            padding, odd = divmod(len(old) - len(new), len(b"./"))
            if odd:
                raise ValueError(f"{LINKED_TEMPLATES} can't be padded to the length of {INSTALLED_TEMPLATES}")
            part = copy.with_suffix(".part")
            part.write_bytes(program.read_bytes().replace(old, b"./" * padding + new))
            part.chmod(0o755)
            part.rename(copy)
    return copy
