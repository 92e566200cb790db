"""Canaries: secrets in every shape they come in are hidden, and what only looks alike is not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.secret_shapes import HIDDEN, looks_secret, without_secrets

CANARY = "C4naryHunter2xyz"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ"
PEM = "-----BEGIN RSA PRIVATE KEY-----␊MIIEpAIBAAKCAQEA7canary␊-----END RSA PRIVATE KEY-----"
AWS = "AKIAIOSFODNN7CANARY1"
BASIC = base64.b64encode(b"user:canary-password").decode()

SHAPES = {
    f"password={CANARY}": CANARY,
    f"DB_PASSWORD={CANARY} retries=3": CANARY,
    f"password: {CANARY}": CANARY,
    f"db.passwd = '{CANARY}'": CANARY,
    f'"password": "two words {CANARY}"': CANARY,
    f'{{"user":"ada","password":"{CANARY}","n":1}}': CANARY,
    f'msg="{{\\"api_key\\":\\"{CANARY}\\"}}"': CANARY,
    f"--password {CANARY} --host db": CANARY,
    f"mysql --password={CANARY}": CANARY,
    f"login --token '{CANARY} more'": CANARY,
    f"AWS_SECRET_ACCESS_KEY={CANARY}/+abc": CANARY,
    f"aws_session_token => {CANARY}": CANARY,
    f"client-secret:{CANARY}": CANARY,
    f"Authorization: Bearer {CANARY}": CANARY,
    f"authorization: {CANARY}": CANARY,
    f"'Authorization': 'Basic {BASIC}'": BASIC,
    f"sent Basic {BASIC} upstream": BASIC,
    f"curl -H 'X-Api-Key: {CANARY}'": CANARY,
    f"Cookie: sid={CANARY}; theme=dark": CANARY,
    f"Set-Cookie: session_id={CANARY}; Path=/": CANARY,
    f"bearer {CANARY.lower()}9": CANARY.lower(),
    f"postgres://shop:{CANARY}@db:5432/shop": CANARY,
    f"dial redis://:{CANARY}@redis:6379 failed": CANARY,
    f"https://x.example/a?user=1&access_token={CANARY}&b=2": CANARY,
    f"https://s3.example/k?X-Amz-Signature={CANARY}": CANARY,
    f"token {JWT} expired": JWT,
    f"jwt={JWT}": JWT,
    f"key {AWS} is unknown": AWS,
    PEM: "MIIEpAIBAAKCAQEA7canary",
    "-----BEGIN PRIVATE KEY-----␊MIIEcanary cut off": "MIIEcanary",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaCcanary\n-----END OPENSSH PRIVATE KEY-----": "b3BlbnNzaCcanary",
    "push with ghp_C4naryC4naryC4naryC4naryC4naryC4na": "ghp_C4nary",
    "github_pat_11C4NARY0abcdefghijklmnop_x": "11C4NARY0",
    "glpat-C4nary_C4nary-C4na": "C4nary_C4nary",
    "xoxb-1234567890-C4naryC4nary": "C4naryC4nary",
    "AIzaSyC4naryC4naryC4naryC4naryC4nary123": "SyC4nary",
    "sk_live_C4naryC4naryC4nary": "C4naryC4nary",
    "https://hooks.slack.com/services/T0C4N/B0C4N/C4naryC4nary": "C4naryC4nary",
    f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={CANARY}": CANARY,
}

HARMLESS = (
    "pool wait timeout after 3000 ms, 200 of 200 connections in use",
    "basic authentication is off, bearer authentication too",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
    "https://grafana.example:3000/d/abc?from=1&to=2",
    "user@example.com wrote at 14:08:00",
    "image registry.example/shop/checkout:v1.9.0@sha256:" + "0f" * 32,
    'sum(rate(http_requests_total{service="checkout", code=~"5.."}[1m])) > 0.05',
    "eyJ is how JSON begins in base64",
    "the secretary of the tokeniser keeps passes",
    "inc-20261128-7kq4",
)


@pytest.mark.parametrize("text", SHAPES)
def test_a_secret_of_any_shape_is_hidden(text: str) -> None:
    shown = without_secrets(text)
    assert SHAPES[text] not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_what_stands_around_a_secret_stays() -> None:
    shown = without_secrets(f"dial postgres://shop:{CANARY}@db:5432 failed, password={CANARY} retries=3")
    assert shown == f"dial postgres://shop:{HIDDEN}@db:5432 failed, password={HIDDEN} retries=3"
    assert without_secrets(f"Authorization: Bearer {CANARY}") == f"Authorization: Bearer {HIDDEN}"


def test_several_in_one_text_are_all_hidden() -> None:
    assert CANARY not in without_secrets(" ".join(SHAPES))


@given(st.text(max_size=300))
def test_hiding_twice_changes_nothing_more(text: str) -> None:
    once = without_secrets(text)
    assert without_secrets(once) == once


@pytest.mark.parametrize("names", ["DB_PASSWORD", "apiKey", "x-api-key", "client_secret", "AccessKeyId", "auth-token"])
def test_names_of_secrets_are_known(names: str) -> None:
    assert looks_secret(names)


@pytest.mark.parametrize(
    "long", ["a" * 8000, "token" * 2000, "http://" * 1200, "password " * 900, "-" * 8000, "eyJ" * 2700, "=" * 8000]
)
def test_a_long_line_is_read_once(long: str) -> None:
    """A pattern that goes back and forth over such a line would take minutes, and the test run would end there."""
    for _ in range(20):
        without_secrets(long)
