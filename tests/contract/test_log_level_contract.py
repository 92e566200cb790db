"""A log level that is set for a while, on the practice cluster and a real one, and consoles that are killed over it.

Nearly all the time of these stories goes by until a level is put back, so they run side by side, each on a workload and
a machine of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from servers.kubernetes import workloads
from servers.kubernetes.cluster import Cluster
from servers.practice import run_practice
from servers.waiting import until
from story_stage import Console
from tmux_screen import OPSCONSOLE, tmux

PATIENCE = 120.0
LOOK_SECONDS = 0.5
"""Between two looks at what takes its time."""

WATCHER = b"opsconsole.level_watch_process"
WORKLOADS = ("orders", "gateway", "checkout", "payments")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    until(condition, what, PATIENCE, LOOK_SECONDS)


@dataclass(frozen=True)
class Place:
    """A cluster with the Deployment `workload`, of more than one pod, whose processes have a handler at `/level`.

    All are at info in the beginning.
    """

    api: httpx.Client
    kubernetes: str
    """The cluster's `kubernetes` as the configuration writes it."""
    namespace: str
    workload: str
    label: str

    def pods(self) -> list[str]:
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        found = self.api.get(path, params={"labelSelector": f"{self.label}={self.workload}"}).json()["items"]
        return sorted(pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"])

    def handler(self, pod: str) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods/{pod}/proxy/level"

    def levels(self) -> set[str]:
        return {self.api.get(self.handler(pod)).json()["level"] for pod in self.pods()}

    def log(self, pod: str) -> str:
        return self.api.get(f"/api/v1/namespaces/{self.namespace}/pods/{pod}/log").text

    def set_level(self, pod: str, level: str) -> None:
        assert self.api.put(self.handler(pod), json={"level": level}).status_code == 200

    def use(self) -> None:
        """A request to each pod that it may log, where nobody else sends any."""
        for pod in self.pods():
            self.api.get(self.handler(pod).removesuffix("level"))


@pytest.fixture(scope="module")
def practice_levels() -> Iterator[Place]:
    """The shop in good health."""
    with run_practice("healthy") as settings:
        assert settings.kubernetes is not None
        url = settings.kubernetes.url
        with httpx.Client(base_url=url, trust_env=False, timeout=20) as api:
            yield Place(api, f'"{url}"', "shop", "", "app")


@pytest.fixture(scope="module")
def real_levels(kubernetes: Cluster) -> Iterator[Place]:
    """Two pods of the Go service for each workload."""
    namespace = "log-levels"
    kubernetes.create_namespace(namespace)
    for workload in WORKLOADS:
        kubernetes.api.apply(workloads.deployment(workload), namespace)
    for workload in WORKLOADS:
        kubernetes.wait_for_rollout(workload, namespace)
    written = f'{{ kubeconfig = "{kubernetes.kubeconfig}", namespaces = ["{namespace}"] }}'
    yield Place(kubernetes.api.http, written, namespace, "", "app.kubernetes.io/name")
    kubernetes.remove_namespace(namespace)


@dataclass(frozen=True)
class Desk:
    """The program on a machine of its own, with a configuration that knows `place` as `real`."""

    place: Place
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        homes = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(self.folder))
        return {"OPSCONSOLE_CONFIG": str(self.folder / "config.toml"), **homes, "LANG": "C.UTF-8"}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (OPSCONSOLE, "log-level", *words),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def set(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = self.run("set", f"deployment/{self.place.workload}", "--confirm", self.place.workload, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @contextlib.contextmanager
    def console(self) -> Iterator[Console]:
        variables = " ".join(f"{name}={value}" for name, value in self.environment.items())
        command = f"env {variables} {OPSCONSOLE} --write -s {self.place.workload}"
        with tmux(f"{command}; exec sleep infinity", 120, 40) as screen:
            yield Console(screen)

    def recorded(self) -> list[tuple[str, str]]:
        """Kind and state of each line of the audit log."""
        (file,) = (self.folder / "opsconsole" / "audit").glob("*.jsonl")
        entries = [json.loads(line)["entry"] for line in file.read_text().splitlines()]
        return [(entry["kind"], entry["state"]) for entry in entries]

    def over_at(self) -> float:
        """When the time of what was set first is over, in unix seconds."""
        (file,) = (self.folder / "opsconsole" / "audit").glob("*.jsonl")
        first = json.loads(file.read_text().splitlines()[0])["entry"]
        over: float = first["at"] + first["order"]["seconds"]
        return over

    def processes(self, *, watching: bool) -> list[int]:
        """Consoles of this machine, or the processes that watch over what they set."""
        found = []
        home = f"HOME={self.folder}".encode()
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                program = any(word.endswith(b"/opsconsole") for word in words[:2])
                wanted = WATCHER in words if watching else program
                if process.name.isdecimal() and wanted and home in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return found

    def end(self, number: signal.Signals, *, watching: bool) -> None:
        for process in self.processes(watching=watching):
            os.kill(process, number)

    def kill(self, *, watching: bool) -> None:
        """SIGKILL, which nobody hears."""
        assert self.processes(watching=watching)
        self.end(signal.SIGKILL, watching=watching)
        wait_until(lambda: not self.processes(watching=watching), "them to be gone")


@contextlib.contextmanager
def desk_of(place: Place, folder: Path) -> Iterator[Desk]:
    """A machine whose processes have ended by the end."""
    made = Desk(place, folder)
    (folder / "config.toml").write_text(
        "[clusters.real]\n"
        f'namespace = "{place.namespace}"\n'
        f"kubernetes = {place.kubernetes}\n"
        'log_levels = { path = "/level" }\n'
    )
    try:
        yield made
    finally:
        made.end(signal.SIGKILL, watching=True)


def the_level_of_each_pod_is_told(desk: Desk) -> None:
    desk.place.set_level(desk.place.pods()[0], "warn")
    told = desk.run("get", f"deployment/{desk.place.workload}", "--json")
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert sorted(line["pod"] for line in lines) == desk.place.pods()
    assert sorted(line["level"] for line in lines) == sorted(["warn", *["info"] * (len(lines) - 1)])
    desk.place.set_level(desk.place.pods()[0], "info")


def debug_lines_are_written_until_it_is_put_back_by_a_process_that_then_ends(desk: Desk) -> None:
    def debugs() -> bool:
        return any('"level":"debug"' in desk.place.log(pod) for pod in desk.place.pods())

    assert not debugs()
    # Of the practice shop's requests not every pod serves one in a few seconds that it tells in detail.
    done = desk.set("--for", "30s")
    assert "update pods/proxy in" in done.stdout
    assert desk.place.levels() == {"debug"}
    assert desk.processes(watching=True)

    def written() -> bool:
        desk.place.use()
        return debugs()

    wait_until(written, "a line at debug")
    wait_until(lambda: desk.place.levels() == {"info"}, "the level to be put back")
    wait_until(lambda: not desk.processes(watching=True), "the process to have ended")
    assert desk.recorded() == [
        *(("set-log-level", state) for state in ("recorded", "sent", "applied", "verified")),
        *(("restore-log-level", state) for state in ("recorded", "sent", "applied", "verified")),
    ]


def a_level_that_somebody_else_chose_meanwhile_is_left_alone(desk: Desk) -> None:
    desk.set("--for", "10s")
    pod, *others = desk.place.pods()
    desk.place.set_level(pod, "error")
    wait_until(lambda: desk.place.levels() == {"error", "info"}, "the others to be put back")
    wait_until(lambda: not desk.processes(watching=True), "the process to have ended")
    assert desk.recorded()[-1] == ("restore-log-level", "verified")
    assert others
    desk.place.set_level(pod, "info")


def a_console_killed_by_sigkill_leaves_a_process_that_puts_it_back(desk: Desk) -> None:
    with desk.console() as console:
        console.shows(r"5 Pods", rf"{desk.place.workload}-")
        console.press("D")
        console.shows(
            rf"Log level of deployment {desk.place.namespace}/{desk.place.workload}", r"debug for ten minutes"
        )
        console.press("1")
        console.press("Enter")
        console.shows(r"to debug for 1m", r"info [▸>] debug")
        console.confirm()
        console.shows(r"verified +\d of \d pods at debug")
        console.press("Escape")
        console.shows(rf"{desk.place.workload} DEBUG until \d\d:\d\d")
        desk.kill(watching=False)
    assert desk.place.levels() == {"debug"}
    wait_until(lambda: desk.place.levels() == {"info"}, "the level to be put back")
    wait_until(lambda: not desk.processes(watching=True), "the process to have ended")
    assert desk.recorded()[-1] == ("restore-log-level", "verified")


def a_console_that_is_ended_puts_it_back_first(desk: Desk) -> None:
    with desk.console() as console:
        console.shows(r"5 Pods", rf"{desk.place.workload}-")
        console.press("D")
        console.shows(r"debug for ten minutes")
        console.press("Enter")
        console.shows(r"to debug for 10m")
        console.confirm()
        console.shows(r"verified +\d of \d pods at debug")
        desk.end(signal.SIGTERM, watching=False)
        wait_until(lambda: not desk.processes(watching=False), "the console to have ended")
        assert desk.place.levels() == {"info"}
    wait_until(lambda: not desk.processes(watching=True), "the process to have ended")


def when_the_watching_process_is_killed_too_the_next_command_puts_it_back(desk: Desk) -> None:
    desk.set("--for", "20s")
    until_when = desk.over_at()
    desk.kill(watching=True)
    wait_until(lambda: time.time() > until_when, "the time to be over")
    assert desk.place.levels() == {"debug"}
    done = desk.run("restore")
    assert done.returncode == 0
    assert "the time was over, so it was put back" in done.stderr
    assert desk.place.levels() == {"info"}


def a_command_before_the_time_is_over_has_it_watched_over_again(desk: Desk) -> None:
    desk.set("--for", "40s")
    desk.kill(watching=True)
    assert desk.run("restore").returncode == 0
    assert desk.place.levels() == {"debug"}
    assert desk.processes(watching=True)
    wait_until(lambda: desk.place.levels() == {"info"}, "the level to be put back")


Story = Callable[[Desk], None]

LONG_STORIES: tuple[tuple[Story, ...], ...] = (
    (a_console_killed_by_sigkill_leaves_a_process_that_puts_it_back,),
    (a_command_before_the_time_is_over_has_it_watched_over_again,),
)
"""Those of one workload come one after another. In these a level is not put back for most of a minute."""

STORIES: tuple[tuple[Story, ...], ...] = (
    (debug_lines_are_written_until_it_is_put_back_by_a_process_that_then_ends,),
    (a_level_that_somebody_else_chose_meanwhile_is_left_alone,),
    (
        the_level_of_each_pod_is_told,
        a_console_that_is_ended_puts_it_back_first,
    ),
    (when_the_watching_process_is_killed_too_the_next_command_puts_it_back,),
)
"""The others, in which it is seconds."""


@pytest.fixture(
    params=[
        pytest.param("practice"),
        pytest.param("real", marks=[pytest.mark.kubernetes, pytest.mark.xdist_group("kubernetes")]),
    ],
    scope="module",
)
def place(request: pytest.FixtureRequest) -> Place:
    """Either cluster."""
    found: Place = request.getfixturevalue(f"{request.param}_levels")
    return found


@pytest.fixture(scope="module")
def running(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[Story, Future[None]]]:
    """The stories that are told in seconds, under way."""
    with under_way(place, dict(zip(WORKLOADS, STORIES, strict=False)), tmp_path_factory) as ends:
        yield ends


@pytest.fixture(scope="module")
def long_running(
    place: Place, running: Mapping[Story, Future[None]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[Story, Future[None]]]:
    """The long stories, under way; they have the workloads of the others, and begin when those have ended."""
    wait(running.values())
    with under_way(place, dict(zip(WORKLOADS, LONG_STORIES, strict=False)), tmp_path_factory) as ends:
        yield ends


@contextlib.contextmanager
def under_way(
    place: Place, told: Mapping[str, tuple[Story, ...]], temporary: pytest.TempPathFactory
) -> Iterator[Mapping[Story, Future[None]]]:
    """The ends of the stories that are told of each workload."""
    ends: dict[Story, Future[None]] = {story: Future() for stories in told.values() for story in stories}
    folders = {story: temporary.mktemp("desk") for story in ends}

    def tell(workload: str, stories: tuple[Story, ...]) -> None:
        for story in stories:
            with _ending(ends[story]), desk_of(replace(place, workload=workload), folders[story]) as desk:
                story(desk)

    with ThreadPoolExecutor(len(told)) as threads:
        for workload, stories in told.items():
            threads.submit(tell, workload, stories)
        yield ends


@contextlib.contextmanager
def _ending(end: Future[None]) -> Iterator[None]:
    """`end` is told of how the block ends."""
    try:
        yield
    except BaseException as error:  # noqa: BLE001 - it is raised again in the test
        end.set_exception(error)
    else:
        end.set_result(None)


@pytest.mark.long
@pytest.mark.parametrize("story", [one for stories in STORIES for one in stories], ids=lambda story: story.__name__)
def test_a_level_that_is_set_for_seconds(running: Mapping[Story, Future[None]], story: Story) -> None:
    running[story].result()


@pytest.mark.long
@pytest.mark.parametrize("story", [one for (one,) in LONG_STORIES], ids=lambda story: story.__name__)
def test_a_level_that_is_set_for_a_minute(long_running: Mapping[Story, Future[None]], story: Story) -> None:
    long_running[story].result()
