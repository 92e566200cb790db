"""Lines of containers as log records: whose they are, their JSON fields, and an id that stays the same."""

from __future__ import annotations

from collections import Counter
from zlib import crc32

import msgspec

from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.pod import Pod
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.decoding import flattened, shown
from opsconsole.sources.elasticsearch.fields import CANDIDATES, TIMESTAMP, Concept
from opsconsole.sources.lenient_json import decode_loosely

_ELSEWHERE = frozenset({TIMESTAMP, *CANDIDATES[Concept.MESSAGE]})


class ContainerPart(msgspec.Struct, frozen=True):
    """One life of one container of a pod: the present one, or with `previous` the one before the last restart.

    `life` counts the restarts before it.
    """

    pod: Pod
    container: SafeText
    life: int = 0
    previous: bool = False

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from others."""
        return (self.pod.uid, self.container, self.life)


class RecordMaker:
    """Makes records of the lines of one part, in the order they were written.

    A line has no name of its own: its id is made of the runtime's time and its text, and of how many like it came
    at that time. So reading a line once more gives the same id.
    """

    def __init__(self, part: ContainerPart) -> None:
        """No line seen yet."""
        self._part = part
        self._alike: Counter[tuple[float | None, int]] = Counter()
        self._time: float | None = None

    def record(self, line: ContainerLine) -> LogRecord:
        """The next line as a record."""
        if line.time != self._time:
            self._time = line.time
            self._alike.clear()
        written = crc32(line.whole.encode("utf-8", "surrogatepass"))
        seen = (line.time, written)
        self._alike[seen] += 1
        pod = self._part.pod
        document = _document(line)

        def told(concept: Concept) -> SafeText:
            return next((shown(document[name]) for name in CANDIDATES[concept] if document.get(name)), SafeText(""))

        return LogRecord(
            id=SafeText(f"{pod.uid}/{self._part.container}/{line.time!r}/{written:08x}/{self._alike[seen]}"),
            time=line.time,
            level=line.level,
            service=pod.service or self._part.container,
            message=line.message if document else line.whole,
            pod=pod.name,
            namespace=pod.namespace,
            container=line.container,
            trace_id=told(Concept.TRACE),
            span_id=told(Concept.SPAN),
            fields=tuple(
                (safe_text(name, 256), shown(value)) for name, value in document.items() if name not in _ELSEWHERE
            ),
        )


def _document(line: ContainerLine) -> dict[str, object]:
    """The fields of a line of JSON; none of another, and of one that was too long to be kept whole."""
    if not line.raw:
        return {}
    found = decode_loosely(line.raw.encode("utf-8", "surrogatepass"))
    return flattened(found) if isinstance(found, dict) else {}
