"""Identity, trust, guardrail and plain resource policies: strict parsing with AWS's messages (photonauth.md §4.5).

Every refusal is a `PolicyError` with code `MalformedPolicyDocument`. Where several faults apply, the order is that of
IAM itself as the published tables of test documents show it: shape, version, effect and dates, resources that cannot
be read at all, statement ids, missing actions, resources, action names, missing resources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from photoncloud.backends.auth.iam.conditions import DATE_PREFIX, parse_operator
from photoncloud.backends.auth.iam.document_syntax import (
    RawPolicy,
    RawStatement,
    SyntaxProblem,
    actions_of,
    as_list,
    check_shape,
    compile_statements,
    condition_text,
    resources_of,
)
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.iam.policy_dates import is_policy_date
from photoncloud.backends.auth.iam.policy_resources import is_unreadable, resource_fault
from photoncloud.backends.auth.iam.principals import PrincipalProblem
from photoncloud.backends.auth.iam.statements import (
    VERSION_2008,
    VERSION_2012,
    BrokenPolicy,
    Policy,
    PolicyDocument,
    PolicyKind,
)

CODE = "MalformedPolicyDocument"
_SYNTAX = "Syntax errors in policy."
_VERSION = "Policy document must be version 2012-10-17 or greater."
_LEGACY = "The policy failed legacy parsing"
_NO_ACTIONS = "Policy statement must contain actions."
_NO_RESOURCES = "Policy statement must contain resources."
_NO_PREFIX = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
_OWN_VENDOR = "photon"
"""Actions of administration are `photon:<component>:<method>`."""
_TWO_COLONS = "Actions/Condition can contain only one colon."
_SID_REPEATED = "Statement IDs (SID) in a single policy must be unique."
_HAS_PRINCIPAL = "Policy document should not specify a principal."
_NO_PRINCIPAL = "Missing required field Principal"
_TRUST_RESOURCE = "Has prohibited field Resource."
_TRUST_ACTIONS = (
    "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and "
    "sts:AssumeRoleWithWebIdentity"
)
_TRUSTED_ACTIONS = frozenset(
    {
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:DecodeAuthorizationMessage",
        "sts:GetAccessKeyInfo",
        "sts:GetCallerIdentity",
        "sts:GetFederationToken",
        "sts:GetServiceBearerToken",
        "sts:GetSessionToken",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    }
)
_VENDOR_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")
_DEFAULT_VERSION = VERSION_2008  # what a resource policy without Version means


def counted_characters(text: str) -> int:
    """The size AWS limits: characters without white space."""
    return len("".join(text.split()))


def parse_identity_policy(
    text: str | bytes,
    policy_id: str = "",
    policy_version: str = "",
    kind: PolicyKind = PolicyKind.IDENTITY,
) -> PolicyDocument:
    """Identity, boundary and session policies (`IDENTITY`), and guardrails of both kinds."""
    raw = _check_common(text, needs_2012=True)
    if kind is not PolicyKind.RESOURCE_GUARDRAIL:
        for statement in raw.statements:
            _refuse("Principal" in statement or "NotPrincipal" in statement, _HAS_PRINCIPAL)
    _check_resources_exist(raw.statements)
    return _compile(raw, kind, policy_id, policy_version)


def parse_resource_policy(text: str | bytes, policy_id: str = "", policy_version: str = "") -> PolicyDocument:
    """A policy attached to a resource other than a bucket. Statements without a principal are refused."""
    raw = _check_common(text, needs_2012=False)
    _check_principals_exist(raw.statements)
    _check_resources_exist(raw.statements)
    return _compile(raw, PolicyKind.RESOURCE, policy_id, policy_version)


def parse_trust_policy(text: str | bytes, policy_id: str = "", policy_version: str = "") -> PolicyDocument:
    """Who may assume a role: principals and `sts:` actions, no resources, no `NotPrincipal` with Allow."""
    raw = _check_common(text, needs_2012=False)
    for statement in raw.statements:
        _refuse(not _TRUSTED_ACTIONS.issuperset(as_list(statement.get("Action", ""))), _TRUST_ACTIONS)
    for statement in raw.statements:
        _refuse("Resource" in statement or "NotResource" in statement, _TRUST_RESOURCE)
        _refuse("NotPrincipal" in statement and statement["Effect"] == "Allow", "Has prohibited field NotPrincipal.")
    _check_principals_exist(raw.statements)
    return _compile(raw, PolicyKind.TRUST, policy_id, policy_version)


def load_policy(text: str | bytes, parse: Callable[[str | bytes, str, str], PolicyDocument], policy_id: str) -> Policy:
    """A stored document, checked again; one that no longer parses becomes a `BrokenPolicy`, which denies."""
    try:
        return parse(text, policy_id, "")
    except PolicyError as problem:
        return BrokenPolicy(policy_id, problem.message)


def _refuse(applies: bool, message: str) -> None:
    if applies:
        raise PolicyError(CODE, message)


def _check_common(text: str | bytes, *, needs_2012: bool) -> RawPolicy:
    try:
        raw = check_shape(text)
    except SyntaxProblem:
        raise PolicyError(CODE, _SYNTAX) from None
    _refuse(needs_2012 and raw.version != VERSION_2012, _VERSION)
    for statement in raw.statements:
        _refuse(statement["Effect"] not in ("Allow", "Deny") or not _has_valid_dates(statement), _LEGACY)
    fault = _first_resource_fault(raw.statements)
    sids = [statement["Sid"] for statement in raw.statements if statement.get("Sid")]
    _refuse(len(sids) != len(set(sids)), _SID_REPEATED)
    for statement in raw.statements:
        _refuse(not actions_of(statement), _NO_ACTIONS)
    _refuse(bool(fault), fault)
    for element in ("Action", "NotAction"):
        for action in (name for statement in raw.statements for name in as_list(statement.get(element, []))):
            _check_action(action)
    return raw._replace(version=raw.version or _DEFAULT_VERSION)


def _has_valid_dates(statement: RawStatement) -> bool:
    return all(is_policy_date(condition_text(value)) for value in _date_values(statement))


def _date_values(statement: RawStatement) -> Iterator[object]:
    for operator, keys in statement.get("Condition", {}).items():
        name = parse_operator(operator)
        if name is not None and name.base.startswith(DATE_PREFIX):
            for value in keys.values():
                yield from as_list(value)


def _first_resource_fault(statements: list[RawStatement]) -> str:
    """What is wrong with the first bad resource. Until one is found, an unreadable one ends the parsing at once."""
    fault = ""
    for statement in statements:
        resources = resources_of(statement)
        faults = [found for resource in sorted(resources) if (found := resource_fault(resource))]
        if not fault and faults:
            fault = faults[0]
        if not fault:
            is_list = isinstance(statement.get("Resource", statement.get("NotResource")), list)
            _refuse(any(is_unreadable(resource, in_list=is_list) for resource in resources), _LEGACY)
    return fault


def _check_action(action: str) -> None:
    if action == "*":
        return
    vendor, *rest = action.split(":")
    _refuse(not rest, _NO_PREFIX)
    _refuse(len(rest) > (2 if vendor == _OWN_VENDOR else 1), _TWO_COLONS)
    _refuse(vendor != "*" and not _VENDOR_CHARACTERS.issuperset(vendor), f"Vendor {vendor} is not valid")


def _check_resources_exist(statements: list[RawStatement]) -> None:
    for statement in statements:
        _refuse(statement.get("Resource", statement.get("NotResource", [])) == [], _NO_RESOURCES)


def _check_principals_exist(statements: list[RawStatement]) -> None:
    for statement in statements:
        _refuse("Principal" not in statement and "NotPrincipal" not in statement, _NO_PRINCIPAL)


def _compile(raw: RawPolicy, kind: PolicyKind, policy_id: str, policy_version: str) -> PolicyDocument:
    try:
        statements = compile_statements(raw, kind)
    except PrincipalProblem as problem:
        message = f'Invalid principal in policy: "{problem.kind}":"{problem.value}"'
        raise PolicyError(CODE, message) from None
    return PolicyDocument(policy_id, raw.version or _DEFAULT_VERSION, kind, statements, policy_version)
