"""`ask`, `note` and `decide`."""

from __future__ import annotations

from opsconsole.domain.runbook import AskStep, DecideStep, NoteStep
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import Verdict
from opsconsole.runbooks.blocks.places import Places
from opsconsole.runbooks.faults import Faults
from opsconsole.runbooks.fields import Fields
from opsconsole.runbooks.marked_yaml import Mapping
from opsconsole.safe_text import safe_text


def ask_step(node: Mapping, faults: Faults) -> AskStep | None:
    """The step that the block says; None where a fault keeps it from being one."""
    fields = Fields(node, ("question", "choices", "into"), "a question", faults)
    question = fields.words("question", needed=True)
    choices = tuple(safe_text(text.value, 200) for text in fields.texts("choices"))
    if len(set(choices)) != len(choices):
        fields.wrong("choices", "a choice stands here twice; take one out")
    return AskStep(question, choices, fields.text("into")) if question else None


def note_step(node: Mapping, places: Places, faults: Faults) -> NoteStep:
    """The step that the block says."""
    fields = Fields(node, ("verdict", "cause", "healing", "next"), "a note", faults)
    verdict = fields.choice("verdict", Verdict, Verdict.UNDECIDED) if fields.text("verdict") else None
    if verdict is Verdict.CAUSE and not fields.text("cause"):
        fields.wrong("verdict", "a verdict `cause` needs `cause`, the cause in one sentence; add it")
    if verdict is not Verdict.CAUSE:
        for key in ("cause", "healing"):
            if key in fields:
                fields.wrong(key, f"`{key}` goes with `verdict: cause`; add that, or take it out")
    following = places.number(fields, "next")
    return NoteStep(verdict, fields.words("cause"), fields.words("healing"), following)


def decide_step(node: Mapping, places: Places, faults: Faults) -> DecideStep | None:
    """The step that the block says; None where a fault keeps it from being one."""
    fields = Fields(node, ("of", "holds", "fails", "unknown", "answers"), "a decision", faults)
    of = places.number(fields, "of", needed=True)
    found = {key: places.number(fields, key) for key in ("holds", "fails", "unknown")}
    answers: dict[str, int] = {}
    for answer, text in fields.pairs("answers").items():
        number = places.named(fields, "answers", text.value, text.line)
        if number is not None:
            answers[str(safe_text(answer, 200))] = number
    if "answers" not in fields and not ("holds" in fields and "fails" in fields):
        faults.add(fields.line, "a decision goes by `holds` and `fails` of a check, or by `answers` to a question")
    if of is None:
        return None
    return DecideStep(of, found["holds"], found["fails"], found["unknown"], answers)


NOTHING_MORE = NoteStep(None, SafeText(""), SafeText(""))
"""A heading without a block."""
