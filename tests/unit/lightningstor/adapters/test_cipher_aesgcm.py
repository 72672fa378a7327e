"""Keys and frames: what opens, what does not, and that every purpose has keys of its own."""

import os

import pytest

from photoncloud.lightningstor.adapters.cipher_aesgcm import AesGcmCipher, derive, seal, unseal
from photoncloud.lightningstor.errors import S3Error, StoreDamaged

MASTER, CUSTOMER = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def cipher():
    return AesGcmCipher(MASTER, os.urandom)


def test_data_keys_open_under_the_master_key(cipher):
    sealed = cipher.new_key(None)
    assert len(sealed.plain) == 32
    assert sealed.plain not in sealed.wrapped
    assert cipher.open_key(sealed.wrapped, sealed.salt, None) == sealed.plain


def test_data_keys_open_under_the_customer_key_only(cipher):
    sealed = cipher.new_key(CUSTOMER)
    assert cipher.open_key(sealed.wrapped, sealed.salt, CUSTOMER) == sealed.plain
    with pytest.raises(S3Error) as refused:
        cipher.open_key(sealed.wrapped, sealed.salt, MASTER)
    assert refused.value.code == "AccessDenied"
    with pytest.raises(StoreDamaged):
        cipher.open_key(sealed.wrapped, sealed.salt, None)


def test_another_master_key_is_damage_not_a_refusal(cipher):
    sealed = cipher.new_key(None)
    with pytest.raises(StoreDamaged, match="another master key"):
        AesGcmCipher(CUSTOMER, os.urandom).open_key(sealed.wrapped, sealed.salt, None)


def test_every_key_is_new(cipher):
    assert len({cipher.new_key(None).plain for _ in range(20)}) == 20


def test_a_master_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="31 bytes"):
        AesGcmCipher(bytes(31), os.urandom)


def test_frame_keys_differ_by_body(cipher):
    keys = {cipher.frame_key(MASTER, bytes([body]) * 16) for body in range(10)}
    assert len({key for key, _ in keys}) == 10
    assert {(len(key), len(prefix)) for key, prefix in keys} == {(32, 4)}


def test_frames_open_only_unchanged(cipher):
    nonce, aad = bytes(12), b"place"
    frame = cipher.seal_frame(MASTER, nonce, aad, b"secret")
    assert cipher.open_frame(MASTER, nonce, aad, memoryview(frame)) == b"secret"
    flipped = bytes([frame[0] ^ 1]) + frame[1:]
    for attempt in [
        (CUSTOMER, nonce, aad, frame),
        (MASTER, b"1" * 12, aad, frame),
        (MASTER, nonce, b"p", frame),
        (MASTER, nonce, aad, flipped),
        (MASTER, nonce, aad, frame[:-1]),
        (MASTER, nonce, aad, b""),
    ]:
        with pytest.raises(StoreDamaged):
            cipher.open_frame(*attempt)


def test_customer_key_check_is_salted_and_hides_the_key(cipher):
    first, second = (cipher.customer_key_check(CUSTOMER, salt) for salt in (b"a" * 16, b"b" * 16))
    assert first != second
    assert first == cipher.customer_key_check(CUSTOMER, b"a" * 16)
    assert first != cipher.customer_key_check(MASTER, b"a" * 16)
    assert CUSTOMER not in first


def test_small_secrets_are_bound_to_their_context():
    sealed = seal(MASTER, b"secret", b"here", os.urandom)
    assert unseal(MASTER, sealed, b"here", "it") == b"secret"
    for key, data, context in [(MASTER, sealed, b"there"), (CUSTOMER, sealed, b"here"), (MASTER, sealed[:5], b"here")]:
        with pytest.raises(StoreDamaged, match="it cannot be unsealed"):
            unseal(key, data, context, "it")


def test_purposes_give_different_keys():
    assert derive(MASTER, b"", b"one") != derive(MASTER, b"", b"two") != derive(MASTER, b"salt", b"two")
