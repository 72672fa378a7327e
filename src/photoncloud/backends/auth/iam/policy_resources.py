"""What IAM finds wrong with a resource when a policy is written, in its words (photonauth.md §4.5)."""

from __future__ import annotations

_PARTITIONS = frozenset(
    {
        "*",
        "photon",
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
        "aws-eusc",
    }
)
_REGION_MESSAGES = {
    "iam": "IAM resource {} cannot contain region information.",
    "s3": "Resource {} can not contain region information.",
}
_S3_REGIONAL = "accesspoint/"
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_IAM_PATH_MESSAGE = f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'
_VENDOR_MESSAGE = "Resource vendor must be fully qualified and cannot contain regexes."
_FIELDS_AFTER_PARTITION = 4
_WILDCARDS = frozenset("*?")


def resource_fault(resource: str) -> str:
    """The message for one entry of `Resource` or `NotResource`, empty when nothing is wrong."""
    if resource == "*":
        return ""
    scheme, colon, rest = resource.partition(":")
    if not colon:
        return f'Resource {resource} must be in ARN format or "*".'
    partition, colon, rest = rest.partition(":")
    if partition not in _PARTITIONS:
        fields = rest.split(":", _FIELDS_AFTER_PARTITION - 1) if rest else []
        fields += ["*"] * (_FIELDS_AFTER_PARTITION - len(fields))
        return f'Partition "{partition}" is not valid for resource "arn:{partition}:{":".join(fields)}".'
    if scheme != "arn" and _WILDCARDS.isdisjoint(scheme):
        return f'Resource {resource} must be in ARN format or "*".'
    if not colon:
        return _VENDOR_MESSAGE
    service, _, after_service = rest.partition(":")
    path = after_service.partition(":")[2].partition(":")[2]
    is_access_point = service == "s3" and path.startswith(_S3_REGIONAL)
    if service in _REGION_MESSAGES and not after_service.startswith(":") and not is_access_point:
        return _REGION_MESSAGES[service].format(resource)
    if service == "iam" and path != "*" and not path.startswith(_IAM_PATHS):
        return _IAM_PATH_MESSAGE
    return ""


def is_unreadable(resource: str, *, in_list: bool) -> bool:
    """IAM's older parser fails: fewer than six fields with an empty one among them, or, alone, no service."""
    if resource == "*":
        return False
    fields = resource.split(":")
    if len(fields) < 6 and "::" in resource:
        return True
    return not in_list and not fields[2]
