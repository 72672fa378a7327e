from __future__ import annotations

from photoncloud.config.migrations import STEPS
from photoncloud.config.migrations.v1_1 import STEP


def test_it_is_the_first_step() -> None:
    assert STEPS[0] is STEP
    assert STEP.version == "1.1"


def test_second_names_and_spellings() -> None:
    document = {"photon": {"integrated": {"heartbeat_interval_sec": 5}, "logging": {"level": "warn"}}}
    assert len(STEP.apply(document)) == 2
    assert document == {
        "photon": {"integrated": {"registration": {"heartbeat_interval_sec": 5}}, "logging": {"level": "warning"}}
    }
    assert STEP.apply(document) == []
