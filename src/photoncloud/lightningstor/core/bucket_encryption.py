"""Default encryption of a bucket: the `ServerSideEncryptionConfiguration` document."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.errors import S3Error


@dataclass(frozen=True, slots=True)
class BucketEncryption:
    """`algorithm` is `AES256`; `bucket_key_enabled` is kept because clients read it back."""

    algorithm: str
    bucket_key_enabled: bool


def parse(body: bytes) -> BucketEncryption:
    """Exactly one rule. Raises S3Error as `check_algorithm`, MalformedXML, InvalidArgument."""
    rules = xml_in.parse(body, "ServerSideEncryptionConfiguration").all("Rule")
    if len(rules) != 1:
        raise S3Error("MalformedXML")
    default = rules[0].required("ApplyServerSideEncryptionByDefault")
    algorithm = default.required_text("SSEAlgorithm")
    check_algorithm(algorithm)
    if default.text_of("KMSMasterKeyID"):
        message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise S3Error("InvalidArgument", message)
    return BucketEncryption(algorithm, bool(rules[0].boolean_of("BucketKeyEnabled")))


def check_algorithm(algorithm: str) -> None:
    """`x-amz-server-side-encryption`, SSEAlgorithm. Raises S3Error NotImplemented, InvalidEncryptionAlgorithmError."""
    if algorithm in ("aws:kms", "aws:kms:dsse"):
        raise S3Error("NotImplemented", fields={"Header": "x-amz-server-side-encryption"})
    if algorithm != "AES256":
        fields = {"ArgumentName": "x-amz-server-side-encryption", "ArgumentValue": algorithm}
        raise S3Error(
            "InvalidEncryptionAlgorithmError", "The encryption method specified is not supported", fields=fields
        )


def to_xml(encryption: BucketEncryption) -> bytes:
    default = xml_out.wrap("ApplyServerSideEncryptionByDefault", xml_out.element("SSEAlgorithm", encryption.algorithm))
    rule = xml_out.wrap("Rule", default, xml_out.element("BucketKeyEnabled", encryption.bucket_key_enabled))
    return xml_out.document("ServerSideEncryptionConfiguration", [rule])
