"""What the API server says when it refuses (metav1.Status), as errors that tell apart what follows."""

from __future__ import annotations

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.operations.json_path import mapping_at, objects_at, text_at
from opsconsole.safe_text import safe_text
from opsconsole.sources.lenient_json import decode_loosely
from opsconsole.sources.wire import Answer, failures

WORDS_LIMIT = 1000
"""Characters of the server's words that are kept; a refusal by an admission webhook can be long and is worth it."""

BUDGET_CAUSE = "DisruptionBudget"

_ASK = "ask for this right"
_UNPROCESSABLE = (400, 422)
_CONFLICT = 409
_NOT_FOUND = 404
_THROTTLED = 429


def refusal(answer: Answer, *, guarded: bool = False) -> SourceError:
    """The `SourceError` for an answer with a status of 400 or more.

    `guarded` says that the request was a JSON patch with a `test`: the API server answers a test that fails with
    the same 422 as a patch that can't be applied, without a word of why (apiserver `handlers/patch.go`), and
    ours can fail by the test alone. That is a CONFLICT, too.
    """
    status = decode_loosely(answer.body[:65_536]) if answer.body else None
    general = failures.of_answer(answer)
    words = _words(status) or general.detail
    if answer.status == _CONFLICT:
        return SourceError(ErrorKind.CONFLICT, answer.source, words)
    if answer.status == 422 and guarded and not objects_at(status, "details", "causes"):
        return SourceError(ErrorKind.CONFLICT, answer.source, SafeText("it is no longer as it was read"))
    if answer.status in _UNPROCESSABLE and mapping_at(status):
        return SourceError(ErrorKind.UNPROCESSABLE, answer.source, words)
    if answer.status == _NOT_FOUND and text_at(status, "kind") == "Status":
        hint = "it is gone, or never was; look again"
        return SourceError(ErrorKind.NOT_FOUND, answer.source, words, hint=hint)
    if answer.status == _THROTTLED and _budget_causes(status):
        hint = "wait until more of its pods are healthy, or choose another way"
        return SourceError(ErrorKind.THROTTLED, answer.source, words, hint=hint, retry_after=general.retry_after)
    hint = _ASK if general.kind is ErrorKind.FORBIDDEN else general.hint
    return SourceError(general.kind, answer.source, words, hint=hint, retry_after=general.retry_after)


def refused_handshake(error: SourceError) -> SourceError:
    """The error of a WebSocket that the server would not open, told as `refusal` tells it."""
    if error.kind is ErrorKind.BAD_QUERY:
        return SourceError(ErrorKind.UNPROCESSABLE, error.source, error.detail)
    if error.kind is ErrorKind.FORBIDDEN:
        return SourceError(error.kind, error.source, error.detail, hint=_ASK)
    return error


def _words(status: object) -> SafeText:
    """The Status' message, with a disruption budget's own words after it."""
    said = [text_at(status, "message").strip(), *(text_at(cause, "message") for cause in _budget_causes(status))]
    return safe_text(" ".join(part for part in said if part), WORDS_LIMIT)


def _budget_causes(status: object) -> list[dict[str, object]]:
    return [one for one in objects_at(status, "details", "causes") if text_at(one, "reason") == BUDGET_CAUSE]
