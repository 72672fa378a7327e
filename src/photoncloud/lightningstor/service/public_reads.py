"""Reading an object as anybody: what the website listener does with a bucket and a key."""

from __future__ import annotations

from collections.abc import Mapping

from photoncloud.backends.auth.port import ANONYMOUS
from photoncloud.lightningstor.core import actions
from photoncloud.lightningstor.core.access_conditions import AccessContext, SignatureFacts
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.service.authorisation import Authoriser, Question
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call, Handler, Payload
from photoncloud.lightningstor.service.error_replies import as_s3_error

_OPERATIONS = {"GET": "GetObject", "HEAD": "HeadObject"}
_NOTHING_SIGNED = SignatureFacts()
_UNSIGNED = Payload("unsigned")


class PublicReads:
    """GetObject and HeadObject for nobody in particular."""

    def __init__(self, authoriser: Authoriser, handlers: Mapping[str, Handler]) -> None:
        self._authoriser = authoriser
        self._handlers = handlers

    async def fetch(self, request: Request, bucket: Bucket, key: bytes) -> Reply:
        """The reply of the object operation; query strings select nothing. Raises S3Error."""
        operation = _OPERATIONS[request.method]
        context = AccessContext(request, operation, {}, request.received_ns, _NOTHING_SIGNED)
        question = Question(ANONYMOUS, bucket, bucket.record.name, key, "", context)
        authorised = await self._authoriser.authorise(question, actions.GET_OBJECT)
        call = Call(request, operation, authorised, bucket.record.name, key, {}, bucket, _UNSIGNED, request.received_ns)
        try:
            return await self._handlers[operation](call)
        except Exception as error:
            refusal = as_s3_error(error)
            if refusal is None or refusal is error:
                raise
            raise refusal from error
