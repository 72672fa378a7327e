"""What a case of the self test talks through: a client, a bucket of its own, and words for what must hold."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from photoncloud.api.s3_client import S3Answer, S3Client, Signer

NAME_PREFIX = "photon-selftest-"
_SHOWN_BODY_BYTES = 200


class CaseFailed(Exception):
    """The endpoint did something else than S3 does."""


class CaseSkipped(Exception):
    """The endpoint says that it does not offer this."""


class Probe:
    """One endpoint and a bucket for the run. Buckets made by `extra_bucket` go at the end as well."""

    def __init__(self, client: S3Client) -> None:
        self.client = client
        self.bucket = new_name()
        self._buckets = [self.bucket]

    def extra_bucket(self, headers: Mapping[str, str] | None = None) -> str:
        """A bucket for one case."""
        name = new_name()
        self.want(200, self.client.request("PUT", name, headers=headers))
        self._buckets.append(name)
        return name

    def put(self, key: str, body: bytes = b"", headers: Mapping[str, str] | None = None, bucket: str = "") -> S3Answer:
        """An object that must be taken."""
        return self.want(200, self.client.request("PUT", bucket or self.bucket, key, headers=headers, body=body))

    def get(
        self, key: str, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
    ) -> S3Answer:
        return self.client.request("GET", self.bucket, key, headers=headers, query=query)

    def do(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        bucket: str = "",
    ) -> S3Answer:
        """Any signed request on the bucket of the run."""
        return self.client.request(method, bucket or self.bucket, key, query=query, headers=headers, body=body)

    def as_other(self, **changes: str) -> Signer:
        """The signer with another access key, secret or region."""
        own = self.client.signer
        return Signer(
            changes.get("access_key", own.access_key),
            changes.get("secret_key", own.secret_key),
            changes.get("region", own.region),
        )

    # What must hold.

    def want(self, status: int, answer: S3Answer, code: str = "") -> S3Answer:
        """The status, and the error code when one is named; an answer of 501 skips the case."""
        if answer.status == 501 and status != 501:
            raise CaseSkipped(answer.text("Message") or "501")
        if answer.status != status or (code and answer.code and answer.code != code):
            wanted = f"{status} {code}".strip()
            shown = answer.code or answer.body[:_SHOWN_BODY_BYTES].decode("utf-8", "replace")
            raise CaseFailed(f"wanted {wanted}, got {answer.status} {shown}".rstrip())
        if code and answer.body and answer.code != code:
            raise CaseFailed(f"wanted error code {code}, got a body without one")
        return answer

    def equal(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            raise CaseFailed(f"{what}: wanted {_short(wanted)}, got {_short(found)}")

    def true(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise CaseFailed(otherwise)

    # The end.

    def clean_up(self) -> None:
        """Remove every version, upload and bucket of this run; what refuses to go is left."""
        for bucket in self._buckets:
            for key, upload in self._uploads(bucket):
                self.client.request("DELETE", bucket, key, query={"uploadId": upload})
            for key, version in self._versions(bucket):
                self.client.request("DELETE", bucket, key, query={"versionId": version} if version else {})
            self.client.request("DELETE", bucket)

    def _versions(self, bucket: str) -> Iterator[tuple[str, str]]:
        answer = self.client.request("GET", bucket, query={"versions": ""})
        if answer.status == 200:
            keys = [key for key in answer.texts("Key") if key]
            yield from zip(keys, answer.texts("VersionId"), strict=False)
        answer = self.client.request("GET", bucket, query={"list-type": "2"})
        yield from ((key, "") for key in answer.texts("Key") if answer.status == 200)

    def _uploads(self, bucket: str) -> Iterator[tuple[str, str]]:
        answer = self.client.request("GET", bucket, query={"uploads": ""})
        if answer.status == 200:
            yield from zip(answer.texts("Key"), answer.texts("UploadId"), strict=False)


Case = Callable[[Probe], None]


@contextmanager
def probing(client: S3Client) -> Iterator[Probe]:
    """A probe whose bucket exists; everything it made is removed afterwards. Raises CaseFailed without a bucket."""
    probe = Probe(client)
    answer = client.request("PUT", probe.bucket)
    if answer.status != 200:
        raise CaseFailed(f"cannot create bucket {probe.bucket}: {answer.status} {answer.code} {answer.text('Message')}")
    try:
        yield probe
    finally:
        probe.clean_up()


def new_name() -> str:
    return NAME_PREFIX + secrets.token_hex(6)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_BODY_BYTES else text[:_SHOWN_BODY_BYTES] + "…"
