"""Secrets are read where they are kept, and nowhere else shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.config.settings import Auth, AuthKind, SecretRef, SourceSettings
from opsconsole.domain.errors import ConfigError
from opsconsole.sources.credentials import read_secret, request_headers


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> SecretRef:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return SecretRef(f"file:{path}")


def test_a_file_of_ones_own_is_read_without_its_line_end(tmp_path: Path) -> None:
    assert read_secret(secret_file(tmp_path, b"s3cret\r\n"), "jaeger") == "s3cret"


def test_an_environment_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    assert read_secret(SecretRef("env:TOKEN"), "jaeger") == "s3cret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_reach_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        read_secret(secret_file(tmp_path, b"s3cret", mode), "jaeger")
    assert "s3cret" not in str(caught.value)


def test_somebody_elses_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = secret_file(tmp_path, b"s3cret")
    owner = (tmp_path / "secret").stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(ConfigError, match="another user"):
        read_secret(ref, "jaeger")


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\x1b[31m", b"\xff\xfe"])
def test_what_can_be_no_secret_is_refused_without_being_quoted(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError, match="jaeger") as caught:
        read_secret(secret_file(tmp_path, content), "jaeger")
    assert "lines" not in str(caught.value)


@pytest.mark.parametrize("place", ["env:UNSET_VARIABLE", "file:/no/such/file", "s3cret", "vault:x", "env:"])
def test_a_place_without_a_secret_says_what_to_do(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNSET_VARIABLE", raising=False)
    with pytest.raises(ConfigError, match="jaeger: "):
        read_secret(SecretRef(place), "jaeger")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(AuthKind.BASIC, "Basic bWU6a2V5"), (AuthKind.BEARER, "Bearer key"), (AuthKind.API_KEY, "ApiKey key")],
)
def test_each_kind_of_credentials_has_its_header(
    kind: AuthKind, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "key")
    settings = SourceSettings("http://h", auth=Auth(kind, "me", SecretRef("env:KEY")), tenant="t")
    headers = request_headers(settings, "jaeger", "x-tenant")
    assert headers == {"Authorization": expected, "x-tenant": "t"}


def test_a_header_that_would_split_the_request_is_refused() -> None:
    settings = SourceSettings("http://h", headers={"X-A": "1\r\nX-Evil: 1"})
    with pytest.raises(ConfigError, match="X-A"):
        request_headers(settings, "jaeger", "x-tenant")
