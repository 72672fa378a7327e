"""What is measured in this process: the exposition and one log line."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from prometheus_client import generate_latest
from starlette.requests import Request

from benchmarks.runtime.measure import Result, alternate, at_most, cpu_microseconds
from benchmarks.runtime.program import demo_app
from photoncloud.runtime import logging
from photoncloud.runtime.logging import LogSettings

SERIES = 2000
LINES = 5000
SCRAPES = 5


def metrics() -> Result:
    """The handler of /metrics, thread hop included, beside prometheus_client's exposition of the same registry."""
    app = demo_app("127.0.0.1:0")
    counter = app.metrics.counter("things_total", "Things.", ("kind",))
    for number in range(SERIES // 2):  # each brings a `_created` series
        counter.labels(str(number)).inc()
    handler = next(route.endpoint for route in app.ops_routes() if route.path == "/metrics")
    request = Request({"type": "http", "headers": []})
    with asyncio.Runner() as runner:

        async def scrape() -> Any:
            return await handler(request)

        values = alternate(
            lambda: cpu_microseconds(lambda: runner.run(scrape()), SCRAPES),
            lambda: cpu_microseconds(lambda: generate_latest(app.metrics.collectors), SCRAPES),
        )
    return at_most(f"/metrics, {SERIES} series", "us CPU", values, 1.2)


def log_line() -> Result:
    """One line of a request with eight fields, with and without the redaction processor."""
    logging.configure("demo", "demo-1", LogSettings(file=os.devnull))
    log = logging.get_logger("bench")

    def line() -> None:
        log.info(
            "request",
            listener="s3",
            method="GET",
            path="/bucket/some/key",
            status=200,
            duration_ms=1.25,
            client="10.0.0.9",
            bytes_out=4096,
            user="app",
        )

    processors = logging.PROCESSORS
    place = processors.index(logging.redact_fields)

    def measured(*, with_redaction: bool) -> float:
        processors[place] = logging.redact_fields if with_redaction else _untouched
        try:
            return cpu_microseconds(line, LINES)
        finally:
            processors[place] = logging.redact_fields

    values = alternate(lambda: measured(with_redaction=True), lambda: measured(with_redaction=False))
    return at_most("one log line with redaction", "us CPU", values, 1.3)


def _untouched(_logger: Any, _level: str, event: Any) -> Any:
    return event
