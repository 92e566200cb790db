"""`check`: something that is looked at, and what is expected."""

from __future__ import annotations

from opsconsole.domain.log_query import LogFilter, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.runbook import (
    ChangeCheck,
    CheckStep,
    Condition,
    LogCheck,
    MetricCheck,
    PodCheck,
    PodFinding,
    Question,
)
from opsconsole.domain.series import Unit
from opsconsole.runbooks.faults import Faults, quoted
from opsconsole.runbooks.fields import Fields
from opsconsole.runbooks.marked_yaml import Mapping
from opsconsole.runbooks.quantities import EXPECTATION_EXAMPLES, expectation
from opsconsole.safe_text import safe_text

_SUBJECTS = ("promql", "logs", "pods", "changes")
_COMMON = ("expect", "holds", "fails")
_KEYS = {
    "promql": (*_COMMON, "promql", "unit", "absent", "ago"),
    "logs": (*_COMMON, "logs", "service", "within"),
    "pods": (*_COMMON, "pods", "service", "within"),
    "changes": (*_COMMON, "changes", "service", "within"),
}
_LOG_KEYS = ("words", "raw", "level", "where", "not")

LONGEST_WITHIN = 7 * 86_400.0


def check_step(node: Mapping, faults: Faults) -> CheckStep | None:
    """The step that the block says; None where a fault keeps it from being one."""
    subjects = [key for key in _SUBJECTS if key in node.values]
    if len(subjects) != 1:
        faults.add(node.line, f"a check looks at one thing: write one of {', '.join(_SUBJECTS)}")
        return None
    subject = subjects[0]
    fields = Fields(node, _KEYS[subject], f"a check of {quoted(subject)}", faults)
    condition, unit = _expected(fields)
    question: Question | None
    if subject == "promql":
        question = _metric(fields, condition, unit)
    else:
        service, within = fields.text("service"), _within(fields, 3600.0 if subject == "changes" else 900.0)
        if unit is not None:
            fields.wrong("expect", f"{quoted(subject)} are counted; expect a plain number, such as `above 0`")
        question = _counted(fields, subject, condition, service, within)
    if question is None:
        return None
    return CheckStep(question, fields.words("holds"), fields.words("fails"))


def _expected(fields: Fields) -> tuple[Condition | None, Unit | None]:
    written = fields.text("expect", needed=True)
    found = expectation(written) if written else None
    if found is None:
        if written:
            fields.wrong("expect", f"{quoted(written)} is no expectation; write {EXPECTATION_EXAMPLES}")
        return None, None
    return found


def _within(fields: Fields, default: float) -> float:
    return fields.seconds("within", default, longest=LONGEST_WITHIN)


def _metric(fields: Fields, condition: Condition | None, unit: Unit | None) -> MetricCheck | None:
    query = fields.text("promql", needed=True)
    shown = fields.choice("unit", Unit, unit or Unit.NUMBER)
    if unit is not None and shown is not unit:
        fields.wrong("unit", f"the expectation is in {unit.value}; write the same unit, or none")
    absent, ago = fields.number("absent"), fields.seconds("ago", 0.0)
    return MetricCheck(query.strip(), condition, shown, absent, ago) if query and condition else None


def _counted(
    fields: Fields, subject: str, condition: Condition | None, service: str, within: float
) -> LogCheck | PodCheck | ChangeCheck | None:
    if subject == "pods":
        finding = fields.choice("pods", PodFinding, PodFinding.NOT_READY)
        if not fields.text("pods", needed=True):
            return None
        return PodCheck(finding, condition, service, within) if condition else None
    if subject == "changes":
        words = fields.words("changes")
        words = words if words != "any" else safe_text("")
        return ChangeCheck(condition, service, within, words) if condition else None
    query = _log_query(fields)
    return LogCheck(query, condition, service, within) if condition else None


def _log_query(fields: Fields) -> LogQuery:
    """One text is the words; a mapping says more."""
    node = fields.node("logs")
    if not isinstance(node, Mapping):
        return LogQuery(words=fields.words("logs"))
    inner = Fields(node, _LOG_KEYS, "`logs`", fields.faults)
    raw = inner.words("raw")
    if raw and "words" in inner:
        inner.wrong("raw", "either `words` or `raw`; take one of them out")
    level = inner.choice("level", LogLevel, LogLevel.UNKNOWN)
    query = LogQuery(
        words=raw or inner.words("words"),
        syntax=LogSyntax.RAW if raw else LogSyntax.PLAIN,
        level=None if level is LogLevel.UNKNOWN else level,
        filters=(*_filters(inner, "where", exclude=False), *_filters(inner, "not", exclude=True)),
    )
    if not query:
        inner.faults.add(node.line, "`logs` asks for every line; write `words`, `level` or `where`")
    return query


def _filters(fields: Fields, key: str, *, exclude: bool) -> tuple[LogFilter, ...]:
    return tuple(
        LogFilter(safe_text(name, 200), safe_text(text.value, 500), exclude) for name, text in fields.pairs(key).items()
    )
