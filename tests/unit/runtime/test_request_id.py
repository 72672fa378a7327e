"""A request id is taken over when it is well formed, made otherwise, and handed on."""

import re

import pytest

from photoncloud.runtime import request_id


@pytest.mark.parametrize("offered", ["a", "A.b-c_9", "x" * 128])
def test_well_formed_ids_are_taken_over(offered: str) -> None:
    assert request_id.accept(offered) == offered
    assert request_id.accept(offered.encode()) == offered


@pytest.mark.parametrize("offered", [None, "", "x" * 129, "a b", "a\n", "ü", b"\xff", "a/b"])
def test_others_are_replaced(offered: str | bytes | None) -> None:
    made = request_id.accept(offered)
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert request_id.accept(offered) != made


def test_the_current_id_goes_out_with_calls() -> None:
    assert request_id.outgoing() == {}
    with request_id.bound("r1"):
        assert request_id.current() == "r1"
        assert request_id.outgoing() == {"x-request-id": "r1"}
    assert request_id.current() == ""
