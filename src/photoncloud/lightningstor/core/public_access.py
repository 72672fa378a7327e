"""PublicAccessBlock, object ownership, and when a bucket policy or list counts as public.

Rules: S3 user guide, "Blocking public access to your Amazon S3 storage", "The meaning of public".
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from photoncloud.lightningstor.core import acl, xml_in, xml_out
from photoncloud.lightningstor.core.records import Grant
from photoncloud.lightningstor.errors import S3Error

OWNERSHIPS = ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """The four switches of one bucket."""

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


ALL_BLOCKED = PublicAccessBlock(True, True, True, True)
NOTHING_BLOCKED = PublicAccessBlock()

_ELEMENTS = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}


def parse_block(body: bytes) -> PublicAccessBlock:
    """A `PublicAccessBlockConfiguration`; absent elements are false, none at all is MalformedXML."""
    root = xml_in.parse(body, "PublicAccessBlockConfiguration")
    given = {attribute: root.boolean_of(element) for element, attribute in _ELEMENTS.items()}
    if all(value is None for value in given.values()):
        raise S3Error("MalformedXML")
    return PublicAccessBlock(**{attribute: bool(value) for attribute, value in given.items()})


def block_xml(block: PublicAccessBlock) -> bytes:
    """The document of GetPublicAccessBlock (also what is stored)."""
    switches = [xml_out.element(element, bool(getattr(block, attribute))) for element, attribute in _ELEMENTS.items()]
    return xml_out.document("PublicAccessBlockConfiguration", switches)


def parse_ownership(body: bytes) -> str:
    """The ownership of an `OwnershipControls` document: exactly one rule."""
    rules = xml_in.parse(body, "OwnershipControls").all("Rule")
    if len(rules) != 1 or rules[0].text_of("ObjectOwnership") not in OWNERSHIPS:
        raise S3Error("MalformedXML")
    return rules[0].required_text("ObjectOwnership")


def ownership_xml(ownership: str) -> bytes:
    rule = xml_out.wrap("Rule", xml_out.element("ObjectOwnership", ownership))
    return xml_out.document("OwnershipControls", [rule])


def check_ownership_header(value: str) -> str:
    """`x-amz-object-ownership` of CreateBucket. Raises S3Error InvalidArgument."""
    if value not in OWNERSHIPS:
        fields = {"ArgumentName": "x-amz-object-ownership", "ArgumentValue": value}
        raise S3Error("InvalidArgument", "Invalid x-amz-object-ownership header: " + value, fields=fields)
    return value


def check_acl_allowed(ownership: str, grants: Iterable[Grant], owner: str) -> None:
    """Whether an ACL may be set at all under this ownership. Raises S3Error AccessControlListNotSupported.

    BucketOwnerEnforced admits only a list that says what is true anyway: the owner has full control.
    """
    if ownership == "BucketOwnerEnforced" and not acl.is_owner_only(grants, owner):
        raise S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs")


def check_ownership_allowed(ownership: str, grants: Iterable[Grant], owner: str) -> None:
    """Whether a bucket with these grants may become BucketOwnerEnforced. Raises InvalidBucketAclWithObjectOwnership."""
    if ownership == "BucketOwnerEnforced" and not acl.is_owner_only(grants, owner):
        raise S3Error("InvalidBucketAclWithObjectOwnership")


_FIXED_VALUE_KEYS = frozenset(
    {
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
"""Condition keys that bind a statement to known parties when their values hold no wildcard."""
_LIMITING_OPERATORS = frozenset(
    {"stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike", "ipaddress"}
)
_WIDE_PREFIX_V4 = 8
_WIDE_PREFIX_V6 = 32
"""An address range wider than these counts as everybody, as S3 defines it."""


def is_policy_public(policy: bytes) -> bool:
    """Whether a bucket policy (JSON, already validated) grants something to everybody."""
    statements = json.loads(policy).get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    return any(_is_statement_public(statement) for statement in statements)


def _is_statement_public(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    if "NotPrincipal" not in statement and not _names_everybody(statement.get("Principal")):
        return False
    return not any(
        _limits(operator, key, values)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _names_everybody(principal: object) -> bool:
    if isinstance(principal, dict):
        named = [item for value in principal.values() for item in (value if isinstance(value, list) else [value])]
        return any(item == "*" for item in named)
    return principal == "*"


def _limits(operator: str, key: str, values: object) -> bool:
    """Whether this condition binds its statement to fixed parties or a narrow address range."""
    operator = operator.lower().removeprefix("foranyvalue:")
    if operator not in _LIMITING_OPERATORS:
        return False
    texts = [str(value) for value in (values if isinstance(values, list) else [values])]
    if operator == "ipaddress":
        return key.lower() == "aws:sourceip" and all(_is_narrow(text) for text in texts)
    return key.lower() in _FIXED_VALUE_KEYS and not any(mark in text for text in texts for mark in "*?")


def _is_narrow(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= (_WIDE_PREFIX_V4 if network.version == 4 else _WIDE_PREFIX_V6)


def status_xml(*, is_public: bool) -> bytes:
    """The `PolicyStatus` document of GetBucketPolicyStatus."""
    return xml_out.document("PolicyStatus", [xml_out.element("IsPublic", is_public)])
