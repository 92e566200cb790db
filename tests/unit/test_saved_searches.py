"""Saved searches: a TOML file that is replaced as a whole, and whose mistakes are told."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile.corpus import HOSTILE
from opsconsole.config.saved_searches import MOST, SavedSearch, delete_search, save_search, saved_searches
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

texts = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE)).map(safe_text)
queries = st.builds(
    LogQuery,
    words=texts,
    syntax=st.just(LogSyntax.PLAIN),
    level=st.none() | st.sampled_from(LogLevel),
    filters=st.lists(st.builds(LogFilter, texts, texts, st.booleans()), max_size=3).map(tuple),
    pattern=st.none() | texts,
)


@given(st.builds(SavedSearch, texts, queries))
def test_what_was_saved_is_read_again_whatever_it_holds(saved: SavedSearch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "searches.toml"
        save_search(path, saved)
        assert saved_searches(path) == (saved,)


def test_a_name_is_kept_once_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "searches.toml"
    first = SavedSearch(SafeText("a"), LogQuery(SafeText("one")))
    other = SavedSearch(SafeText("b"), LogQuery(SafeText("x:1"), LogSyntax.RAW))
    for saved in (first, other, SavedSearch(SafeText("a"), LogQuery(SafeText("two")))):
        save_search(path, saved)
    assert [(one.name, one.query.words) for one in saved_searches(path)] == [("b", "x:1"), ("a", "two")]
    assert saved_searches(path)[0].query.syntax is LogSyntax.RAW
    delete_search(path, SafeText("b"))
    assert [one.name for one in saved_searches(path)] == ["a"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["searches.toml"]


def test_no_file_is_no_search(tmp_path: Path) -> None:
    assert saved_searches(tmp_path / "none.toml") == ()


@pytest.mark.parametrize(
    "text",
    [
        "search = 1",
        "[[search]]\nwords = 'x'",
        "[[search]]\nname = 'x'\nlevel = 'loud'",
        "[[search]]\nname = 'x'\nwords = 3",
        "[[search]]\nname = 'x'\n[[search.filters]]\nfield = 'a'",
        "not toml",
    ],
)
def test_a_file_with_a_mistake_is_told_by_name_and_never_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "searches.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"searches\.toml"):
        saved_searches(path)
    with pytest.raises(ConfigError):
        save_search(path, SavedSearch(SafeText("a"), LogQuery(SafeText("b"))))
    assert path.read_text() == text


def test_a_folder_that_can_t_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="can't be"):
        save_search(tmp_path / "file" / "searches.toml", SavedSearch(SafeText("a"), LogQuery(SafeText("b"))))


def test_there_is_an_end_to_them(tmp_path: Path) -> None:
    path = tmp_path / "searches.toml"
    path.write_text("".join(f"[[search]]\nname = 'n{number}'\n" for number in range(MOST)))
    with pytest.raises(ConfigError, match="delete one first"):
        save_search(path, SavedSearch(SafeText("one more"), LogQuery(SafeText("b"))))
