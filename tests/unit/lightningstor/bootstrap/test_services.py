from __future__ import annotations

from typing import Any

import pytest

from photoncloud.lightningstor.bootstrap.services import bucket_rules, merge_handlers, sigv4_rules
from photoncloud.lightningstor.core.operations import SERVED


class Part:
    def __init__(self, *operations: str) -> None:
        self._operations = operations

    def handlers(self) -> Any:
        return dict.fromkeys(self._operations, None)


def test_no_operation_is_missing(s3_world: Any) -> None:
    """Handlers of every operation of lightningstor.md §4.2; what is 501 or 405 never reaches one."""
    assert set(s3_world.services.handlers) == SERVED


def test_no_operation_is_claimed_twice_or_made_up() -> None:
    assert set(merge_handlers([Part("GetObject"), Part("PutObject")])) == {"GetObject", "PutObject"}
    for parts in ([Part("GetObject"), Part("GetObject")], [Part("FrobObject")], [Part("SelectObjectContent")]):
        with pytest.raises(ValueError):
            merge_handlers(parts)


def test_settings_become_rules(s3_world_settings: Any) -> None:
    settings = s3_world_settings.model_copy(
        update={"server": s3_world_settings.server.model_copy(update={"region": "eu-1", "accept_regions": ("*",)})}
    )
    rules = sigv4_rules(settings)
    assert (rules.region, rules.accept_regions, rules.max_skew_sec) == ("eu-1", frozenset("*"), 900)
    assert bucket_rules(settings).default_ownership == ""
    assert bucket_rules(settings).offers_lock


async def test_documents_that_must_come_with_a_digest(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket", fields={"x-amz-bucket-object-lock-enabled": "true"})
    body = b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
    reply = await s3_world.send("PUT", "/bucket?object-lock", body)
    assert reply.text("Message") == "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
