"""Writes metrics pages: federation, exports and our own tests."""

from __future__ import annotations

from collections.abc import Iterable

from photoncloud.nightlight.core.exposition.escaping import Escaping, escape_name
from photoncloud.nightlight.core.exposition.openmetrics import EOF
from photoncloud.nightlight.core.exposition.page import Exemplar, ExposedSample, Page
from photoncloud.nightlight.core.labels import METRIC_NAME, Labels, is_legacy_label_name, is_legacy_metric_name
from photoncloud.nightlight.core.sample import seconds_text, shortest_text

_TEXT_TYPES = {"unknown": "untyped", "gaugehistogram": "histogram", "info": "gauge", "stateset": "gauge"}


def text_page(page: Page, escaping: Escaping = Escaping.UNDERSCORES) -> bytes:
    """The Prometheus text format: metadata of a family before its first sample, timestamps in milliseconds."""
    lines: list[str] = []
    told: set[str] = set()
    for sample in page.samples:
        name = _family_of(sample, page)
        if name not in told:
            told.add(name)
            lines += _metadata(name, page, escaping)
        time = "" if sample.time_ms is None else f" {sample.time_ms}"
        lines.append(f"{series(sample.labels, escaping)} {shortest_text(sample.value)}{time}")
    return "".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape")


def openmetrics_page(samples: Iterable[ExposedSample], page: Page) -> bytes:
    """OpenMetrics text: timestamps in seconds, exemplars, the end mark. `page` holds the metadata."""
    lines: list[str] = []
    told: set[str] = set()
    for sample in samples:
        name = _family_of(sample, page)
        if name in page.families and name not in told:
            told.add(name)
            family = page.families[name]
            lines.append(f"# TYPE {_name(name)} {family.type}")
            lines += [f"# UNIT {_name(name)} {family.unit}"] if family.unit else []
            lines += [f"# HELP {_name(name)} {_escaped(family.help, in_quotes=True)}"] if family.help else []
        time = "" if sample.time_ms is None else f" {seconds_text(sample.time_ms)}"
        exemplar = "" if sample.exemplar is None else _exemplar(sample.exemplar)
        lines.append(f"{series(sample.labels, Escaping.NONE)} {shortest_text(sample.value)}{time}{exemplar}")
    return "".join(line + "\n" for line in [*lines, EOF]).encode("utf-8", "surrogateescape")


def series(labels: Labels, escaping: Escaping) -> str:
    """Name and labels of a sample line."""
    name = escape_name(labels.metric_name, escaping)
    rest = [(escape_name(own, escaping), value) for own, value in labels if own != METRIC_NAME]
    pairs = [f'{_label(own)}="{_escaped(value, in_quotes=True)}"' for own, value in rest]
    if is_legacy_metric_name(name):
        return name + ("{" + ",".join(pairs) + "}" if pairs else "")
    return "{" + ",".join([_name(name), *pairs]) + "}"


def _family_of(sample: ExposedSample, page: Page) -> str:
    """The longest known family whose sample it can be, else the name itself."""
    name = sample.labels.metric_name
    if name in page.families:
        return name
    for suffix in ("_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info"):
        if name.endswith(suffix) and name.removesuffix(suffix) in page.families:
            return name.removesuffix(suffix)
    return name


def _metadata(name: str, page: Page, escaping: Escaping) -> list[str]:
    shown = _name(escape_name(name, escaping))
    family = page.families.get(name)
    if family is None:
        return [f"# TYPE {shown} untyped"]
    lines = [f"# HELP {shown} {_escaped(family.help, in_quotes=False)}"] if family.help else []
    return [*lines, f"# TYPE {shown} {_TEXT_TYPES.get(family.type, family.type)}"]


def _exemplar(exemplar: Exemplar) -> str:
    pairs = ",".join(f'{_label(name)}="{_escaped(value, in_quotes=True)}"' for name, value in exemplar.labels)
    time = "" if exemplar.time_ms is None else f" {seconds_text(exemplar.time_ms)}"
    return f" # {{{pairs}}} {shortest_text(exemplar.value)}{time}"


def _name(name: str) -> str:
    return name if is_legacy_metric_name(name) else f'"{_escaped(name, in_quotes=True)}"'


def _label(name: str) -> str:
    return name if is_legacy_label_name(name) else f'"{_escaped(name, in_quotes=True)}"'


def _escaped(text: str, *, in_quotes: bool) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if in_quotes else escaped
