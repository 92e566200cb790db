"""Programs of this machine go through the engine like every change, and are ended with all they start."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from pathlib import Path

import msgspec
import pytest

from fake_clock import FakeClock
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.operation import Confirmation, OperationKind, OperationState, Order, Plan, ProgramRun, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.chain import read
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.engine import Engine
from opsconsole.operations.procedure import LocalProgram
from opsconsole.operations.procedures.catalogue import catalogue
from opsconsole.operations.programs import OUTPUT_LIMIT, ProgramRunner, environment
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import ScriptedCluster
from servers.waiting import until

S = OperationState
PYTHON = Path(sys.executable)
LONG = 3600.0


class Stage:
    """An engine that runs programs; `folder` is on their way."""

    def __init__(self, folder: Path, *, production: bool = False, environ: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.mode = WriteMode(self.clock)
        self.mode.open()
        self.log = AuditLog(folder / "audit" / "prod.jsonl")
        self.cluster = ScriptedCluster(self.mode, self.clock.now)
        self.environ = environment(environ or {"PATH": str(folder), "HOME": str(folder), "SECRET": "hunter2"})
        self.engine = self.again(production=production)

    def again(self, *, production: bool = False) -> Engine:
        programs = ProgramRunner(self.mode, self.environ)
        trail = Trail(self.log, self.clock, cluster=SafeText("prod"), operator=SafeText("op@bastion"))
        made = catalogue(self.clock, programs=programs)
        return Engine(self.cluster, made, trail, self.clock, self.mode, production=production, programs=programs)

    def program(self, name: str, text: str) -> str:
        """A program in Python."""
        path = self.folder / name
        path.write_text(f"#!{PYTHON}\n{text}\n")
        path.chmod(0o755)
        return name

    async def plan(self, *argv: str, **more: object) -> Plan:
        run = ProgramRun(tuple(SafeText(one) for one in argv), changes=SafeText("nothing much"))
        run = msgspec.structs.replace(run, **more)
        target = ObjectRef(Kind.PROGRAM, SafeText(""), SafeText(argv[0].rpartition("/")[2]))
        return await self.engine.check(Order(OperationKind.RUN_COMMAND, target, run=run))

    async def carried(self, plan: Plan, typed: str = "") -> list[Step]:
        return [step async for step in self.engine.carry_out(plan, typed)]

    async def ran(self, *argv: str, **more: object) -> Step:
        return (await self.carried(await self.plan(*argv, **more)))[-1]

    @property
    def recorded(self) -> list[S]:
        return [record.state for record in read(self.log.path)] if self.log.path.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_a_plan_shows_the_command_as_it_will_be_run_and_runs_nothing(stage: Stage, tmp_path: Path) -> None:
    stage.program("touch-it", f"open({str(tmp_path / 'touched')!r}, 'w')")
    plan = await stage.plan("touch-it", "a b", "$(reboot)", "; rm -rf /")
    assert plan.summary == f"run {tmp_path}/touch-it 'a b' '$(reboot)' '; rm -rf /'"
    assert plan.cost == "nothing much"
    assert plan.confirmation is Confirmation.KEY
    assert plan.blocked == ()
    words = {check.title: check.words for check in plan.checks}
    assert words[SafeText("Program")] == f"{tmp_path}/touch-it"
    assert "without a shell, for 60 s at most; expected: exit code 0" in words[SafeText("Run")]
    assert not (tmp_path / "touched").exists()
    assert stage.recorded == []


async def test_it_is_recorded_with_its_arguments_before_it_runs(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "audit" / "prod.jsonl"
    stage.program("look", f"print(open({str(log)!r}).read())")
    steps = await stage.carried(await stage.plan("look", "--deep"))
    assert [step.state for step in steps] == [S.CONFIRMED, S.RECORDED, S.SENT, S.VERIFIED]
    assert stage.recorded == [S.RECORDED, S.SENT, S.VERIFIED]
    seen = steps[-1].output
    assert '"argv":["look","--deep"]' in seen, "the record was there before the program"
    assert '"state":"sent"' in seen
    assert stage.cluster.sent == []


async def test_on_production_its_name_is_typed_and_a_read_only_console_runs_none(tmp_path: Path) -> None:
    stage = Stage(tmp_path, production=True)
    stage.program("touch-it", f"open({str(tmp_path / 'touched')!r}, 'w')")
    plan = await stage.plan("touch-it")
    assert plan.confirmation is Confirmation.NAME
    steps = await stage.carried(plan, "yes")
    assert (steps[-1].state, steps[-1].words) == (S.REFUSED, "what was typed is not the target's name")
    stage.mode.close()
    steps = await stage.carried(plan, "touch-it")
    assert "read-only" in steps[-1].words
    assert not (tmp_path / "touched").exists()
    stage.mode.open()
    assert (await stage.carried(plan, "touch-it"))[-1].state is S.VERIFIED
    assert (tmp_path / "touched").exists()


async def test_the_runner_itself_runs_nothing_while_the_console_is_read_only(stage: Stage, tmp_path: Path) -> None:
    stage.program("touch-it", f"open({str(tmp_path / 'touched')!r}, 'w')")
    runner = ProgramRunner(stage.mode, stage.environ)
    act = LocalProgram(str(tmp_path / "touch-it"), ProgramRun((SafeText("touch-it"),)))
    stage.mode.close()
    assert (await runner.run(act)).words == "not run: the console is read-only"
    assert not (tmp_path / "touched").exists()
    stage.mode.open()
    assert (await runner.run(act)).state is S.VERIFIED


async def test_no_shell_reads_the_arguments(stage: Stage) -> None:
    stage.program("say", "import sys; print(sys.argv[1:])")
    arguments = ["$(id)", "`id`", "a;b", "*", "~", "-rf", "", "é", "\\n"]
    step = await stage.ran("say", *arguments)
    assert step.output == repr(arguments)


async def test_it_gets_no_environment_no_terminal_no_input_and_a_session_of_its_own(stage: Stage) -> None:
    stage.program(
        "look",
        "import os, sys\n"
        "print(sorted(set(os.environ) - {'LC_CTYPE'}), repr(sys.stdin.read()), os.getcwd())\n"
        "print(os.getsid(0) == os.getpid())\n"
        "try:\n    open('/dev/tty')\nexcept OSError:\n    print('no terminal')\n",
    )
    step = await stage.ran("look")
    assert step.output == "['HOME', 'LANG', 'PATH'] '' /␊True␊no terminal"


def test_only_what_it_needs_is_passed_on() -> None:
    environ = {"PATH": "/bin", "HOME": "/h", "LANG": "de_DE", "KUBECONFIG": "/k", "AWS_SECRET": "x", "LD_PRELOAD": "y"}
    assert environment(environ) == {"PATH": "/bin", "HOME": "/h", "LANG": "de_DE", "KUBECONFIG": "/k"}
    assert environment(environ, Path("/other"))["KUBECONFIG"] == "/other"


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("raise SystemExit(3)", {}, "it ended with exit code 3, not 0; what it had done stays done"),
        ("import os; os.kill(os.getpid(), 9)", {}, "it was ended by signal 9"),
        ("print('almost')", {"expect": "^done$"}, "but no line of its output matches ^done$"),
    ],
)
async def test_what_did_not_end_as_expected_is_not_verified(
    stage: Stage, text: str, more: dict[str, object], words: str
) -> None:
    step = await stage.ran(stage.program("try-it", text), **more)
    assert step.state is S.UNVERIFIED
    assert words in step.words
    assert stage.recorded[-1] is S.UNVERIFIED


async def test_another_exit_code_and_a_line_may_be_what_is_expected(stage: Stage) -> None:
    stage.program("try-it", "print('first'); print('rolled back'); raise SystemExit(4)")
    step = await stage.ran("try-it", expect_exit=4, expect="^rolled b")
    assert (step.state, step.words) == (S.VERIFIED, "it ended with exit code 4, as expected")


async def test_output_is_capped_counted_and_made_safe(stage: Stage) -> None:
    stage.program("shout", "import sys; sys.stdout.write('\\x1b[2J\\u202e' + 'x' * 300_000)")
    step = await stage.ran("shout")
    assert step.output.startswith("␛[2J⟨202E⟩xxx")
    assert len(step.output) <= OUTPUT_LIMIT + 64
    assert "more" in step.output[-60:]


async def test_what_takes_too_long_is_ended_with_all_it_started(stage: Stage, tmp_path: Path) -> None:
    told = tmp_path / "child"
    stage.program(
        "linger",
        "import os, subprocess, time\n"
        f"child = subprocess.Popen([{str(PYTHON)!r}, '-c', 'import time; time.sleep({LONG})'])\n"
        f"open({str(told)!r}, 'w').write(str(child.pid))\n"
        f"print('waits', flush=True); time.sleep({LONG})\n",
    )
    step = await stage.ran("linger", timeout=5.0)
    assert step.state is S.UNVERIFIED
    assert "did not end within 5 s and was ended with all it started" in step.words
    assert step.output == "waits"
    await gone(int(told.read_text()))


async def test_what_a_program_leaves_behind_is_ended_with_it(stage: Stage, tmp_path: Path) -> None:
    told = tmp_path / "child"
    stage.program(
        "leave",
        "import subprocess\n"
        f"child = subprocess.Popen([{str(PYTHON)!r}, '-c', 'import time; time.sleep({LONG})'])\n"
        f"open({str(told)!r}, 'w').write(str(child.pid))\n",
    )
    assert (await stage.ran("leave")).state is S.VERIFIED
    await gone(int(told.read_text()))


async def test_it_is_ended_with_all_it_started_when_the_console_drops_it(stage: Stage, tmp_path: Path) -> None:
    told = tmp_path / "told"
    stage.program(
        "linger",
        "import os, subprocess, time\n"
        f"child = subprocess.Popen([{str(PYTHON)!r}, '-c', 'import time; time.sleep({LONG})'])\n"
        f"open({str(told)!r} + '.new', 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(told)!r} + '.new', {str(told)!r}); time.sleep({LONG})\n",
    )
    run = ProgramRun((SafeText("linger"),), timeout=LONG)
    running = asyncio.create_task(ProgramRunner(stage.mode, stage.environ).run(LocalProgram(f"{tmp_path}/linger", run)))
    await asyncio.to_thread(until, told.exists, "it to run")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for process in told.read_text().split():
        await gone(int(process))


async def gone(process: int) -> None:
    """Returns once there is no such process any more, or only its remains."""
    await asyncio.to_thread(await_end, process)


def await_end(process: int) -> None:
    limit = time.monotonic() + 30
    while is_alive(process):
        assert time.monotonic() < limit, "it goes on"
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize("program", ["no-such-program", "./relative", "../up"])
async def test_a_program_that_is_not_there_is_blocked(stage: Stage, program: str) -> None:
    plan = await stage.plan(program)
    assert [check.title for check in plan.blocked] == ["Program"]
    steps = await stage.carried(plan)
    assert steps[-1].state is S.REFUSED
    assert stage.recorded == []


async def test_a_file_that_can_not_be_started_was_not_run(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("#!/no/such/interpreter\n")
    (tmp_path / "broken").chmod(0o755)
    step = await stage.ran("broken")
    assert step.state is S.REFUSED
    assert "could not be started" in step.words


async def test_one_that_chooses_its_own_cluster_is_warned_of(stage: Stage) -> None:
    stage.program("kubectl", "")
    for argv, warned in ((("kubectl", "get", "pods"), True), (("kubectl", "--context=prod", "get", "pods"), False)):
        titles = [check.title for check in (await stage.plan(*argv)).warnings]
        assert ("Cluster" in titles) is warned, shlex.join(argv)


async def test_a_console_that_died_while_it_ran_says_that_nobody_knows(stage: Stage) -> None:
    stage.program("quick", "")
    plan = await stage.plan("quick")
    await stage.carried(plan)
    text = stage.log.path.read_text().splitlines(keepends=True)
    stage.log.path.write_text("".join(text[:2]))  # as if it had ended before the outcome was written
    (record,) = await stage.again().reconcile()
    assert record.state is S.UNKNOWN
    assert "the console ended before the program did" in record.words
    assert await stage.again().reconcile() == (), "it is not looked up again, and never run again"
