"""A folder as a website: which files go up, and the two documents that make a bucket one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

PUBLIC_READ = "PhotonctlPublicRead"
"""Id of the statement by which `publish` knows a policy of its own."""


@dataclass(frozen=True, slots=True)
class SitePlan:
    """Keys in order. `unchanged` have the same bytes already; `surplus` are objects the folder does not have."""

    upload: tuple[str, ...]
    unchanged: tuple[str, ...]
    surplus: tuple[str, ...]


def plan(local: Mapping[str, str], remote: Mapping[str, str]) -> SitePlan:
    """Compare key → MD5 of the folder with key → ETag of the bucket."""
    return SitePlan(
        upload=tuple(sorted(key for key, digest in local.items() if remote.get(key) != digest)),
        unchanged=tuple(sorted(key for key, digest in local.items() if remote.get(key) == digest)),
        surplus=tuple(sorted(remote.keys() - local.keys())),
    )


def website_document(index: str, error: str) -> bytes:
    """The website configuration; `error` may be empty."""
    parts = f"<IndexDocument><Suffix>{escape(index)}</Suffix></IndexDocument>"
    if error:
        parts += f"<ErrorDocument><Key>{escape(error)}</Key></ErrorDocument>"
    return f"<WebsiteConfiguration>{parts}</WebsiteConfiguration>".encode()


def public_read_policy(bucket: str) -> bytes:
    """Everybody may read every object of the bucket."""
    statement = {
        "Sid": PUBLIC_READ,
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


def is_own_policy(policy: bytes) -> bool:
    """Whether `publish` wrote this policy, so that writing it again takes nothing away."""
    try:
        statements = json.loads(policy)["Statement"]
        return [statement.get("Sid") for statement in statements] == [PUBLIC_READ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
