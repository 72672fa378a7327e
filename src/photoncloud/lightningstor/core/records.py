"""Records of the index: what a row means once decoded. `core.record_codec` turns them into bytes and back.

Every record is an array on disk: fields are only ever appended, never reordered or removed. Times are
milliseconds (`_ms`) of the wall clock since 1970; sizes are bytes; hashes are raw bytes unless said otherwise.
"""

from __future__ import annotations

from typing import Literal

import msgspec

BodyKind = Literal["", "inline", "blob", "multipart"]
ChecksumType = Literal["", "FULL_OBJECT", "COMPOSITE"]


class Checksum(msgspec.Struct, frozen=True, array_like=True):
    """An additional checksum as S3 names it: algorithm upper-case (`CRC32C`), raw value, and its type."""

    algorithm: str
    type: ChecksumType
    value: bytes


class Body(msgspec.Struct, frozen=True, array_like=True):
    """Where the bytes are. `id` is 16 bytes: the blob id for `blob`, the body id for `inline` and `multipart`."""

    kind: BodyKind = ""
    id: bytes = b""
    part_count: int = 0
    part_sizes: tuple[int, ...] = ()
    """Sizes of the parts of a completed multipart upload in list order; empty otherwise."""
    part_checksums: tuple[bytes, ...] = ()
    """Raw checksums of those parts when the upload had an algorithm; empty otherwise."""
    part_numbers: tuple[int, ...] = ()


class Encryption(msgspec.Struct, frozen=True, array_like=True):
    """Server-side encryption of a body. `mode` is `` (none), `AES256` (SSE-S3) or `C` (SSE-C)."""

    mode: str = ""
    wrapped_key: bytes = b""
    """Data key wrapped by the master key or by the key derived from the customer's."""
    salt: bytes = b""
    key_check: bytes = b""
    """SSE-C: salted HMAC that tells whether a presented customer key is the right one."""
    key_md5: str = ""
    """SSE-C: base64 MD5 of the customer key, echoed in replies."""

    @property
    def has_customer_key(self) -> bool:
        """SSE-C: only who brings the key may read."""
        return bool(self.key_check)


class ObjectLock(msgspec.Struct, frozen=True, array_like=True):
    """Retention and legal hold of one version. `mode` is ``, `GOVERNANCE` or `COMPLIANCE`."""

    mode: str = ""
    retain_until_ms: int = 0
    legal_hold: bool = False


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """One ACL grant. `kind` is `id` (canonical user id), `group` (URI) or `email`; permission is S3's word."""

    kind: str
    grantee: str
    permission: str
    display_name: str = ""


class ObjectRecord(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One version of an object, or a delete marker (`kind` = "marker")."""

    sequence: int
    """Microseconds, strictly growing per key; orders the versions of a key."""
    version_tail: bytes
    """8 random bytes of the version id; empty for the `null` version."""
    kind: Literal["object", "marker"] = "object"
    size: int = 0
    etag: str = ""
    """Without quotes: MD5 hex, `hex-N` for multipart, opaque hex for SSE-C."""
    mtime_ms: int = 0
    body: Body = Body()
    checksum: Checksum | None = None
    crc64nvme: bytes = b""
    headers: dict[str, str] = {}
    """content-type, content-encoding, content-disposition, content-language, cache-control, expires as sent."""
    metadata: dict[str, str] = {}
    """User metadata, names lower-case without `x-amz-meta-`; values as latin-1 text of the bytes sent."""
    tags: dict[str, str] = {}
    owner: str = ""
    """Canonical id of the owning account."""
    owner_name: str = ""
    grants: tuple[Grant, ...] = ()
    encryption: Encryption | None = None
    lock: ObjectLock | None = None
    storage_class: str = "STANDARD"
    redirect: str = ""
    upload_id: str = ""
    """Upload that made this version, for repeated Complete."""
    request_id: str = ""
    """Request that wrote it, to recognise a commit whose outcome was unknown."""
    noncurrent_since_ms: int = 0
    """When the successor was written; 0 while current."""


class BucketRecord(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A bucket. Configuration documents (policy, cors, …) are rows of their own, see `key_space`."""

    name: str
    id: bytes
    """8 bytes, never reused."""
    owner: str
    """Canonical id of the owning account."""
    owner_name: str
    account_id: str
    region: str
    created_ms: int
    versioning: Literal["", "Enabled", "Suspended"] = ""
    lock_enabled: bool = False
    default_lock: tuple[str, int, str] | None = None
    """Mode, count and unit (`Days`, `Years`) of the default retention."""
    ownership: str = ""
    """Object ownership setting; empty when none was ever set."""
    grants: tuple[Grant, ...] = ()
    canned_acl: str = ""
    unversioned_prefixes: tuple[str, ...] = ()
    """Keys below these are not versioned although the bucket is (a widespread extension of S3)."""
    unversioned_folders: bool = False
    """Nor are keys that end in a slash."""

    def versioning_of(self, key: bytes) -> str:
        """The state that governs a key: an exempted key of a versioned bucket is treated as in a suspended one."""
        if self.versioning != "Enabled" or not (self.unversioned_prefixes or self.unversioned_folders):
            return self.versioning
        if self.unversioned_folders and key.endswith(b"/"):
            return "Suspended"
        exempt = any(key.startswith(prefix.encode("utf-8")) for prefix in self.unversioned_prefixes)
        return "Suspended" if exempt else "Enabled"


class UploadRecord(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """An unfinished multipart upload: what the finished object will carry."""

    upload_id: str
    key: bytes
    initiated_ms: int
    initiator_arn: str
    initiator_name: str
    owner: str
    owner_name: str
    checksum_algorithm: str = ""
    checksum_type: ChecksumType = ""
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    grants: tuple[Grant, ...] = ()
    encryption: Encryption | None = None
    lock: ObjectLock | None = None
    storage_class: str = "STANDARD"
    redirect: str = ""


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """A run of bytes of a blob, or of an inline row: part of a multipart body or of a part made by UploadPartCopy."""

    blob: bytes
    """Id of the blob; with `is_inline` the body id of a row of family `i`."""
    offset: int
    length: int
    is_inline: bool = False


class Hold(msgspec.Struct, frozen=True, array_like=True):
    """What a part keeps from collection: a target of `key_space` (kind byte and id), and the part's number.

    A blob or a whole body (UploadPartCopy from a multipart source) has a reference row by the user
    `key_space.user_part(body id, number)`; an inline target belongs to the part alone and has none.
    """

    target: bytes
    number: int


class SegmentRow(msgspec.Struct, frozen=True, array_like=True):
    """One row of family `p`: up to `key_space.SEGMENTS_PER_ROW` segments of a multipart body, and what it holds."""

    segments: tuple[Segment, ...]
    holds: tuple[Hold, ...] = ()


class PartRecord(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One uploaded part. Its bytes are inline, a blob of its own, or `segments` (UploadPartCopy; body kind "")."""

    number: int
    size: int
    etag: str
    mtime_ms: int
    body: Body = Body()
    segments: tuple[Segment, ...] = ()
    checksum: Checksum | None = None
    crc64nvme: bytes = b""
    md5: bytes = b""
    hold: bytes = b""
    """Target this part keeps from collection; empty for a part of 0 bytes."""
