"""Runbooks that mean harm, or are far too large, are refused with the line named, or do nothing at all."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hostile.corpus import HOSTILE
from hostile.rows import ROWS
from opsconsole.domain.runbook import InputType, RunbookInput
from opsconsole.domain.text import SafeText
from opsconsole.runbooks.faults import FAULTS_KEPT, RunbookError
from opsconsole.runbooks.file_reading import LARGEST_FILE, read_file, text_file
from opsconsole.runbooks.input_values import objection
from opsconsole.runbooks.marked_yaml import DEEPEST, MOST_VALUES
from opsconsole.runbooks.outline import MOST_STEPS
from opsconsole.runbooks.parsing import examine, parse
from opsconsole.runbooks.shelf import read_shelf
from opsconsole.safe_text import safe_text
from runbook_files import CHECK, DECIDE, ENDS, FRONT, WHOLE, faults, parsed, runbook

SHELL = ROWS[20].texts


def refusal(path: Path) -> tuple[int, str]:
    found = examine(path)
    assert found.runbook is None
    return found.faults[0].line, str(found.faults[0].words)


# -- files ---------------------------------------------------------------------------------------------


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text(WHOLE)
    (tmp_path / "link.md").symlink_to("real.md")
    assert refusal(tmp_path / "link.md") == (1, "a symbolic link; name the file itself")
    (tmp_path / "dangling.md").symlink_to("/etc/shadow-of-nothing")
    assert "symbolic link" in refusal(tmp_path / "dangling.md")[1]


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("make", [_pipe, _socket, Path.mkdir])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "x.md"
    make(path)
    line, words = refusal(path)
    assert line == 1
    assert "no regular file" in words or "can't be read" in words


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/tty", "/dev/null", "/proc/self/mem"])
def test_devices_are_refused(device: str) -> None:
    assert examine(Path(device)).runbook is None


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.md"
    path.write_text(WHOLE)
    os.truncate(path, 1 << 40)
    assert refusal(path) == (1, "the file is larger than 256 KiB; make several runbooks of it")


def test_a_folder_of_hostile_files_keeps_the_good_one(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text(WHOLE)
    (tmp_path / "link.md").symlink_to("good.md")
    _pipe(tmp_path / "pipe.md")
    (tmp_path / "bytes.md").write_bytes(b"---\n\xff\xfe")
    shelf = read_shelf((tmp_path, tmp_path / "nowhere"), shipped=False)
    assert [one.name for one in shelf.runbooks] == ["good"]
    assert len(shelf.faults) == 4


def test_what_is_no_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(RunbookError, match=r"case\.md:3: this is no UTF-8"):
        text_file("case.md", b"---\ntitle: x\n\xff\n")


# -- texts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hidden", ["\x1b[2J", "\x07", "\x9b2J", "\u202e", "\u200b", "\u2066", "\x00", "\r", "\ufeff", "\x7f"]
)
def test_characters_that_hide_or_command_are_refused_with_line_and_code(hidden: str) -> None:
    text = WHOLE.replace("cause: it is so", f"cause: it {hidden}is so")
    with pytest.raises(RunbookError) as refused:
        text_file("case.md", text.encode())
    (fault,) = refused.value.faults
    assert fault.line == 27
    assert f"U+{ord(hidden[0]):04X} in column 11" in fault.words


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_refused_or_shown_as_they_stand(text: str) -> None:
    try:
        found = parse(text_file("case.md", WHOLE.replace("A case", text).encode("utf-8", "surrogatepass")))
    except RunbookError as error:
        told = [fault.words for fault in error.faults]
    else:
        told = [fault.words for fault in found.faults]
        if found.runbook is not None:
            told += [found.runbook.title]
    assert told
    assert all(safe_text(one) == one for one in told)


def test_markup_is_text() -> None:
    markup = "[red]x[/red] <script>alert(1)</script> ![i](http://x) [l](javascript:x)"
    text = WHOLE.replace("## No\n", f"## No\n\n{markup}\n")
    assert runbook(text).steps[-1].prose == markup
    assert runbook(text.replace("cause: it is so", f"cause: '{markup}'")).steps[2].does.cause == markup  # type: ignore[union-attr]


# -- sizes ---------------------------------------------------------------------------------------------


def test_ten_thousand_steps_are_too_many() -> None:
    steps = "".join(f"## s{number}\n" for number in range(10_000))
    found = faults(FRONT + steps)
    assert (MOST_STEPS + 7, f"more than {MOST_STEPS} steps; make several runbooks of them") in found
    assert len(found) <= FAULTS_KEPT


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_yaml_is_refused_and_overflows_nothing(opening: str) -> None:
    deep = "expect: " + opening * 20_000 if opening != "- " else "- " * 2000 + "x"
    found = faults(WHOLE.replace("expect: above 0", deep[:8000]))
    assert any(line >= 11 and (f"deeper than {DEEPEST} levels" in words or "YAML" in words) for line, words in found)


def test_deep_front_matter_is_refused() -> None:
    assert any("deeper" in words for _, words in faults(WHOLE.replace("A case", "[" * 5000)))


def test_a_billion_laughs_is_refused_at_the_first_one() -> None:
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b]\n"
    found = faults(WHOLE.replace("title: A case\n", laughs + "title: A case\n"))
    assert any(line == 2 and "anchors are not read; take `&a` out" in words for line, words in found)


@pytest.mark.parametrize("text", ROWS[17].texts)
def test_an_object_of_yaml_is_refused_and_not_made(text: str) -> None:
    found = faults(WHOLE.replace("title: A case", f"title: {text}"))
    assert any(line == 2 for line, _ in found)
    assert parsed(WHOLE.replace("title: A case", f"title: {text}")).runbook is None


def test_many_values_are_refused() -> None:
    many = "title: [" + ", ".join("x" * 1 for _ in range(MOST_VALUES + 10)) + "]"
    assert any(f"more than {MOST_VALUES} values" in words for _, words in faults(WHOLE.replace("title: A case", many)))


@pytest.mark.parametrize(
    "filler",
    [
        "> " * 4000,
        "- " * 4000,
        "*" * 8000,
        "[" * 8000,
        "`" * 8000,
        "# " * 4000,
        "<" * 8000,
        "_a" * 4000,
        "|" * 8000,
        "1. " * 2500,
    ],
)
def test_no_markdown_takes_long(filler: str) -> None:
    """Not a measurement: what doubles with each character would not end while the test waits."""
    text = FRONT + CHECK + (filler[:8000] + "\n") * 25 + DECIDE + ENDS
    begun = time.process_time()
    parsed(text)
    assert time.process_time() - begun < 60


def test_the_largest_file_of_plain_steps_is_read() -> None:
    text = WHOLE + "\nword " * ((LARGEST_FILE - len(WHOLE)) // 6)
    assert parsed(text).runbook is not None


# -- values --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", SHELL)
@pytest.mark.parametrize("kind", [InputType.NAME, InputType.NUMBER, InputType.DURATION])
def test_no_shell_character_is_a_value(value: str, kind: InputType) -> None:
    assert objection(RunbookInput("x", SafeText("X"), kind), value) is not None


@pytest.mark.parametrize("value", SHELL)
def test_a_choice_is_one_of_those_that_the_author_wrote(value: str) -> None:
    asked = RunbookInput("x", SafeText("X"), InputType.CHOICE, choices=(SafeText("a"),))
    assert objection(asked, value) is not None
    assert objection(asked, "a") is None


def test_faults_quote_shortly_and_nothing_that_a_terminal_obeys() -> None:
    long = "expect: " + "x" * 1500
    ((_, words),) = faults(WHOLE.replace("expect: above 0", long))
    assert len(words) < 250


def test_a_file_is_hashed_by_its_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "a.md", tmp_path / "b.md"
    one.write_bytes(WHOLE.encode())
    two.write_bytes(WHOLE.replace("\n", "\r\n").encode())
    assert read_file(one).sha256 != read_file(two).sha256
