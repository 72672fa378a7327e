"""Access control lists: canned names, grant headers, the XML document, and what a list of grants allows.

A grant's grantee is a canonical user id or one of three groups; email addresses are resolved by the caller. The rules
are those of S3's "Access control list (ACL) overview" page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.core.records import Grant
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = frozenset({ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY})

PERMISSIONS = ("FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP")
GRANT_LIMIT = 100
"""S3's bound on grants in one list."""

CANNED = frozenset(
    {
        "private",
        "public-read",
        "public-read-write",
        "authenticated-read",
        "aws-exec-read",
        "bucket-owner-read",
        "bucket-owner-full-control",
        "log-delivery-write",
    }
)
GRANT_HEADERS = {
    "x-amz-grant-full-control": "FULL_CONTROL",
    "x-amz-grant-read": "READ",
    "x-amz-grant-read-acp": "READ_ACP",
    "x-amz-grant-write": "WRITE",
    "x-amz-grant-write-acp": "WRITE_ACP",
}

ResolveEmail = Callable[[str], tuple[str, str] | None]
"""Address → (canonical id, display name) of the account that has it, or None."""
ResolveId = Callable[[str], str | None]
"""Canonical id → display name, or None when no account has it."""


def canned(name: str, owner: str, owner_name: str, bucket_owner: str, bucket_owner_name: str) -> tuple[Grant, ...]:
    """The grants a canned name stands for. Raises S3Error InvalidArgument for an unknown name."""
    grants = [Grant("id", owner, "FULL_CONTROL", owner_name)]
    if name == "public-read":
        grants.append(Grant("group", ALL_USERS, "READ"))
    elif name == "public-read-write":
        grants += [Grant("group", ALL_USERS, "READ"), Grant("group", ALL_USERS, "WRITE")]
    elif name == "authenticated-read":
        grants.append(Grant("group", AUTHENTICATED_USERS, "READ"))
    elif name == "log-delivery-write":
        grants += [Grant("group", LOG_DELIVERY, "WRITE"), Grant("group", LOG_DELIVERY, "READ_ACP")]
    elif name in ("bucket-owner-read", "bucket-owner-full-control"):
        if bucket_owner != owner:
            permission = "READ" if name == "bucket-owner-read" else "FULL_CONTROL"
            grants.append(Grant("id", bucket_owner, permission, bucket_owner_name))
    elif name not in CANNED:
        raise S3Error("InvalidArgument", "", fields={"ArgumentName": "x-amz-acl", "ArgumentValue": name})
    return tuple(grants)


def has_acl_headers(headers: Mapping[str, str]) -> bool:
    """`headers`: lower-case names of a request."""
    return "x-amz-acl" in headers or any(name in headers for name in GRANT_HEADERS)


def from_headers(
    headers: Mapping[str, str],
    owner: str,
    owner_name: str,
    bucket_owner: str,
    bucket_owner_name: str,
    find_email: ResolveEmail,
    find_id: ResolveId,
) -> tuple[Grant, ...] | None:
    """Grants asked for by `x-amz-acl` or `x-amz-grant-*`; None when the request has neither."""
    name = headers.get("x-amz-acl")
    given = [(permission, headers[header]) for header, permission in GRANT_HEADERS.items() if header in headers]
    if name is not None and given:
        raise S3Error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    if name is not None:
        return canned(name, owner, owner_name, bucket_owner, bucket_owner_name)
    if not given:
        return None
    grants: list[Grant] = []
    for permission, value in given:
        grants += (_header_grant(item, permission, find_email, find_id) for item in _split_grantees(value))
    return _bounded(grants)


def _split_grantees(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _header_grant(item: str, permission: str, find_email: ResolveEmail, find_id: ResolveId) -> Grant:
    kind, separator, grantee = item.partition("=")
    grantee = grantee.strip().strip('"')
    if not separator or kind.strip() not in ("id", "uri", "emailAddress"):
        message = "Argument format not recognized"
        raise S3Error("InvalidArgument", message, fields={"ArgumentName": "x-amz-grant", "ArgumentValue": item})
    return _grant(kind.strip(), grantee, permission, find_email, find_id)


def _grant(kind: str, grantee: str, permission: str, find_email: ResolveEmail, find_id: ResolveId) -> Grant:
    if kind == "uri":
        if grantee not in GROUPS:
            fields = {"ArgumentName": "uri", "ArgumentValue": grantee}
            raise S3Error("InvalidArgument", "Invalid group uri", fields=fields)
        return Grant("group", grantee, permission)
    if kind == "emailAddress":
        account = find_email(grantee)
        if account is None:
            raise S3Error(
                "UnresolvableGrantByEmailAddress",
                "The e-mail address you provided does not match any account on record.",
            )
        return Grant("id", account[0], permission, account[1])
    name = find_id(grantee)
    if name is None:
        raise S3Error("InvalidArgument", "Invalid id", fields={"ArgumentName": "id", "ArgumentValue": grantee})
    return Grant("id", grantee, permission, name)


def _bounded(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    unique = tuple(dict.fromkeys(grants))
    if len(unique) > GRANT_LIMIT:
        raise S3Error("MalformedACLError", f"An ACL may hold at most {GRANT_LIMIT} grants.")
    return unique


def from_xml(body: bytes, owner: str, find_email: ResolveEmail, find_id: ResolveId) -> tuple[Grant, ...]:
    """Grants of an `AccessControlPolicy` document whose owner must be the present one.

    Raises S3Error MalformedACLError, AccessDenied (another owner), InvalidArgument (unknown id or group).
    """
    try:
        root = xml_in.parse(body, "AccessControlPolicy")
        owner_id = root.required("Owner").required_text("ID")
        listed = root.required("AccessControlList").all("Grant")
        grants = [_element_grant(item, find_email, find_id) for item in listed]
    except S3Error as error:
        if error.code == "MalformedXML":
            raise S3Error("MalformedACLError") from error
        raise
    if owner_id != owner:
        raise S3Error("AccessDenied")
    return _bounded(grants)


def _element_grant(item: Element, find_email: ResolveEmail, find_id: ResolveId) -> Grant:
    permission = item.required_text("Permission")
    if permission not in PERMISSIONS:
        raise S3Error("MalformedXML")
    grantee = item.required("Grantee")
    kind = grantee.attribute("type")
    if kind == "CanonicalUser":
        return _grant("id", grantee.required_text("ID"), permission, find_email, find_id)
    if kind == "Group":
        return _grant("uri", grantee.required_text("URI"), permission, find_email, find_id)
    if kind == "AmazonCustomerByEmail":
        return _grant("emailAddress", grantee.required_text("EmailAddress"), permission, find_email, find_id)
    raise S3Error("MalformedXML")


def to_xml(owner: str, owner_name: str, grants: Iterable[Grant]) -> bytes:
    """The `AccessControlPolicy` document of GetBucketAcl and GetObjectAcl."""
    items = [_grant_xml(grant) for grant in grants]
    return xml_out.document(
        "AccessControlPolicy", [xml_out.owner(owner, owner_name), xml_out.wrap("AccessControlList", *items)]
    )


_XSI = b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="%b"'


def _grant_xml(grant: Grant) -> bytes:
    if grant.kind == "group":
        kind, inside = b"Group", xml_out.element("URI", grant.grantee)
    else:
        kind = b"CanonicalUser"
        inside = xml_out.element("ID", grant.grantee) + xml_out.optional("DisplayName", grant.display_name)
    grantee = b"<Grantee" + _XSI % kind + b">" + inside + b"</Grantee>"
    return xml_out.wrap("Grant", grantee, xml_out.element("Permission", grant.permission))


def allows(grants: Iterable[Grant], permission: str, canonical_id: str, *, ignore_public: bool = False) -> bool:
    """Whether the list gives `permission` (READ, WRITE, READ_ACP, WRITE_ACP) to a caller.

    `canonical_id` is empty for an anonymous caller. `ignore_public` is PublicAccessBlock's IgnorePublicAcls.
    """
    for grant in grants:
        if grant.permission not in (permission, "FULL_CONTROL"):
            continue
        if grant.kind == "id":
            if canonical_id and grant.grantee == canonical_id:
                return True
        elif not ignore_public and (
            grant.grantee == ALL_USERS or (grant.grantee == AUTHENTICATED_USERS and canonical_id)
        ):
            return True
    return False


def is_public(grants: Iterable[Grant]) -> bool:
    """Whether anybody, or anybody with any account, is granted something."""
    return any(grant.grantee in (ALL_USERS, AUTHENTICATED_USERS) for grant in grants)


def is_owner_only(grants: Iterable[Grant], owner: str) -> bool:
    """Whether nobody but the owner is granted anything: what BucketOwnerEnforced demands of a bucket."""
    return all(grant.kind == "id" and grant.grantee == owner for grant in grants)
