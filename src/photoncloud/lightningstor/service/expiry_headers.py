"""What lifecycle will do to an object or upload, told in reply headers."""

from __future__ import annotations

from photoncloud.lightningstor.core import lifecycle, xml_out
from photoncloud.lightningstor.core.object_headers import ReplyHeaders
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.service.bucket_directory import Bucket


class LifecycleHeaders:
    """The `Expiry` of a server with lifecycle; `day_sec` is `lifecycle.debug_day_sec`."""

    def __init__(self, day_sec: int = lifecycle.DAY_SEC) -> None:
        self._day_sec = day_sec

    def header(self, bucket: Bucket, key: bytes, record: ObjectRecord) -> str | None:
        rules = bucket.parsed("lifecycle", _parse)
        if not rules:
            return None
        name = key.decode("utf-8")
        expiry = lifecycle.current_expiry(rules, name, record.size, record.tags, record.mtime_ms, self._day_sec)
        return None if expiry is None else lifecycle.expiration_header(expiry)

    def abort_headers(self, bucket: Bucket, key: bytes, initiated_ms: int) -> ReplyHeaders:
        rules = bucket.parsed("lifecycle", _parse)
        if not rules:
            return []
        expiry = lifecycle.upload_expiry(rules, key.decode("utf-8"), initiated_ms, self._day_sec)
        if expiry is None:
            return []
        return [
            (b"x-amz-abort-date", xml_out.http_date(expiry.at_ms).encode("ascii")),
            (b"x-amz-abort-rule-id", expiry.rule_id.encode("utf-8")),
        ]


def _parse(document: bytes) -> tuple[lifecycle.Rule, ...]:
    return lifecycle.parse(document, lambda number: f"rule-{number}")
