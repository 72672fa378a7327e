"""1.0 → 1.1: keys that had two names keep the one that tells where they belong, levels and modes one spelling.

Nothing changes its meaning: every 1.0 spelling is still accepted by the loader, and a file that holds two different
values is left alone for the loader to refuse.
"""

from __future__ import annotations

from photoncloud.config.migrations.step import Move, Respell, Step

STEP = Step(
    "1.1",
    (
        Move(
            "photon.integrated.heartbeat_interval_sec",
            "photon.integrated.registration.heartbeat_interval_sec",
        ),
        Respell("photon.logging.level", {"warn": "warning", "WARN": "warning", "WARNING": "warning", "INFO": "info"}),
    ),
)
