"""Every fault of a runbook's file is told with its line and what to write instead."""

from __future__ import annotations

import pytest

from opsconsole.runbooks.faults import in_words
from opsconsole.runbooks.file_reading import text_file
from opsconsole.runbooks.parsing import parse
from opsconsole.runbooks.safe_pattern import unsafe
from runbook_files import CHECK, DECIDE, ENDS, FRONT, WHOLE, faults, step


def front(extra: str) -> str:
    """The front matter with more keys from line 3 on."""
    return FRONT.replace("title: A case\n", f"title: A case\n{extra}\n")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("## No front matter\n", 1, "begins with front matter"),
        ("---\ntitle: x\n", 1, "has no end"),
        (FRONT, 1, "there is no step"),
        (WHOLE.replace("title: A case", "titel: A case"), 2, "`titel` is no key of the front matter; write `title`"),
        (front("matches:\n  alert: X") + CHECK + DECIDE + ENDS, 4, "`alert` is no key of `matches`; write `alerts`"),
        (WHOLE.replace("    label: service", "    lable: service"), 5, "write `label`"),
        (WHOLE.replace("expect: above 0", "expect: a lot"), 12, "`a lot` is no expectation; write `above 5%`"),
        (WHOLE.replace("expect: above 0", "expect: > 0"), 12, "stands in quotes, or in words"),
        (WHOLE.replace("expect: above 0", "exepct: above 0"), 12, "write `expect`"),
        (WHOLE.replace("```check", "```chek"), 10, "`chek` is no kind of block; write `check`"),
        (WHOLE.replace("holds: yes-it-is", "holds: yes-it-si"), 19, "no step is called `yes-it-si`; write `yes-it-is`"),
        (WHOLE.replace("## No\n", "## Then\n"), 30, "another step (line 15) is called `then`"),
        (WHOLE.replace('up{service="$service"}', 'up{service="$service"'), 11, "this is no PromQL"),
        (WHOLE.replace('"$service"', "$service"), 11, "stands outside a string"),
        (WHOLE.replace('"$service"', '"$servce"'), 11, "`$servce` is no input; write `$service`, or declare it"),
        (WHOLE.replace('{service="$service"}', ""), 4, "the input `service` is asked for and not used"),
        (WHOLE + "\n## Nowhere\n\ntext\n", 36, "no way leads to the step `Nowhere`"),
        (FRONT + CHECK, 1, "no way leads to a conclusion"),
        (WHOLE.replace("of: is-it-so", "of: no"), 18, "neither a check nor a question"),
        (WHOLE.replace("holds: yes-it-is\n", ""), 18, "by `holds` and `fails`"),
        (WHOLE.replace("```decide", "> ```decide").replace("of: is", "> of: is"), 17, "within a list or a quotation"),
        (WHOLE.replace("## Then\n", ""), 16, "a step has one block; put a heading `## …` before this one"),
        (WHOLE.rstrip().removesuffix("```"), 32, "the block has no end"),
        (WHOLE.replace("cause: it is so", ""), 26, "needs `cause`"),
        (WHOLE.replace("expect: above 0", "expect: above 0\nexpect: above 1"), 13, "stands here twice"),
        (WHOLE.replace("expect: above 0", "expect: &a above 0"), 12, "anchors are not read"),
        (WHOLE.replace("expect: above 0", "expect: *a"), 12, "aliases are not read"),
        (WHOLE.replace("expect: above 0", "expect: !!python/name:os.system x"), 12, "tags are not read"),
        (WHOLE.replace("expect: above 0", "expect: [above, 0]"), 12, "neither a list nor a mapping"),
        (WHOLE.replace("expect: above 0", "expect: 'above 0"), 13, "no YAML"),
        (WHOLE.replace("expect: above 0", "expect: above 0\nunit: furlongs"), 13, "is no `unit`; write one of number"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_what_to_write(text: str, line: int, words: str) -> None:
    assert any(at == line and words in said for at, said in faults(text)), faults(text)
    assert parse(text_file("case.md", text.encode())).runbook is None


def test_a_runbook_without_a_fault_has_none() -> None:
    assert faults(WHOLE) == []


def test_faults_read_as_editors_read_them() -> None:
    (fault,) = parse(text_file("case.md", b"nothing")).faults
    assert in_words(fault).startswith("case.md:1: a runbook begins with front matter")


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("argv: kubectl get pods $service\nchanges: x", "`argv` is a list, never a shell's line"),
        ("argv: [kubectl, get, 'pod/$service']\nchanges: x", "`$service` is only a part of `pod/$service`"),
        ("argv: [kubectl, '--name=$service']\nchanges: x", "an input is a whole argument"),
        ("argv: [$service, get]\nchanges: x", "the program itself can't be an input"),
        ("argv: [/bin/bash, -c, $service]\nchanges: x", "`bash` runs its arguments as another command"),
        ("argv: [setsid, kubectl, get, $service]\nchanges: x", "`setsid` runs its arguments as another command"),
        ("argv: [kubectl, get, $service]", "a command needs `changes`"),
        ("argv: [kubectl, $service]\nchanges: x\ntimeout: 2h", "at most 600s"),
        ("argv: [kubectl, $service]\nchanges: x\nexpect-exit: 300", "from 0 to 255"),
        ("argv: [kubectl, $service]\nchanges: x\nexpect: '(a+)+'", "repeats what itself repeats"),
        ("operation: rollback\nname: $service", "`rollback` is no operation; write `roll-back`"),
        ("operation: scale\nname: $service", "scale needs the parameter `replicas`"),
        ("operation: cordon\nname: $service\ntarget: pod", "write `target: node`"),
        ("operation: scale\nname: x-$service\nparameters: {replicas: 2}", "only a part of `x-$service`"),
        ("operation: roll-back\nname: $service\nparameters: {rev: 2}", "write `revision`"),
        ("operation: scale\nargv: [kubectl, $service]", "an act is either"),
    ],
)
def test_an_act_is_refused_unless_it_is_plain_what_it_does(block: str, words: str) -> None:
    text = FRONT + CHECK + step(block, "act", "Do it") + DECIDE + ENDS
    assert any(words in said and 18 <= line <= 20 for line, said in faults(text)), faults(text)


def test_free_text_is_never_part_of_a_command() -> None:
    typed = FRONT.replace("    label: service", "    type: text")
    block = step("argv: [kubectl, annotate, $service]\nchanges: x", "act", "Do it")
    assert any("free text" in said for _, said in faults(typed + CHECK + block + DECIDE + ENDS))


def test_steps_that_lead_back_ask_somebody_between() -> None:
    back = WHOLE.replace("verdict: not this", "next: is-it-so")
    assert any("leads back to it without an `ask`" in said for _, said in faults(back))
    asked = step('question: "Again?"\nchoices: [yes]', "ask", "Again")
    assert not any(
        "leads back" in said
        for _, said in faults(FRONT + asked + back.removeprefix(FRONT).replace("next: is-it-so", "next: again"))
    )


def test_a_decision_comes_after_what_it_goes_by() -> None:
    early = FRONT + step("of: is-it-so\nholds: is-it-so\nfails: is-it-so", "decide", "Early") + CHECK + DECIDE + ENDS
    assert any("has not come out yet" in said for _, said in faults(early))


def test_every_answer_leads_somewhere() -> None:
    ask = step("question: Is it?\nchoices: [left, right]", "ask", "Say")
    decide = step("of: say\nanswers:\n  left: is-it-so\n  rigth: is-it-so", "decide", "By that")
    said = [words for _, words in faults(FRONT + ask + decide + CHECK + DECIDE + ENDS)]
    assert any("nothing is said for the answer `right`" in words for words in said)
    assert any("`rigth` is no choice" in words and "write `right`" in words for words in said)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|b)*",
        "([a-z]+-)*x",
        "(a{1,9}){1,9}",
        r"(a)\1",
        "(?=a)a",
        "a*b*c*d*",
        "a" * 300,
        "(",
        "((a+)b)*",
        "(?:x*)*",
    ],
)
def test_patterns_that_may_not_end_are_refused(pattern: str) -> None:
    assert unsafe(pattern) is not None


@pytest.mark.parametrize("pattern", ["[a-z0-9-]+", "(a|b)", "v[0-9]+[.][0-9]+", r"\d{1,3}", "[(*+]", r"\(\*", "(ab+)?"])
def test_patterns_that_end_are_used(pattern: str) -> None:
    assert unsafe(pattern) is None
