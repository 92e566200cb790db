"""The pure parts of the engine's checks: selectors, differences, owners, what an answer means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.cluster_object import JsonObject
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import Executed
from opsconsole.operations.label_selector import selects
from opsconsole.operations.object_diff import MOST_CHANGES, object_changes
from opsconsole.operations.outcomes import of_error, of_execution
from opsconsole.operations.owners import owner_words

S = OperationState
LABELS = {"app": "checkout", "tier": "web"}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        ({"matchLabels": {"app": "checkout"}}, True),
        ({"matchLabels": {"app": "checkout", "tier": "db"}}, False),
        ({"matchLabels": {"zone": "a"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["orders", "checkout"]}]}, True),
        ({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["checkout"]}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"app": "checkout"}, "matchExpressions": [{"key": "zone", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Later"}]}, False),
    ],
)
def test_a_selector_selects_as_the_api_server_reads_it(selector: JsonObject, selected: bool) -> None:
    assert selects(selector, LABELS) is selected


def deployment(**container: object) -> JsonObject:
    return {
        "metadata": {"name": "checkout", "resourceVersion": "1", "generation": 1, "managedFields": [{"manager": "x"}]},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "shop:1", **container}]}}},
        "status": {"replicas": 1},
    }


def changes(before: JsonObject, after: JsonObject) -> list[tuple[str, str, str]]:
    return [(change.path, change.before, change.after) for change in object_changes(before, after)]


def test_a_difference_is_told_by_container_and_field() -> None:
    found = changes(deployment(), deployment(image="shop:2"))
    assert found == [("spec.template.spec.containers[app].image", "shop:1", "shop:2")]


def test_what_the_server_keeps_for_itself_is_no_difference() -> None:
    after = deployment()
    after["metadata"] = {"name": "checkout", "resourceVersion": "2", "generation": 2, "managedFields": []}
    after["status"] = {"replicas": 9}
    assert changes(deployment(), after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {"env": [{"name": "DB_PASSWORD", "value": "hunter1"}]},
            {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]},
        ),
        ({}, {"env": [{"name": "API_KEY", "value": "hunter2"}]}),
        ({"env": [{"name": "TOKEN", "value": "hunter1"}]}, {}),
        ({"args": ["--port=1"]}, {"args": ["--port=1", "--token=hunter2"]}),
        ({"annotations": {"secret": "hunter1"}}, {"annotations": {"secret": {"deep": "hunter2"}}}),
    ],
)
def test_values_that_may_be_secret_are_not_shown(before: JsonObject, after: JsonObject) -> None:
    found = changes(deployment(**before), deployment(**after))
    assert found
    assert "hunter" not in str(found)


def test_what_apply_keeps_of_a_manifest_is_not_shown() -> None:
    key = "kubectl.kubernetes.io/last-applied-configuration"
    before, after = deployment(), deployment()
    before["metadata"] = {"annotations": {key: '{"env":"hunter1"}'}}
    after["metadata"] = {"annotations": {key: '{"env":"hunter2"}'}}
    found = changes(before, after)
    assert key in found[0][0]
    assert "hunter" not in str(found)


def test_an_endless_difference_is_counted_not_shown() -> None:
    before, after = ({"spec": {f"f{number}": value for number in range(80)}} for value in (1, 2))
    found = changes(before, after)
    assert len(found) == MOST_CHANGES + 1
    assert found[-1][2] == "and 30 fields more"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_nothing_differs_from_itself_and_anything_can_be_compared(body: JsonObject) -> None:
    assert object_changes(body, body) == ()
    object_changes({}, body)
    object_changes(body, {"spec": body})


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/x"}}, "Argo CD manages it"),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, "when it syncs"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "Flux manages it (shop)"),
        ({"annotations": {"meta.helm.sh/release-name": "shop"}}, "the next upgrade"),
        ({"labels": {"app.kubernetes.io/managed-by": "rollout-operator"}}, "rollout-operator"),
        ({"ownerReferences": [{"kind": "Rollout", "name": "x", "controller": True}]}, "Rollout x owns it"),
    ],
)
def test_whoever_takes_a_change_back_is_named(metadata: JsonObject, words: str) -> None:
    (sentence,) = owner_words({"metadata": metadata})
    assert words in sentence


def test_an_object_of_nobody_has_no_owner() -> None:
    assert owner_words({"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}}) == ()
    assert owner_words({"metadata": {"ownerReferences": [{"kind": "Job", "name": "x"}]}}) == ()
    assert owner_words({}) == ()


UNKNOWN_KINDS = {
    ErrorKind.TIMEOUT,
    ErrorKind.UNREACHABLE,
    ErrorKind.SERVER,
    ErrorKind.MALFORMED,
    ErrorKind.TOO_LARGE,
    ErrorKind.TLS,
    ErrorKind.INTERNAL,
}


@pytest.mark.parametrize("kind", ErrorKind)
def test_an_error_is_a_refusal_only_where_nothing_can_have_changed(kind: ErrorKind) -> None:
    sent, words = of_error(SourceError(kind, "kubernetes"))
    if kind in UNKNOWN_KINDS:
        assert sent is S.UNKNOWN
        assert "nobody knows" in words
        assert of_error(SourceError(kind, "kubernetes", sent=False))[0] is S.REFUSED
    else:
        assert sent is S.REFUSED
        assert "refused" in words


@pytest.mark.parametrize(
    ("executed", "state", "words"),
    [
        (Executed(0, SafeText("")), S.APPLIED, "was run"),
        (Executed(1, SafeText("kill: permission denied")), S.REFUSED, "exit code 1: kill: permission denied"),
        (Executed(127, SafeText("")), S.REFUSED, "exit code 127"),
        (Executed(137, SafeText("")), S.UNKNOWN, "connection ended"),
        (Executed(None, SafeText("")), S.UNKNOWN, "connection ended"),
        (Executed(None, SafeText(""), SafeText("no such file"), ran=False), S.REFUSED, "could not be run"),
    ],
)
def test_an_exit_code_means(executed: Executed, state: S, words: str) -> None:
    told, said = of_execution(executed)
    assert told is state
    assert words in said
