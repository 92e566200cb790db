"""Links to Kibana's Discover: exact strings, and nothing of a value that could be a part of the address."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.elasticsearch.fields import Concept, Field, FieldMap
from opsconsole.sources.elasticsearch.kibana import Kibana, discover_url
from opsconsole.sources.elasticsearch.rison import encoded, rison

SPAN = TimeRange(1786108263.0, 1786111863.25)
G = (
    "_g=(filters:!(),refreshInterval:(pause:!t,value:60000),"
    "time:(from:'2026-08-07T13:11:03.000Z',to:'2026-08-07T14:11:03.250Z'))"
)
FIELDS = FieldMap(
    {
        Concept.SERVICE: (Field("service.name", ("service.name",)),),
        Concept.LEVEL: (Field("severity_number", ("severity_number",), kinds=frozenset({"long"})),),
        Concept.MESSAGE: (Field("message", (), kinds=frozenset({"text"})),),
        Concept.POD: (Field("pod", ("pod",)), Field("kubernetes.pod.name", ("kubernetes.pod.name",))),
    },
    dated=True,
    index_count=1,
)


def link(selection: Selection, query: LogQuery, kibana: Kibana) -> str:
    made = discover_url(kibana, LogSearch(selection, SPAN, query), FIELDS)
    assert made is not None
    return made


def plain(selection: Selection = Selection(SafeText("p")), query: LogQuery = LogQuery(), view: str = "") -> str:  # noqa: B008
    """The link's fragment, percent signs decoded."""
    return unquote(urlsplit(link(selection, query, Kibana("https://kibana.test/base/", view))).fragment)


def test_a_link_has_absolute_times_and_opens_the_default_data_view() -> None:
    made = link(Selection(SafeText("p")), LogQuery(), Kibana("https://kibana.test/base/"))
    assert made == (
        "https://kibana.test/base/app/discover#/?_g=(filters:!(),refreshInterval:(pause:!t,value:60000),"
        "time:(from:%272026-08-07T13:11:03.000Z%27,to:%272026-08-07T14:11:03.250Z%27))"
        "&_a=(columns:!(),filters:!(),interval:auto,query:(language:kuery,query:%27%27),"
        "sort:!(!(%27@timestamp%27,desc)))"
    )


def test_a_data_view_and_a_space_are_named() -> None:
    kibana = Kibana("https://kibana.test", "90037930-aafc-11ec", "pay/ments")
    made = link(Selection(SafeText("p")), LogQuery(), kibana)
    assert made.startswith("https://kibana.test/s/pay%2Fments/app/discover#/?_g=")
    assert ",index:%2790037930-aafc-11ec%27)" in made


def test_the_selection_and_filters_are_phrase_filters() -> None:
    filters = (LogFilter(SafeText("status"), SafeText("500"), exclude=True),)
    selection = Selection(SafeText("p"), service=SafeText("checkout"))
    assert plain(selection, LogQuery(filters=filters), "view") == (
        f"/?{G}&_a=(columns:!(),filters:!("
        "('$state':(store:appState),meta:(alias:!n,disabled:!f,index:view,key:service.name,negate:!f,"
        "params:(query:checkout),type:phrase),query:(match_phrase:(service.name:checkout))),"
        "('$state':(store:appState),meta:(alias:!n,disabled:!f,index:view,key:status,negate:!t,"
        "params:(query:'500'),type:phrase),query:(match_phrase:(status:'500')))),"
        "interval:auto,query:(language:kuery,query:''),sort:!(!('@timestamp',desc)),index:view)"
    )


def test_what_several_fields_may_hold_is_the_very_clause_that_is_sent() -> None:
    made = plain(Selection(SafeText("p"), pod=SafeText("checkout-1")))
    assert (
        "('$state':(store:appState),meta:(alias:'pod: checkout-1',disabled:!f,key:query,negate:!f,type:custom),"
        "query:(bool:(should:!((term:(pod:(value:checkout-1))),(term:(kubernetes.pod.name:(value:checkout-1)))),"
        "minimum_should_match:1)))"
    ) in made


def test_a_level_is_a_filter_with_its_name() -> None:
    made = plain(query=LogQuery(level=LogLevel.WARN))
    assert "meta:(alias:'level ≥ warn',disabled:!f,key:query,negate:!f,type:custom)" in made
    assert "query:(range:(severity_number:(gte:13,lte:24)))" in made


def test_plain_words_are_phrases_of_kql_that_all_must_be_there() -> None:
    made = plain(query=LogQuery(words=SafeText("pool AND 登录")))
    assert """query:(language:kuery,query:'"pool" and "AND" and "登录"')""" in made


@pytest.mark.parametrize("words", ['"pool wait"', "pool -retry", "po*", "a | b", "a~1", "(a)", "a\\b", "-a"])
def test_words_with_signs_are_a_filter_in_the_language_that_reads_them(words: str) -> None:
    made = plain(query=LogQuery(words=SafeText(words)))
    assert "query:(language:kuery,query:'')" in made
    assert "(simple_query_string:(query:" in made


def test_the_stores_own_language_is_lucene_in_the_query_bar() -> None:
    query = LogQuery(words=SafeText("level:error AND 'x!'"), syntax=LogSyntax.RAW)
    assert "query:(language:lucene,query:'level:error AND !'x!!!'')" in plain(query=query)


def test_before_the_fields_are_known_every_candidate_is_asked_for() -> None:
    search = LogSearch(Selection(SafeText("p"), service=SafeText("checkout")), SPAN)
    made = discover_url(Kibana("https://kibana.test"), search, FieldMap({}, dated=False, index_count=0))
    assert made is not None
    assert "term:(service.keyword:(value:checkout))" in unquote(made)
    assert "match_phrase:(service.name:(query:checkout))" in unquote(made)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "!n"), (True, "!t"), (False, "!f"), (7, "7"), (1.5, "1.5"), ("", "''"), ("a.b-c_d", "a.b-c_d"),
        ("7", "'7'"), ("-a", "'-a'"), ("a b", "'a b'"), ("it's", "'it!'s'"), ("no!", "'no!!'"), ("a:b", "'a:b'"),
        ("a,b", "'a,b'"), ("(a)", "'(a)'"), ("@timestamp", "'@timestamp'"), ("$state", "'$state'"), ("用户", "用户"),
        ("a&b", "'a&b'"), ("a#b", "'a#b'"), ("!n", "'!!n'"), ([], "!()"), (["a", 1], "!(a,1)"), ({}, "()"),
        ({"a": {"b c": [True]}}, "(a:('b c':!(!t)))"), ("/a", "'/a'"), ("a/b", "a/b"),
    ],
)  # fmt: skip
def test_rison_is_written_as_kibana_reads_it(value: object, written: str) -> None:
    assert rison(value) == written


@given(st.text(max_size=60))
def test_no_value_ends_the_fragment_or_begins_another_part_of_it(value: str) -> None:
    text = encoded({"a": value})
    assert text.isascii()
    assert not set(text) & set(" &#?'\"<>\\^`{|}+$;=\n")
    assert unquote(text) == rison({"a": value})


def test_a_link_that_no_browser_would_take_is_none() -> None:
    query = LogQuery(words=SafeText("用" * 3000), syntax=LogSyntax.RAW)
    search = LogSearch(Selection(SafeText("p")), SPAN, query)
    assert discover_url(Kibana("https://kibana.test"), search, FIELDS) is None
