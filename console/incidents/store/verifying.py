"""Whether a record is whole: the file, every event, and every incident that they make."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw
import msgspec

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.incidents.folding import fold
from opsconsole.incidents.store.copying import check
from opsconsole.incidents.store.opening import BUSY_MILLISECONDS, FOLDING
from opsconsole.incidents.store.rows import DAMAGED, EVENT_COLUMNS, event_of_row, incident_of_row
from opsconsole.incidents.store.schema import check_that_it_is_ours, version_of
from opsconsole.safe_text import safe_text


class Verification(msgspec.Struct, frozen=True):
    """What was found. `problem` names the first thing that is wrong, empty when all is well.

    `newer` events are of a kind that this console doesn't know: kept, not wrong.
    """

    form: int = 0
    incidents: int = 0
    events: int = 0
    newer: int = 0
    problem: SafeText = SafeText("")

    @property
    def fine(self) -> bool:
        """Whether everything fits."""
        return not self.problem


def verify(path: Path) -> Verification:
    """Look through the whole record at `path`, changing nothing. Raises `OSError` where there is no such file."""
    path.stat()
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    with closing(connection):
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        try:
            check_that_it_is_ours(connection)
            check(connection)
            connection.execute("BEGIN")  # one moment of the record, whoever writes meanwhile
            return _looked_through(connection)
        except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, UnicodeDecodeError) as error:
            return Verification(problem=safe_text(f"the file is damaged: {error}", 500))


def _looked_through(connection: apsw.Connection) -> Verification:
    form = version_of(connection)
    if form == 0:
        return Verification(problem=SafeText("the file is empty"))
    events, newer = 0, 0
    for row in connection.execute(f"SELECT {EVENT_COLUMNS} FROM event ORDER BY seq"):  # noqa: S608 - columns of ours
        event = event_of_row(row)
        events += 1
        newer += isinstance(event.what, Unreadable)
        if isinstance(event.what, Unreadable) and event.what.kind == DAMAGED:
            said = f"row {row[0]} of the events ({event.id} of {event.incident}) can't be read"
            return Verification(form, 0, events, newer, safe_text(said, 500))
    rows = connection.execute("SELECT incident FROM event GROUP BY incident ORDER BY min(seq)")
    names = [str(name) for (name,) in rows]
    problems = (_compared(_folded(connection, name), _kept(connection, name)) for name in names)
    return Verification(form, len(names), events, newer, next(filter(None, problems), SafeText("")))


def _folded(connection: apsw.Connection, name: str) -> Incident:
    question = f"SELECT {EVENT_COLUMNS} FROM event WHERE incident = ?"  # noqa: S608 - columns of ours
    return fold(event_of_row(row) for row in connection.execute(question, (name,)))


def _kept(connection: apsw.Connection, name: str) -> tuple[int, Incident | None] | None:
    row = connection.execute("SELECT folding, body FROM incident WHERE id = ?", (name,)).fetchone()
    return None if row is None else (int(str(row[0])), incident_of_row(row[1]))


def _compared(incident: Incident, kept: tuple[int, Incident | None] | None) -> SafeText:
    """What is wrong with the summary that is kept of an incident; one of another form of folding is made anew."""
    if kept is None or kept[0] != FOLDING or kept[1] == incident:
        return SafeText("")
    return safe_text(f"what is kept of {incident.name} ({incident.id}) is not what its events say", 500)
