"""Label sets: what names a series.

A set is a sorted tuple of (name, value) pairs; an empty value means the label is absent, so it is never stored.
Equality, hash and order are the tuple's own: pairwise name then value, the shorter set first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import xxhash

from photoncloud.nightlight.core.quoting import quote

METRIC_NAME = "__name__"
TYPE_LABEL = "__type__"
UNIT_LABEL = "__unit__"
BUCKET_LABEL = "le"
QUANTILE_LABEL = "quantile"

_LEGACY_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_LEGACY_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)


class Labels(tuple[tuple[str, str], ...]):
    """An immutable label set; build it with `of`."""

    __slots__ = ()

    @classmethod
    def of(cls, labels: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> Labels:
        """Sorted, without empty values; a later pair replaces an earlier one of the same name."""
        return cls(sorted((name, value) for name, value in dict(labels).items() if value))

    def get(self, name: str, default: str = "") -> str:
        for own, value in self:
            if own == name:
                return value
        return default

    @property
    def metric_name(self) -> str:
        return self.get(METRIC_NAME)

    def without(self, names: Collection[str]) -> Labels:
        return Labels(pair for pair in self if pair[0] not in names)

    def only(self, names: Collection[str]) -> Labels:
        return Labels(pair for pair in self if pair[0] in names)

    def with_label(self, name: str, value: str) -> Labels:
        """A copy in which `name` has `value`; an empty value removes the label."""
        return Labels.of([*self, (name, value)])

    def __str__(self) -> str:
        """Prometheus' text of a set: `{a="b", c="d"}`, names outside the legacy alphabet quoted."""
        return "{" + ", ".join(f"{quoted_name(name)}={quote(value)}" for name, value in self) + "}"

    def series_text(self) -> str:
        """The text of a series as a user writes it: `up{job="a"}`."""
        name = self.metric_name
        rest = [f"{quoted_name(own)}={quote(value)}" for own, value in self if own != METRIC_NAME]
        if name and not is_legacy_metric_name(name):
            return "{" + ", ".join([quote(name), *rest]) + "}"
        return name + ("{" + ", ".join(rest) + "}" if rest or not name else "")


EMPTY_LABELS = Labels()


def label_hash(labels: Labels) -> int:
    """XXH64 (seed 0) over `name 0xff value 0xff …`: the hash that `limit_ratio` and group slots agree on."""
    text = b"".join(
        name.encode("utf-8", "surrogateescape") + b"\xff" + value.encode("utf-8", "surrogateescape") + b"\xff"
        for name, value in labels
    )
    return xxhash.xxh64_intdigest(text)


def is_legacy_label_name(name: str) -> bool:
    return _LEGACY_LABEL.fullmatch(name) is not None


def is_legacy_metric_name(name: str) -> bool:
    return _LEGACY_METRIC.fullmatch(name) is not None


def is_valid_name(name: str) -> bool:
    """The UTF-8 scheme: any non-empty text that is valid UTF-8."""
    return bool(name) and not any("\ud800" <= character <= "\udfff" for character in name)


def quoted_name(name: str) -> str:
    """A label name as it stands in a label list."""
    return name if is_legacy_label_name(name) else quote(name)
