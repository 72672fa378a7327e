"""From method, level, query names and discriminating fields to the one operation, or the refusal.

A refusal is a value, not an exception: it is spoken only after the caller was authenticated. No sub-resource ever
falls through to Put, Get, Delete or List.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photoncloud.lightningstor.core.operations import (
    BY_NAME,
    KNOWN_METHODS,
    NOT_IMPLEMENTED,
    PREFLIGHT,
    SUBRESOURCES,
    Level,
    Operation,
)
from photoncloud.lightningstor.errors import S3Error


@dataclass(frozen=True, slots=True)
class Route:
    """The operation, or (with `operation` None) why there is none. `refusal` may also forbid a known operation."""

    operation: Operation | None
    refusal: S3Error | None = None


_NOT_IMPLEMENTED_TEXT = "This operation is not implemented by this server."
_COPY_SOURCE = b"x-amz-copy-source"
_APPEND = b"x-amz-write-offset-bytes"
"""Ignored, an append would replace the object."""
_BY_ID = frozenset({"analytics", "inventory", "metrics", "intelligent-tiering"})
"""Configurations of which a bucket has many: with `id` one of them is meant, without it their list."""
_METADATA = frozenset(name for name in SUBRESOURCES if name.startswith("metadata"))
_ABSENT_FEATURES = _METADATA | {"session", "renameObject", "annotation", "torrent", "select"}
"""Sub-resources of features this server does not have: every method without a row of its own is 501."""

_COPIES = {"PutObject": Route(BY_NAME["CopyObject"]), "UploadPart": Route(BY_NAME["UploadPartCopy"])}
_LIST_V2 = Route(BY_NAME["ListObjectsV2"])
_CONFIGURATION_LISTS = {
    row.subresource: Route(row) for row in BY_NAME.values() if row.subresource in _BY_ID and row.name[:4] == "List"
}
_PREFLIGHT = Route(PREFLIGHT)
_RESPONSE_HOOK = BY_NAME["WriteGetObjectResponse"]
_CHOSEN_BY_MORE = {
    route.operation for route in (*_COPIES.values(), _LIST_V2, *_CONFIGURATION_LISTS.values(), _PREFLIGHT)
} | {_RESPONSE_HOOK}
_ROUTES: dict[tuple[str, str, str], Route] = {
    (row.method, row.level, row.subresource): Route(row) for row in BY_NAME.values() if row not in _CHOSEN_BY_MORE
}

_RESOURCE_TYPES = {
    "attributes": "OBJECT_ATTRIBUTES",
    "delete": "MULTI_OBJECT_DELETE",
    "legal-hold": "LEGAL_HOLD",
    "object-lock": "OBJECT_LOCK_CONFIGURATION",
    "policyStatus": "POLICY_STATUS",
    "publicAccessBlock": "PUBLIC_ACCESS_BLOCK",
    "requestPayment": "REQUEST_PAYMENT",
    "uploadId": "UPLOAD",
}
"""Names in the field `ResourceType` that are not the sub-resource in capitals."""


def route(method: str, bucket: str, key: bytes, query: Mapping[str, str], fields: Mapping[bytes, bytes]) -> Route:
    """The operation a request asks for. `query` holds decoded parameters, `fields` the request's header fields."""
    level: Level = "object" if key else "bucket" if bucket else "service"
    subresource = ""
    if query and not query.keys().isdisjoint(SUBRESOURCES):
        chosen = sorted(query.keys() & SUBRESOURCES)
        if len(chosen) > 1:
            conflict = f"Conflicting query string parameters: {', '.join(chosen)}"
            return Route(None, S3Error("InvalidArgument", conflict, fields={"ArgumentName": "ResourceType"}))
        subresource = chosen[0]
    if method == "OPTIONS":
        return _PREFLIGHT
    if method == "POST" and bucket == _RESPONSE_HOOK.name and not key:
        return _not_implemented(_RESPONSE_HOOK)
    found = _ROUTES.get((method, level, subresource))
    if found is None or found.operation is None:
        return _without_row(method, level, subresource)
    return _refine(found, found.operation, query, fields)


def _refine(found: Route, operation: Operation, query: Mapping[str, str], fields: Mapping[bytes, bytes]) -> Route:
    """Among rows that share method, level and sub-resource; and the rows that are never served."""
    name = operation.name
    if name in _COPIES:
        if (name == "UploadPart") != ("partNumber" in query):
            missing = "uploadId" if name == "PutObject" else "partNumber"
            return Route(None, S3Error("InvalidRequest", f"Missing required query parameter: {missing}"))
        if _APPEND in fields:
            return Route(operation, S3Error("NotImplemented", fields={"Header": _APPEND.decode()}))
        return _COPIES[name] if _COPY_SOURCE in fields else found
    if name == "ListObjects":
        return _LIST_V2 if query.get("list-type") == "2" else found
    if name in NOT_IMPLEMENTED:
        return _not_implemented(operation)
    if operation.subresource in _BY_ID and operation.method == "GET" and "id" not in query:
        return _CONFIGURATION_LISTS[operation.subresource]
    if name == "RestoreObject":
        return Route(operation, S3Error("InvalidObjectState"))
    return found


def _without_row(method: str, level: Level, subresource: str) -> Route:
    if method in KNOWN_METHODS and method != "HEAD":
        if method == "GET" and level == "bucket" and subresource in _METADATA:
            return _ROUTES["GET", "bucket", "metadataConfiguration"]
        if subresource in _ABSENT_FEATURES or (level == "object" and subresource == "encryption"):
            return _not_implemented(None)
    allowed = [name for name in sorted(KNOWN_METHODS) if (name, level, subresource) in _ROUTES]
    kind = _RESOURCE_TYPES.get(subresource) or subresource.upper() or level.upper()
    fields = {"Method": method, "ResourceType": kind}
    return Route(None, S3Error("MethodNotAllowed", fields=fields, headers=(("Allow", ", ".join(allowed)),)))


def _not_implemented(operation: Operation | None) -> Route:
    return Route(operation, S3Error("NotImplemented", _NOT_IMPLEMENTED_TEXT))
