from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.metadata.prefixes import OPEN_END, component_prefix, contains, prefix_end, upper_bound

keys = st.binary(min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("prefix", "end"), [(b"a", b"b"), (b"a\xff", b"b"), (b"a\xfe", b"a\xff"), (b"\xff\xff", OPEN_END), (b"", OPEN_END)]
)
def test_prefix_end(prefix: bytes, end: bytes) -> None:
    assert prefix_end(prefix) == end


@given(prefix=keys, key=keys)
def test_a_prefix_range_holds_exactly_the_keys_that_begin_so(prefix: bytes, key: bytes) -> None:
    assert contains(prefix, prefix_end(prefix), key) is key.startswith(prefix)


@given(start=keys, end=st.binary(max_size=4), key=keys)
def test_contains_agrees_with_upper_bound(start: bytes, end: bytes, key: bytes) -> None:
    bound = upper_bound(start, end)
    assert contains(start, end, key) is (start <= key and (bound is None or key < bound))


def test_component_prefix() -> None:
    assert component_prefix("dns") == b"/photon/dns/v1/"
