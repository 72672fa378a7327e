"""Operations whose answer never depends on what is stored: configurations this store does not keep.

Reading such a configuration says what an account that never set it hears from S3; setting one to anything but its
default is 501 (the router knows those rows). A client that probes for features goes on instead of failing.
"""

from __future__ import annotations

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.documents import ReadDocument, xml_reply

_EMPTY_LISTS = {
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsOutput",
}
_ABSENT_BY_ID = tuple(
    f"{verb}Bucket{kind}Configuration"
    for kind in ("Analytics", "Inventory", "Metrics", "IntelligentTiering")
    for verb in ("Get", "Delete")
)
_ABSENT_METADATA = ("GetBucketMetadataConfiguration", "GetBucketMetadataTableConfiguration")


class FixedAnswers:
    """Handlers without state; `read_document` consumes and verifies the few bodies there are."""

    def __init__(self, read_document: ReadDocument) -> None:
        self._read_document = read_document

    def handlers(self) -> dict[str, Handler]:
        return {
            **{name: _empty_list(root) for name, root in _EMPTY_LISTS.items()},
            **{name: _refuse("NoSuchConfiguration") for name in _ABSENT_BY_ID},
            **{name: _refuse("MetadataConfigurationNotFound") for name in _ABSENT_METADATA},
            "GetBucketReplication": _refuse("ReplicationConfigurationNotFoundError"),
            "DeleteBucketReplication": _no_content,
            "GetBucketLogging": _document("BucketLoggingStatus"),
            "PutBucketLogging": self._put_logging,
            "GetBucketAccelerateConfiguration": _document("AccelerateConfiguration"),
            "GetBucketRequestPayment": _document(
                "RequestPaymentConfiguration", xml_out.element("Payer", "BucketOwner")
            ),
            "PutBucketRequestPayment": self._put_request_payment,
            "GetBucketAbac": _document("AbacStatus", xml_out.element("Status", "Disabled")),
        }

    async def _put_logging(self, call: Call) -> Reply:
        """Logging may be switched off, which it is; switching it on is not served."""
        root = xml_in.parse(await self._read_document(call), "BucketLoggingStatus")
        if root.child("LoggingEnabled") is not None:
            raise S3Error("NotImplemented", fields={"Header": "logging"})
        return Reply()

    async def _put_request_payment(self, call: Call) -> Reply:
        payer = xml_in.parse(await self._read_document(call), "RequestPaymentConfiguration").required_text("Payer")
        if payer == "Requester":
            raise S3Error("NotImplemented", fields={"Header": "requestPayment"})
        if payer != "BucketOwner":
            raise S3Error("MalformedXML")
        return Reply()


def _document(root: str, *fragments: bytes) -> Handler:
    body = xml_out.document(root, fragments)

    async def answer(call: Call) -> Reply:
        return xml_reply(body)

    return answer


def _empty_list(root: str) -> Handler:
    return _document(root, xml_out.element("IsTruncated", False))


def _refuse(code: str) -> Handler:
    async def answer(call: Call) -> Reply:
        raise S3Error(code)

    return answer


async def _no_content(call: Call) -> Reply:
    return Reply(204)
