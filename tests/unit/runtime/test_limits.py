"""A limit knows its name, unit and reason, and says them when it is exceeded."""

import pytest

from photoncloud.runtime import limits
from photoncloud.runtime.limits import Limit, LimitExceeded

BODY = Limit("body_bytes", 10, "bytes", "a test")


def test_at_the_limit_is_allowed() -> None:
    BODY.require(10)
    assert not BODY.exceeded(10)


def test_beyond_the_limit_names_limit_and_amount() -> None:
    with pytest.raises(LimitExceeded) as caught:
        BODY.require(11, "read body", "/reload")
    assert caught.value.code == "limit-exceeded"
    assert str(caught.value) == "limit-exceeded: read body /reload: 11 bytes is more than body_bytes = 10 bytes"
    assert caught.value.limit is BODY


def test_every_limit_of_the_runtime_has_a_reason() -> None:
    named = [value for value in vars(limits).values() if isinstance(value, Limit)]
    assert named
    assert all(limit.reason and limit.value > 0 and limit.unit for limit in named)
