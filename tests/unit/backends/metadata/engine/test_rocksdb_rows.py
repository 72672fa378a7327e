from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.metadata.engine.rocksdb_rows import (
    mod_revision_of,
    pack_number,
    pack_row,
    succeed,
    unpack_number,
    unpack_row,
)
from photoncloud.backends.metadata.port import KeyValue

numbers = st.integers(0, 2**62 - 1) | st.sampled_from([0, 63, 64, 2**14 - 1, 2**14, 2**30 - 1, 2**30, 2**62 - 1])


@pytest.mark.parametrize(
    ("number", "packed"),
    [(37, "25"), (15293, "7bbd"), (494878333, "9d7f3e7d"), (151288809941952652, "c2197c5eff14e88c")],
)
def test_the_examples_of_rfc_9000_appendix_a(number: int, packed: str) -> None:
    assert pack_number(number) == bytes.fromhex(packed)
    assert unpack_number(bytes.fromhex(packed)) == (number, len(packed) // 2)


@given(create=numbers, mod=numbers, version=numbers, payload=st.binary(max_size=20))
def test_rows_come_back(create: int, mod: int, version: int, payload: bytes) -> None:
    row = pack_row(create, mod, version, payload)
    assert unpack_row(b"k", row) == KeyValue(b"k", payload, create, mod, version)
    assert mod_revision_of(row) == mod


@given(create=numbers, mod=numbers, version=st.integers(1, 2**62 - 2) | st.sampled_from([62, 63, 64]), later=numbers)
def test_a_successor_keeps_the_create_revision_and_counts(create: int, mod: int, version: int, later: int) -> None:
    head = succeed(pack_row(create, mod, version, b"old payload"), pack_number(later))
    assert head == pack_row(create, later, version + 1, b"")
