from __future__ import annotations

import pytest

from photoncloud.lightningstor.core.object_key import check_object_key
from photoncloud.lightningstor.errors import S3Error


def test_the_limit_counts_bytes() -> None:
    check_object_key(b"k" * 1024)
    check_object_key("あ".encode() * 341)
    for key in (b"k" * 1025, "あ".encode() * 342):
        with pytest.raises(S3Error) as refusal:
            check_object_key(key)
        assert refusal.value.code == "KeyTooLongError"
        assert refusal.value.fields == {"Size": str(len(key)), "MaxSizeAllowed": "1024"}
