"""Layers, their verdicts and the status they end with."""

from __future__ import annotations

import pytest

from photoncloud.ctl.core import layer_verdict
from photoncloud.ctl.core.layer_verdict import LAYERS, LayerResult


@pytest.mark.parametrize(("index", "layer"), list(enumerate(LAYERS)))
def test_each_layer_has_its_own_status(index: int, layer: str) -> None:
    results = [LayerResult(name, "ok", "") for name in LAYERS[:index]] + [LayerResult(layer, "fail", "")]
    assert layer_verdict.exit_status(results) == 10 + index


def test_warnings_and_skips_are_no_failure() -> None:
    assert layer_verdict.exit_status([LayerResult("tls", "skip", ""), LayerResult("clock", "warn", "")]) == 0


@pytest.mark.parametrize(("skew", "status"), [(None, "skip"), (0.5, "ok"), (-1.5, "warn"), (31, "fail"), (-31, "fail")])
def test_clock(skew: float | None, status: str) -> None:
    assert layer_verdict.clock(skew).status == status


@pytest.mark.parametrize(
    ("theirs", "status"),
    [("0.1.0", "ok"), ("0.2.9", "warn"), ("0.3.0", "fail"), ("1.1.0", "fail"), ("", "skip"), ("dev", "skip")],
)
def test_version(theirs: str, status: str) -> None:
    assert layer_verdict.version(theirs, "0.1.0").status == status


def test_latency_uses_the_slowest_of_few_samples() -> None:
    assert layer_verdict.latency([1.0] * 19 + [900.0], 500).status == "fail"
    assert layer_verdict.latency([1.0, 2.0, 3.0], 500).detail == "p50 2.0 ms, p99 3.0 ms"
