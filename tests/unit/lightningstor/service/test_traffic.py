from __future__ import annotations

from photoncloud.lightningstor.service.traffic import LATENCY_BOUNDS_SEC, Traffic


def test_latencies_fall_into_their_buckets() -> None:
    traffic = Traffic()
    for seconds in (0.0, 0.001, 0.0011, 31.0):
        traffic.record("GetObject", "200", seconds, 1, 2)
    latency = traffic.latencies["GetObject"]
    assert latency.counts[0] == 2
    assert latency.counts[1] == 1
    assert latency.counts[len(LATENCY_BOUNDS_SEC)] == 1
    assert sum(latency.counts) == traffic.requests[("GetObject", "200")] == 4
    assert (traffic.bytes_in, traffic.bytes_out) == (4, 8)
