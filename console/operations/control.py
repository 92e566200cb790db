"""What operations ask of the API server. `opsconsole.sources.kubernetes` answers it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Protocol

import msgspec

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.text import SafeText


class Verb(enum.Enum):
    """How an object is changed; the value is the verb of an access review."""

    PATCH = "patch"
    DELETE = "delete"
    CREATE = "create"


class PatchType(enum.Enum):
    """Media types of PATCH bodies."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


class Mutation(msgspec.Struct, frozen=True):
    """One request that changes the cluster. CREATE is only for subresources such as `eviction`.

    `body` is JSON: a list for a JSON patch, else an object.
    """

    verb: Verb
    target: ObjectRef
    body: object
    subresource: str = ""
    patch_type: PatchType | None = None


class Access(msgspec.Struct, frozen=True):
    """The answer to an access review. `needed` names the right, such as `patch deployments.apps in shop`."""

    allowed: bool
    needed: SafeText
    reason: SafeText = SafeText("")


class Executed(msgspec.Struct, frozen=True):
    """A command that ran in a container. `exit_code` None: the connection ended before the server told."""

    exit_code: int | None
    output: SafeText
    message: SafeText = SafeText("")
    """The server's words when it could not be run, such as a program that is not there."""
    ran: bool = True
    """False: the server said for certain that no program was started."""


class ClusterControl(Protocol):
    """Reads and changes single objects, always fresh from the API server.

    Every method raises `SourceError`; kinds NOT_FOUND, FORBIDDEN, CONFLICT (409), UNPROCESSABLE (400, 422),
    THROTTLED (429 of an eviction: a disruption budget), TIMEOUT and UNREACHABLE tell apart what follows. After a
    TIMEOUT, or an UNREACHABLE with `sent`, nobody knows whether a mutation took effect.
    """

    async def identity(self) -> SafeText:
        """The user name the API server takes us for, empty when it can't say."""
        ...

    async def cluster_id(self) -> SafeText:
        """What tells this cluster from others for as long as it lives: the uid of its namespace kube-system.

        Empty where it may not be read. Read once.
        """
        ...

    async def may(self, mutation: Mutation) -> Access:
        """SelfSubjectAccessReview for exactly that verb, resource, subresource, namespace and name."""
        ...

    async def may_exec(self, pod: ObjectRef) -> Access:
        """As `may`, for `create pods/exec` of `pod`."""
        ...

    async def read(self, ref: ObjectRef) -> LiveObject:
        """The object as it is now. NOT_FOUND when it is gone, or another has its name (`ref.uid`, when set)."""
        ...

    async def find(self, kind: Kind, namespace: SafeText, selector: JsonObject | None = None) -> tuple[LiveObject, ...]:
        """Objects of `namespace` that a LabelSelector (`matchLabels`, `matchExpressions`) selects; None selects all."""
        ...

    async def rehearse(self, mutation: Mutation) -> LiveObject:
        """The object as the mutation would leave it (`dryRun=All`); nothing is stored."""
        ...

    async def send(self, mutation: Mutation, operation: str) -> LiveObject:
        """Do it, once: no retry of any kind. `operation` is the id it was recorded under.

        REFUSED_WRITE while write mode is closed.
        """
        ...

    async def execute(self, pod: ObjectRef, container: SafeText, argv: Sequence[str], operation: str) -> Executed:
        """Run `argv` (no shell) in the container, within the request's deadline. Counts as a mutation."""
        ...

    async def events(self, ref: ObjectRef) -> tuple[LiveObject, ...]:
        """Events about the object, oldest first."""
        ...

    async def log_level(self, pod: LiveObject) -> SafeText:
        """The level at which the pod's process logs, one of `LEVELS`, as its own handler tells.

        CONFIGURATION where no address of a handler is configured, NOT_FOUND where none answers there, MALFORMED for
        an answer that is none of a handler's.
        """
        ...

    async def may_set_log_level(self, pod: LiveObject) -> Access:
        """As `may`, for what `set_log_level` sends; allowed where the API server is not asked on the way."""
        ...

    async def set_log_level(
        self, pod: LiveObject, level: SafeText, operation: str, *, putting_back: bool = False
    ) -> SafeText:
        """Set it, once, and return the level that the handler tells then. `operation` as in `send`.

        REFUSED_WRITE while write mode is closed, unless `putting_back` says that it is the level that was there
        before an operation of ours.
        """
        ...
