"""What a console can keep nowhere: it opens all the same, says so, and does nothing that would have to be kept."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import apsw
import pytest

from links.own_disk import can_mount
from links.restarting import ARGUMENTS, QUESTION, plan_a_restart
from links.terminals import Console, Desk
from recording_cluster import RecordingCluster, recording_cluster
from servers.availability import unavailable

pytestmark = pytest.mark.xdist_group("links")

UP = ("1 Alerts", "jaeger can't be reached")
STATE = Path(".local") / "state" / "opsconsole"
RECORD = Path(__file__).parents[1] / "unit" / "incident_records" / "form-1.db"
FULL = {"room": 0, "writable": True}
READ_ONLY = {"room": 65_536, "writable": False}
F2 = b"\x1bOQ"


def says(console: Console, sentence: str) -> None:
    """Wait until each word of `sentence` stands on the screen, wherever its lines are broken."""
    console.shows(*sentence.split())


def open_an_incident(console: Console) -> None:
    console.types(b"i", "Open an incident")
    console.types(b"it slowed down\r", "is open; i shows it")


@pytest.fixture
def small_disk() -> None:
    if not can_mount():
        unavailable("this machine lets nobody mount a disk of its own")


def settled_by(desk: Desk, console: Console) -> None:
    """It is left as usual, and has kept nothing."""
    console.types(b"q", console.has_ended)
    assert console.end().code == 0
    assert list(desk.home.iterdir()) == []


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize(
    ("disk", "sentence"),
    [(FULL, "the disk is full, or a limit reached; free some space, then try again"),
     (READ_ONLY, "it may not be written; check whose file it is")],
    ids=["full", "read-only"],
)  # fmt: skip
def test_where_nothing_can_be_kept_no_incident_is_opened(desk: Desk, disk: Mapping[str, object], sentence: str) -> None:
    with desk.console("--config", "c.toml", disk={"place": str(desk.home), **disk}) as console:
        console.shows(*UP)
        console.terminal.type(b"i")
        says(console, sentence)
        settled_by(desk, console)


def test_without_a_home_the_console_opens_and_keeps_no_incident(desk: Desk) -> None:
    with desk.console("--config", "c.toml", environment={"HOME": "/proc/nobody"}) as console:
        console.shows(*UP)
        console.terminal.type(b"i")
        says(console, "the incident record /proc/nobody/.local/state/opsconsole/incidents.db can't be read")
        settled_by(desk, console)


@pytest.mark.usefixtures("small_disk")
def test_a_user_without_a_home_is_told_to_name_a_folder(desk: Desk) -> None:
    with desk.console("--config", "c.toml", environment={"HOME": None}, nameless=True) as console:
        assert console.end().code == 2
        assert console.terminal.received.decode().startswith("opsconsole: this user has no home folder")
    assert not (desk.folder / "~").exists()


@pytest.fixture(scope="module")
def cluster() -> Iterator[RecordingCluster]:
    with recording_cluster("healthy") as made:
        yield made


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("disk", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_what_can_not_be_recorded_is_not_sent(
    desk: Desk, cluster: RecordingCluster, disk: Mapping[str, object]
) -> None:
    (desk.folder / "c.toml").write_text(cluster.table)
    with desk.console(*ARGUMENTS, disk={"place": str(desk.home), **disk}) as console:
        plan_a_restart(console)
        sent = list(cluster.recorder.changing)
        console.types(b"y", lambda: QUESTION not in console.terminal.text)
        says(console, "nothing was sent")
        says(console, "can't be written")
        assert cluster.recorder.changing == sent


# -- others on the same records ----------------------------------------------------------------------


def test_two_consoles_keep_one_record_and_one_goes_on_without_the_other(desk: Desk) -> None:
    with desk.console("--config", "c.toml") as first:
        first.shows(*UP)
        open_an_incident(first)
        with desk.console("--config", "c.toml") as second:
            second.shows(*UP, "INC-")
            first.signal(signal.SIGKILL)
            assert first.end().code == -signal.SIGKILL
            second.types(b"J", ": note")
            second.terminal.type(b"the first one is gone\r")
            second.types(b"i", "the first one is gone")


@pytest.mark.parametrize("form", [1, 99], ids=["the oldest", "a newer one"])
def test_a_record_of_another_form_is_read_and_only_an_older_one_is_written(desk: Desk, form: int) -> None:
    place = desk.home / STATE
    place.mkdir(parents=True, mode=0o700)
    shutil.copy(RECORD, place / "incidents.db")
    (place / "incidents.db").chmod(0o600)
    if form > 1:
        connection = apsw.Connection(str(place / "incidents.db"))
        connection.pragma("user_version", form)
        connection.close()
    with desk.console("--config", "c.toml") as console:
        console.shows(*UP)
        console.types(F2, "Incidents")
        console.types(b"C", "INC-")
        console.types(b"\x1b", "1 Alerts")
        console.types(b"i", "Open an incident")
        console.terminal.type(b"it slowed down\r")
        if form == 1:
            console.shows("is open; i shows it")
        else:
            says(console, "was made by a newer opsconsole")
