"""From the key to a runbook that is walked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from textual.screen import Screen

from opsconsole.actions import Action, PaneName, key_words
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.runbook import Runbook, RunbookOffer
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import Verdict, Walk
from opsconsole.feeds import topic as topics
from opsconsole.runbooks.protocols import RunbookChangedError, Runbooks, WalkError
from opsconsole.screens.following import follow_alert, service_of
from opsconsole.screens.incidents.drafting import alert_meant
from opsconsole.screens.operations.desk import OperationDesk
from opsconsole.screens.pane import PaneView
from opsconsole.screens.runbooks.inputs_screen import InputsScreen
from opsconsole.screens.runbooks.offer_screen import GivingUp, Offered, OfferScreen
from opsconsole.screens.runbooks.reason_screen import reason_screen
from opsconsole.screens.runbooks.stage import Incidents, Stage
from opsconsole.screens.runbooks.unrecorded_screen import Recording, UnrecordedScreen
from opsconsole.screens.runbooks.walk_pane import WalkAsked
from opsconsole.screens.runbooks.walking import Walking
from opsconsole.widgets.glyphs import Glyphs


class RunbookDesk:
    """Offers the runbooks that fit, asks for their inputs, and hands a walk to the pane beside the others."""

    def __init__(
        self,
        screen: Screen[None],
        stage: Stage,
        incidents: Incidents,
        operations: OperationDesk,
        runbooks: Callable[[], Awaitable[Runbooks]] | None,
        *,
        glyphs: Glyphs,
        actions: tuple[Action, ...],
    ) -> None:
        """Dialogs are pushed on the app of `screen`, which is the `stage`, too.

        `runbooks` reads them when they are first asked for; None: there are none. `actions` carry the keys.
        """
        self.screen = screen
        self.stage = stage
        self.incidents = incidents
        self.operations = operations
        self._read = runbooks
        self._glyphs = glyphs
        self._keys = {one.id: key_words(one.keys).split()[0] for one in actions}
        self._walking: Walking | None = None
        self._aside: list[Walking] = []
        self._tried: dict[str, Verdict] = {}
        self._reminded: set[str] = set()
        self._view: PaneView | None = None
        self._subject: tuple[Alert | None, Selection] | None = None

    # -- choosing --------------------------------------------------------------------------------

    def begin(self, view: PaneView) -> None:
        """Go to the walk there is; in it, or without one, offer the runbooks that fit what is selected in `view`."""
        self._view = view
        if self._walking is not None and self.stage.focused_pane is not PaneName.RUNBOOK:
            self.stage.jump_to(PaneName.RUNBOOK)
        elif self._read is None:
            self.say(SafeText("there are no runbooks here"))
        else:
            self.screen.run_worker(self._choose(view), group="runbook", exclusive=True)

    def look(self) -> None:
        """Say once of each incident that is worked on which walk of it was not finished; called each second."""
        if self._walking is not None:
            self._walking.draw()
        current = self.incidents.current
        if current is not None and current.id not in self._reminded and self._read is not None:
            self._reminded.add(current.id)
            self.screen.run_worker(self._remind(), group="remind")

    async def _remind(self) -> None:
        if self._read is None or self._walking is not None:
            return
        try:
            unfinished = await (await self._read()).unfinished()
        except OpsConsoleError:
            return  # whoever asks for runbooks is told
        if unfinished and self._walking is None:
            walk = unfinished[0]
            self.say(
                SafeText(f"{walk.title} was not finished: {self._keys['runbooks']} takes it up at step {walk.position}")
            )

    async def _choose(self, view: PaneView, about: tuple[Alert | None, Selection] | None = None) -> None:
        """Offer runbooks for `about`, without one for what is meant now."""
        if self._read is None:
            return
        alert, selection = self._subject = about or self._about(view)
        subject = alert.name if alert is not None else selection.service or SafeText("anything")
        where = f" on {selection.service}" if alert is not None and selection.service else ""
        chosen = await self.screen.app.push_screen_wait(
            OfferScreen(
                SafeText(f"{subject}{where}"), lambda: self._offered(alert, selection, view), glyphs=self._glyphs
            )
        )
        try:
            if isinstance(chosen, Walk):
                await self._resume_or_begin_anew(chosen)
            elif isinstance(chosen, GivingUp):
                await self._give_up(chosen.walk)
            elif isinstance(chosen, RunbookOffer):
                known = (await self._read()).prefilled(chosen.runbook, alert, selection)
                await self._begin(chosen.runbook, known, view)
        except OpsConsoleError as error:
            self.say(SafeText(str(error)))

    async def _offered(self, alert: Alert | None, selection: Selection, view: PaneView) -> Offered:
        if self._read is None:
            return Offered((), ())
        runbooks = await self._read()
        here = {one.walker.walk.id for one in (*self._aside, *([self._walking] if self._walking else []))}
        recorded = tuple(walk for walk in await runbooks.unfinished() if walk.id not in here)
        aside = tuple(one.walker.walk for one in self._aside)
        alerts: tuple[Alert, ...] = view.feeds.snapshot(topics.ALERTS).value or ()
        firing = tuple(one for one in alerts if one.state is AlertState.FIRING and one is not alert)
        there = tuple(one for one in firing if selection.service and service_of(one) == selection.service)
        return Offered(
            (*aside, *recorded),
            await runbooks.offers(alert, selection, there),
            await runbooks.refused(),
            dict(self._tried),
        )

    async def _begin(self, runbook: Runbook, known: Mapping[str, SafeText], view: PaneView) -> None:
        """Ask for inputs, and for an incident where there is none, then walk."""
        if self._read is None:
            return
        runbooks = await self._read()
        answers: dict[str, str] = {}
        if runbook.inputs:
            given = await self.screen.app.push_screen_wait(
                InputsScreen(runbook, known, lambda values: runbooks.complaints(runbook, values))
            )
            if given is None:
                return
            answers = given
        if self.incidents.current is None and not await self._without_record(runbook.title, view):
            return
        self._take_up(Walking(await runbooks.begin(runbook, answers), self))
        await self._start()

    async def _without_record(self, title: SafeText, view: PaneView) -> bool:
        """Whether to go on: with an incident opened now, or without one."""
        answer = await self.screen.app.push_screen_wait(UnrecordedScreen(title))
        if answer is Recording.OPEN:
            return await self.incidents.open_from(view) is not None
        return answer is Recording.NONE

    async def _resume_or_begin_anew(self, walk: Walk) -> None:
        try:
            await self._resume(walk)
        except RunbookChangedError as error:
            self.say(SafeText(str(error)))
            await self.anew(walk)

    async def _resume(self, walk: Walk) -> None:
        if self._read is None:
            return
        aside = next((one for one in self._aside if one.walker.walk.id == walk.id), None)
        if aside is not None:
            self._aside.remove(aside)
            self._take_up(aside)
            return
        self._take_up(Walking(await (await self._read()).resume(walk), self))
        await self._start()

    async def _give_up(self, walk: Walk) -> None:
        """Ask why, write it down, and offer the walk no more."""
        reason = await self.screen.app.push_screen_wait(reason_screen(SafeText(f"Why is {walk.title} given up")))
        if reason is None or self._read is None:
            return
        await (await self._read()).give_up(walk, reason)
        for walking in [one for one in self._aside if one.walker.walk.id == walk.id]:
            self._aside.remove(walking)
            await walking.walker.close()
        self.say(SafeText(f"{walk.title} is given up{'' if walk.incident else '; no incident records it'}"))

    def _take_up(self, walking: Walking) -> None:
        if self._walking is not None:
            self.put_away()
        self._walking = walking
        walking.draw()
        self.stage.jump_to(PaneName.RUNBOOK)

    async def _start(self) -> None:
        if self._walking is not None:
            await self._walking.begin()

    def _about(self, view: PaneView) -> tuple[Alert | None, Selection]:
        """The alert that is meant, and where it is; without one what is selected."""
        alert = alert_meant(view, self.stage.pane(self.stage.focused_pane or PaneName.ALERTS))
        selection = view.scope.selection
        return alert, selection if alert is None else follow_alert(view.scope, alert, view.now).selection

    # -- walking ---------------------------------------------------------------------------------

    def take(self, asked: WalkAsked) -> None:
        """A key of the walk there is."""
        walking = self._walking
        if walking is None:
            self.say(SafeText(f"no runbook is walked; {self._keys['runbooks']} offers those that fit"))
        elif not walking.busy:
            self.screen.run_worker(walking.do(asked), group="walk")

    async def close(self) -> None:
        """At the end of the console: stop checks that are being asked. What is recorded can be taken up again."""
        for walking in (*self._aside, *([self._walking] if self._walking is not None else [])):
            await walking.walker.close()

    def put_away(self) -> None:
        """Close the walk's pane. What is recorded can be taken up from the record, the others from here."""
        walking, self._walking = self._walking, None
        if walking is None:
            return
        walk = walking.walker.walk
        if not walk.over and not walking.walker.stopped:
            self._aside.append(walking)
        self.stage.show_walk(None)

    def note_verdict(self, walk: Walk) -> None:
        """Remember what a runbook found: one that said `not this` is not offered first again."""
        if walk.verdict is not None:
            self._tried[walk.path] = walk.verdict

    def choose_next(self) -> None:
        """Offer the others."""
        if self._view is not None:
            # The keys are in the walk's pane, where no alert is under the cursor: it is still about the one before.
            self.screen.run_worker(self._choose(self._view, self._subject), group="runbook", exclusive=True)

    async def anew(self, walk: Walk) -> None:
        """Walk the file of `walk` as it is now, from its first step. Raises `WalkError` where it is gone."""
        if self._read is None or self._view is None:
            return
        _, selection = self._about(self._view)
        offers = await (await self._read()).offers(None, selection)
        runbook = next((one.runbook for one in offers if one.runbook.path == walk.path), None)
        if runbook is None:
            raise WalkError(f"{walk.title} is not among the runbooks any more; `opsconsole runbook list` names them")
        await self._begin(runbook, dict(walk.inputs), self._view)

    def is_shown(self, walking: Walking) -> bool:
        """Whether it is the walk beside the panes."""
        return walking is self._walking

    def say(self, words: SafeText) -> None:
        """Tell the operator something for a while."""
        self.screen.notify(words, markup=False, timeout=12)

    def key(self, action: str) -> str:
        """The key of an action, as it is printed."""
        return self._keys[action]
