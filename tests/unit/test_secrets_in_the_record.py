"""Secrets stay outside of the record: nothing is written down, shared or written up that is one, or looks like one."""

from __future__ import annotations

import base64
import json
import os
import random
from datetime import UTC
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from book_stage import BookStage
from fake_clock import FakeClock
from incident_samples import note
from memory_incidents import MemoryIncidents
from memory_shared_incidents import MemoryShared
from opsconsole.config.secrets_in_use import files_of_others_eyes, secrets_in_use
from opsconsole.config.settings import (
    Auth,
    AuthKind,
    ClusterSettings,
    ElasticsearchSettings,
    IncidentSettings,
    KubernetesSettings,
    NotificationKind,
    NotificationSettings,
    SecretRef,
    Settings,
    SourceSettings,
)
from opsconsole.domain.evidence import LinesEvidence
from opsconsole.domain.incident import IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import EvidencePinned, Fact, IncidentEvent, Noted, WalkBegun, WalkStepped
from opsconsole.domain.known_secrets import HIDDEN, NOTHING_KNOWN, KnownSecrets
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult
from opsconsole.feeds.backoff import Backoff
from opsconsole.incidents.book import Book
from opsconsole.incidents.folding import fold
from opsconsole.incidents.post_mortem.exporting import Form, exported
from opsconsole.incidents.post_mortem.post_mortem import write_up
from opsconsole.incidents.sharing import Sharing
from opsconsole.safe_text import safe_text
from post_mortem_samples import error_lines

VALUE = 'Canary "pass/word" & más'
"""A password of no shape at all, which every encoding spells in another way."""

SPELLINGS = {
    "plain": VALUE,
    "base64": base64.b64encode(VALUE.encode()).decode(),
    "base64 behind a user": base64.b64encode(f"someone:{VALUE}".encode()).decode(),
    "base64 behind another": base64.b64encode(f"anybody:{VALUE}".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(VALUE.encode()).decode().rstrip("="),
    "a URL": quote(VALUE, safe=""),
    "a URL in small letters": quote(VALUE, safe="").replace("%2F", "%2f").replace("%C3%A1", "%c3%a1"),
    "a form": quote(VALUE, safe="").replace("%20", "+"),
    "JSON": json.dumps(VALUE)[1:-1],
    "JSON with other letters": json.dumps(VALUE, ensure_ascii=False)[1:-1],
    "HTML": "Canary &quot;pass/word&quot; &amp; más",
    "Python": repr(VALUE)[1:-1],
}
KNOWN = KnownSecrets.of([VALUE])


@pytest.mark.parametrize("how", SPELLINGS)
def test_a_known_secret_is_hidden_however_it_is_spelled(how: str) -> None:
    shown = KNOWN.hidden_in(f"before {SPELLINGS[how]} after")
    assert HIDDEN in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert len(shown.replace(HIDDEN, "")) < len("before  after") + 16  # base64 keeps what is the neighbours'


def test_a_short_secret_is_hidden_as_a_word_alone() -> None:
    known = KnownSecrets.of(["admin", "abc"])
    assert known.hidden_in("admin of administration, abc") == f"{HIDDEN} of administration, abc"


def test_nothing_tells_a_known_secret_by_itself() -> None:
    assert "Canary" not in f"{KNOWN!r} {KNOWN}"


def canary_lines() -> EvidencePinned:
    """Lines with a secret of each kind: one that is known, one of a shape, one beside a name."""
    evidence = error_lines()
    assert isinstance(evidence, LinesEvidence)
    first, *rest = evidence.records
    fields = ((SafeText("db.password"), SafeText("C4nary-by-name")), (SafeText("pod"), SafeText("checkout-1")))
    message = SafeText(f"could not sign in as shop with {VALUE}, nor by password=C4nary-by-shape")
    changed = msgspec.structs.replace(first, message=message, fields=fields)
    return EvidencePinned(msgspec.structs.replace(evidence, records=(changed, *rest)), SafeText(f"see {VALUE}"))


CANARIES = (VALUE, "C4nary-by-name", "C4nary-by-shape")


def stored(events: object) -> str:
    return msgspec.json.encode(events).decode() + str(msgspec.to_builtins(events))


def canaries_in(text: str) -> list[str]:
    return [one for one in (*SPELLINGS.values(), *CANARIES) if one in text]


async def opened(stage: BookStage, known: KnownSecrets = KNOWN) -> Book:
    book = stage.book(known=known)
    await book.open([], title=SafeText(f"Checkout fails with {VALUE}"), severity=IncidentSeverity.P2)
    return book


async def test_nothing_that_is_written_down_holds_a_secret(tmp_path: Path) -> None:
    stage = BookStage(tmp_path)
    book = await opened(stage)
    written = await book.write_facts([Fact(canary_lines()), Fact(note(f"the password is {VALUE}"))])
    await book.set_field(IncidentField.CAUSE, SafeText(f"token=C4nary-by-shape, {VALUE}"))
    assert canaries_in(stored(tuple(stage.store.written))) == []
    assert isinstance(written[1].what, Noted)
    assert written[1].what.words == f"the password is {HIDDEN}"


async def test_the_record_says_that_something_was_hidden_and_keeps_the_rest(tmp_path: Path) -> None:
    book = await opened(BookStage(tmp_path))
    (event,) = await book.write_facts([Fact(canary_lines())])
    assert isinstance(event.what, EvidencePinned)
    kept = event.what.evidence
    assert isinstance(kept, LinesEvidence)
    # The message, the field, and the operator's own words.
    assert kept.completeness.split("; ")[-1] == "what looks like a secret is hidden in 3 places"
    assert kept.records[0].message == f"could not sign in as shop with {HIDDEN}, nor by password={HIDDEN}"
    assert kept.records[0].fields == (("db.password", HIDDEN), ("pod", "checkout-1"))
    before = canary_lines().evidence
    assert isinstance(before, LinesEvidence)
    assert kept.records[2] == before.records[2]
    assert kept.chosen == before.chosen


async def test_what_holds_no_secret_is_kept_as_it_was(tmp_path: Path) -> None:
    book = await opened(BookStage(tmp_path))
    evidence = error_lines()
    assert isinstance(evidence, LinesEvidence)
    harmless = EvidencePinned(msgspec.structs.replace(evidence, records=evidence.records[1:]))
    (event,) = await book.write_facts([Fact(harmless)])
    assert event.what == harmless


async def test_a_secret_that_is_one_of_our_own_words_breaks_nothing(tmp_path: Path) -> None:
    book = await opened(BookStage(tmp_path), KnownSecrets.of(["mitigated", "evidence", "operator", "elasticsearch"]))
    await book.set_field(IncidentField.SEVERITY, SafeText(IncidentSeverity.P1.value))
    (event,) = await book.write_facts([Fact(canary_lines())])
    assert msgspec.json.decode(msgspec.json.encode(event), type=IncidentEvent) == event


@pytest.mark.parametrize("kind", [StepKind.ASK, StepKind.ACT])
async def test_a_walk_goes_on_with_what_was_answered_and_what_a_program_printed_is_hidden(
    tmp_path: Path, kind: StepKind
) -> None:
    book = await opened(BookStage(tmp_path))
    result = StepResult(
        number=1, title=SafeText("t"), kind=kind, outcome=StepOutcome.DONE, at=1.0, output=SafeText(f"it is {VALUE}")
    )
    begun = WalkBegun("w1", SafeText("r"), SafeText("t"), "0" * 64, "r.md", {"who": SafeText(VALUE)})
    began, stepped = await book.write_facts([Fact(begun), Fact(WalkStepped("w1", result, 2))])
    assert began.what == begun
    assert isinstance(stepped.what, WalkStepped)
    assert (VALUE in stepped.what.result.output) is (kind is StepKind.ASK)


# -- what an older console wrote down ------------------------------------------------------------


async def of_an_older_console(tmp_path: Path) -> tuple[IncidentEvent, ...]:
    """The events of an incident whose evidence, note and title were kept as they were seen."""
    stage = BookStage(tmp_path)
    book = await opened(stage, NOTHING_KNOWN)
    (event,) = await book.write_facts([Fact(note("x"))])
    raw = msgspec.structs.replace(event, id="ev-raw", what=canary_lines())
    walk = msgspec.structs.replace(
        event, id="ev-walk", what=WalkBegun("w1", SafeText("r"), SafeText("t"), "0", "r.md", {"who": SafeText(VALUE)})
    )
    return (*stage.store.written, raw, walk)


async def test_evidence_that_was_kept_as_seen_stays_readable_and_leaves_clean(tmp_path: Path) -> None:
    events = await of_an_older_console(tmp_path)
    assert canaries_in(stored(events)) != []
    for form in Form:
        text = exported(write_up(fold(events), events, 2e9, KNOWN), form, UTC)
        assert "could not sign in as shop" in text
        assert canaries_in(text) == []


async def test_a_team_gets_it_without_its_secrets(tmp_path: Path) -> None:
    shared, store = MemoryShared(), MemoryIncidents(*await of_an_older_console(tmp_path))
    sharing = Sharing(
        store, shared, SafeText("prod"), FakeClock(), delay=Backoff().delay, chance=random.Random(1),
        known=lambda: KNOWN,
    )  # fmt: skip
    outcome = await sharing.exchange()
    assert outcome.sent == len(store.written) == len(shared.events)
    assert canaries_in(stored(tuple(shared.events))) == []
    assert shared.heads
    assert canaries_in(stored(tuple(shared.heads.values()))) == []


# -- which secrets are known ---------------------------------------------------------------------


def private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def test_every_place_of_the_settings_is_read(tmp_path: Path) -> None:
    canaries = {name: f"C4nary.{name}.7Q" for name in (
        "env", "file", "header", "shared", "hook", "mail", "token", "password", "key", "plugin", "provider",
        "token_file", "key_file",
    )}  # fmt: skip
    private(tmp_path / "kube-token", canaries["token_file"] + "\n")
    private(tmp_path / "kube-key", canaries["key_file"])
    user = {
        "token": canaries["token"], "password": canaries["password"], "tokenFile": "kube-token",
        "client-key-data": canaries["key"], "client-key": "kube-key",
        "exec": {"command": "x", "env": [{"name": "MY_SECRET", "value": canaries["plugin"]}]},
        "auth-provider": {"name": "x", "config": {"refresh-token": canaries["provider"]}},
    }  # fmt: skip
    kubeconfig = private(tmp_path / "kubeconfig", json.dumps({"users": [{"name": "me", "user": user}]}))
    secret_file = private(tmp_path / "secret", canaries["file"])
    hook = SecretRef("env:HOOK")
    settings = Settings(
        ClusterSettings(
            "prod",
            prometheus=SourceSettings("https://p", auth=Auth(AuthKind.BEARER, "", SecretRef("env:ENV"))),
            jaeger=SourceSettings("https://j", headers={"X": SecretRef(f"file:{secret_file}"), "Y": "plain-and-long"}),
            elasticsearch=ElasticsearchSettings("https://e", auth=Auth(AuthKind.API_KEY, "", SecretRef("env:HEADER"))),
            kubernetes=KubernetesSettings("", kubeconfig=kubeconfig),
        ),
        incidents=IncidentSettings(
            notifications=(
                NotificationSettings("a", NotificationKind.SLACK, url=hook),
                NotificationSettings("b", NotificationKind.EMAIL, password=SecretRef("env:MAIL")),
                NotificationSettings("c", NotificationKind.EMAIL, password=SecretRef("env:NOT_THERE")),
                NotificationSettings("d", NotificationKind.EMAIL, password=SecretRef("file:/not/there")),
            )
        ),
    )
    environ = {
        "ENV": canaries["env"], "HEADER": canaries["header"], "MAIL": canaries["mail"], "OTHER": canaries["shared"],
        "HOOK": f"https://hooks.example/services/{canaries['hook']}",
    }  # fmt: skip
    known = secrets_in_use(settings, [SecretRef("env:OTHER")], environ=environ)
    shown = known.hidden_in(f"{' '.join(canaries.values())} plain-and-long POST /services/{canaries['hook']}")
    assert [name for name, canary in canaries.items() if canary in shown and name != "hook"] == []
    assert shown.endswith(f"plain-and-long POST {HIDDEN}")


@pytest.mark.parametrize("text", ["[", "a: [", "users: 3", "users: [3, {user: 4}]", "\0", "users:\n- user: {token: }"])
def test_a_kubeconfig_that_is_none_is_no_mistake_here(tmp_path: Path, text: str) -> None:
    path = private(tmp_path / "kubeconfig", text)
    settings = KubernetesSettings("", kubeconfig=path)
    assert secrets_in_use(settings, environ=dict(os.environ)).hidden_in("same") == safe_text("same")


@pytest.mark.parametrize(("mode", "told"), [(0o600, False), (0o640, True), (0o604, True), (0o644, True)])
def test_a_kubeconfig_or_a_key_that_others_can_read_is_told(tmp_path: Path, mode: int, told: bool) -> None:
    user = {"tokenFile": "kube-token", "client-key": "not-there"}
    places = ("kubeconfig", "kube-token", "client.pem")
    texts = (json.dumps({"users": [{"name": "me", "user": user}]}), "x", "y")
    files = [private(tmp_path / name, text) for name, text in zip(places, texts, strict=True)]
    for file in files:
        file.chmod(mode)
    settings = ClusterSettings(
        "prod",
        jaeger=SourceSettings("https://j", ca=tmp_path / "kubeconfig", client_certificate=files[2]),
        kubernetes=KubernetesSettings("", kubeconfig=files[0]),
    )
    assert set(files_of_others_eyes(settings, environ={})) == (set(files) if told else set())
