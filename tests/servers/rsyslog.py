"""A real shipper of log files: Debian's rsyslog, which writes their JSON lines into an Elasticsearch.

It runs beside a machine's own: no socket of the system's log, no root, all its state in one folder.
"""

from __future__ import annotations

import contextlib
import ctypes.util
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from servers import debian
from servers.availability import unavailable
from servers.debian import FetchError
from servers.process import ServerProcess, running

PACKAGES = ("rsyslog", "rsyslog-elasticsearch", "libestr0", "libfastjson4")
"""What it consists of in Debian; the rest of what it is linked to is on any machine that has libcurl."""

PIPELINE = """
global(workDirectory="{state}" maxMessageSize="1m")
module(load="imfile")
module(load="mmjsonparse")
module(load="omelasticsearch")

template(name="document" type="list") {{ property(name="$!all-json") }}
template(name="id" type="list") {{ property(name="$.id") }}
template(name="received" type="list") {{ property(name="timegenerated" dateFormat="rfc3339") }}
{inputs}
action(type="omfile" file="{state}/own.log")
"""

LINES = """
  action(type="mmjsonparse" cookie="")
  if $parsesuccess != "OK" then {
    set $!@timestamp = exec_template("received");
    set $!message = $msg;
    unset $!msg;
  }
"""
"""For a file in which each line is what the service wrote."""

CONTAINER_LINES = """
  set $.written = re_extract($msg, "^[^ ]+ std(out|err) F (.*)", 0, 2, "");
  if parse_json($.written, "\\$!") != 0 then {
    set $!@timestamp = field($msg, 32, 1);
    set $!message = $.written;
  }
"""
"""For a container's file as a runtime writes it: time, stream, F for a whole line, and what the service wrote (CRI)."""

INPUT = """
ruleset(name="file-{number}") {{
{parsing}
  set $.id = $!metadata!filename & ":" & $!metadata!fileoffset;
  set $!log!file!path = $!metadata!filename;
  set $!log!offset = cnum($!metadata!fileoffset);
  unset $!metadata;
{fields}
  action(
    type="omelasticsearch" server="{server}" serverport="{port}" esversion.major="8" searchType=""
    template="document" searchIndex="{index}" bulkmode="on" bulkid="id" dynbulkid="on" writeoperation="create"
    errorfile="{state}/refused.json" action.resumeRetryCount="-1" action.resumeInterval="1"
  )
}}
input(type="imfile" file="{file}" tag="file" ruleset="file-{number}" addMetadata="on")
"""
"""A line's id is its file and offset, and it is created, never replaced: one sent twice is stored once."""


class Rsyslog(ServerProcess):
    """The running shipper. What it has to say is in `folder/state/own.log`, what was refused in `refused.json`."""

    def _is_ready(self, client: httpx.Client) -> bool:
        del client  # it speaks no HTTP; it writes its process id once its inputs run
        return (self.folder / "pid").exists()


@contextlib.contextmanager
def run_rsyslog(
    folder: Path,
    *,
    files: Mapping[Path, Mapping[str, str]],
    elasticsearch: str,
    index: str,
    containers: bool = False,
) -> Iterator[Rsyslog]:
    """Rsyslog with its state in `folder` (made when missing), until the block ends.

    It ships each line of `files`, which may be patterns and need not exist yet, to `index` of the Elasticsearch at
    that URL: the fields of a JSON line as they are, any other line as `message`. Each gets `log.file.path`,
    `log.offset` and the fields given for its file, whose dotted names become objects. With `containers` the files are
    those that a container runtime writes. The shipper tries for ever while
    Elasticsearch is down. It remembers how far it came; what it has read and not sent when it ends is lost.
    """
    state = folder / "state"
    state.mkdir(parents=True, exist_ok=True)
    try:
        program, environment, modules = _installation()
    except FetchError as error:
        unavailable(str(error))
    server, _, port = elasticsearch.rpartition(":")
    inputs = [
        INPUT.format(
            number=number,
            file=file,
            parsing=CONTAINER_LINES if containers else LINES,
            fields=_assignments(fields),
            server=server,
            port=port,
            index=index,
            state=state,
        )
        for number, (file, fields) in enumerate(files.items())
    ]
    config = folder / "rsyslog.conf"
    config.write_text(PIPELINE.format(state=state, inputs="".join(inputs)))
    (folder / "pid").unlink(missing_ok=True)
    command: list[str | Path] = [program, "-n", "-f", config, "-i", folder / "pid", *modules]
    shipper = Rsyslog(command, url="", ready_path="its process id", folder=folder, environment=environment)
    with running(shipper):
        yield shipper


def _assignments(fields: Mapping[str, str]) -> str:
    return "\n".join(f'  set $!{name.replace(".", "!")} = "{value}";' for name, value in fields.items())


def fetch() -> Path:
    """Path of the program, its modules and libraries beside it, fetched when they aren't cached. Raises FetchError."""
    for package in PACKAGES:
        debian.unpacked(package)
    return debian.fetch("rsyslogd")


def _installation() -> tuple[Path, dict[str, str], list[str]]:
    """The program, the environment and the options by which it finds its libraries and modules. Raises FetchError."""
    program = fetch()
    folders = [debian.unpacked(package) for package in PACKAGES]
    if ctypes.util.find_library("curl") is None:
        raise FetchError("rsyslog: its Elasticsearch module needs libcurl (Debian: apt-get install libcurl4)")
    libraries = [str(path) for folder in folders for path in folder.glob("usr/lib/*-linux-*")]
    modules = [str(path) for folder in folders for path in folder.glob("usr/lib/*-linux-*/rsyslog")]
    return program, {"LD_LIBRARY_PATH": ":".join(libraries)}, ["-M", ":".join(modules)]
