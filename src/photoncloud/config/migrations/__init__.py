"""The chain of schema versions, one step a file, oldest first. The last step's version is the one we write."""

from __future__ import annotations

from photoncloud.config.migrations.step import Step
from photoncloud.config.migrations.v1_1 import STEP as V1_1

STEPS: tuple[Step, ...] = (V1_1,)
