"""The credential scope `AKID/YYYYMMDD/REGION/SERVICE/aws4_request` and the rules a request is verified under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from photoncloud.backends.auth.iam import sigv4_errors as refuse

TERMINAL = "aws4_request"
MAX_SKEW_SEC = 900  # AWS: requests are valid for fifteen minutes around their date
PRESIGN_MAX_SEC = 604800  # AWS: a presigned URL lives at most seven days, as long as its signing key
_CREDENTIAL_SEPARATORS = 4
_DATE_LENGTH = 8
_MALFORMED = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'


@dataclass(frozen=True, slots=True)
class SigV4Rules:
    """What a listener accepts. Service `s3` selects the S3 profile, every other one the generic profile.

    `region` is the one named in errors; `accept_regions` are further ones, `*` any. `allow_unsigned_token` accepts a
    security token outside the signature (AWS's published vectors only). `normalize_path` is false only for vectors
    of services that do not normalise.
    """

    service: str = "s3"
    region: str = "us-east-1"
    accept_regions: frozenset[str] = frozenset()
    max_skew_sec: int = MAX_SKEW_SEC
    presign_max_sec: int = PRESIGN_MAX_SEC
    allow_unsigned_token: bool = False
    normalize_path: bool = True

    @property
    def is_s3(self) -> bool:
        return self.service == "s3"

    def accepts_region(self, region: str) -> bool:
        return region == self.region or region in self.accept_regions or "*" in self.accept_regions


class Scope(NamedTuple):
    access_key_id: str
    date: str
    region: str
    service: str

    @property
    def text(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINAL}"


def parse_scope(credential: str, rules: SigV4Rules, *, in_query: bool) -> Scope:
    """Split and check a credential; raises `SigV4Error` in the words of the place it stood in."""
    parts = credential.rsplit("/", _CREDENTIAL_SEPARATORS)
    if len(parts) != _CREDENTIAL_SEPARATORS + 1 or not parts[0]:
        raise refuse.scope_problem(_MALFORMED, in_query=in_query)
    access_key_id, date, region, service, terminal = parts
    if len(date) != _DATE_LENGTH or not (date.isascii() and date.isdigit()):
        words = f'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".'
        raise refuse.scope_problem(words, in_query=in_query)
    if not rules.accepts_region(region):
        words = f"the region '{region}' is wrong; expecting '{rules.region}'"
        raise refuse.scope_problem(words, in_query=in_query, region=rules.region)
    if service != rules.service:
        words = f'incorrect service "{service}". This endpoint belongs to "{rules.service}".'
        raise refuse.scope_problem(words, in_query=in_query)
    if terminal != TERMINAL:
        words = f'incorrect terminal "{terminal}". This endpoint uses "{TERMINAL}".'
        raise refuse.scope_problem(words, in_query=in_query)
    return Scope(access_key_id, date, region, service)
