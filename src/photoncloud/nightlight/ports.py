"""What nightlight needs from outside, in its own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from photoncloud.nightlight.core.batch import SampleBatch
from photoncloud.nightlight.core.matcher import Matcher


class SampleSource(Protocol):
    """Where the engine reads samples: head, blocks, a remote store, or memory."""

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[SampleBatch]:
        """Every series that satisfies all matchers, with its samples in `[start_ms, end_ms]`.

        A series stands in one batch only; series without a sample there may be left out. Order is free: the engine
        sorts. Repeating a call within one query gives the same answer. Raises `StorageUnavailable`.
        """
        ...
