"""DeleteObjects: up to 1,000 deletions in one request, each authorised and decided by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from photoncloud.lightningstor.core import preconditions, version_id, xml_in, xml_out
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.plan_delete import DeletePlan
from photoncloud.lightningstor.core.versioning import Head, Place
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import OutOfSpace, S3Error
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.collaborators import Collaborators, bucket_of
from photoncloud.lightningstor.service.commits import write_options
from photoncloud.lightningstor.service.documents import xml_reply
from photoncloud.lightningstor.service.key_batches import Failure, KeyBatches
from photoncloud.lightningstor.service.objects import BYPASS_HEADER, Deletion, Objects

KEYS_MAX = 1000
KEY_BYTES_MAX = 1024


class Asked(NamedTuple):
    """One `<Object>` of the request. `version` is empty when the key itself is meant."""

    key: bytes
    version: str
    etag: str | None
    size: str | None
    modified: str | None


class MultiDelete:
    def __init__(self, around: Collaborators, objects: Objects, batches: KeyBatches) -> None:
        self._around = around
        self._objects = objects
        self._batches = batches

    def handlers(self) -> dict[str, Handler]:
        return {"DeleteObjects": self.delete_objects}

    async def delete_objects(self, call: Call) -> Reply:
        data = await self._around.intake.document(call, limit=xml_in.DELETE_DOCUMENT_LIMIT_BYTES, requires_digest=True)
        root = xml_in.parse(data, "Delete", xml_in.DELETE_DOCUMENT_LIMIT_BYTES)
        asked = [_asked(element) for element in root.all("Object")]
        if not 1 <= len(asked) <= KEYS_MAX:
            raise S3Error("MalformedXML")
        is_quiet = bool(root.boolean_of("Quiet"))
        outcomes = await self._delete_all(call, asked)
        fragments = [
            _error(item, outcome) if isinstance(outcome, Exception) else b"" if is_quiet else _deleted(item, outcome)
            for item, outcome in zip(asked, outcomes, strict=True)
        ]
        return xml_reply(xml_out.document("DeleteResult", fragments))

    async def _delete_all(self, call: Call, asked: list[Asked]) -> list[DeletePlan | Failure]:
        asks_bypass = (call.header(BYPASS_HEADER) or "").lower() == "true"
        refused: dict[int, S3Error] = {}
        changes: list[tuple[bytes, Callable[[Place, Head], Awaitable[DeletePlan]]]] = []
        for at, item in enumerate(asked):
            try:
                deletion = await self._authorised(call, item, asks_bypass)
            except S3Error as error:
                refused[at] = error
            else:
                changes.append((item.key, self._planner(deletion)))
        options = write_options(call)
        done = iter(await self._batches.change(bucket_of(call), changes, options))
        return [refused[at] if at in refused else next(done) for at in range(len(asked))]

    async def _authorised(self, call: Call, item: Asked, asks_bypass: bool) -> Deletion:
        if len(item.key) > KEY_BYTES_MAX:
            fields = {"Size": str(len(item.key)), "MaxSizeAllowed": str(KEY_BYTES_MAX)}
            raise S3Error("KeyTooLongError", fields=fields)
        conditions = preconditions.deletion(item.etag, item.size, item.modified)
        ref = version_id.parse(item.version) if item.version else None
        action = "s3:DeleteObjectVersion" if item.version else "s3:DeleteObject"
        allows = self._around.access.allows
        if not await allows(call, action, item.key, item.version):
            raise S3Error("AccessDenied")
        if conditions.is_conditional and not await allows(call, "s3:GetObject", item.key):
            raise S3Error("AccessDenied")
        may_bypass = asks_bypass and await allows(call, "s3:BypassGovernanceRetention", item.key, item.version)
        return self._objects.deletion(call, item.key, ref=ref, conditions=conditions, may_bypass=may_bypass)

    def _planner(self, deletion: Deletion) -> Callable[[Place, Head], Awaitable[DeletePlan]]:
        async def plan(place: Place, head: Head) -> DeletePlan:
            return await self._objects.plan_deletion(place, head, deletion)

        return plan


def _asked(element: Element) -> Asked:
    """One pass over the children: there may be a thousand of these elements."""
    texts: dict[str, str] = {}
    for child in element:
        texts.setdefault(child.name, child.text)
    key = texts.get("Key")
    if not key:
        raise S3Error("MalformedXML")
    return Asked(
        key.encode("utf-8"),
        texts.get("VersionId", "").strip(),
        texts.get("ETag"),
        texts.get("Size"),
        texts.get("LastModifiedTime"),
    )


def _deleted(item: Asked, planned: DeletePlan) -> bytes:
    fragments = [xml_out.element("Key", item.key), xml_out.optional("VersionId", item.version)]
    if planned.is_marker:
        fragments.append(xml_out.element("DeleteMarker", True))
        fragments.append(xml_out.optional("DeleteMarkerVersionId", planned.version_id))
    return xml_out.wrap("Deleted", *fragments)


def _error(item: Asked, error: Failure) -> bytes:
    if isinstance(error, S3Error):
        code, message = error.code, error.message or ERRORS[error.code].message
    else:
        code = "InsufficientStorage" if isinstance(error, OutOfSpace) else "ServiceUnavailable"
        message = ERRORS[code].message
    return xml_out.wrap(
        "Error",
        xml_out.element("Key", item.key),
        xml_out.optional("VersionId", item.version),
        xml_out.element("Code", code),
        xml_out.element("Message", message),
    )
