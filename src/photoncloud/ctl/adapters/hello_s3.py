"""S3: the shape of an unsigned refusal, and a signed ListBuckets with credentials from a file."""

from __future__ import annotations

import configparser
import hashlib
import hmac
import re
import time
from pathlib import Path

from photoncloud.ctl.adapters.connection import HttpAnswer, http
from photoncloud.ctl.adapters.hello import Hello, Target, date_of

REGION = "us-east-1"
_EMPTY = hashlib.sha256(b"").hexdigest()


def hello(target: Target) -> Hello:
    """An S3 server answers `GET /` with a list or with an `<Error>` that has a code."""
    try:
        answer = http(target.route, target.host, "/")
    except (OSError, ValueError) as error:
        return Hello(f"no HTTP answer: {error}")
    code = _error_code(answer)
    if code is None and b"ListAllMyBucketsResult" not in answer.body:
        return Hello(f"HTTP {answer.status}, which is not how S3 answers")
    return Hello(detail=f"S3 answers {answer.status} {code or 'ListBuckets'}", time_sec=date_of(answer.headers))


def access(target: Target, credentials: Path) -> Hello:
    """ListBuckets, signed; the file is an AWS credentials file. Raises OSError, ValueError for the file."""
    key_id, secret = read_credentials(credentials)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {"x-amz-date": stamp, "x-amz-content-sha256": _EMPTY}
    headers["Authorization"] = _authorization(target.host, stamp, key_id, secret)
    try:
        answer = http(target.route, target.host, "/", headers=headers)
    except (OSError, ValueError) as error:
        return Hello(f"no answer to ListBuckets: {error}")
    if answer.status != 200:
        return Hello(f"ListBuckets {answer.status} {_error_code(answer) or ''}".strip())
    return Hello(detail=f"ListBuckets 200, {answer.body.count(b'<Bucket>')} buckets")


def read_credentials(path: Path) -> tuple[str, str]:
    """First section with a key pair of an AWS credentials file. Raises OSError, ValueError."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text())
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no credentials file") from error
    for name in parser.sections():
        section = parser[name]
        if "aws_access_key_id" in section and "aws_secret_access_key" in section:
            return section["aws_access_key_id"], section["aws_secret_access_key"]
    raise ValueError(f"{path} holds no aws_access_key_id with aws_secret_access_key")


def _authorization(host: str, stamp: str, key_id: str, secret: str) -> str:
    """Signature Version 4 of `GET /` with an empty body."""
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = f"GET\n/\n\nhost:{host}\nx-amz-content-sha256:{_EMPTY}\nx-amz-date:{stamp}\n\n{names}\n{_EMPTY}"
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def _error_code(answer: HttpAnswer) -> str | None:
    match = re.search(rb"<Error>.*?<Code>(\w+)</Code>", answer.body, re.DOTALL)
    return match.group(1).decode() if match else None
