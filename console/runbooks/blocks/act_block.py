"""`act`: an operation of the console by name, or a program with its arguments."""

from __future__ import annotations

from opsconsole.domain.operation import OperationKind
from opsconsole.domain.runbook import ActStep, CommandAct, OperationAct
from opsconsole.runbooks.faults import Faults, quoted, unknown
from opsconsole.runbooks.fields import Fields
from opsconsole.runbooks.marked_yaml import Items, Mapping
from opsconsole.runbooks.safe_pattern import unsafe
from opsconsole.safe_text import safe_text

LONGEST_TIMEOUT = 600.0
"""Seconds. What takes longer is nothing to wait for in an incident."""

MOST_ARGUMENTS = 64
EXPECT_REPEATS = 2

_OPERATION_KEYS = ("operation", "target", "name", "parameters")
_COMMAND_KEYS = ("argv", "timeout", "expect-exit", "expect", "changes")

_K = OperationKind
TARGETS: dict[OperationKind, str] = {
    _K.RESTART_CONTAINER: "pod",
    _K.EVICT_POD: "pod",
    _K.DELETE_POD: "pod",
    _K.ROLLING_RESTART: "workload",
    _K.ROLL_BACK: "workload",
    _K.SCALE: "workload",
    _K.PAUSE_ROLLOUT: "workload",
    _K.RESUME_ROLLOUT: "workload",
    _K.CORDON: "node",
    _K.UNCORDON: "node",
    _K.SET_LOG_LEVEL: "workload",
    _K.RESTORE_LOG_LEVEL: "workload",
}
"""What each operation of a runbook is done to."""

PARAMETERS: dict[OperationKind, tuple[str, ...]] = {
    _K.RESTART_CONTAINER: ("container",),
    _K.ROLL_BACK: ("revision",),
    _K.SCALE: ("replicas",),
    _K.SET_LOG_LEVEL: ("level", "for"),
}
_NEEDED = {_K.RESTART_CONTAINER: ("container",), _K.SCALE: ("replicas",), _K.SET_LOG_LEVEL: ("level", "for")}

WRAPPERS = frozenset(
    (
        "ash", "bash", "busybox", "csh", "dash", "doas", "env", "eval", "fish", "ksh", "nice", "nohup", "parallel",
        "script", "setsid", "sh", "su", "sudo", "tcsh", "timeout", "watch", "xargs", "zsh",
    )
)  # fmt: skip
"""Programs that run their arguments as another command, as a shell would, or out of reach of the time limit."""


def act_step(node: Mapping, faults: Faults) -> ActStep | None:
    """The step that the block says; None where a fault keeps it from being one."""
    if ("operation" in node.values) == ("argv" in node.values):
        faults.add(node.line, "an act is either `operation: …` or `argv: […]`; write one of them")
        return None
    act = _operation(node, faults) if "operation" in node.values else _command(node, faults)
    return ActStep(act) if act is not None else None


def _operation(node: Mapping, faults: Faults) -> OperationAct | None:
    fields = Fields(node, _OPERATION_KEYS, "an operation", faults)
    written = fields.text("operation", needed=True)
    kinds = {kind.value: kind for kind in TARGETS}
    kind = kinds.get(written)
    if kind is None:
        if written:
            fields.wrong("operation", f"{quoted(written)} is no operation; {unknown(written, kinds)}")
        return None
    target = fields.text("target") or TARGETS[kind]
    if target != TARGETS[kind]:
        fields.wrong("target", f"{kind.value} is done to a {TARGETS[kind]}; write `target: {TARGETS[kind]}`")
    name = fields.text("name", needed=True)
    parameters = fields.pairs("parameters")
    known = PARAMETERS.get(kind, ())
    for key, text in parameters.items():
        if key not in known:
            faults.add(text.line, f"{quoted(key)} is no parameter of {kind.value}; {unknown(key, known)}")
    for key in _NEEDED.get(kind, ()):
        if key not in parameters:
            fields.wrong("parameters", f"{kind.value} needs the parameter {quoted(key)}; add it")
    return OperationAct(kind, target, name, {key: text.value for key, text in parameters.items()})


def _command(node: Mapping, faults: Faults) -> CommandAct | None:
    fields = Fields(node, _COMMAND_KEYS, "a command", faults)
    if not isinstance(fields.node("argv"), Items):
        fields.wrong("argv", "`argv` is a list, never a shell's line: write `argv: [kubectl, get, pods]`")
        return None
    argv = tuple(text.value for text in fields.texts("argv"))
    if not argv or len(argv) > MOST_ARGUMENTS:
        fields.wrong("argv", f"`argv` has a program and at most {MOST_ARGUMENTS - 1} arguments")
        return None
    program = argv[0].rpartition("/")[2]
    if argv[0].startswith("$"):
        fields.wrong("argv", "the program itself can't be an input; write its name")
    elif not program or argv[0].startswith("-"):
        fields.wrong("argv", f"{quoted(argv[0])} is no program")
    elif program in WRAPPERS:
        fields.wrong("argv", f"{quoted(program)} runs its arguments as another command; name that program itself")
    _look_at_expectation(fields)
    timeout = fields.seconds("timeout", 60.0, longest=LONGEST_TIMEOUT)
    wanted = fields.number("expect-exit") or 0.0
    if wanted not in range(256):
        fields.wrong("expect-exit", "an exit code is a whole number from 0 to 255")
    changes = fields.words("changes", needed=True)
    return CommandAct(argv, timeout, int(wanted), str(safe_text(fields.text("expect"), 500)), changes)


def _look_at_expectation(fields: Fields) -> None:
    pattern = fields.text("expect")
    problem = unsafe(pattern, EXPECT_REPEATS) if pattern else None
    if problem is not None:
        fields.wrong("expect", problem)
