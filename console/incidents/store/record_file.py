"""The record as a file: every method blocks, and is called in the store's own thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import apsw
import msgspec

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent, Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.incidents.admission import admissible, admit, new_events
from opsconsole.incidents.event_json import encode_event
from opsconsole.incidents.folding import fold, in_order
from opsconsole.incidents.protocols import Decide, IncidentQuery, SimilarIncident, StoreError
from opsconsole.incidents.selecting import ranked, the_one, wanted
from opsconsole.incidents.similarity import like
from opsconsole.incidents.store.failure import newer_record
from opsconsole.incidents.store.opening import FOLDING, Opening
from opsconsole.incidents.store.returning import Returning, sort_out
from opsconsole.incidents.store.rows import EVENT_COLUMNS, event_of_row, incident_of_row
from opsconsole.incidents.store.schema import version_of
from opsconsole.incidents.store.searching import incidents_with, words_of
from opsconsole.incidents.store.transaction import writing


class RecordFile:
    """Reads and writes an open record. Raises `apsw.Error`, and what the rules of admission raise."""

    def __init__(self, opening: Opening) -> None:
        """Works out anew what an older console kept."""
        self._connection, self.path, self.newer, self.backup = opening
        self._form = version_of(self._connection)
        if not self.newer:
            self._refresh_stale()

    # -- writing ---------------------------------------------------------------------------------

    def append(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.append`."""
        return self._add(events, of_others=False)

    def append_decided(self, query: IncidentQuery, decide: Decide) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.append_decided`."""
        with self._writing() as connection:
            events = decide(self.incidents(query))
            for event in events:
                admissible(event)
            return self._added(connection, events, of_others=False)

    def merge(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.merge`."""
        return self._add(events, of_others=True)

    def _add(self, events: Sequence[IncidentEvent], *, of_others: bool) -> tuple[IncidentEvent, ...]:
        for event in events:
            admissible(event)
        with self._writing() as connection:
            return self._added(connection, events, of_others=of_others)

    def _added(
        self, connection: apsw.Connection, events: Sequence[IncidentEvent], *, of_others: bool
    ) -> tuple[IncidentEvent, ...]:
        """Add them while the file is held."""
        known = [event.id for event in events if _has(connection, event.id)]
        new = new_events(known, events)
        for name in dict.fromkeys(event.incident for event in new):
            standing = tuple(self._stored(name))
            coming = [event for event in new if event.incident == name]
            if not of_others:
                admit(standing, coming)
            for event in coming:
                self._insert(event, shared=of_others)
            self._keep(fold((*standing, *coming)))
        if of_others:
            self._forget_unshared(known)
        return new

    def bring_back(self, events: Sequence[IncidentEvent]) -> Returning:
        """Write what was put aside, with its own times; nothing that is here already, or was written again since.

        Nobody asks whether a field was set meanwhile: what then stands beside it is a conflict, and shown.
        """
        with self._writing() as connection:
            absent = new_events([event.id for event in events if _has(connection, event.id)], events)
            sorted_out = sort_out(absent, self._stored, lambda: self._all(None))
            for event in sorted_out.new:
                self._insert(event, shared=False)
            for name in dict.fromkeys(event.incident for event in sorted_out.new):
                self._keep(fold(self._stored(name)))
        return sorted_out

    def _insert(self, event: IncidentEvent, *, shared: bool) -> None:
        row = (event.id, event.incident, event.at, event.recorded_at, encode_event(event))
        self._connection.execute("INSERT INTO event (id, incident, at, recorded_at, body) VALUES (?, ?, ?, ?, ?)", row)
        seq = self._connection.last_insert_rowid()
        self._connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (seq, words_of(event)))
        if not shared:
            self._connection.execute("INSERT INTO unshared VALUES (?, ?)", (event.incident, seq))

    def _keep(self, incident: Incident) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO incident (id, cluster, folding, body) VALUES (?, ?, ?, ?)",
            (incident.id, incident.cluster, FOLDING, msgspec.json.encode(incident)),
        )

    def mark_shared(self, events: Sequence[str]) -> None:
        """As `IncidentStore.mark_shared`."""
        with self._writing():
            self._forget_unshared(events)

    def _forget_unshared(self, events: Iterable[str]) -> None:
        self._connection.executemany(
            "DELETE FROM unshared WHERE (incident, seq) = (SELECT incident, seq FROM event WHERE id = ?)",
            [(event,) for event in events],
        )

    def set_watermark(self, cluster: SafeText, value: int) -> None:
        """As `IncidentStore.set_watermark`."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO watermark VALUES (?, ?)", (cluster, value))

    @contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        if self.newer:
            raise StoreError(self.newer)
        with writing(self._connection):
            # A newer console may have changed the form while this one had it open.
            if (form := version_of(self._connection)) > self._form:
                raise StoreError(newer_record(self.path, form, self._form))
            yield self._connection

    def fold_anew(self) -> None:
        """Work out every incident from its events, whatever was kept of it."""
        with self._writing() as connection:
            connection.execute("UPDATE incident SET folding = 0")
        self._refresh_stale()

    def _refresh_stale(self) -> None:
        """Fold the incidents whose cache is of another form of folding, or missing."""
        if not self._stale():
            return
        with self._writing() as connection:
            for name in self._stale():
                if events := tuple(self._stored(name)):
                    self._keep(fold(events))
                else:
                    connection.execute("DELETE FROM incident WHERE id = ?", (name,))

    def _stale(self) -> list[str]:
        question = (
            "SELECT id FROM incident WHERE folding != ? UNION SELECT incident FROM"
            " (SELECT DISTINCT incident FROM event) WHERE incident NOT IN (SELECT id FROM incident)"
        )
        return [str(name) for (name,) in self._connection.execute(question, (FOLDING,))]

    # -- reading ---------------------------------------------------------------------------------

    def incident(self, name: str) -> Incident:
        """As `IncidentStore.incident`."""
        kept = {row[0]: row for row in self._kept()}
        return self._incident(kept[the_one(name, kept)])

    def events(self, name: str) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.events`."""
        return in_order(self._stored(self._id_of(name)))

    def incidents(self, query: IncidentQuery) -> tuple[Incident, ...]:
        """As `IncidentStore.incidents`."""
        having = incidents_with(self._connection, query.words)
        found = (one for one in self._all(having) if wanted(one, query))
        return ranked(found)[: query.limit]

    def similar(self, incident: Incident, limit: int) -> tuple[SimilarIncident, ...]:
        """As `IncidentStore.similar`."""
        return like(incident, self._all(None), limit)

    def changed(self) -> int:
        """As `IncidentStore.changed`."""
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM event").get)

    def unshared(self, cluster: SafeText, limit: int) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.unshared`. What this console can't read is left to the one that wrote it."""
        rows = self._connection.execute(
            f"SELECT {EVENT_COLUMNS} FROM incident JOIN unshared ON unshared.incident = incident.id"  # noqa: S608
            " JOIN event ON event.seq = unshared.seq WHERE incident.cluster = ? ORDER BY event.seq",
            (cluster,),
        )
        waiting: list[IncidentEvent] = []
        for row in rows:
            event = event_of_row(row)
            if not isinstance(event.what, Unreadable):
                waiting.append(event)
            if len(waiting) >= limit:
                break
        return tuple(waiting)

    def watermark(self, cluster: SafeText) -> int:
        """As `IncidentStore.watermark`."""
        row = self._connection.execute("SELECT value FROM watermark WHERE cluster = ?", (cluster,)).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def _stored(self, name: str) -> Iterator[IncidentEvent]:
        rows = self._connection.execute(f"SELECT {EVENT_COLUMNS} FROM event WHERE incident = ? ORDER BY seq", (name,))  # noqa: S608
        return map(event_of_row, rows)

    def _id_of(self, name: str) -> str:
        return the_one(name, (str(one) for (one,) in self._connection.execute("SELECT id FROM incident")))

    def _all(self, having: set[str] | None) -> Iterator[Incident]:
        return (self._incident(row) for row in self._kept() if having is None or row[0] in having)

    def _kept(self) -> list[tuple[str, int, object]]:
        rows = self._connection.execute("SELECT id, folding, body FROM incident")
        return [(str(name), int(str(folding)), body) for name, folding, body in rows]

    def _incident(self, row: tuple[str, int, object]) -> Incident:
        """What is kept of an incident, else what its events say."""
        name, folding, body = row
        incident = incident_of_row(body) if folding == FOLDING else None
        return incident or fold(self._stored(name))


def _has(connection: apsw.Connection, event: str) -> bool:
    return connection.execute("SELECT 1 FROM event WHERE id = ?", (event,)).fetchone() is not None
