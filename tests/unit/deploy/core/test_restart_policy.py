"""Back-off bounds and the verdict on an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from photoncloud.deploy.core.restart_policy import BACKOFF_FIRST_NS, BACKOFF_MAX_NS, Exit, backoff_ns, verdict


@given(st.integers(0, 10_000), st.floats(-5, 5))
def test_delays_stay_within_ten_percent_of_their_bounds(attempt: int, jitter: float) -> None:
    delay = backoff_ns(attempt, jitter)
    assert delay + 1 >= BACKOFF_FIRST_NS * 0.9
    assert delay <= BACKOFF_MAX_NS * 1.1


def test_a_program_that_cannot_be_started_is_not_tried_again() -> None:
    end = Exit(spawn_error="no such file")
    found = verdict("always", end, attempt=0, failures_in_window=1, was_ready=True, jitter=0)
    assert (found.again, found.failed) == (False, True)
    assert "no such file" in found.reason


def test_ends_are_told_apart() -> None:
    assert str(Exit(status=1)) == "exit status 1"
    assert str(Exit(signal=9)) == "killed by signal 9"
    assert Exit(status=0).is_clean
    assert not Exit(signal=15).is_clean
