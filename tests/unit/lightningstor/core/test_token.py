"""Continuation tokens belong to one listing of one store and cannot be made up."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import token
from photoncloud.lightningstor.errors import S3Error

KEY = b"k" * 32
ABOUT = (b"objects", b"bucketid", b"prefix", b"/")


@given(st.binary(min_size=1, max_size=1024), st.sampled_from([token.AFTER_KEY, token.AFTER_PREFIX]))
def test_round_trip(position, kind):
    sealed = token.seal(KEY, ABOUT, kind, position)
    assert token.open_token(KEY, ABOUT, sealed) == (kind, position)
    assert set(sealed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def _refused(text, key=KEY, about=ABOUT):
    with pytest.raises(S3Error) as caught:
        token.open_token(key, about, text)
    assert (caught.value.code, caught.value.message) == (
        "InvalidArgument",
        "The continuation token provided is incorrect",
    )


def test_of_another_listing_or_store():
    sealed = token.seal(KEY, ABOUT, token.AFTER_KEY, b"position")
    _refused(sealed, key=b"x" * 32)
    for at in range(len(ABOUT)):
        _refused(sealed, about=(*ABOUT[:at], ABOUT[at] + b"x", *ABOUT[at + 1 :]))
    # the borders between the parts count, too
    _refused(sealed, about=(b"objects", b"bucketidp", b"refix", b"/"))


def test_every_changed_bit_is_noticed():
    raw = base64.urlsafe_b64decode(token.seal(KEY, ABOUT, token.AFTER_KEY, b"pos") + "==")
    for at in range(len(raw)):
        broken = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        _refused(base64.urlsafe_b64encode(broken).decode().rstrip("="))


@pytest.mark.parametrize("text", ["", "a", "!", "AAAA", "a" * 3000, "é", "====", " "])
def test_garbage(text):
    _refused(text)
