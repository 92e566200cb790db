from __future__ import annotations

from typing import Any

import httpx
import pytest

from opsconsole.practice.kubernetes.patches import MERGE_PATCH
from practice_shop import Drill, standing

SHOP = "/api/v1/namespaces/shop"
APPS = "/apis/apps/v1/namespaces/shop"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


async def ask(drill: Drill, token: str, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
    return await drill.kubernetes.request(method, path, headers=headers, **more)


async def allowed(drill: Drill, token: str, **attributes: str) -> bool:
    answer = await ask(drill, token, "POST", REVIEW, json={"spec": {"resourceAttributes": attributes}})
    assert answer.status_code == 201
    return bool(answer.json()["status"]["allowed"])


async def test_a_viewer_sees_all_and_may_change_nothing() -> None:
    drill = standing("healthy")
    pods = (await ask(drill, "viewer", "GET", "/api/v1/pods")).json()["items"]
    name = pods[0]["metadata"]["name"]
    headers = {"content-type": MERGE_PATCH}
    refused = [
        await ask(drill, "viewer", "PATCH", f"{APPS}/deployments/orders", json={}, headers=headers),
        await ask(drill, "viewer", "DELETE", f"{SHOP}/pods/{name}"),
        await ask(drill, "viewer", "POST", f"{SHOP}/pods/{name}/eviction", json={}),
    ]
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert [answer.json()["message"] for answer in refused] == [
        (
            'deployments.apps "orders" is forbidden: User "viewer" cannot patch resource "deployments" '
            'in API group "apps" in the namespace "shop"'
        ),
        (
            f'pods "{name}" is forbidden: User "viewer" cannot delete resource "pods" in API group "" '
            'in the namespace "shop"'
        ),
        (
            f'pods "{name}" is forbidden: User "viewer" cannot create resource "pods/eviction" in API group "" '
            'in the namespace "shop"'
        ),
    ]
    assert refused[0].json()["details"] == {"name": "orders", "group": "apps", "kind": "deployments"}


async def test_reviews_say_beforehand_what_will_be_refused() -> None:
    drill = standing("healthy")
    patching = {"verb": "patch", "group": "apps", "resource": "deployments", "namespace": "shop"}
    executing = {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "shop"}
    for token, expected in (("viewer", False), ("tenant", True), ("practice", True)):
        assert await allowed(drill, token, **patching) is expected
        assert await allowed(drill, token, **executing) is expected
    assert await allowed(drill, "viewer", verb="list", resource="pods")
    assert not await allowed(drill, "tenant", verb="list", resource="pods")
    assert not await allowed(drill, "tenant", **{**patching, "namespace": "batch"})


async def test_a_tenant_is_at_home_in_one_namespace_only() -> None:
    drill = standing("healthy")
    assert (await ask(drill, "tenant", "GET", f"{SHOP}/pods")).status_code == 200
    everywhere = await ask(drill, "tenant", "GET", "/api/v1/pods")
    assert everywhere.status_code == 403
    assert everywhere.json()["message"] == (
        'pods is forbidden: User "tenant" cannot list resource "pods" in API group "" at the cluster scope'
    )
    watching = await ask(drill, "tenant", "GET", "/api/v1/nodes?watch=1")
    assert 'User "tenant" cannot watch resource "nodes"' in watching.json()["message"]


async def test_a_token_that_nobody_has_is_unauthorized() -> None:
    answer = await ask(standing("healthy"), "nobody", "GET", f"{SHOP}/pods")
    assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")


async def test_everyone_is_told_who_they_are_and_what_they_may_do() -> None:
    drill = standing("healthy")
    who = (await ask(drill, "viewer", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", json={})).json()
    assert who["status"]["userInfo"]["username"] == "viewer"
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    rules = (await ask(drill, "tenant", "POST", path, json={"spec": {"namespace": "shop"}})).json()
    assert any("pods/exec" in rule["resources"] for rule in rules["status"]["resourceRules"])
    empty = (await ask(drill, "tenant", "POST", path, json={"spec": {"namespace": "batch"}})).json()
    assert empty["status"]["resourceRules"] == []


@pytest.mark.parametrize("spec", [{}, {"resourceAttributes": {}, "nonResourceAttributes": {}}])
async def test_a_review_of_nothing_or_of_two_things_is_refused(spec: dict[str, Any]) -> None:
    answer = await ask(standing("healthy"), "viewer", "POST", REVIEW, json={"spec": spec})
    assert answer.status_code == 422
    assert "exactly one of" in answer.json()["message"]
