"""Identity policies by one word, for credentials files: `admin`, `readwrite`, `readonly`, `writeonly`.

`admin` may do everything, the components' administrative APIs included; the others speak of objects and buckets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from photoncloud.backends.auth.iam.policy import parse_identity_policy
from photoncloud.backends.auth.iam.statements import VERSION_2012, PolicyDocument

DEFAULT_POLICY = "readwrite"
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "admin": ("*",),
    "readwrite": ("s3:*",),
    "readonly": ("s3:Get*", "s3:List*", "s3:Describe*"),
    "writeonly": (
        "s3:PutObject",
        "s3:PutObjectTagging",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:GetBucketLocation",
    ),
}


def _policy(name: str, actions: tuple[str, ...]) -> PolicyDocument:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return parse_identity_policy(json.dumps({"Version": VERSION_2012, "Statement": [statement]}), name)


CANNED_POLICIES: Mapping[str, PolicyDocument] = MappingProxyType(
    {name: _policy(name, actions) for name, actions in _ACTIONS.items()}
)
