"""Condition keys of one request, worked out only when a policy statement asks for them (lightningstor.md §4.12).

Values come from what this server established: the connection, the verified signature, and those request fields that
the operation itself acts on. A client cannot set any other key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.core.records import ObjectRecord

Value = str | tuple[str, ...]
MILLISECONDS_PER_DAY = 86_400_000

_LISTINGS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads"})
_FROM_FIELDS = frozenset(
    {
        "x-amz-acl",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-grant-full-control",
        "x-amz-grant-read",
        "x-amz-grant-read-acp",
        "x-amz-grant-write",
        "x-amz-grant-write-acp",
        "x-amz-metadata-directive",
        "x-amz-object-ownership",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
        "if-match",
        "if-none-match",
    }
)
"""`s3:NAME` is the value of the field NAME."""
_FROM_QUERY = frozenset({"prefix", "delimiter", "max-keys"})
_LOCK_FIELDS = {
    "object-lock-mode": b"x-amz-object-lock-mode",
    "object-lock-retain-until-date": b"x-amz-object-lock-retain-until-date",
    "object-lock-legal-hold": b"x-amz-object-lock-legal-hold",
}
_EXISTING_TAG = "existingobjecttag/"
_REQUEST_TAG = "requestobjecttag/"


@dataclass(slots=True)
class SignatureFacts:
    """What authentication established. `auth_type` is `REST-HEADER`, `REST-QUERY-STRING` or `POST`; empty: none."""

    auth_type: str = ""
    region: str = ""
    age_ms: int = 0


@dataclass(slots=True, eq=False)
class AccessContext(Mapping[str, Value]):
    """The keys of one request, by lower-case name.

    `existing` is the object acted on, once it was read. A statement that asks for its tags earlier sets
    `wants_existing`: whoever decides then reads the object and asks again.
    """

    request: Request
    operation: str
    query: Mapping[str, str]
    now_ns: int
    signature: SignatureFacts
    existing: ObjectRecord | None = None
    wants_existing: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    """Keys that only a handler learns, such as the location constraint of a new bucket."""

    def __getitem__(self, key: str) -> Value:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return (key for key in KEYS if self.get(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, key: str, default: object = None) -> Value | None:  # type: ignore[override]
        """The value, or None; `default` is never used (a missing key is missing)."""
        if key in self.extra:
            return self.extra[key]
        if key.startswith("s3:"):
            return self._s3(key[3:])
        compute = _COMPUTED.get(key)
        return None if compute is None else compute(self)

    def _s3(self, name: str) -> Value | None:
        fields = self.request.fields
        if name in _FROM_FIELDS:
            return _text(fields.get(name.encode()))
        if name in _FROM_QUERY:
            return self.query.get(name) if self.operation in _LISTINGS else None
        if name in _LOCK_FIELDS:
            return _text(fields.get(_LOCK_FIELDS[name]))
        if name.startswith(_EXISTING_TAG):
            return self._existing_tag(name[len(_EXISTING_TAG) :])
        if name.startswith(_REQUEST_TAG):
            return _by_name(_request_tags(fields), name[len(_REQUEST_TAG) :])
        if name == "requestobjecttagkeys":
            return tuple(_request_tags(fields)) or None
        compute = _COMPUTED.get("s3:" + name)
        return None if compute is None else compute(self)

    def _existing_tag(self, name: str) -> str | None:
        if self.existing is None:
            self.wants_existing = True
            return None
        return _by_name(self.existing.tags, name)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _by_name(tags: Mapping[str, str], name: str) -> str | None:
    """A tag by its name as condition keys spell it: lower-case."""
    return next((value for key, value in tags.items() if key.lower() == name), None)


def _request_tags(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    """Tags of `x-amz-tagging`; a header that cannot be read has none here and is refused by the handler."""
    raw = fields.get(b"x-amz-tagging")
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)) if raw else {}


def _current_time(context: AccessContext) -> str:
    moment = datetime.fromtimestamp(context.now_ns // 1_000_000_000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _tls_version(context: AccessContext) -> str | None:
    """`TLSv1.3` of the connection as `1.3`."""
    version = context.request.tls_version
    return version.removeprefix("TLSv") or None


def _signature_version(context: AccessContext) -> str | None:
    return "AWS4-HMAC-SHA256" if context.signature.auth_type else None


def _remaining_days(context: AccessContext) -> str | None:
    """Whole days from now to the retention date asked for, rounded up."""
    raw = context.request.fields.get(b"x-amz-object-lock-retain-until-date")
    if raw is None:
        return None
    try:
        until = datetime.fromisoformat(raw.decode("ascii").replace("Z", "+00:00"))
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    left_ms = int(until.timestamp() * 1000) - context.now_ns // 1_000_000
    return str(-(-left_ms // MILLISECONDS_PER_DAY))


_COMPUTED: dict[str, Callable[[AccessContext], Value | None]] = {
    "aws:currenttime": _current_time,
    "aws:epochtime": lambda context: str(context.now_ns // 1_000_000_000),
    "aws:securetransport": lambda context: "true" if context.request.secure else "false",
    "aws:sourceip": lambda context: context.request.peer,
    "aws:useragent": lambda context: _text(context.request.fields.get(b"user-agent")),
    "aws:referer": lambda context: _text(context.request.fields.get(b"referer")),
    "aws:requestedregion": lambda context: context.signature.region or None,
    "s3:versionid": lambda context: context.query.get("versionId"),
    "s3:authtype": lambda context: context.signature.auth_type or None,
    "s3:signatureversion": _signature_version,
    "s3:signatureage": lambda context: str(context.signature.age_ms) if context.signature.auth_type else None,
    "s3:tlsversion": _tls_version,
    "s3:object-lock-remaining-retention-days": _remaining_days,
}
KEYS = (
    *_COMPUTED,
    *(f"s3:{name}" for name in sorted(_FROM_FIELDS | _FROM_QUERY | _LOCK_FIELDS.keys())),
    "s3:requestobjecttagkeys",
)
"""Every key with a fixed name."""
