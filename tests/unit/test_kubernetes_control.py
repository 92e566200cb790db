"""Single objects of the API server, read and changed over a scripted transport."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl, Mutation, PatchType, Verb
from opsconsole.sources.kubernetes.api_paths import object_path, selector_text
from opsconsole.sources.kubernetes.control import KubernetesControl
from opsconsole.sources.kubernetes.exec_stream import OUTPUT_LIMIT, ExecStream
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from opsconsole.write_mode import WriteMode

Json = dict[str, Any]
DEPLOYMENT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
POD = ObjectRef(Kind.POD, SafeText("shop"), SafeText("checkout-a"), SafeText("u1"))
NODE = ObjectRef(Kind.NODE, SafeText(""), SafeText("n1"))
MERGE = Mutation(Verb.PATCH, DEPLOYMENT, {"spec": {"replicas": 3}}, patch_type=PatchType.MERGE)


def body(name: str = "checkout", uid: str = "u1") -> Json:
    return {"kind": "X", "metadata": {"name": name, "namespace": "shop", "uid": uid, "resourceVersion": "7"}}


def status(code: int, message: str = "no", **details: Any) -> httpx.Response:
    return httpx.Response(code, json={"kind": "Status", "message": message, "code": code, "details": details})


class Api:
    """Answers every request with what it is given, in turn; the last one again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.mode = WriteMode(FakeClock())
        self.mode.open()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def control(self) -> KubernetesControl:
        wire = Wire(
            "kubernetes",
            SourceSettings(url="https://api.example"),
            SystemClock(),
            KUBERNETES_READS,
            write_mode=self.mode,
            transport=httpx.MockTransport(self),
        )

        async def connected() -> Wire:
            return wire

        return KubernetesControl(connected, self.mode)

    @property
    def last(self) -> tuple[str, str, Json, Any]:
        """Method, path, parameters and body of the newest request."""
        request = self.asked[-1]
        sent = json.loads(request.content) if request.content else None
        return request.method, request.url.path, dict(request.url.params), sent


def ok(answer: Json | None = None, code: int = 200) -> httpx.Response:
    return httpx.Response(code, json=body() if answer is None else answer)


async def refused(answer: Any) -> SourceError:
    with pytest.raises(SourceError) as raised:
        await answer
    return raised.value


def test_the_control_is_what_operations_ask_for() -> None:
    control: ClusterControl = Api(ok()).control()
    assert control is not None


async def test_a_cluster_is_known_by_the_uid_of_its_system_namespace_which_is_read_once() -> None:
    api = Api(ok(body("kube-system", "c1")))
    control = api.control()
    assert [await control.cluster_id(), await control.cluster_id()] == ["c1", "c1"]
    assert [request.url.path for request in api.asked] == ["/api/v1/namespaces/kube-system"]


async def test_a_cluster_whose_system_namespace_may_not_be_read_has_no_id_and_one_that_is_away_is_asked_again() -> None:
    assert await Api(status(403)).control().cluster_id() == ""
    control = Api(status(500), ok(body("kube-system", "c1"))).control()
    await refused(control.cluster_id())
    assert await control.cluster_id() == "c1"


@pytest.mark.parametrize(
    ("ref", "subresource", "path"),
    [
        (DEPLOYMENT, "", "/apis/apps/v1/namespaces/shop/deployments/checkout"),
        (POD, "eviction", "/api/v1/namespaces/shop/pods/checkout-a/eviction"),
        (NODE, "", "/api/v1/nodes/n1"),
        (ObjectRef(Kind.POD, SafeText("a/b"), SafeText("../c")), "", "/api/v1/namespaces/a%2Fb/pods/..%2Fc"),
    ],
)
def test_objects_have_their_paths(ref: ObjectRef, subresource: str, path: str) -> None:
    assert object_path(ref, subresource) == path


def test_label_selectors_are_written_as_the_api_reads_them() -> None:
    selector = {
        "matchLabels": {"app.kubernetes.io/name": "checkout", "empty": ""},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]},
            {"key": "old", "operator": "DoesNotExist"},
            {"key": "new", "operator": "Exists"},
        ],
    }
    assert selector_text(selector, "k") == "app.kubernetes.io/name=checkout,empty=,tier in (a,b),!old,new"


@pytest.mark.parametrize(
    "selector",
    [
        {"matchLabels": {"a": "b,c=d"}},
        {"matchLabels": {"a,b": "c"}},
        {"matchLabels": {"a": 1}},
        {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b) or (c"]}]},
        {"matchExpressions": [{"key": "a", "operator": "Near"}]},
        {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]},
    ],
)
def test_a_selector_that_could_select_otherwise_than_it_says_is_refused(selector: Json) -> None:
    with pytest.raises(SourceError) as raised:
        selector_text(selector, "k")
    assert raised.value.kind is ErrorKind.MALFORMED


# -- reading -------------------------------------------------------------------------------------


async def test_an_object_of_another_uid_is_not_found() -> None:
    assert (await Api(ok()).control().read(DEPLOYMENT)).ref.uid == "u1"
    other = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"), SafeText("u0"))
    assert (await refused(Api(ok()).control().read(other))).kind is ErrorKind.NOT_FOUND


async def test_names_from_the_cluster_are_made_safe_and_the_body_is_left_as_it_is() -> None:
    live = await Api(ok(body("a\x1b[2J"))).control().read(DEPLOYMENT)
    assert live.ref.name == "a␛[2J"
    assert live.body["metadata"]["name"] == "a\x1b[2J"  # type: ignore[index]


async def test_lists_are_read_to_their_end() -> None:
    first = ok({"metadata": {"continue": "more"}, "items": [body("a")]})
    api = Api(first, ok({"metadata": {}, "items": [body("b")]}))
    found = await api.control().find(Kind.POD, SafeText("shop"), {"matchLabels": {"app": "x"}})
    assert [live.ref.name for live in found] == ["a", "b"]
    assert [request.url.params.get("continue") for request in api.asked] == [None, "more"]
    assert {request.url.params["labelSelector"] for request in api.asked} == {"app=x"}


async def test_events_are_asked_for_by_uid() -> None:
    api = Api(ok({"items": []}))
    assert await api.control().events(POD) == ()
    assert api.last[2]["fieldSelector"] == "involvedObject.uid=u1,involvedObject.kind=Pod"


async def test_a_server_that_can_not_say_who_we_are_leaves_the_identity_empty() -> None:
    assert await Api(status(404)).control().identity() == ""
    named = {"status": {"userInfo": {"username": "jane"}}}
    assert await Api(ok(named, 201)).control().identity() == "jane"


# -- rights --------------------------------------------------------------------------------------


def allowed(*, yes: bool, **more: Any) -> httpx.Response:
    return ok({"status": {"allowed": yes, **more}}, 201)


async def test_the_review_asks_for_exactly_the_right_that_is_needed() -> None:
    api = Api(allowed(yes=False, reason="no rule"))
    access = await api.control().may(Mutation(Verb.CREATE, POD, {}, "eviction"))
    assert (access.allowed, access.needed, access.reason) == (False, "create pods/eviction in shop", "no rule")
    assert api.last[3]["spec"]["resourceAttributes"] == {
        "verb": "create", "group": "", "version": "v1", "resource": "pods", "subresource": "eviction",
        "namespace": "shop", "name": "checkout-a",
    }  # fmt: skip
    assert (await Api(allowed(yes=True)).control().may(MERGE)).needed == "patch deployments.apps in shop"
    node = Mutation(Verb.PATCH, NODE, [], patch_type=PatchType.JSON)
    assert (await Api(allowed(yes=True)).control().may(node)).needed == "patch nodes"


async def test_a_denial_outranks_what_is_allowed() -> None:
    assert not (await Api(allowed(yes=True, denied=True)).control().may(MERGE)).allowed


async def test_a_command_needs_both_rights_that_a_websocket_is_checked_for() -> None:
    api = Api(allowed(yes=True), allowed(yes=False))
    access = await api.control().may_exec(POD)
    assert (access.allowed, access.needed) == (False, "get pods/exec in shop")


# -- changing ------------------------------------------------------------------------------------


async def test_a_patch_goes_out_once_with_its_media_type() -> None:
    api = Api(ok())
    await api.control().send(MERGE, "op-1")
    assert len(api.asked) == 1
    assert api.last == (
        "PATCH",
        "/apis/apps/v1/namespaces/shop/deployments/checkout",
        {"fieldManager": "opsconsole"},
        {"spec": {"replicas": 3}},
    )
    assert api.asked[0].headers["content-type"] == "application/merge-patch+json"


async def test_a_rehearsal_says_so_wherever_the_server_looks() -> None:
    api = Api(ok())
    control = api.control()
    api.mode.close()
    await control.rehearse(MERGE)
    assert api.last[2]["dryRun"] == "All"
    await control.rehearse(Mutation(Verb.DELETE, POD, {"kind": "DeleteOptions", "preconditions": {"uid": "u1"}}))
    assert (api.last[2]["dryRun"], api.last[3]["dryRun"]) == ("All", ["All"])
    await control.rehearse(Mutation(Verb.CREATE, POD, {"deleteOptions": {"preconditions": {"uid": "u1"}}}, "eviction"))
    assert api.last[3]["deleteOptions"] == {"preconditions": {"uid": "u1"}, "dryRun": ["All"]}


async def test_a_read_only_console_sends_nothing() -> None:
    api = Api(ok())
    api.mode.close()
    for attempt in (api.control().send(MERGE, "op-1"), api.control().execute(POD, SafeText("app"), ["true"], "op-1")):
        error = await refused(attempt)
        assert (error.kind, error.sent) == (ErrorKind.REFUSED_WRITE, False)
    assert api.asked == []


TESTED = Mutation(Verb.PATCH, DEPLOYMENT, [{"op": "test", "path": "/a", "value": 1}], patch_type=PatchType.JSON)
UNTESTED = Mutation(Verb.PATCH, DEPLOYMENT, [{"op": "add", "path": "/a", "value": 1}], patch_type=PatchType.JSON)
BUDGET = {"causes": [{"reason": "DisruptionBudget", "message": "The disruption budget b needs 2 healthy pods"}]}


@pytest.mark.parametrize(
    ("mutation", "answer", "kind"),
    [
        (MERGE, status(409), ErrorKind.CONFLICT),
        (MERGE, status(400), ErrorKind.UNPROCESSABLE),
        (MERGE, status(422), ErrorKind.UNPROCESSABLE),
        (TESTED, status(422), ErrorKind.CONFLICT),
        (TESTED, status(422, causes=[{"reason": "FieldValueInvalid"}]), ErrorKind.UNPROCESSABLE),
        (UNTESTED, status(422), ErrorKind.UNPROCESSABLE),
        (MERGE, status(403), ErrorKind.FORBIDDEN),
        (MERGE, status(404), ErrorKind.NOT_FOUND),
        (MERGE, status(429, **BUDGET), ErrorKind.THROTTLED),
        (MERGE, status(500), ErrorKind.SERVER),
        (MERGE, status(504), ErrorKind.TIMEOUT),
    ],
)
async def test_refusals_tell_apart_what_follows(mutation: Mutation, answer: httpx.Response, kind: ErrorKind) -> None:
    assert (await refused(Api(answer).control().send(mutation, "op-1"))).kind is kind
    assert (await refused(Api(answer).control().rehearse(mutation))).kind is kind


async def test_a_disruption_budget_speaks_for_itself() -> None:
    answer = status(429, "Cannot evict pod.", **BUDGET)
    error = await refused(Api(answer).control().send(MERGE, "op-1"))
    assert error.detail == "Cannot evict pod. The disruption budget b needs 2 healthy pods"
    assert "healthy" in error.hint


@pytest.mark.parametrize(
    ("failure", "kind", "sent"),
    [
        (httpx.ConnectError("refused"), ErrorKind.UNREACHABLE, False),
        (httpx.ConnectTimeout("slow"), ErrorKind.TIMEOUT, False),
        (httpx.ReadTimeout("slow"), ErrorKind.TIMEOUT, True),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), ErrorKind.UNREACHABLE, True),
    ],
)
async def test_what_never_left_is_told_from_what_may_have_arrived(
    failure: Exception, kind: ErrorKind, sent: bool
) -> None:
    api = Api(failure)
    error = await refused(api.control().send(MERGE, "op-1"))
    assert (error.kind, error.sent) == (kind, sent)
    assert len(api.asked) == 1


# -- commands ------------------------------------------------------------------------------------


def outcome(**fields: Any) -> bytes:
    return b"\x03" + json.dumps({"kind": "Status", **fields}).encode()


def gathered(*messages: bytes) -> ExecStream:
    stream = ExecStream()
    for message in messages:
        stream.take(message)
    return stream


def test_output_of_both_streams_is_gathered_until_the_outcome() -> None:
    stream = gathered(b"\x01out ", b"\x02err\x1b[2J", b"\xff\x01", b"")
    assert not stream.told
    stream.take(outcome(status="Success"))
    assert stream.told
    executed = stream.executed()
    assert (executed.exit_code, executed.output, executed.ran) == (0, "out err␛[2J", True)


def test_an_exit_code_is_told() -> None:
    causes = {"causes": [{"reason": "ExitCode", "message": "143"}]}
    executed = gathered(outcome(status="Failure", message="terminated", details=causes)).executed()
    assert (executed.exit_code, executed.ran) == (143, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            'OCI runtime exec failed: exec failed: exec: "kill": executable file not found in $PATH: unknown',
            'exec: "kill": executable file not found in $PATH',
        ),
        (
            'exec failed: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown',
            'exec: "/bin/sh": stat /bin/sh: no such file or directory',
        ),
        ("crun: executable file `kill` not found in $PATH: No such file or directory", None),
    ],
)
def test_a_program_that_is_not_there_was_certainly_not_run(words: str, told: str | None) -> None:
    executed = gathered(outcome(status="Failure", message=words, reason="InternalError")).executed()
    assert (executed.exit_code, executed.ran) == (None, False)
    assert told is None or executed.message == told


def test_any_other_failure_may_have_run() -> None:
    executed = gathered(outcome(status="Failure", message="container not running")).executed()
    assert (executed.exit_code, executed.ran) == (None, True)


def test_a_connection_that_ends_early_leaves_the_exit_code_unknown() -> None:
    executed = gathered(b"\x01half").executed()
    assert (executed.exit_code, executed.ran, executed.output) == (None, True, "half")


def test_a_flood_of_output_is_counted_not_kept() -> None:
    stream = gathered(*[b"\x01" + b"x" * 1000] * 200)
    assert stream.executed().output == f"{'x' * OUTPUT_LIMIT} … +{200_000 - OUTPUT_LIMIT} bytes"


@pytest.mark.parametrize("message", [b"\x03no json", b"\x03[1]", b'\x03{"status":5,"details":[]}'])
def test_an_outcome_that_is_none_is_no_success(message: bytes) -> None:
    executed = gathered(message).executed()
    assert executed.exit_code is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(403), ErrorKind.FORBIDDEN),
        (status(404), ErrorKind.NOT_FOUND),
        (status(400, "container nobody is not valid"), ErrorKind.UNPROCESSABLE),
    ],
)
async def test_a_command_that_the_server_refuses_says_why(answer: httpx.Response, kind: ErrorKind) -> None:
    api = Api(answer)
    error = await refused(api.control().execute(POD, SafeText("app"), ["kill", "1"], "op-1"))
    assert error.kind is kind
    request = api.asked[-1]
    assert (request.method, request.url.path) == ("GET", "/api/v1/namespaces/shop/pods/checkout-a/exec")
    assert request.url.params.get_list("command") == ["kill", "1"]
    assert request.url.params["container"] == "app"
    assert "v5.channel.k8s.io" in request.headers["sec-websocket-protocol"]
