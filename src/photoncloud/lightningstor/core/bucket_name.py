"""Names a bucket may have: the rules of general purpose buckets."""

from __future__ import annotations

import re

from photoncloud.lightningstor.errors import S3Error

LONGEST_NAME = 63
"""Bytes. Longer ones are looked for nowhere: the index refuses keys beyond its own limit."""
_SHAPE = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_FORBIDDEN_INSIDE = ("..", ".-", "-.")
_FORBIDDEN_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_FORBIDDEN_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def is_bucket_name(name: str) -> bool:
    """Whether a bucket of this name may be created."""
    return (
        _SHAPE.fullmatch(name) is not None
        and _ADDRESS.fullmatch(name) is None
        and not any(part in name for part in _FORBIDDEN_INSIDE)
        and not name.startswith(_FORBIDDEN_PREFIXES)
        and not name.endswith(_FORBIDDEN_SUFFIXES)
    )


def check_bucket_name(name: str) -> None:
    """Raises S3Error InvalidBucketName."""
    if not is_bucket_name(name):
        raise S3Error("InvalidBucketName", fields={"BucketName": name})
