"""What salvage calls the place of a row; the tool itself is tested on real stores."""

from __future__ import annotations

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.offline.salvage import Losses, place_text

BUCKET = b"\1\2\3\4\5\6\7\x08"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (key_space.current(key_space.place(BUCKET, b"a/b")), "c bucket id 0102030405060708 key 'a/b'"),
        (key_space.version(key_space.place(BUCKET, b"x\0y"), 7), "v bucket id 0102030405060708 key 'x\\x00y'"),
        (key_space.bucket("photos"), "b bucket 'photos'"),
        (b"c", "c"),
        (b"c" + BUCKET + b"no end mark", "c " + (BUCKET + b"no end mark").hex()),
        (b"r" + b"\xff" * 4, "r ffffffff"),
        (b"", "the end"),
    ],
)
def test_places_are_named_for_a_person(key: bytes, text: str) -> None:
    assert place_text(key) == text


def test_nothing_is_lost_only_when_nothing_was_said() -> None:
    assert Losses(rows=5).is_empty
    assert not Losses(complaint="a log is damaged").is_empty
    assert not Losses(gaps=[("a", "b", "checksum")]).is_empty
