"""The reflectors of a cluster: started for the questions that need them, one for each kind and place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeWatch
from opsconsole.sources.kubernetes.watching.cluster_state import ClusterState
from opsconsole.sources.kubernetes.watching.reflector import News, Reflector, Way
from opsconsole.sources.kubernetes.watching.subjects import Subject, subjects
from opsconsole.sources.kubernetes.watching.trust import Trust, trust_in
from opsconsole.sources.protocols import Watched

log = logging.getLogger(__name__)

Place = str | None
_LEADING = "pods"
"""The subject whose first page the others wait for: it is what the screen shows first."""


class WatchedCluster:
    """Keeps `state` up to date, by watching or, with `once`, by one list at each question.

    `namespaces` bound every list; without them the whole cluster is asked, and where that is forbidden the namespace
    that a question is about.
    """

    def __init__(self, way: Way, namespaces: tuple[str, ...], probes: ProbeWatch) -> None:
        """Nothing is asked before `watch` or `once`. `probes` is fed with events."""
        self._way = way
        self._namespaces = namespaces
        self._skew = 0.0
        self.state = ClusterState(self._server_now, probes)
        self._subjects = subjects(self.state)
        self._reflectors: dict[tuple[str, Place], Reflector[Any]] = {}
        self._tasks: dict[asyncio.Task[None], Reflector[Any]] = {}
        self._judging: asyncio.Task[None] | None = None
        self._leading = asyncio.Event()
        self._news = News(self._moved, self._told_time)

    async def watch(self, what: Watched, namespace: str | None) -> Trust:
        """Watch all that `what` needs in `namespace` (None: everywhere). Returns once something is known of it.

        Raises `SourceError` when nothing is and the server says why.
        """
        places = self._places(namespace)
        while True:
            self._start(what, places)
            essential = self._essential(what, places)
            await self._begun(essential)
            closer = self._places(namespace)
            if closer == places:
                break
            places = closer
        return trust_in(essential, self._others(what, places), self._way.clock.now(), self._way.source)

    async def once(self, what: Watched, namespace: str | None) -> Trust:
        """List all that `what` needs in `namespace` a single time. Raises `SourceError` when nothing is to be had."""
        places: tuple[Place, ...] = (namespace,) if namespace is not None else self._namespaces or (None,)
        new = [self._reflector(subject, place) for subject, place in self._needed(what, places)]
        async with asyncio.TaskGroup() as group:
            for reflector in new:
                group.create_task(reflector.once())
        if not all(self._heard().values()):
            await self.state.judge_anew()  # pods may have come before it was known that events do not
        essential = self._essential(what, places)
        return trust_in(essential, self._others(what, places), self._way.clock.now(), self._way.source)

    def nudge(self) -> None:
        """Try at once wherever a failure is being waited out, and begin anew what a fault of ours has ended."""
        for task, reflector in tuple(self._tasks.items()):
            reflector.nudge()
            if task.done():
                del self._tasks[task]
                self._run(reflector, reflector.run())

    async def stop(self) -> None:
        """End all watches. What is known stays."""
        judging = () if self._judging is None else (self._judging,)
        tasks = (*self._tasks, *judging)
        self._tasks, self._judging = {}, None
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._reflectors.clear()

    # -- inside ------------------------------------------------------------------------------------

    def _server_now(self) -> float:
        return self._way.clock.now() + self._skew

    def _told_time(self, ahead: float) -> None:
        self._skew = ahead

    def _moved(self) -> None:
        """A standing has changed: whoever waits for news looks again."""
        leading = [one for (name, _), one in self._reflectors.items() if name == _LEADING]
        if any(one.standing.begun for one in leading):
            self._leading.set()
        self.state.set_whole(bool(leading) and all(one.standing.whole for one in leading))
        if self.state.set_heard(self._heard()) and self._tasks:
            self._judge_anew()
        self.state.versions.grow(*Watched)

    def _heard(self) -> dict[Place, bool]:
        """By place whether its events are read without a problem."""
        heard: dict[Place, bool] = {}
        for (_, place), one in self._reflectors.items():
            if one.keeper is self.state.events:
                heard[place] = heard.get(place, True) and one.standing.problem is None
        return heard

    def _judge_anew(self) -> None:
        """Events are missing, or are there again: what silence says of probes has changed."""
        if self._judging is not None:
            self._judging.cancel()
        self._judging = asyncio.create_task(self.state.judge_anew(), name="judge pods anew")

    def _places(self, namespace: str | None) -> tuple[Place, ...]:
        if namespace is None:
            return self._namespaces or (None,)
        everywhere = self._reflectors.get((_LEADING, None))
        closed = everywhere is not None and _is_closed(everywhere)
        return (namespace,) if self._namespaces or closed else (None,)

    def _needed(self, what: Watched, places: tuple[Place, ...]) -> Iterable[tuple[Subject, Place]]:
        for subject in self._subjects:
            if what in subject.serves:
                for place in places if subject.namespaced else (None,):
                    yield subject, place

    def _start(self, what: Watched, places: tuple[Place, ...]) -> None:
        for subject, place in self._needed(what, places):
            if (subject.name, place) in self._reflectors:
                continue
            reflector = self._reflector(subject, place)
            leads = subject.name == _LEADING or self._leading.is_set()
            self._run(reflector, reflector.run() if leads else self._after_leading(reflector))

    def _run(self, reflector: Reflector[Any], running: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(running, name=f"watch {reflector.query.plural} {reflector.place or ''}".strip())
        self._tasks[task] = reflector
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A reflector runs until it is cancelled; one that ended otherwise met a fault of ours, which is told."""
        reflector = self._tasks.get(task)
        if reflector is None or task.cancelled():
            return
        error = task.exception()
        log.error("fault while watching %s", reflector.query.plural, exc_info=error)
        words = safe_text(f"{type(error).__name__}: {error}", 200)
        reflector.standing.begun = True
        reflector.standing.problem = SourceError(ErrorKind.INTERNAL, self._way.source, words)
        self._moved()

    async def _after_leading(self, reflector: Reflector[Any]) -> None:
        if any(name == _LEADING for name, _ in self._reflectors):
            await self._leading.wait()
        await reflector.run()

    def _reflector(self, subject: Subject, place: Place) -> Reflector[Any]:
        made = Reflector(subject.query, place, subject.keeper, self._way, self._news, instead=subject.instead)
        self._reflectors[subject.name, place] = made
        return made

    def _essential(self, what: Watched, places: tuple[Place, ...]) -> list[Reflector[Any]]:
        return [
            self._reflectors[subject.name, place]
            for subject, place in self._needed(what, places)
            if what in subject.essential
        ]

    def _others(self, what: Watched, places: tuple[Place, ...]) -> list[Reflector[Any]]:
        return [
            self._reflectors[subject.name, place]
            for subject, place in self._needed(what, places)
            if what not in subject.essential and not subject.silent
        ]

    async def _begun(self, essential: list[Reflector[Any]]) -> None:
        """Wait until each of them has had an answer or a failure."""
        versions = self.state.versions
        while not all(one.standing.begun for one in essential):
            await versions.changed(Watched.PODS, versions.of(Watched.PODS))


def _is_closed(everywhere: Reflector[Any]) -> bool:
    """Whether the whole cluster may not be listed."""
    standing = everywhere.standing
    return standing.problem is not None and standing.problem.kind is ErrorKind.FORBIDDEN and not standing.whole
