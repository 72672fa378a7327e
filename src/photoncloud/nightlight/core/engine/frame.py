"""An instant vector at every step: series x steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from photoncloud.nightlight.core.batch import Array, Histograms, holds_histogram
from photoncloud.nightlight.core.labels import METRIC_NAME, TYPE_LABEL, UNIT_LABEL, Labels
from photoncloud.nightlight.core.sample import Mask, Values
from photoncloud.nightlight.errors import QueryError

SAME_LABELS = "vector cannot contain metrics with the same labelset"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """labels[S]; values f64[S, T]; present bool[S, T]; drops_name bool[S]: the name goes at the very end of the query.

    histograms object[S, T] or None; where a cell holds a histogram, `values` says nothing. Arrays are never changed.
    """

    labels: Sequence[Labels]
    values: Values
    present: Mask
    drops_name: Mask
    histograms: Histograms | None = None

    @classmethod
    def empty(cls, steps: int) -> Frame:
        return cls((), np.empty((0, steps)), np.empty((0, steps), bool), np.empty(0, bool))

    @classmethod
    def of_floats(
        cls, labels: Sequence[Labels], values: Values, present: Mask, drops_name: Mask | None = None
    ) -> Frame:
        drops = np.zeros(len(labels), bool) if drops_name is None else drops_name
        return cls(labels, values, present, drops)

    @property
    def steps(self) -> int:
        steps: int = self.values.shape[1]
        return steps

    @property
    def cells(self) -> int:
        """How many samples it holds."""
        return int(np.count_nonzero(self.present))

    @property
    def is_histogram(self) -> Mask:
        """Which cells hold a native histogram; same shape as `values`."""
        if self.histograms is None:
            return np.zeros(self.values.shape, bool)
        return self.present & holds_histogram(self.histograms)

    @property
    def floats(self) -> Mask:
        """Which cells hold a float."""
        return self.present if self.histograms is None else self.present & ~self.is_histogram

    def rows(self, index: Array | Sequence[int]) -> Frame:
        """The series of `index`, in that order."""
        order = np.asarray(index, dtype=np.intp)
        return Frame(
            [self.labels[row] for row in order],
            self.values[order],
            self.present[order],
            self.drops_name[order],
            None if self.histograms is None else self.histograms[order],
        )

    def without_empty_rows(self) -> Frame:
        used = self.present.any(axis=1)
        return self if used.all() else self.rows(np.flatnonzero(used))

    def only_floats(self) -> Frame:
        """Histograms left out."""
        return self if self.histograms is None else replace(self, present=self.floats, histograms=None)

    def where(self, mask: Mask) -> Frame:
        """Only the samples under `mask`."""
        return replace(self, present=self.present & mask)

    def with_values(self, values: Values) -> Frame:
        """Other floats for the same series; the name goes."""
        return replace(self, values=values, drops_name=np.ones(len(self.labels), bool))

    def relabelled(self, labels: Sequence[Labels]) -> Frame:
        return replace(self, labels=labels)

    def at_every(self, steps: int) -> Frame:
        """A frame of one step repeated."""
        repeated = None if self.histograms is None else np.repeat(self.histograms, steps, axis=1)
        return Frame(
            self.labels,
            np.repeat(self.values, steps, axis=1),
            np.repeat(self.present, steps, axis=1),
            self.drops_name,
            repeated,
        )


def stacked(frames: Sequence[Frame]) -> Frame:
    """All series of several frames, one after the other."""
    if len(frames) == 1:
        return frames[0]
    histograms: Histograms | None = None
    if any(frame.histograms is not None for frame in frames):
        histograms = np.concatenate(
            [np.full(f.values.shape, None, object) if f.histograms is None else f.histograms for f in frames]
        )
    return Frame(
        [labels for frame in frames for labels in frame.labels],
        np.concatenate([frame.values for frame in frames]),
        np.concatenate([frame.present for frame in frames]),
        np.concatenate([frame.drops_name for frame in frames]),
        histograms,
    )


def merged(frame: Frame, message: str = SAME_LABELS) -> Frame:
    """Series of equal labels become one; two samples of them at one step are an error with `message`."""
    places: dict[Labels, int] = {}
    targets = [places.setdefault(labels, len(places)) for labels in frame.labels]
    if len(places) == len(frame.labels):
        return frame
    shape = (len(places), frame.steps)
    values, present = np.zeros(shape), np.zeros(shape, bool)
    drops = np.zeros(shape[0], bool)
    histograms = None if frame.histograms is None else np.full(shape, None, object)
    for row, target in enumerate(targets):
        own = frame.present[row]
        if (present[target] & own).any():
            raise QueryError(message)
        values[target][own] = frame.values[row][own]
        present[target] |= own
        drops[target] |= frame.drops_name[row]
        if histograms is not None and frame.histograms is not None:
            histograms[target][own] = frame.histograms[row][own]
    return Frame(list(places), values, present, drops, histograms)


def with_names_dropped(frame: Frame, *, with_metadata: bool) -> Frame:
    """The end of delayed name removal: flagged series lose their name, then equal series merge."""
    if not frame.drops_name.any():
        return merged(frame)
    gone = {METRIC_NAME, TYPE_LABEL, UNIT_LABEL} if with_metadata else {METRIC_NAME}
    labels = [own.without(gone) if drops else own for own, drops in zip(frame.labels, frame.drops_name, strict=True)]
    return merged(replace(frame, labels=labels, drops_name=np.zeros(len(labels), bool)))
