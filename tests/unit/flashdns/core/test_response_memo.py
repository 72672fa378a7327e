"""Two generations: what is used stays, what is not goes, and it never grows beyond them."""

from __future__ import annotations

from photoncloud.flashdns.core.response_memo import ResponseMemo


def test_what_is_used_survives() -> None:
    memo: ResponseMemo[int, str] = ResponseMemo(10)
    memo.put(0, "kept")
    for number in range(1, 200):
        memo.put(number, "x")
        assert memo.get(0) == "kept"
    assert memo.get(150) is None


def test_size_is_bounded() -> None:
    memo: ResponseMemo[int, int] = ResponseMemo(10)
    for number in range(1000):
        memo.put(number, number)
        assert len(memo.hot) + len(memo.old) <= 20
    assert memo.get(999) == 999
    assert memo.get(0) is None


def test_a_hit_in_the_old_generation_moves() -> None:
    memo: ResponseMemo[int, str] = ResponseMemo(2)
    for number in range(3):
        memo.put(number, "v")
    assert 0 in memo.old
    assert memo.get(0) == "v"
    assert 0 in memo.hot
    memo.clear()
    assert memo.get(0) is None
