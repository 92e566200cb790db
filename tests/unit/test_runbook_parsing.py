"""A Markdown file becomes steps that can be walked."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.domain.log_query import LogFilter, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.operation import OperationKind
from opsconsole.domain.runbook import (
    ActStep,
    AskStep,
    ChangeCheck,
    CheckStep,
    CommandAct,
    Comparison,
    Condition,
    DecideStep,
    InputType,
    LogCheck,
    MetricCheck,
    NoteStep,
    OperationAct,
    PodCheck,
    PodFinding,
    Question,
)
from opsconsole.domain.series import Unit
from opsconsole.domain.walk import StepKind, Verdict
from opsconsole.runbooks.file_reading import text_file
from opsconsole.runbooks.parsing import parse
from opsconsole.runbooks.shelf import read_shelf
from runbook_files import CHECK, DECIDE, ENDS, FRONT, runbook, step

ROOT = Path(__file__).parents[2]


def test_each_heading_is_a_step_with_its_line_its_prose_and_its_block() -> None:
    found = runbook(
        FRONT + CHECK.replace("## Is it so", "## Is it so\n\nLook *here*,\nthen there.\n\n- one\n- two") + DECIDE + ENDS
    )
    assert [(one.number, one.title, one.line, one.does.kind) for one in found.steps] == [
        (1, "Is it so", 8, StepKind.CHECK),
        (2, "Then", 21, StepKind.DECIDE),
        (3, "Yes it is", 29, StepKind.NOTE),
        (4, "No", 36, StepKind.NOTE),
    ]
    assert found.steps[0].prose == "Look *here*, then there.␊• one␊• two"
    assert found.steps[1].does == DecideStep(1, holds=3, fails=4)
    assert found.steps[2].does == NoteStep(Verdict.CAUSE, found.steps[2].does.cause)  # type: ignore[union-attr]


def test_front_matter_tells_what_it_is_for_and_what_it_has_to_know() -> None:
    front = """\
---
title: A case of "quotes"
summary: |
  Two
  lines.
matches:
  alerts: [ErrorRateHigh, "Pool*"]
  services: orders
inputs:
  - name: service
    label: service
  - name: much
    type: number
    default: 3
    title: How much
  - name: way
    choices: [yes, no]
---
"""
    used = step('question: "?"\ninto: much', "ask", "One") + step('question: "?"\ninto: way', "ask", "Two")
    found = runbook(front + used + CHECK + DECIDE + ENDS)
    assert (found.title, found.summary) == ('A case of "quotes"', "Two lines.")
    assert found.matches.alerts == ("ErrorRateHigh", "Pool*")
    assert found.matches.services == ("orders",)
    service, much, way, namespace = found.inputs
    assert (namespace.name, namespace.label) == ("namespace", "namespace")
    assert (service.type, service.title, service.label) == (InputType.NAME, "service", "service")
    assert (much.type, much.title, much.default) == (InputType.NUMBER, "How much", "3")
    assert (way.type, way.choices) == (InputType.CHOICE, ("yes", "no"))


@pytest.mark.parametrize(
    ("block", "question"),
    [
        (
            'promql: up{service="$service"}\nexpect: above 5%\nago: 1h\nabsent: 0',
            MetricCheck('up{service="$service"}', Condition(Comparison.ABOVE, 0.05), Unit.RATIO, 0.0, 3600.0),
        ),
        (
            'promql: up{service="$service"}\nexpect: ">= 512 MiB"',
            MetricCheck('up{service="$service"}', Condition(Comparison.AT_LEAST, 536870912.0), Unit.BYTES),
        ),
        (
            'promql: up{service="$service"}\nexpect: below 250ms',
            MetricCheck('up{service="$service"}', Condition(Comparison.BELOW, 0.25), Unit.SECONDS),
        ),
        (
            "pods: not-ready\nservice: $service\nexpect: exactly 0",
            PodCheck(PodFinding.NOT_READY, Condition(Comparison.EQUAL, 0.0), "$service"),
        ),
        (
            "changes: any\nservice: $service\nwithin: 1h30m\nexpect: other than 0",
            ChangeCheck(Condition(Comparison.DIFFERENT, 0.0), "$service", 5400.0),
        ),
    ],
)
def test_a_check_says_what_it_looks_at_and_what_it_expects(block: str, question: Question) -> None:
    does = runbook(FRONT + step(block) + DECIDE + ENDS).steps[0].does
    assert isinstance(does, CheckStep)
    assert does.question == question


def test_a_check_of_lines_takes_words_levels_and_fields() -> None:
    block = (
        "logs:\n  words: pool wait\n  level: warn\n  where:\n    pod: $service\n  not:\n    code: 404\nexpect: above 10"
    )
    does = runbook(FRONT + step(block) + DECIDE + ENDS).steps[0].does
    assert isinstance(does, CheckStep)
    assert isinstance(does.question, LogCheck)
    query = does.question.query
    assert (query.words, query.syntax, query.level) == ("pool wait", LogSyntax.PLAIN, LogLevel.WARN)
    assert [(one.field, one.value, one.exclude) for one in query.filters] == [
        ("pod", "$service", False),
        ("code", "404", True),
    ]
    assert isinstance(query.filters[0], LogFilter)


def test_acts_are_operations_by_name_or_programs_with_their_arguments() -> None:
    scale = step("operation: scale\nname: $service\nparameters:\n  replicas: 3", "act", "More of it")
    command = step(
        "argv: [kubectl, get, pods, $service]\ntimeout: 90s\nexpect-exit: 1\nexpect: '^gone$'\nchanges: nothing",
        "act",
        "By hand",
    )
    more, by_hand = (one.does for one in runbook(FRONT + CHECK + scale + command + DECIDE + ENDS).steps[1:3])
    assert more == ActStep(OperationAct(OperationKind.SCALE, "workload", "$service", {"replicas": "3"}))
    assert isinstance(by_hand, ActStep)
    assert isinstance(by_hand.act, CommandAct)
    assert by_hand.act.argv == ("kubectl", "get", "pods", "$service")
    assert (by_hand.act.timeout, by_hand.act.expect_exit, by_hand.act.expect) == (90.0, 1, "^gone$")


def test_answers_lead_on_and_words_like_yes_stay_words() -> None:
    ask = step("question: Is it?\nchoices: [yes, no]", "ask", "Say")
    decide = step("of: say\nanswers:\n  yes: is-it-so\n  no: no", "decide", "By that")
    steps = runbook(FRONT + ask + decide + CHECK + DECIDE + ENDS).steps
    assert isinstance(steps[0].does, AskStep)
    assert steps[0].does.choices == ("yes", "no")
    assert steps[1].does == DecideStep(1, answers={"yes": 3, "no": 6})


def test_a_heading_without_a_block_is_a_note_and_a_fence_without_a_word_an_example() -> None:
    plain = "\n## Know this\n\n```\nkubectl get pods\n```\n"
    steps = runbook(FRONT + plain + CHECK + DECIDE + ENDS).steps
    assert isinstance(steps[0].does, NoteStep)
    assert steps[0].does.verdict is None
    assert steps[0].prose == "    kubectl get pods"


def test_lines_may_end_as_windows_ends_them() -> None:
    raw = (FRONT + CHECK + DECIDE + ENDS).replace("\n", "\r\n").encode()
    found = parse(text_file("case.md", raw))
    assert found.faults == ()
    assert found.runbook is not None
    assert found.runbook.steps[1].line == 15


def test_the_example_of_the_documentation_is_a_runbook() -> None:
    text = (ROOT / "docs" / "runbooks.md").read_text()
    example = text.split("````markdown\n")[1].split("````")[0]
    found = runbook(example)
    assert found.title == "Requests wait for the connection pool"
    assert {one.does.kind for one in found.steps} == set(StepKind)


def test_the_library_has_no_fault() -> None:
    shelf = read_shelf(())
    assert shelf.faults == ()
    assert "bad-release" in {one.name for one in shelf.runbooks}


def test_a_file_of_the_team_counts_before_one_of_ours_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "bad-release.md").write_text(FRONT + CHECK + DECIDE + ENDS)
    (tmp_path / "broken.md").write_text("no runbook")
    shelf = read_shelf((tmp_path,))
    assert shelf.named("bad-release").title == "A case"
    assert [(fault.path, fault.line) for fault in shelf.faults] == [(str(tmp_path / "broken.md"), 1)]
