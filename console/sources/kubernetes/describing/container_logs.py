"""What a container writes, followed through the API server.

`GET pods/NAME/log` (API reference, Pod, "read log of the specified Pod") with `timestamps`, so that a stream that
broke off is taken up at the second of its last line, and what came already is left out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.container_log import ContainerLine, LogBatch, LogRequest, LogState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.describing.container_lines import container_line, split_stamp
from opsconsole.sources.kubernetes.describing.manifest import object_path
from opsconsole.sources.moments import parse_moment, rfc3339
from opsconsole.sources.wire import Wire

SILENCE = 60.0
"""Seconds without a byte after which the stream is opened anew: a quiet container and a dead link look alike."""

DELAYS = (1.0, 2.0, 4.0, 8.0, 10.0)
"""Seconds between two tries; the last one is kept."""

LONGEST_LINE = 262_144
"""Bytes after which a line is ended where it is; the container runtime ends them at 16 kB each."""

_WAITS = "is waiting to start"
_NO_PREVIOUS = "previous terminated container"
_STOPPED = SafeText("the stream ended: the container stopped, or the connection was closed; reading on when it can")
_LOGS_HINT = SafeText("reading logs needs the verb get on pods/log; ask for it, or use other credentials")


@dataclass
class _Place:
    """How far a log was read: the stamp of the last line, and how many lines bore that very stamp."""

    stamp: str = ""
    moment: float = 0.0
    alike: int = 0
    lines: int = 0
    repeated: int = 0

    def begin_anew(self) -> None:
        """A stream starts at the second of the last line."""
        self.repeated = 0

    def is_news(self, stamp: str) -> bool:
        """Whether a line with `stamp` was not read before; notes it when so."""
        moment = parse_moment(stamp) if stamp else None
        if moment is not None and self.stamp:
            if (moment, stamp) < (self.moment, self.stamp):
                return False
            if stamp == self.stamp and self.repeated < self.alike:
                self.repeated += 1
                return False
        if moment is not None:
            self.alike = self.alike + 1 if stamp == self.stamp else 1
            self.repeated = self.alike
            self.stamp, self.moment = stamp, moment
        self.lines += 1
        return True


async def log_batches(
    connect: Callable[[], Awaitable[Wire]], asked: LogRequest, clock: Clock
) -> AsyncGenerator[LogBatch, None]:
    """Batches of `asked`, one a chunk that came. Waits between tries on `clock`; ends when trying again is of no use.

    Nothing is read ahead of the taker, so a container that writes faster than lines are taken is slowed down on the
    connection, not in memory. Close the iterator to end the request.
    """
    place, failures = _Place(), 0
    yield LogBatch(asked.container, LogState.OPENING)
    while True:
        before, asked_at = place.lines, clock.monotonic()
        try:
            wire = await connect()
            async with wire.stream("GET", _path(asked), params=_params(asked, place), silence=SILENCE) as chunks:
                yield LogBatch(asked.container, LogState.FOLLOWING)
                place.begin_anew()
                async for lines in _lines(chunks, place, asked):
                    yield LogBatch(asked.container, LogState.FOLLOWING, lines)
                    if asked.head is not None and place.lines >= asked.head:
                        break
            batch = _at_the_end(asked)
        except SourceError as error:
            if error.kind is ErrorKind.TIMEOUT and clock.monotonic() - asked_at >= SILENCE and asked.follow:
                continue
            batch = _of_error(error, asked)
        yield batch
        if batch.state is LogState.ENDED:
            return
        failures = 0 if place.lines > before else failures + 1
        await clock.sleep(DELAYS[min(failures, len(DELAYS) - 1)])


def _path(asked: LogRequest) -> str:
    return object_path(ObjectRef(Kind.POD, asked.namespace, asked.pod), "log")


def _params(asked: LogRequest, place: _Place) -> dict[str, str]:
    params = {"container": str(asked.container), "timestamps": "true"}
    if asked.previous:
        params["previous"] = "true"
    if asked.follow and asked.head is None:
        params["follow"] = "true"
    if place.stamp:
        # Times are cut to seconds on the way (metav1.Time), so the last second comes once more.
        params["sinceTime"] = rfc3339(float(int(place.moment)))
    elif asked.since is not None:
        params["sinceSeconds"] = str(asked.since)
    elif asked.tail is not None:
        params["tailLines"] = str(asked.tail)
    return params


async def _lines(
    chunks: AsyncIterator[bytes], place: _Place, asked: LogRequest
) -> AsyncIterator[tuple[ContainerLine, ...]]:
    """The new lines of each chunk; a line that no line end closes comes with what follows it."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            whole.append(rest)
            rest = b""
        if made := _made(whole, place, asked):
            yield made
    if rest and (made := _made([rest], place, asked)):
        yield made


def _made(raw_lines: list[bytes], place: _Place, asked: LogRequest) -> tuple[ContainerLine, ...]:
    made = []
    for raw in raw_lines:
        stamp, body = split_stamp(raw)
        if asked.head is not None and place.lines >= asked.head:
            break
        if place.is_news(stamp):
            made.append(container_line(stamp, body, asked.container))
    return tuple(made)


def _at_the_end(asked: LogRequest) -> LogBatch:
    if asked.head is not None:
        return LogBatch(asked.container, LogState.ENDED)
    if asked.previous:
        return LogBatch(asked.container, LogState.ENDED, words=SafeText("the end of the container before the restart"))
    if not asked.follow:
        return LogBatch(asked.container, LogState.ENDED)
    return LogBatch(asked.container, LogState.WAITING, words=_STOPPED)


def _of_error(error: SourceError, asked: LogRequest) -> LogBatch:
    """What went wrong, in words, and whether it may pass by itself."""
    state, words = LogState.WAITING, error.sentence
    match error.kind:
        case ErrorKind.BAD_QUERY:
            # The API server's own sentences: `container "app" in pod "x" is waiting to start: ContainerCreating`.
            waits = _WAITS in error.detail
            state, words = (LogState.WAITING if waits else LogState.ENDED), error.detail
            if asked.previous and error.detail.startswith(_NO_PREVIOUS):
                words = SafeText(f"{asked.container} has not restarted, or what it wrote before is gone")
        case ErrorKind.NOT_FOUND:
            state, words = LogState.ENDED, SafeText(f"the pod is gone: {error.detail}")
        case ErrorKind.FORBIDDEN:
            state, words = LogState.ENDED, SafeText(f"no access: {error.detail or _LOGS_HINT}; {_LOGS_HINT}")
        case ErrorKind.CONFIGURATION | ErrorKind.UNSUPPORTED | ErrorKind.REFUSED_WRITE | ErrorKind.INTERNAL:
            state = LogState.ENDED
    if state is LogState.WAITING and not asked.follow:
        state = LogState.ENDED
    return LogBatch(asked.container, state, words=words)
