"""May we? Asked of the API server as a SelfSubjectAccessReview, which stores nothing."""

from __future__ import annotations

from opsconsole.domain.cluster_object import JsonObject, ObjectRef
from opsconsole.operations.control import Access
from opsconsole.operations.json_path import text_at, true_at
from opsconsole.safe_text import safe_text

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

IDENTITY_REVIEW: JsonObject = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


def review_of(verb: str, ref: ObjectRef, subresource: str = "") -> JsonObject:
    """The question whether we may `verb` exactly this object, or its subresource."""
    attributes: JsonObject = {
        "verb": verb,
        "group": ref.kind.group,
        "version": ref.kind.version,
        "resource": ref.kind.plural,
        "name": str(ref.name),
    }
    if ref.kind.namespaced:
        attributes["namespace"] = str(ref.namespace)
    if subresource:
        attributes["subresource"] = subresource
    spec = {"resourceAttributes": attributes}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}


def access_in(answer: object, verb: str, ref: ObjectRef, subresource: str = "") -> Access:
    """The review's answer. `needed` names the right as `kubectl auth can-i` takes it."""
    resource = f"{ref.kind.plural}.{ref.kind.group}" if ref.kind.group else ref.kind.plural
    place = f" in {ref.namespace}" if ref.kind.namespaced else ""
    needed = safe_text(f"{verb} {resource}{f'/{subresource}' if subresource else ''}{place}", 600)
    # `denied` outranks `allowed` (authorization.k8s.io/v1, SubjectAccessReviewStatus).
    allowed = true_at(answer, "status", "allowed") and not true_at(answer, "status", "denied")
    said = text_at(answer, "status", "reason") or text_at(answer, "status", "evaluationError")
    return Access(allowed, needed, safe_text(said, 500))
