"""Bodies that name themselves, and histories that are judged era by era."""

from __future__ import annotations

import pytest

from photoncloud.testkit.linearizability import Operation
from photoncloud.testkit.s3_load import History, body_of, token_in

TOKEN = "t1x2-5000."


def test_a_body_names_itself() -> None:
    body = body_of(TOKEN)
    assert len(body) == 5000
    assert token_in(body) == TOKEN
    assert body_of("t1x3-5000.")[20:] != body[20:]
    assert token_in(body_of("t1x4-1.")) == "t1x4-1.", "a token is never cut"


@pytest.mark.parametrize("at", [12, 100, 4999])
def test_any_damage_shows(at: int) -> None:
    body = bytearray(body_of(TOKEN))
    body[at] ^= 1
    assert token_in(bytes(body)).startswith("damaged")
    assert token_in(body_of(TOKEN)[:-1]).startswith("damaged")
    assert token_in(b"something else").startswith("no token")


def test_eras() -> None:
    history = History()
    history.add("k", Operation("write", "a", 1, 2))
    history.add("k", Operation("write", "b", 3, float("inf"), certain=False))
    assert history.acknowledged == 1
    assert history.settle(10, {"k": "b"}) == {}, "what was not answered may have happened"
    assert history.settle(20, {"k": "b"}) == {}
    assert set(history.settle(30, {"k": "a"})) == {"k"}, "nothing wrote it in this era"


def test_a_lost_write_is_found() -> None:
    history = History()
    history.add("k", Operation("write", "a", 1, 2))
    assert set(history.settle(10, {"k": None})) == {"k"}
