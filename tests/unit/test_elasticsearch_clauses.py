"""What is asked of lines, as clauses: exact where values are exact, and never a value inside a language."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns import matches
from opsconsole.sources.elasticsearch.clauses import filter_clause, level_clause, pattern_clauses, words_clause
from opsconsole.sources.elasticsearch.fields import (
    CANDIDATES,
    Concept,
    FieldCaps,
    FieldMap,
    asked_fields,
    candidates_with,
    field_map,
)
from opsconsole.sources.elasticsearch.levels import parse_level, spellings_from
from opsconsole.sources.elasticsearch.query import restrict

HOUR = TimeRange(1786108263.0, 1786111863.0)


def fields(others: tuple[str, ...] = (), **kinds: str) -> FieldMap:
    """A map of fields by name (`__` for a dot) and kinds, joined by commas; text has a keyword beside it."""
    told: dict[str, Any] = {}
    for name, listed in kinds.items():
        path = name.replace("__", ".")
        told[path] = {
            kind: {"type": kind, "searchable": kind != "object", "aggregatable": kind not in ("text", "object")}
            for kind in listed.replace("bare", "text").split(",")
        }
        if "text" in listed.split(","):
            told[f"{path}.keyword"] = {"keyword": {"type": "keyword", "searchable": True, "aggregatable": True}}
    return field_map(msgspec.convert({"indices": ["app-1"], "fields": told}, FieldCaps), CANDIDATES, others)


def asked(field: str, value: str, *, exclude: bool = False) -> LogFilter:
    return LogFilter(SafeText(field), SafeText(value), exclude)


PHRASE_WITHOUT_KEYWORD = {
    "bool": {
        "filter": [{"match_phrase": {"app": {"query": "a b"}}}],
        "must_not": [{"exists": {"field": "app.keyword"}}],
    }
}


@pytest.mark.parametrize(
    ("kind", "value", "clause"),
    [
        ("keyword", "a b", {"term": {"app": {"value": "a b"}}}),
        ("bare", "a b", {"match_phrase": {"app": {"query": "a b"}}}),
        ("long", "500", {"term": {"app": {"value": 500}}}),
        ("float", "12.5", {"term": {"app": {"value": 12.5}}}),
        ("long", "abc", None),
        ("long", "nan", None),
        ("long", "1e999", None),
        ("boolean", "true", {"match": {"app": {"query": "true", "lenient": True}}}),
        ("ip", "10.0.0.1", {"match": {"app": {"query": "10.0.0.1", "lenient": True}}}),
        ("date", "2026-08-07", {"match": {"app": {"query": "2026-08-07", "lenient": True}}}),
        ("keyword,long", "abc", {"match": {"app": {"query": "abc", "lenient": True}}}),
        ("bare,long", "x", {"multi_match": {"query": "x", "fields": ["app"], "type": "phrase", "lenient": True}}),
        ("object", "x", None),
    ],
)
def test_each_kind_of_field_is_asked_in_a_way_in_which_no_shard_can_fail(kind: str, value: str, clause: Any) -> None:
    assert filter_clause(asked("app", value), fields(("app",), app=kind)) == clause


@pytest.mark.parametrize("kind", ["text", "text,keyword", "text,object"])
def test_a_text_is_matched_by_the_keyword_beside_it_and_without_one_by_its_words(kind: str) -> None:
    clause = filter_clause(asked("app", "a b"), fields(("app",), app=kind))
    assert clause == {
        "bool": {
            "should": [{"term": {"app.keyword": {"value": "a b"}}}, PHRASE_WITHOUT_KEYWORD],
            "minimum_should_match": 1,
        }
    }


def test_a_concept_is_looked_for_in_every_field_that_holds_it() -> None:
    known = fields(service="text,object", service__name="keyword")
    clause = filter_clause(asked("service", "checkout"), known)
    assert clause is not None
    names = json.dumps(clause)
    assert '"service.name"' in names
    assert '"service.keyword"' in names


def test_a_value_that_is_a_list_is_found_by_all_it_holds() -> None:
    clause = filter_clause(asked("tags", '["a","b"]'), fields(("tags",), tags="keyword"))
    assert clause is not None
    every = {"bool": {"filter": [{"term": {"tags": {"value": "a"}}}, {"term": {"tags": {"value": "b"}}}]}}
    assert every in clause["bool"]["should"]


def test_what_a_flattened_field_holds_can_be_asked_for() -> None:
    known = fields(("labels.team",), labels="flattened")
    assert filter_clause(asked("labels.team", "pay"), known) == {"term": {"labels.team": {"value": "pay"}}}


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_value_and_no_name_gets_into_a_query_language(name: str, value: str) -> None:
    search = LogSearch(Selection(SafeText("prod")), HOUR, LogQuery(filters=(asked(name, value),)))
    known = fields((name,), app="keyword")
    text = json.dumps(restrict(search, known).query())
    assert "query_string" not in text


def test_excluding_excludes_and_including_what_no_index_has_finds_nothing() -> None:
    known = fields(("app", "nope"), app="keyword")
    filters = (asked("app", "a", exclude=True), asked("nope", "b", exclude=True), asked("nope", "c"))
    made = restrict(LogSearch(Selection(SafeText("prod")), HOUR, LogQuery(filters=filters)), known)
    assert made.query() == {"bool": {"filter": [{"match_none": {}}], "must_not": [{"term": {"app": {"value": "a"}}}]}}
    assert all("nope" in note for note in made.notes)
    assert len(made.notes) == 2


@pytest.mark.parametrize("level", [LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR, LogLevel.FATAL])
def test_the_spellings_of_a_level_are_just_those_that_are_read_as_at_least_it(level: LogLevel) -> None:
    asked_for = set(spellings_from(level))
    assert all(parse_level(spelling).rank >= level.rank for spelling in asked_for)
    every = set(spellings_from(LogLevel.DEBUG))
    assert {spelling for spelling in every if parse_level(spelling).rank >= level.rank} == asked_for
    assert {"ERROR", "error", "Error", "ERROR3", "50", "err", "severe"} <= set(spellings_from(LogLevel.ERROR))


def test_a_level_is_looked_for_by_names_in_text_and_by_ranges_in_numbers() -> None:
    known = fields(log__level="keyword", severity="bare", level="long", severity_number="byte")
    clause = level_clause(LogLevel.ERROR, known)
    assert clause is not None
    by_name, words, numbers, otel = (
        next(one for one in clause["bool"]["should"] if name in json.dumps(one))
        for name in ("log.level", '"severity"', '"level"', "severity_number")
    )
    assert "CRITICAL" in by_name["terms"]["log.level"]
    assert words["match"]["severity"]["query"].startswith("error ERROR Error")
    assert numbers == {"terms": {"level": [50, 60]}}
    assert otel == {"range": {"severity_number": {"gte": 17, "lte": 24}}}


def test_a_level_that_is_a_number_in_some_index_and_a_name_in_another_fails_no_shard() -> None:
    clause = level_clause(LogLevel.FATAL, fields(level="keyword,long"))
    assert clause is not None
    assert {"match": {"level": {"query": "60", "lenient": True}}} in clause["bool"]["should"]
    assert all(one["match"]["level"]["lenient"] for one in clause["bool"]["should"])


def test_a_level_that_no_field_tells_finds_nothing_and_says_so() -> None:
    search = LogSearch(Selection(SafeText("prod")), HOUR, LogQuery(level=LogLevel.WARN))
    made = restrict(search, fields(message="text"))
    assert made.filters == ({"match_none": {}},)
    assert "level" in made.notes[0]


def test_words_are_looked_for_in_the_message_first_and_then_everywhere() -> None:
    known = fields(message="text", msg="text")
    clause = words_clause('pool "wait', LogSyntax.PLAIN, known)["simple_query_string"]
    assert clause["fields"] == ["message", "msg", "*"]
    assert clause["query"] == 'pool "wait'
    assert (clause["default_operator"], clause["analyze_wildcard"], clause["lenient"]) == ("and", True, True)
    raw = words_clause("level:error", LogSyntax.RAW, known)["query_string"]
    assert (raw["query"], raw["lenient"]) == ("level:error", True)


def test_very_many_words_are_looked_for_in_the_message_alone_and_too_many_not_at_all() -> None:
    known = fields(message="text")
    many = LogQuery(words=SafeText(" ".join(["word"] * 40)))
    made = restrict(LogSearch(Selection(SafeText("prod")), HOUR, many), known)
    assert made.filters[0]["simple_query_string"]["fields"] == ["message"]
    assert "message alone" in made.notes[0]
    with pytest.raises(SourceError) as caught:
        words_clause(" ".join(["word"] * 300), LogSyntax.PLAIN, known)
    assert caught.value.kind is ErrorKind.BAD_QUERY
    assert "300 words are too many; search for fewer words" in caught.value.sentence


def test_words_in_a_message_that_is_a_keyword_find_it_only_whole_and_that_is_said() -> None:
    search = LogSearch(Selection(SafeText("prod")), HOUR, LogQuery(words=SafeText("pool")))
    assert "the message is a keyword" in restrict(search, fields(message="keyword")).notes[0]
    assert restrict(search, fields(message="text")).notes == ()


def test_a_pattern_is_looked_for_in_text_and_keyword_where_a_message_is_both() -> None:
    (clause,) = pattern_clauses("pool wait", fields(message="bare,keyword"))
    assert clause["bool"]["should"] == [
        {"match_phrase": {"message": {"query": "pool wait"}}},
        {"wildcard": {"message": {"value": "*pool*wait*"}}},
    ]


def test_a_pattern_is_narrowed_by_whole_words_that_stand_together() -> None:
    known = fields(message="text", msg="keyword")
    first, second, third = pattern_clauses("pool wait timeout after <*> ms id:<*> giving up", known)
    assert {"match_phrase": {"message": {"query": "pool wait timeout after"}}} in first["bool"]["should"]
    assert {"wildcard": {"msg": {"value": "*pool*wait*timeout*after*"}}} in first["bool"]["should"]
    assert {"match_phrase": {"message": {"query": "ms"}}} in second["bool"]["should"]
    assert {"match_phrase": {"message": {"query": "giving up"}}} in third["bool"]["should"]


def test_signs_of_the_wildcard_query_are_signs_no_more() -> None:
    (clause,) = pattern_clauses("what? 2*3 a\\b", fields(message="keyword"))
    assert clause == {"wildcard": {"message": {"value": "*what\\?*2\\*3*a\\\\b*"}}}


def test_a_pattern_of_variables_alone_narrows_nothing_here_and_everything_later() -> None:
    assert pattern_clauses("<*> <*>", fields(message="text")) == []
    assert matches("<*> <*>", "12 34")


def test_configured_names_stand_before_those_that_are_known() -> None:
    candidates = candidates_with({"service": ("svc.name", "service.name"), "level": ("lvl",)})
    assert candidates[Concept.SERVICE][:3] == ("svc.name", "service.name", "resource.attributes.service.name")
    assert candidates[Concept.LEVEL][0] == "lvl"
    assert candidates[Concept.POD] == CANDIDATES[Concept.POD]
    assert {"svc.name", "svc.name.keyword"} <= set(asked_fields(candidates))


@pytest.mark.parametrize("name", ["a*", "*", "a,b", ""])
def test_a_name_that_stands_for_several_fields_is_not_asked_for(name: str) -> None:
    assert asked_fields(CANDIDATES, (name,)) == asked_fields()
