"""The stage of the stories: the console in a real terminal and the program in a shell, both on real servers."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from servers.kubernetes.client import Json
from servers.kubernetes.cluster import Cluster
from servers.waiting import POLL_INTERVAL, until
from tmux_screen import OPSCONSOLE, TmuxScreen, tmux

PATIENCE = 120.0
"""Seconds until a story that does not go on has failed."""

PICTURE = (120, 40)

QUESTION = "y does it, Esc does not"


class Console:
    """The console in its terminal, read and used as a person would."""

    def __init__(self, screen: TmuxScreen) -> None:
        """On a terminal in which it runs already."""
        self.screen = screen

    @property
    def text(self) -> str:
        """The screen."""
        return self.screen.text

    @property
    def words(self) -> str:
        """The screen's words one after another, frames and ends of lines left out."""
        return re.sub(r"[\s│╭╮╰╯─▌]+", " ", self.text)

    def found(self, pattern: str) -> str:
        """The first match of `pattern` among the screen's words, empty without one."""
        match = re.search(pattern, self.words)
        return match.group() if match else ""

    def shows(self, *patterns: str) -> None:
        """Wait until all of `patterns` are found among the words of one and the same screen."""

        def all_found() -> bool:
            words = self.words
            return all(re.search(one, words) for one in patterns)

        self.until(all_found, f"{patterns}")

    def lacks(self, pattern: str) -> None:
        """Wait until `pattern` is gone."""
        self.until(lambda: not self.found(pattern), f"no {pattern}")

    def collected(self, pattern: str, end: str) -> list[str]:
        """What the group of `pattern` found, each change once, up to the screen on which `end` is found."""
        seen: list[str] = []

        def ended() -> bool:
            words = self.words
            match = re.search(pattern, words)
            if match and match.group(1) not in seen[-1:]:
                seen.append(match.group(1))
            return re.search(end, words) is not None

        self.until(ended, f"{end}, after {seen}")
        return seen

    def press(self, *keys: str) -> None:
        """Press keys by the names that tmux gives them."""
        self.screen.press(*keys)

    def write(self, words: str) -> None:
        """Type `words` as a person does, with an eye on the screen: the next key once the last one stands there."""
        before = self.text.count(words)
        for at, letter in enumerate(words, start=1):
            self.screen.pane.send_keys(letter, enter=False, literal=True)
            self.shows(rf"(?<!\S){re.escape(words[:at])}(?!\S)")
        self.until(lambda: self.text.count(words) > before, words)

    def allow_and_confirm(self) -> None:
        """In the dialog of a plan: allow changes, then say yes by key."""
        self.shows("READ-ONLY: W allows changes")
        self.press("W")
        self.confirm()

    def confirm(self) -> None:
        """In the dialog of a plan: say yes by key, again if that came too soon after the plan."""
        self.shows(QUESTION)

        def gone() -> bool:
            if not self.found(QUESTION):
                return True
            self.press("y")
            return False

        self.until(gone, "the plan to be confirmed", interval=0.2)

    def pods(self, *patterns: str) -> None:
        """Go to the pods, give them the whole screen, and wait for `patterns` there."""
        self.shows("5 Pods")
        self.press("5", "f")
        self.lacks("1 Alerts .* 3 Logs .* 5 Pods and probes ·")
        self.shows(*patterns)

    def until(
        self,
        condition: Callable[[], bool],
        what: str,
        interval: float = POLL_INTERVAL,
        patience: float = PATIENCE,
    ) -> None:
        """Return once `condition` holds; fail with `what` and the screen when it doesn't within `patience` seconds."""
        try:
            until(condition, what, patience, interval)
        except AssertionError as error:
            raise AssertionError(f"{error} on\n{self.text}") from None


class ConsoleStage:
    """The program with a configuration of its own; what it writes goes below `folder`."""

    def __init__(self, folder: Path, configuration: str) -> None:
        """`configuration` is TOML."""
        self.folder = folder
        self.configuration = folder / "config.toml"
        self.configuration.write_text(configuration)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that keep the program in the stage's folder."""
        home = str(self.folder)
        return {
            "OPSCONSOLE_CONFIG": str(self.configuration),
            **dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), home),
            "LANG": "C.UTF-8",
        }

    @contextlib.contextmanager
    def console(self, *words: str) -> Iterator[Console]:
        """`opsconsole WORDS` in a terminal of 120x40; without words the console itself."""
        settings = (f"{name}={value}" for name, value in self.environment.items())
        command = shlex.join(("env", *settings, str(OPSCONSOLE), *words))
        # The shell stays, so that what a command said last can be read.
        with tmux(f"{command}; echo exit code $?; exec sleep infinity", *PICTURE) as screen:
            yield Console(screen)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`opsconsole WORDS` to its end, without a terminal."""
        with self.begun(*words) as process:
            out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    @contextlib.contextmanager
    def begun(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """`opsconsole WORDS` under way."""
        with subprocess.Popen(
            (OPSCONSOLE, *words),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


class Stage(ConsoleStage):
    """One cluster called `real` in a configuration of its own; what is written goes below `folder`."""

    def __init__(
        self,
        cluster: Cluster,
        folder: Path,
        namespace: str,
        *,
        environment: str = "staging",
        kubeconfig: Path | None = None,
        prometheus: str = "",
    ) -> None:
        """As the administrator, or whoever `kubeconfig` says."""
        self.cluster = cluster
        self.namespace = namespace
        lines = [
            "refresh = 1",
            "[clusters.real]",
            f'environment = "{environment}"',
            f'namespace = "{namespace}"',
            f'kubernetes = {{ kubeconfig = "{kubeconfig or cluster.kubeconfig}", namespaces = ["{namespace}"] }}',
            *([f'prometheus = "{prometheus}"'] if prometheus else []),
        ]
        super().__init__(folder, "\n".join(lines) + "\n")

    def order(self, command: str, target: str, *flags: str) -> subprocess.CompletedProcess[str]:
        """`opsconsole COMMAND TARGET`, confirmed by the target's name."""
        return self.run(command, target, "-n", self.namespace, "--confirm", target.partition("/")[2], *flags)

    def recorded(self) -> list[str]:
        """States of all lines of the audit log, after looking whether its chain holds."""
        files = list((self.folder / "opsconsole" / "audit").glob("*.jsonl"))
        if files:
            verified = self.run("audit", "verify")
            assert verified.returncode == 0, verified.stdout + verified.stderr
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [json.loads(line)["entry"]["state"] for line in lines]

    def deployment(self, name: str) -> Json:
        """The Deployment as the cluster has it."""
        return self.cluster.api.get(f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}")

    def image(self, name: str) -> str:
        """What the Deployment runs."""
        found: str = self.deployment(name)["spec"]["template"]["spec"]["containers"][0]["image"]
        return found

    def pod_of(self, workload: str) -> str:
        """Name of one pod of `workload`."""
        found: str = self.cluster.pods(self.namespace, f"app.kubernetes.io/name={workload}")[0]["metadata"]["name"]
        return found

    def pod(self, name: str) -> Json:
        """The pod as the cluster has it."""
        return self.cluster.pod(name, self.namespace)

    def restarts(self, name: str) -> int:
        """How often the pod's first container was started again."""
        found: int = self.pod(name)["status"]["containerStatuses"][0]["restartCount"]
        return found
