"""Inputs put into what a step says: whole values, quoted for where they stand, never pasted into a longer text."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from opsconsole.domain.log_query import LogFilter
from opsconsole.domain.runbook import CheckStep, LogCheck, MetricCheck, Question
from opsconsole.domain.text import SafeText
from opsconsole.panels.template import fill_strings
from opsconsole.safe_text import safe_text

_INPUT = re.compile(r"\$([a-z][a-z0-9_]*)")


class UnansweredError(Exception):
    """An input has no value yet; `name` is its name."""

    def __init__(self, name: str) -> None:
        """`str()` says what to do."""
        self.name = name
        super().__init__(f"${name} is not answered yet; answer it first")


def value_of(text: str, values: Mapping[str, str]) -> str:
    """`text`, or the value of the input that it wholly is. Raises `UnansweredError`."""
    whole = _INPUT.fullmatch(text)
    if whole is None:
        return text
    value = values.get(whole.group(1), "")
    if not value:
        raise UnansweredError(whole.group(1))
    return value


def put_in(question: Question, values: Mapping[str, str]) -> Question:
    """`question` as it is asked. Raises `UnansweredError`."""
    if isinstance(question, MetricCheck):
        known = {name: value for name, value in values.items() if value}
        for name in _INPUT.findall(question.query):
            if name not in known:
                raise UnansweredError(name)
        return msgspec.structs.replace(question, query=fill_strings(question.query, known))
    service = value_of(question.service, values)
    if not isinstance(question, LogCheck):
        return msgspec.structs.replace(question, service=service)
    query = question.query
    filters = tuple(LogFilter(one.field, safe_text(value_of(one.value, values)), one.exclude) for one in query.filters)
    words = safe_text(value_of(query.words, values))
    return LogCheck(
        msgspec.structs.replace(query, words=words, filters=filters), question.expect, service, question.within
    )


def shown_question(step: CheckStep, values: Mapping[str, str]) -> CheckStep:
    """The step with its inputs put in; as it stands in the file where one is not answered yet."""
    try:
        return msgspec.structs.replace(step, question=put_in(step.question, values))
    except UnansweredError:
        return step


def words_with(text: SafeText, values: Mapping[str, str]) -> SafeText:
    """`text` with each `$name` that has a value replaced, for reading alone."""
    return safe_text(_INPUT.sub(lambda match: values.get(match.group(1)) or match.group(), text))
