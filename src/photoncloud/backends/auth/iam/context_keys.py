"""The registry of condition keys: their type and who may set them (photonauth.md §4.8).

Keys are set by enforcement points only. Whatever a client sends under a reserved prefix is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from photoncloud.backends.auth.iam.principal import Context, ContextValue, Principal, PrincipalKind
from photoncloud.backends.auth.iam.timestamps import iso_seconds


class KeyType(StrEnum):
    STRING = "string"
    STRING_LIST = "string-list"
    NUMBER = "number"
    DATE = "date"
    BOOL = "bool"
    IP = "ip"
    ARN = "arn"
    BINARY = "binary"


class SetBy(StrEnum):
    """Who establishes a key's value."""

    BACKEND = "backend"
    ENFORCEMENT_POINT = "enforcement-point"


@dataclass(frozen=True, slots=True)
class ContextKey:
    """`name` as documented; a trailing `/*` stands for a family such as `aws:PrincipalTag/department`."""

    name: str
    type: KeyType
    set_by: SetBy


RESERVED_PREFIXES = ("aws:", "photon:", "sts:", "iam:", "s3:")

_BACKEND_KEYS = {
    "aws:PrincipalArn": KeyType.ARN,
    "aws:PrincipalAccount": KeyType.STRING,
    "aws:PrincipalOrgID": KeyType.STRING,
    "aws:PrincipalOrgPaths": KeyType.STRING_LIST,
    "aws:PrincipalType": KeyType.STRING,
    "aws:userid": KeyType.STRING,
    "aws:username": KeyType.STRING,
    "aws:PrincipalTag/*": KeyType.STRING,
    "aws:ResourceAccount": KeyType.STRING,
    "aws:MultiFactorAuthPresent": KeyType.BOOL,
    "aws:MultiFactorAuthAge": KeyType.NUMBER,
    "aws:TokenIssueTime": KeyType.DATE,
    "aws:PrincipalIsAWSService": KeyType.BOOL,
    "aws:PrincipalServiceName": KeyType.STRING,
    "aws:SourceIdentity": KeyType.STRING,
    "aws:FederatedProvider": KeyType.STRING,
    "photon:Spiffe": KeyType.STRING,
    "photon:AcrLevel": KeyType.STRING,
}
_ENFORCEMENT_KEYS = {
    "aws:CurrentTime": KeyType.DATE,
    "aws:EpochTime": KeyType.DATE,
    "aws:SecureTransport": KeyType.BOOL,
    "aws:SourceIp": KeyType.IP,
    "aws:UserAgent": KeyType.STRING,
    "aws:Referer": KeyType.STRING,
    "aws:RequestTag/*": KeyType.STRING,
    "aws:TagKeys": KeyType.STRING_LIST,
    "aws:ResourceTag/*": KeyType.STRING,
    "aws:ResourceOrgID": KeyType.STRING,
    "aws:SourceArn": KeyType.ARN,
    "aws:SourceAccount": KeyType.STRING,
    "aws:SourceOrgID": KeyType.STRING,
    "aws:ViaAWSService": KeyType.BOOL,
    "aws:RequestedRegion": KeyType.STRING,
    "aws:SourceVpc": KeyType.STRING,
    "sts:ExternalId": KeyType.STRING,
    "sts:RoleSessionName": KeyType.STRING,
    "sts:SourceIdentity": KeyType.STRING,
    "sts:TransitiveTagKeys": KeyType.STRING_LIST,
    "iam:PassedToService": KeyType.STRING,
    "iam:PolicyARN": KeyType.ARN,
    "iam:PermissionsBoundary": KeyType.ARN,
    "iam:ResourceTag/*": KeyType.STRING,
    "photon:Stage": KeyType.STRING,
    "s3:prefix": KeyType.STRING,
    "s3:delimiter": KeyType.STRING,
    "s3:max-keys": KeyType.NUMBER,
    "s3:VersionId": KeyType.STRING,
    "s3:LocationConstraint": KeyType.STRING,
    "s3:signatureversion": KeyType.STRING,
    "s3:signatureAge": KeyType.NUMBER,
    "s3:authType": KeyType.STRING,
    "s3:TlsVersion": KeyType.NUMBER,
    "s3:x-amz-acl": KeyType.STRING,
    "s3:x-amz-grant-full-control": KeyType.STRING,
    "s3:x-amz-grant-read": KeyType.STRING,
    "s3:x-amz-grant-read-acp": KeyType.STRING,
    "s3:x-amz-grant-write": KeyType.STRING,
    "s3:x-amz-grant-write-acp": KeyType.STRING,
    "s3:x-amz-copy-source": KeyType.STRING,
    "s3:x-amz-metadata-directive": KeyType.STRING,
    "s3:x-amz-server-side-encryption": KeyType.STRING,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": KeyType.ARN,
    "s3:x-amz-server-side-encryption-customer-algorithm": KeyType.STRING,
    "s3:x-amz-storage-class": KeyType.STRING,
    "s3:x-amz-website-redirect-location": KeyType.STRING,
    "s3:x-amz-content-sha256": KeyType.STRING,
    "s3:x-amz-object-ownership": KeyType.STRING,
    "s3:ExistingObjectTag/*": KeyType.STRING,
    "s3:RequestObjectTag/*": KeyType.STRING,
    "s3:RequestObjectTagKeys": KeyType.STRING_LIST,
    "s3:object-lock-mode": KeyType.STRING,
    "s3:object-lock-retain-until-date": KeyType.DATE,
    "s3:object-lock-remaining-retention-days": KeyType.NUMBER,
    "s3:object-lock-legal-hold": KeyType.STRING,
    "s3:if-match": KeyType.STRING,
    "s3:if-none-match": KeyType.STRING,
}


def _registry() -> Mapping[str, ContextKey]:
    sources = ((_BACKEND_KEYS, SetBy.BACKEND), (_ENFORCEMENT_KEYS, SetBy.ENFORCEMENT_POINT))
    return MappingProxyType(
        {name.lower(): ContextKey(name, kind, set_by) for names, set_by in sources for name, kind in names.items()}
    )


CONTEXT_KEYS: Mapping[str, ContextKey] = _registry()
"""By lower-case name. Keys of identity providers (`<host/path>:aud` and the like) are open-ended and not listed."""

_PRINCIPAL_TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.SERVICE: "Service",
    PrincipalKind.ANONYMOUS: "Anonymous",
}


def find_key(name: str) -> ContextKey | None:
    """The registered key a condition names, ignoring case; families are found by what stands before `/`."""
    lowered = name.lower()
    return CONTEXT_KEYS.get(lowered) or CONTEXT_KEYS.get(lowered.partition("/")[0] + "/*")


def drop_reserved(sent_by_client: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """What a client sent, lower-cased, without every key that only enforcement points may set."""
    return {
        lowered: value
        for name, value in sent_by_client.items()
        if not (lowered := name.lower()).startswith(RESERVED_PREFIXES)
    }


def time_context(now_ns: int) -> dict[str, ContextValue]:
    """`aws:CurrentTime` and `aws:EpochTime` of a request."""
    now_sec = now_ns // 1_000_000_000
    return {"aws:currenttime": iso_seconds(now_sec), "aws:epochtime": str(now_sec)}


def principal_facts(principal: Principal, tags: Mapping[str, str] = MappingProxyType({})) -> Context:
    """The condition keys that follow from who the caller is. `aws:PrincipalArn` is the role for a role session."""
    facts: dict[str, ContextValue] = {"aws:principaltype": _PRINCIPAL_TYPES[principal.kind]}
    named = {
        "aws:principalarn": principal.source_arn if principal.kind is PrincipalKind.ROLE_SESSION else principal.arn,
        "aws:principalaccount": principal.account_id,
        "aws:userid": principal.unique_id,
        "aws:username": principal.user_name if principal.kind is PrincipalKind.USER else "",
    }
    facts.update({key: value for key, value in named.items() if value})
    facts.update({f"aws:principaltag/{key.lower()}": value for key, value in tags.items()})
    if principal.kind is PrincipalKind.SERVICE:
        facts["aws:principalservicename"] = principal.user_name
    if principal.kind is not PrincipalKind.ANONYMOUS:
        facts["aws:principalisawsservice"] = "true" if principal.kind is PrincipalKind.SERVICE else "false"
    return MappingProxyType(facts)
