"""Who asks, and what they may do: three users known by their bearer tokens.

Without a token one is the administrator. Rules and words as RBAC's (kube-apiserver 1.37,
`plugin/pkg/auth/authorizer/rbac`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from opsconsole.practice.kubernetes.registry import Resource
from opsconsole.practice.kubernetes.status import Refusal, named, qualified
from opsconsole.practice.shop.topology import NAMESPACE

READING = ("get", "list", "watch")
_OWN_REVIEWS = frozenset(("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"))


@dataclass(frozen=True)
class Rule:
    """Verbs on resources of groups, `*` for all; a subresource is `pods/log`."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]

    def allows(self, verb: str, group: str, resource: str) -> bool:
        """Whether the rule lets `verb` be done."""
        return all(
            asked in of or "*" in of
            for asked, of in ((verb, self.verbs), (group, self.groups), (resource, self.resources))
        )


@dataclass(frozen=True)
class User:
    """Somebody with `rules` in `namespace`, or everywhere. `binding` is what the server says allowed it."""

    name: str
    groups: tuple[str, ...]
    rules: tuple[Rule, ...]
    namespace: str | None = None
    binding: str = ""

    def may(self, verb: str, group: str, resource: str, namespace: str | None) -> bool:
        """Whether RBAC allows it. `namespace` is empty or None for what is cluster-wide."""
        if verb == "create" and resource in _OWN_REVIEWS:
            return True
        if self.namespace is not None and namespace != self.namespace:
            return False
        return any(rule.allows(verb, group, resource) for rule in self.rules)


_KINDS = (
    "pods", "events", "services", "endpoints", "deployments", "replicasets", "statefulsets", "daemonsets",
    "controllerrevisions", "jobs", "poddisruptionbudgets", "horizontalpodautoscalers", "endpointslices",
)  # fmt: skip
_GROUPS = ("", "apps", "batch", "policy", "autoscaling", "discovery.k8s.io")
_VIEW = Rule(READING, _GROUPS, (*_KINDS, "pods/log", "deployments/scale", "statefulsets/scale"))
_VIEW_CLUSTER = Rule(READING, ("",), ("nodes", "namespaces"))
_WORK = Rule(("create", "update", "patch", "delete"), _GROUPS, (*_KINDS, "pods/eviction", "pods/exec", "pods/proxy"))
_WORK_TOO = Rule(("get",), ("",), ("pods/exec", "pods/proxy"))
_SCALE = Rule(("update", "patch"), ("apps",), ("deployments/scale", "statefulsets/scale"))

ADMINISTRATOR = User("practice", ("system:masters", "system:authenticated"), (Rule(("*",), ("*",), ("*",)),))
VIEWER = User(
    "viewer", ("readers", "system:authenticated"), (_VIEW, _VIEW_CLUSTER),
    binding='ClusterRoleBinding "readers" of ClusterRole "view" to Group "readers"',
)  # fmt: skip
TENANT = User(
    "tenant", ("shop-team", "system:authenticated"), (_VIEW, _WORK, _WORK_TOO, _SCALE), NAMESPACE,
    f'RoleBinding "shop-team/{NAMESPACE}" of ClusterRole "edit" to Group "shop-team"',
)  # fmt: skip
USERS = {user.name: user for user in (ADMINISTRATOR, VIEWER, TENANT)}
"""By token, which is the name."""


class Access:
    """Authentication and authorisation of requests."""

    def user(self, headers: Headers) -> User:
        """Who sends `headers`. Raises `Refusal` 401 for a token that nobody has."""
        given = headers.get("authorization", "")
        if not given:
            return ADMINISTRATOR
        scheme, _, token = given.partition(" ")
        found = USERS.get(token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise Refusal(401, "Unauthorized")
        return found

    def require(
        self,
        request: HTTPConnection,
        verb: str,
        resource: Resource,
        namespace: str | None = None,
        name: str = "",
        subresource: str = "",
    ) -> User:
        """The user, who may do this. Raises `Refusal` 401 or 403."""
        user = self.user(request.headers)
        full = f"{resource.plural}/{subresource}" if subresource else resource.plural
        if user.may(verb, resource.group, full, namespace):
            return user
        what = qualified(resource.plural, resource.group) + (f' "{name}"' if name else "")
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        raise Refusal(
            403,
            f'{what} is forbidden: User "{user.name}" cannot {verb} resource "{full}" '
            f'in API group "{resource.group}" {where}',
            named(resource.plural, name, resource.group),
        )

    def reviewed(self, user: User, spec: dict[str, Any]) -> dict[str, Any]:
        """The status of a SelfSubjectAccessReview. Raises `Refusal` 422."""
        asked, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
        if (asked is None) is (path is None):
            why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            words = f"Invalid value: null: {why}"
            cause = {"reason": "FieldValueInvalid", "message": words, "field": "spec"}
            raise Refusal(
                422,
                f'.authorization.k8s.io "" is invalid: spec: {words}',
                {"group": "authorization.k8s.io", "causes": [cause]},
            )
        if asked is None:
            return {"allowed": user is ADMINISTRATOR or (path or {}).get("verb") == "get"}
        full = "/".join(part for part in (asked.get("resource", ""), asked.get("subresource", "")) if part)
        if not user.may(asked.get("verb", ""), asked.get("group", ""), full, asked.get("namespace") or None):
            return {"allowed": False}
        return {"allowed": True, **({"reason": f"RBAC: allowed by {user.binding}"} if user.binding else {})}

    def rules(self, user: User, namespace: str) -> dict[str, Any]:
        """The status of a SelfSubjectRulesReview."""
        rules = user.rules if user.namespace in (None, namespace) else ()
        listed = [
            {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
            for rule in rules
        ]
        return {"resourceRules": listed, "nonResourceRules": [], "incomplete": False}
