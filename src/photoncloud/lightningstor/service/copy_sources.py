"""The source of a copy: parsed, found, and allowed to this caller before anything of the request is done."""

from __future__ import annotations

from photoncloud.lightningstor.core import actions, key_space, plan_copy, version_id
from photoncloud.lightningstor.core.access_conditions import AccessContext
from photoncloud.lightningstor.core.plan_copy import SourceName
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.authorisation import Authoriser, ObjectReader, Question
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory
from photoncloud.lightningstor.service.bucket_owner import check_expected_owner
from photoncloud.lightningstor.service.call import Source

_TAGS_ARE_COPIED = frozenset({"CopyObject"})


class CopySources:
    """Resolves `x-amz-copy-source`."""

    def __init__(self, directory: BucketDirectory, authoriser: Authoriser, objects: ObjectReader) -> None:
        self._directory = directory
        self._authoriser = authoriser
        self._objects = objects

    async def resolve(self, asking: Question) -> Source:
        """The source of the request behind `asking`. Raises S3Error; what may not be read is 403, not 404."""
        fields = asking.context.request.fields
        name = plan_copy.parse_source(fields.get(b"x-amz-copy-source", b""))
        bucket = await self._directory.get(name.bucket)
        if bucket is None:
            raise S3Error("NoSuchBucket", fields={"BucketName": name.bucket})
        check_expected_owner(bucket, fields.get(b"x-amz-source-expected-bucket-owner"))
        question = _question(asking, bucket, name)
        await self._authoriser.authorise(question, actions.GET_OBJECT_VERSION if name.version else actions.GET_OBJECT)
        ref = version_id.parse(name.version) if name.version else None
        found = await self._objects.find(key_space.place(bucket.record.id, name.key), ref)
        if found is None:
            await self._authoriser.authorise(question, actions.LIST_BUCKET)
        record = plan_copy.check_source(found.record if found else None, name.key, name.version)
        assert found is not None, "check_source refuses what was not found"
        if record.tags and _copies_tags(asking):
            needs = actions.GET_VERSION_TAGS if name.version else actions.GET_TAGS
            await self._authoriser.authorise(question, needs)
        return Source(bucket, name.key, name.version, record, found.revision, found.row_key)


def _copies_tags(asking: Question) -> bool:
    directive = asking.context.request.fields.get(b"x-amz-tagging-directive", b"COPY")
    return asking.context.operation in _TAGS_ARE_COPIED and directive != b"REPLACE"


def _question(asking: Question, bucket: Bucket, name: SourceName) -> Question:
    """Reading the source, under the conditions of this request."""
    context = asking.context
    query = {"versionId": name.version} if name.version else {}
    reading = AccessContext(context.request, context.operation, query, context.now_ns, context.signature)
    return Question(asking.principal, bucket, name.bucket, name.key, name.version, reading)
