"""Response rate limiting: rates, blocks, classes, slip, and a bounded table."""

from __future__ import annotations

from ipaddress import ip_address

from photoncloud.flashdns.core.rate_limit import Action, RateLimiter, RateLimits

SECOND = 1_000_000_000
NAME, OTHER = b"\x01a\x00", b"\x01b\x00"


def packed(text: str) -> bytes:
    return ip_address(text).packed


def burst(limiter: RateLimiter, count: int, now_ns: int, address: str = "192.0.2.1", kind="positive", name: bytes = NAME) -> list[Action]:  # fmt: skip  # noqa: E501
    return [limiter.decide(packed(address), kind, name, now_ns) for _ in range(count)]


def test_a_second_of_replies_then_every_second_slips() -> None:
    limiter = RateLimiter(RateLimits(responses_per_sec=10, slip=2))
    actions = burst(limiter, 20, 0)
    assert actions[:10] == [Action.SEND] * 10
    assert actions[10:] == [Action.DROP, Action.SLIP] * 5


def test_slip_zero_always_drops_and_one_always_slips() -> None:
    for slip, action in ((0, Action.DROP), (1, Action.SLIP)):
        limiter = RateLimiter(RateLimits(responses_per_sec=1, slip=slip))
        assert burst(limiter, 5, 0)[1:] == [action] * 4


def test_a_flood_is_held_for_its_window_and_then_forgiven() -> None:
    limiter = RateLimiter(RateLimits(responses_per_sec=10, window_sec=5))
    burst(limiter, 1000, 0)
    assert Action.SEND not in burst(limiter, 1, 4 * SECOND)
    assert burst(limiter, 1, 60 * SECOND) == [Action.SEND]


def test_slow_askers_are_never_limited() -> None:
    limiter = RateLimiter(RateLimits(responses_per_sec=10))
    for number in range(500):
        assert burst(limiter, 1, number * SECOND // 10) == [Action.SEND]


def test_blocks_are_limited_together_and_apart_from_others() -> None:
    limiter = RateLimiter(RateLimits(responses_per_sec=10))
    assert burst(limiter, 10, 0, "192.0.2.1") == [Action.SEND] * 10
    assert Action.SEND not in burst(limiter, 1, 0, "192.0.2.200")
    assert burst(limiter, 1, 0, "192.0.3.1") == [Action.SEND]
    burst(limiter, 10, 0, "2001:db8::1")
    assert Action.SEND not in burst(limiter, 1, 0, "2001:db8:0:ff::9")
    assert burst(limiter, 1, 0, "2001:db8:0:100::1") == [Action.SEND]


def test_classes_and_names_are_counted_apart_absence_together() -> None:
    limiter = RateLimiter(RateLimits(responses_per_sec=10, nxdomains_per_sec=10, errors_per_sec=5))
    burst(limiter, 10, 0)
    assert burst(limiter, 1, 0, name=OTHER) == [Action.SEND]
    assert burst(limiter, 10, 0, kind="nxdomain") == [Action.SEND] * 10
    assert Action.SEND not in burst(limiter, 1, 0, kind="nodata")
    assert burst(limiter, 5, 0, kind="error") == [Action.SEND] * 5
    assert Action.SEND not in burst(limiter, 1, 0, kind="error", name=OTHER), "errors count under no name"


def test_rate_zero_is_no_limit() -> None:
    limiter = RateLimiter(RateLimits(referrals_per_sec=0))
    assert set(burst(limiter, 1000, 0, kind="referral")) == {Action.SEND}


def test_exempt_networks() -> None:
    limiter = RateLimiter(RateLimits(exempt=("127.0.0.0/8", "::1/128")))
    assert limiter.is_exempt(packed("127.9.9.9"))
    assert limiter.is_exempt(packed("::1"))
    assert not limiter.is_exempt(packed("192.0.2.1"))
    assert not limiter.is_exempt(packed("2001:db8::1"))


def test_the_table_is_bounded_and_forgets_the_oldest() -> None:
    limiter = RateLimiter(RateLimits(responses_per_sec=1, table_entries=10))
    burst(limiter, 5, 0, "192.0.2.1")
    for number in range(10):
        burst(limiter, 1, 0, f"10.0.{number}.1")
    assert len(limiter._buckets) == 10
    assert burst(limiter, 1, 0, "192.0.2.1") == [Action.SEND], "forgotten, so it starts afresh"
