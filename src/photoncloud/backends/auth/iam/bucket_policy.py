"""Policies of S3 buckets: strict parsing with S3's messages (lightningstor.md §4.12). Always 400 `MalformedPolicy`."""

from __future__ import annotations

from collections.abc import Iterable

from photoncloud.backends.auth.iam.document_syntax import (
    RawPolicy,
    RawStatement,
    SyntaxProblem,
    actions_of,
    check_shape,
    compile_statements,
    resources_of,
)
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.iam.matching import compile_action, split_action
from photoncloud.backends.auth.iam.principals import PrincipalProblem
from photoncloud.backends.auth.iam.statements import (
    VERSION_2008,
    BrokenPolicy,
    Policy,
    PolicyDocument,
    PolicyKind,
)
from photoncloud.backends.auth.iam.variables import tokenize

CODE = "MalformedPolicy"
MAX_BYTES = 20_480  # Amazon S3's limit for bucket policies
NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"
NO_PRINCIPAL = "Missing required field Principal"
INVALID_PRINCIPAL = "Invalid principal in policy"
INVALID_RESOURCE = "Policy has invalid resource"
INVALID_ACTION = "Policy has invalid action"
NO_ACTION = "Missing required field Action"
NO_RESOURCE = "Missing required field Resource"
INVALID_SYNTAX = "Invalid policy syntax"
TOO_LARGE = "Policy exceeds the maximum allowed document size."
_ARN_HEADS = ("arn:aws:s3:::", "arn:photon:s3:::")
_S3_PREFIX = "s3"


def parse_bucket_policy(
    text: bytes, bucket: str, policy_id: str = "", known_actions: Iterable[str] = ()
) -> PolicyDocument:
    """The policy of one bucket.

    `known_actions` (`s3:GetObject`, ...), where given, are the only ones an entry may name or reach with a wildcard.
    Whether the principals named exist is the caller's business: `PolicyDocument.principals`.
    """
    _refuse(len(text) > MAX_BYTES, TOO_LARGE)
    _refuse(not text.startswith(b"{"), NOT_JSON)
    raw = _check_shape(text)
    known = [split_action(action) for action in known_actions]
    for statement in raw.statements:
        _refuse(statement["Effect"] not in ("Allow", "Deny"), f"Invalid effect: {statement['Effect']}")
        _refuse("Principal" not in statement and "NotPrincipal" not in statement, NO_PRINCIPAL)
        _check_actions(statement, known)
        _check_resources(statement, bucket)
    try:
        statements = compile_statements(raw, PolicyKind.RESOURCE)
    except PrincipalProblem:
        raise PolicyError(CODE, INVALID_PRINCIPAL) from None
    return PolicyDocument(policy_id, raw.version or VERSION_2008, PolicyKind.RESOURCE, statements)


def load_bucket_policy(text: bytes, bucket: str, policy_id: str = "") -> Policy:
    """A stored policy, checked again; one that no longer parses denies everything on its bucket."""
    try:
        return parse_bucket_policy(text, bucket, policy_id)
    except PolicyError as problem:
        return BrokenPolicy(policy_id, problem.message)


def _refuse(applies: bool, message: str) -> None:
    if applies:
        raise PolicyError(CODE, message)


def _check_shape(text: bytes) -> RawPolicy:
    try:
        return check_shape(text)
    except SyntaxProblem as problem:
        raise PolicyError(CODE, NOT_JSON if problem.is_not_json else f"{INVALID_SYNTAX}: {problem}") from None


def _check_actions(statement: RawStatement, known: list[tuple[str, str]]) -> None:
    actions = actions_of(statement)
    _refuse(not actions, NO_ACTION)
    for action in actions:
        pattern = compile_action(action)
        is_s3 = pattern.prefix in ("*", _S3_PREFIX) and pattern.name is not None
        _refuse(not is_s3, INVALID_ACTION)
        _refuse(bool(known) and not any(pattern.matches(*name) for name in known), INVALID_ACTION)


def _check_resources(statement: RawStatement, bucket: str) -> None:
    resources = resources_of(statement)
    _refuse(not resources, NO_RESOURCE)
    _refuse(not all(_is_of_bucket(resource, bucket) for resource in resources), INVALID_RESOURCE)


def _is_of_bucket(resource: str, bucket: str) -> bool:
    """Whether the pattern can reach the bucket or something in it, judged by its text before the first wildcard."""
    if resource == "*":
        return True
    head = next((head for head in _ARN_HEADS if resource.startswith(head)), None)
    if head is None:
        return False
    tokens = tokenize(resource[len(head) :], has_variables=True)
    text = tokens[0] if tokens and isinstance(tokens[0], str) else ""
    if len(tokens) == 1 and text:
        return text.partition("/")[0] == bucket
    return bool(tokens) and (text.startswith(f"{bucket}/") or f"{bucket}/".startswith(text))
