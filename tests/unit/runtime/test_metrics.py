"""One registry an App: names carry the component, two Apps do not meet, bodies parse."""

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from photoncloud.runtime.metrics import Distribution, ProcessMetrics, Registry

NAMES = {
    "photon_build_info",
    "photon_mode_info",
    "photon_health_status",
    "photon_capability_state",
    "photon_events_dropped",
    "photon_config_hash_info",
    "photon_config_reload",
    "photon_config_last_reload_timestamp_seconds",
    "photon_loop_lag_seconds",
    "photon_request_duration_seconds",
    "photon_lease_remaining_seconds",
}


def families(registry: Registry) -> set[str]:
    body, _ = registry.render()
    return {family.name for family in parse_text(body.decode())}


def test_names_carry_the_component() -> None:
    registry = Registry("resource-manager")
    registry.counter("requests_total", "x", ("op",)).labels("Get").inc(2)
    registry.gauge("size_bytes", "x").set(5)
    registry.histogram("wait_seconds", "x").observe(0.1)
    body, content_type = registry.render()
    assert content_type.startswith("text/plain; version=")
    assert b'resource_manager_requests_total{op="Get"} 2.0' in body
    assert b"resource_manager_size_bytes 5.0" in body
    assert b"resource_manager_wait_seconds_count 1.0" in body


def test_process_and_common_metrics_are_there() -> None:
    registry = Registry("demo")
    ProcessMetrics(registry, "demo", "1.2")
    assert families(registry) >= NAMES
    assert "process_open_fds" in families(registry)


def test_two_registries_do_not_meet() -> None:
    first, second = Registry("demo"), Registry("demo")
    first.counter("a_total", "x").inc()
    second.counter("a_total", "x")
    assert b"demo_a_total 1.0" in first.render()[0]
    assert b"demo_a_total 0.0" in second.render()[0]


def test_openmetrics_on_request() -> None:
    registry = Registry("demo")
    ProcessMetrics(registry, "demo", "1.2")
    body, content_type = registry.render("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    assert list(parse_openmetrics(body.decode()))


def test_computed_values_are_read_when_scraped() -> None:
    registry = Registry("demo")
    values = {("a",): 1.0}
    registry.computed("tasks", "x", ("name",), lambda: values, prefix="photon")
    registry.computed("lost_seconds", "x", ("name",), lambda: values, counter=True)
    values[("b",)] = 2.0
    body = registry.render()[0]
    assert b'photon_tasks{name="b"} 2.0' in body
    assert b'demo_lost_seconds_total{name="a"} 1.0' in body


def test_a_histogram_somebody_else_counts() -> None:
    registry = Registry("demo")
    seen = {("Get",): Distribution((0.5, 1), [2, 0, 1], 3.5)}
    registry.computed_histogram("wait_seconds", "x", ("op",), lambda: seen)
    body = registry.render()[0]
    assert b'demo_wait_seconds_bucket{le="0.5",op="Get"} 2.0' in body
    assert b'demo_wait_seconds_bucket{le="1.0",op="Get"} 2.0' in body
    assert b'demo_wait_seconds_bucket{le="+Inf",op="Get"} 3.0' in body
    assert b'demo_wait_seconds_count{op="Get"} 3.0' in body
    assert b'demo_wait_seconds_sum{op="Get"} 3.5' in body


def test_exactly_one_status_is_one() -> None:
    registry = Registry("demo")
    metrics = ProcessMetrics(registry, "demo", "1")
    for status in ("healthy", "degraded", "unhealthy"):
        metrics.show_status(status)
        samples = {
            sample.labels["status"]: sample.value
            for family in parse_text(registry.render()[0].decode())
            if family.name == "photon_health_status"
            for sample in family.samples
        }
        assert {name for name, value in samples.items() if value == 1} == {status}
