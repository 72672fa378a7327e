from __future__ import annotations

from photoncloud.lightningstor.bootstrap.metrics import CommitMetrics, StoreFacts, export_store, export_traffic
from photoncloud.lightningstor.core.versioning import Usage
from photoncloud.lightningstor.service.traffic import Traffic
from photoncloud.runtime.metrics import Registry


def test_what_is_counted_is_shown() -> None:
    metrics, traffic = Registry("lightningstor"), Traffic()
    export_traffic(metrics, traffic)
    CommitMetrics(metrics).record(3, 0.002)
    traffic.record("GetObject", "200", 0.003, 1, 4096)
    traffic.record("GetObject", "NoSuchKey", 60.0, 0, 10)
    text = metrics.render()[0].decode()
    for line in (
        'lightningstor_requests_total{code="200",op="GetObject"} 1.0',
        'lightningstor_requests_total{code="NoSuchKey",op="GetObject"} 1.0',
        'lightningstor_bytes_total{direction="out"} 4106.0',
        'lightningstor_bytes_total{direction="in"} 1.0',
        'lightningstor_request_seconds_bucket{le="0.005",op="GetObject"} 1.0',
        'lightningstor_request_seconds_bucket{le="+Inf",op="GetObject"} 2.0',
        'lightningstor_request_seconds_count{op="GetObject"} 2.0',
        'lightningstor_commit_ops_bucket{le="4.0"} 1.0',
        "lightningstor_commit_fsync_seconds_count 1.0",
    ):
        assert line in text


def test_what_the_store_holds_is_shown() -> None:
    metrics = Registry("lightningstor")
    export_store(metrics, StoreFacts(lambda: Usage(3, 500), lambda: 7, lambda: 2, lambda: 1, True))
    text = metrics.render()[0].decode()
    for line in (
        "lightningstor_bucket_objects 3.0",
        "lightningstor_bucket_bytes 500.0",
        "lightningstor_gc_backlog 7.0",
        "lightningstor_outbox_rows 2.0",
        "lightningstor_verify_failures_total 1.0",
        "lightningstor_example_credentials 1.0",
    ):
        assert line in text, line
