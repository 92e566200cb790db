"""Commands run in a container of the shop: the few programs of a small image, and its shell.

Words of errors are busybox' and, for what can't be started, those of kubelet, containerd 1.6 and runc 1.1.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

_SIGNALS = {"1": "HUP", "2": "INT", "3": "QUIT", "9": "KILL", "15": "TERM", "0": "0"}
_FOLDERS = ("", "/bin", "/usr/bin")
_SEPARATORS = (";", "&&", "||")


@dataclass(frozen=True)
class Ended:
    """How a command ended. `signals` are those it sent to process 1; `refusal` says why nothing was started."""

    code: int = 0
    stdout: str = ""
    stderr: str = ""
    signals: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True)
class Image:
    """What is inside the container: a shell with programs or nothing but the service, its host name and variables."""

    shell: bool
    hostname: str
    variables: tuple[tuple[str, str], ...] = ()
    process: str = ""
    programs: dict[str, Callable[[Image, Sequence[str]], Ended]] = field(default_factory=lambda: dict(_PROGRAMS))

    def has(self, word: str) -> bool:
        """Whether `word` names a program."""
        folder, name = posixpath.split(word)
        return self.shell and folder in _FOLDERS and name in self.programs


def run(command: Sequence[str], image: Image) -> Ended:
    """Run `command` (its words) in a container of `image`."""
    if not command:
        return Ended(refusal="args must not be empty")
    word = command[0]
    if not image.has(word):
        why = "executable file not found in $PATH" if "/" not in word else f"stat {word}: no such file or directory"
        return Ended(refusal=f'unable to start container process: exec: "{word}": {why}')
    return image.programs[posixpath.basename(word)](image, command[1:])


def _said(text: str = "", code: int = 0) -> Callable[[Image, Sequence[str]], Ended]:
    return lambda _image, _words: Ended(code, text)


def _echo(_image: Image, words: Sequence[str]) -> Ended:
    return Ended(stdout=" ".join(words) + "\n")


def _env(image: Image, _words: Sequence[str]) -> Ended:
    held = (("HOSTNAME", image.hostname), ("PATH", "/usr/bin:/bin"), *image.variables)
    return Ended(stdout="".join(f"{name}={value}\n" for name, value in held))


def _ps(image: Image, _words: Sequence[str]) -> Ended:
    return Ended(
        stdout=f"PID   USER     TIME  COMMAND\n    1 app       0:41 {image.process}\n  977 app       0:00 ps\n"
    )


def _which(image: Image, words: Sequence[str]) -> Ended:
    found = [f"/bin/{posixpath.basename(word)}\n" for word in words if image.has(word)]
    return Ended(0 if len(found) == len(words) else 1, "".join(found))


def _kill(_image: Image, words: Sequence[str], who: str = "kill") -> Ended:
    signal, targets = "TERM", list(words)
    if targets[:1] == ["-l"]:
        return Ended(stdout="HUP\nINT\nQUIT\nKILL\nTERM\n")
    if targets[:1] == ["-s"] and len(targets) > 1:
        signal, targets = targets[1], targets[2:]
    elif targets and targets[0].startswith("-"):
        signal, targets = targets[0][1:], targets[1:]
    signal = _SIGNALS.get(signal, signal.upper().removeprefix("SIG"))
    if signal not in _SIGNALS.values():
        return Ended(1, stderr=f"{who}: bad signal name '{signal}'\n")
    if not targets:
        return Ended(1, stderr=f"{who}: you need to specify whom to kill\n")
    strangers = [target for target in targets if target != "1"]
    told = "".join(f"{who}: can't kill pid {target}: No such process\n" for target in strangers)
    sent = (signal,) if "1" in targets and signal != "0" else ()
    return Ended(1 if strangers else 0, stderr=told, signals=sent)


def _sh(image: Image, words: Sequence[str]) -> Ended:
    """`sh -c SCRIPT`: simple commands in a row, joined by `;`, `&&` and `||`."""
    if len(words) < 2 or words[0] != "-c":
        return Ended()
    lexer = shlex.shlex(words[1].replace("\n", ";"), posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    whole, skip, row = Ended(), False, [*lexer, ";"]
    part: list[str] = []
    for token in row:
        if token not in _SEPARATORS:
            part.append(token)
            continue
        if part and not skip:
            if part[0] == "exit":
                return replace(whole, code=int(part[1]) if part[1:] else whole.code)
            one = _simple(image, [word for word in part if not _redirects(word)])
            signals = (*whole.signals, *one.signals)
            whole = Ended(one.code, whole.stdout + one.stdout, whole.stderr + one.stderr, signals)
        part, skip = [], (token == "&&" and whole.code != 0) or (token == "||" and whole.code == 0)  # noqa: S105  - no password
    return whole


def _redirects(word: str) -> bool:
    return word.lstrip("12").startswith(">")


def _simple(image: Image, words: Sequence[str]) -> Ended:
    if words[0] == "exec":
        words = words[1:]
    if words[:2] == ["command", "-v"]:
        return _which(image, words[2:])
    if words[0] == "kill":
        return _kill(image, words[1:], "sh")
    ended = run(words, image)
    return Ended(127, stderr=f"sh: {words[0]}: not found\n") if ended.refusal else ended


_PROGRAMS: dict[str, Callable[[Image, Sequence[str]], Ended]] = {
    "sh": _sh,
    "kill": _kill,
    "true": _said(),
    "false": _said(code=1),
    ":": _said(),
    "echo": _echo,
    "env": _env,
    "printenv": _env,
    "hostname": lambda image, _words: Ended(stdout=f"{image.hostname}\n"),
    "id": _said("uid=10001(app) gid=10001(app) groups=10001(app)\n"),
    "ls": _said("app\nbin\netc\nproc\ntmp\n"),
    "ps": _ps,
    "sleep": _said(),
    "which": _which,
}
