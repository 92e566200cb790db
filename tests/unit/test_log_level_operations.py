"""Setting log levels for a while: what is asked, recorded, sent and put back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from level_cluster import CHECKOUT, LevelCluster, pod_named
from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.errors import ErrorKind
from opsconsole.domain.log_level import LEVELS, OFFERED
from opsconsole.domain.operation import OperationKind, OperationState, Order, Plan, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.chain import entries, verify
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.carrying_out import UnwatchedError
from opsconsole.operations.engine import Engine
from opsconsole.operations.procedures.catalogue import catalogue
from opsconsole.operations.putting_back import sentence
from opsconsole.operations.raised_levels import raised_in
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode

S = OperationState
TEN_MINUTES = 600.0


class Killed(BaseException):
    """The console is gone."""


class Hours:
    """Waiting takes no time, but the time passes."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.time += seconds


class Place:
    """A cluster and a log on which one console comes after the other."""

    def __init__(self, folder: Path) -> None:
        self.clock = Hours()
        self.mode = WriteMode(self.clock)
        self.cluster = LevelCluster(self.mode)
        self.path = folder / "prod.jsonl"
        self.watched: list[str] = []
        self.unwatched = ""
        self.steps: int | None = None
        self.engine = self.console()

    def console(self) -> Engine:
        """A console that starts now, read-only."""
        self.mode.close()
        log = _MortalLog(self.path, self.step)
        trail = Trail(log, self.clock, cluster=SafeText("prod"), operator=SafeText("op@bastion"))

        async def raised() -> tuple[object, ...]:
            return raised_in(await trail.entries())

        self.engine = Engine(
            self.cluster, catalogue(self.clock, raised), trail, self.clock, self.mode, watch=self._watch
        )
        return self.engine

    def step(self) -> None:
        """Something the console does to the world; it dies at the one that is counted down to."""
        if self.steps is not None:
            self.steps -= 1
            if self.steps <= 0:
                raise Killed

    async def _watch(self, operation: str) -> None:
        self.step()
        if self.unwatched:
            raise UnwatchedError(self.unwatched)
        self.watched.append(operation)

    async def plan(self, level: str = "debug", seconds: float = TEN_MINUTES, target: ObjectRef = CHECKOUT) -> Plan:
        return await self.engine.check(
            Order(OperationKind.SET_LOG_LEVEL, target, level=SafeText(level), seconds=seconds)
        )

    async def set(self, level: str = "debug") -> list[Step]:
        """Set it in write mode, which is over again afterwards."""
        plan = await self.plan(level)
        self.mode.open()
        steps = [step async for step in self.engine.carry_out(plan)]
        self.mode.close()
        return steps

    def states(self, kind: OperationKind) -> list[S]:
        return [entry.state for entry in entries(self.path) if entry.kind is kind]


class _MortalLog(AuditLog):
    def __init__(self, path: Path, step: Callable[[], None]) -> None:
        super().__init__(path)
        self._step = step

    def append(self, entry: Entry) -> Entry:
        self._step()
        written = super().append(entry)
        self._step()
        return written


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def blocks(plan: Plan) -> str:
    return " | ".join(f"{check.title}: {check.words}" for check in plan.blocked)


# -- the plan ------------------------------------------------------------------------------------


async def test_the_plan_shows_each_pods_level_of_now_how_long_and_who_puts_it_back(place: Place) -> None:
    place.cluster.levels["b"] = "warn"
    plan = await place.plan()
    assert [(str(one.path), one.before, one.after) for one in plan.changes] == [
        ("log level in a", "info", "debug"),
        ("log level in b", "warn", "debug"),
        ("log level in c", "info", "debug"),
    ]
    assert "to debug for 10m" in plan.summary
    assert "3 pods: more lines" in plan.cost
    assert "put back after 10m by a process of its own" in plan.undo
    assert plan.way_back == Order(OperationKind.RESTORE_LOG_LEVEL, plan.target)
    assert any("starts meanwhile logs at its own level" in check.words for check in plan.checks)
    assert plan.blocked == ()
    assert place.cluster.sent == []


async def test_a_higher_level_says_that_lines_are_lost(place: Place) -> None:
    assert "lines below warn are lost" in (await place.plan("warn")).cost


@pytest.mark.parametrize(
    ("kind", "title"),
    [(ErrorKind.FORBIDDEN, "Access"), (ErrorKind.CONFIGURATION, "Handler"), (ErrorKind.NOT_FOUND, "Handler")],
)
async def test_where_no_pod_tells_its_level_the_plan_is_blocked(place: Place, kind: ErrorKind, title: str) -> None:
    place.cluster.failing = dict.fromkeys("abc", kind)
    plan = await place.plan()
    assert [check.title for check in plan.blocked] == [title]


async def test_a_missing_right_to_set_blocks(place: Place) -> None:
    place.cluster.allowed = False
    assert "Access: you may not update pods/proxy in shop" in blocks(await place.plan())


async def test_pods_that_do_not_answer_or_are_not_ready_are_left_out_and_named(place: Place) -> None:
    place.cluster.failing = {"b": ErrorKind.UNREACHABLE}
    place.cluster.unready = {"c"}
    plan = await place.plan()
    assert [str(one.path) for one in plan.changes] == ["log level in a"]
    assert ["b" in words or "1 pod not ready" in words for words in (check.words for check in plan.warnings)] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("level", "seconds", "words"),
    [("loud", 600.0, "say which"), ("debug", 5.0, "for how long"), ("debug", 1e6, "for how long")],
)
async def test_an_order_that_makes_no_sense_is_blocked(place: Place, level: str, seconds: float, words: str) -> None:
    assert words in blocks(await place.plan(level, seconds))


async def test_pods_that_have_the_level_already_are_no_target(place: Place) -> None:
    place.cluster.levels = dict.fromkeys("abc", "debug")
    assert "3 pods at debug already" in blocks(await place.plan())


async def test_fifty_pods_are_the_most(place: Place) -> None:
    place.cluster.levels = {f"p{n}": "info" for n in range(51)}
    place.cluster.uids = {name: name for name in place.cluster.levels}
    assert "choose one pod" in blocks(await place.plan())


async def test_one_pod_can_be_chosen(place: Place) -> None:
    plan = await place.plan(target=pod_named("b"))
    assert [str(one.path) for one in plan.changes] == ["log level in b"]


async def test_a_level_that_is_set_for_a_while_is_not_set_again(place: Place) -> None:
    await place.set()
    assert "3 pods; put it back first" in blocks(await place.plan("warn"))
    assert "1 pod; put it back first" in blocks(await place.plan("warn", target=pod_named("a")))


def test_what_the_console_offers_it_knows() -> None:
    assert set(OFFERED) <= set(LEVELS)


# -- setting -------------------------------------------------------------------------------------


async def test_the_levels_before_are_on_the_disk_and_watched_over_before_anything_is_sent(place: Place) -> None:
    place.cluster.levels["b"] = "warn"

    def check(operation: str) -> None:
        recorded, sent, *_ = entries(place.path)
        assert (recorded.state, sent.state) == (S.RECORDED, S.SENT)
        (raised,) = raised_in(entries(place.path))
        assert {str(one.name): (str(one.uid), str(one.level)) for one in raised.pods} == {
            "a": ("uid-a", "info"),
            "b": ("uid-b", "warn"),
            "c": ("uid-c", "info"),
        }
        assert raised.until == recorded.at + TEN_MINUTES
        assert place.watched == [operation]

    place.cluster.before_sending = check
    steps = await place.set()
    assert [step.state for step in steps][-2:] == [S.APPLIED, S.VERIFIED]
    assert set(place.cluster.levels.values()) == {"debug"}
    assert verify(place.path).fine


async def test_nothing_is_sent_when_nobody_would_put_it_back(place: Place) -> None:
    place.unwatched = "the watching process can't be started"
    steps = await place.set()
    assert steps[-1].state is S.REFUSED
    assert "nobody would put it back: the watching process can't be started" in steps[-1].words
    assert place.cluster.sent == []
    assert await place.engine.raised_levels() == ()


async def test_a_read_only_console_sets_nothing(place: Place) -> None:
    plan = await place.plan()
    steps = [step async for step in place.engine.carry_out(plan)]
    assert steps[-1].state is S.REFUSED
    assert place.cluster.sent == []


async def test_a_pod_that_changed_since_the_plan_is_left_alone(place: Place) -> None:
    plan = await place.plan()
    place.cluster.levels["a"] = "error"
    place.cluster.uids["b"] = "uid-another"
    place.mode.open()
    steps = [step async for step in place.engine.carry_out(plan)]
    assert place.cluster.sent == [("c", "debug")]
    applied = next(step for step in steps if step.state is S.APPLIED)
    assert "set in 1 of 3 pods" in applied.words
    assert "a logs at error by now and is left alone" in applied.words
    assert steps[-1].state is S.UNVERIFIED


async def test_an_answer_that_is_lost_is_settled_by_looking(place: Place) -> None:
    place.cluster.lost = {"a", "b", "c"}
    steps = await place.set()
    assert [step.state for step in steps][-3:] == [S.UNKNOWN, S.APPLIED, S.VERIFIED]
    assert len(place.cluster.sent) == 3


# -- putting back --------------------------------------------------------------------------------


async def test_it_is_put_back_once_its_time_is_over_though_write_mode_is(place: Place) -> None:
    place.cluster.levels["b"] = "warn"
    await place.set()
    assert await place.engine.put_back() == ()
    assert set(place.cluster.levels.values()) == {"debug"}
    place.clock.time += TEN_MINUTES
    (attempt,) = await place.engine.put_back()
    assert attempt.done
    assert "deployment shop/checkout, log level debug: put back in 3 of 3 pods" in sentence(attempt)
    assert place.cluster.levels == {"a": "info", "b": "warn", "c": "info"}
    assert not place.mode.is_open
    assert place.states(OperationKind.RESTORE_LOG_LEVEL) == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]
    assert await place.engine.put_back() == ()


async def test_at_the_end_only_what_this_console_set_is_put_back_early(place: Place) -> None:
    await place.set()
    other = place.console()
    assert await other.put_back(ours=True) == ()
    assert set(place.cluster.levels.values()) == {"debug"}


async def test_at_the_end_what_this_console_set_is_put_back_before_its_time(place: Place) -> None:
    await place.set()
    (attempt,) = await place.engine.put_back(ours=True)
    assert attempt.done
    assert set(place.cluster.levels.values()) == {"info"}


async def test_the_next_console_puts_back_what_is_overdue_and_watches_over_the_rest(place: Place) -> None:
    await place.set()
    first = place.watched[0]
    other = place.console()
    assert await other.watch_over() == ()
    assert place.watched == [first, first]
    place.clock.time += TEN_MINUTES + 5
    (attempt,) = await place.console().put_back()
    assert attempt.done
    assert set(place.cluster.levels.values()) == {"info"}


async def test_another_pod_of_the_name_and_a_level_that_somebody_chose_are_left_alone_and_said(place: Place) -> None:
    await place.set()
    place.cluster.uids["a"] = "uid-another"
    place.cluster.levels["b"] = "error"
    place.cluster.sent.clear()
    place.clock.time += TEN_MINUTES
    (attempt,) = await place.engine.put_back()
    assert attempt.done
    assert place.cluster.sent == [("c", "info")]
    assert "put back in 1 of 3 pods, 1 gone, 1 left at another level" in attempt.words


async def test_when_nothing_is_left_to_send_the_record_says_why(place: Place) -> None:
    await place.set()
    place.cluster.uids = dict.fromkeys("abc", "uid-another")
    place.cluster.sent.clear()
    place.clock.time += TEN_MINUTES
    (attempt,) = await place.engine.put_back()
    assert attempt.done
    assert place.cluster.sent == []
    last = entries(place.path)[-1]
    assert (last.kind, last.state) == (OperationKind.RESTORE_LOG_LEVEL, S.VERIFIED)
    assert "a is gone" in last.words


async def test_a_pod_that_does_not_answer_is_tried_again_and_the_others_are_not(place: Place) -> None:
    await place.set()
    place.clock.time += TEN_MINUTES
    place.cluster.failing = {"b": ErrorKind.UNREACHABLE}
    (attempt,) = await place.engine.put_back()
    assert not attempt.done
    assert place.cluster.levels == {"a": "info", "b": "debug", "c": "info"}
    place.cluster.failing = {}
    place.cluster.sent.clear()
    (attempt,) = await place.engine.put_back()
    assert attempt.done
    assert place.cluster.sent == [("b", "info")]


async def test_while_the_cluster_is_away_nothing_is_recorded_and_nothing_forgotten(place: Place) -> None:
    await place.set()
    place.clock.time += TEN_MINUTES
    lines = len(entries(place.path))
    place.cluster.away = True
    (attempt,) = await place.engine.put_back()
    assert not attempt.done
    assert "can't be looked at" in attempt.words
    assert len(entries(place.path)) == lines
    place.cluster.away = False
    (attempt,) = await place.engine.put_back()
    assert attempt.done


async def test_another_cluster_of_the_same_name_is_left_alone(place: Place) -> None:
    await place.set()
    place.clock.time += TEN_MINUTES
    place.cluster.id = "cluster-2"
    place.cluster.sent.clear()
    (attempt,) = await place.console().put_back()
    assert not attempt.done
    assert "another cluster has this name now" in attempt.words
    assert place.cluster.sent == []


async def test_a_lost_answer_to_putting_back_is_looked_at_afresh_and_nothing_is_sent_twice(place: Place) -> None:
    await place.set()
    place.clock.time += TEN_MINUTES
    place.cluster.lost = {"a"}
    for _ in range(3):
        if all(attempt.done for attempt in await place.engine.put_back()):
            break
    assert set(place.cluster.levels.values()) == {"info"}
    assert place.cluster.sent.count(("a", "info")) == 1
    assert await place.engine.raised_levels() == ()


async def test_a_request_that_did_not_arrive_is_made_up_for_by_the_next_attempt(place: Place) -> None:
    await place.set()
    place.clock.time += TEN_MINUTES
    place.cluster.deaf = {"a"}
    (attempt,) = await place.engine.put_back()
    assert not attempt.done
    assert place.cluster.levels == {"a": "debug", "b": "info", "c": "info"}
    place.cluster.deaf = set()
    (attempt,) = await place.engine.put_back()
    assert attempt.done
    assert set(place.cluster.levels.values()) == {"info"}


async def test_two_consoles_put_it_back_once(place: Place) -> None:
    await place.set()
    first, second = place.engine, place.console()
    place.clock.time += TEN_MINUTES
    place.cluster.sent.clear()
    attempts = await asyncio.gather(first.put_back(), second.put_back())
    assert sorted(len(one) for one in attempts) == [0, 1]
    assert sorted(place.cluster.sent) == [("a", "info"), ("b", "info"), ("c", "info")]


async def test_the_operator_puts_it_back_earlier(place: Place) -> None:
    await place.set()
    plan = await place.engine.check(Order(OperationKind.RESTORE_LOG_LEVEL, CHECKOUT))
    assert [(one.before, one.after) for one in plan.changes] == [("debug", "info")] * 3
    place.mode.open()
    steps = [step async for step in place.engine.carry_out(plan)]
    assert steps[-1].state is S.VERIFIED
    assert await place.engine.raised_levels() == ()


async def test_without_a_level_in_force_there_is_nothing_to_put_back(place: Place) -> None:
    plan = await place.engine.check(Order(OperationKind.RESTORE_LOG_LEVEL, CHECKOUT))
    assert "nothing to put back" in blocks(plan)


@pytest.mark.parametrize("death", range(1, 26))
async def test_wherever_consoles_die_every_level_is_what_it_was_in_the_end(place: Place, death: int) -> None:
    """Setting and each attempt to put back may end at any step; then there is another console."""
    place.cluster.levels["b"] = "warn"
    place.cluster.before_sending = lambda _: place.step()
    place.steps = death
    await _killed(place.set())
    for after in (1, 2, 3, 5, 8):
        place.console()
        place.clock.time += TEN_MINUTES
        place.steps = after
        await _killed(place.engine.reconcile())
        await _killed(place.engine.put_back())
    place.steps = None
    place.console()
    place.clock.time += TEN_MINUTES
    await place.engine.reconcile()
    await place.engine.put_back()
    assert place.cluster.levels == {"a": "info", "b": "warn", "c": "info"}
    assert await place.engine.raised_levels() == ()
    assert not place.path.exists() or verify(place.path).fine


async def _killed(doing: object) -> None:
    """Run until it is done, or the console dies with all it had under way."""
    task = asyncio.ensure_future(doing)  # type: ignore[call-overload]
    mine = asyncio.current_task()
    await asyncio.wait({task, *(one for one in asyncio.all_tasks() if one is not mine)}, return_when="FIRST_EXCEPTION")
    rest = [one for one in asyncio.all_tasks() if one is not mine]
    for one in rest:
        one.cancel()
    await asyncio.gather(task, *rest, return_exceptions=True)
