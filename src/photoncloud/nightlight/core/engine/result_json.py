"""Answers as the JSON of the HTTP API: `resultType` and `result`, values as text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from photoncloud.nightlight.core.engine.query import Answer, AnswerSeries
from photoncloud.nightlight.core.histogram import FloatHistogram
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.promql.ast import ValueType
from photoncloud.nightlight.core.sample import api_text, seconds_text

RESULT_TYPES = {
    ValueType.SCALAR: "scalar",
    ValueType.VECTOR: "vector",
    ValueType.MATRIX: "matrix",
    ValueType.STRING: "string",
}


def data_json(answer: Answer, time_ms: int) -> Iterator[str]:
    """The `data` object, in pieces of one series each; `time_ms` is the time of an instant query."""
    yield f'{{"resultType":"{RESULT_TYPES[answer.type]}","result":'
    match answer.type:
        case ValueType.STRING:
            yield f"[{seconds_text(time_ms)},{json.dumps(answer.text)}]"
        case ValueType.SCALAR:
            yield f'[{seconds_text(time_ms)},"{api_text(float(answer.series[0].values[0]))}"]'
        case _:
            yield "["
            for place, series in enumerate(answer.series):
                yield ("," if place else "") + _series(series, is_matrix=answer.type is ValueType.MATRIX)
            yield "]"
    yield "}"


def metric_json(labels: Labels) -> str:
    return json.dumps(dict(labels), separators=(",", ":"))


def _series(series: AnswerSeries, *, is_matrix: bool) -> str:
    floats: list[str] = []
    histograms: list[str] = []
    times, values = series.times.tolist(), series.values.tolist()
    for place, time in enumerate(times):
        held = None if series.histograms is None else series.histograms[place]
        if held is None:
            floats.append(f'[{seconds_text(time)},"{api_text(values[place])}"]')
        else:
            histograms.append(f"[{seconds_text(time)},{histogram_json(held)}]")
    parts = [f'"metric":{metric_json(series.labels)}']
    if is_matrix:
        parts += [f'"values":[{",".join(floats)}]'] if floats else []
        parts += [f'"histograms":[{",".join(histograms)}]'] if histograms else []
    else:
        parts += [f'"value":{floats[0]}'] if floats else [f'"histogram":{histograms[0]}']
    return "{" + ",".join(parts) + "}"


def histogram_json(histogram: FloatHistogram) -> str:
    """Count, sum and populated buckets `[boundaries, lower, upper, count]`; boundaries: 0 = open left, 1 = open right,
    3 = closed."""
    parts = [f'"count":"{api_text(histogram.count)}"', f'"sum":"{api_text(histogram.sum)}"']
    buckets = []
    for bucket in histogram.buckets():
        numbers = ",".join(f'"{api_text(own)}"' for own in (bucket.lower, bucket.upper, bucket.count))
        buckets.append(f"[{bucket.boundaries},{numbers}]")
    if buckets:
        parts.append(f'"buckets":[{",".join(buckets)}]')
    return "{" + ",".join(parts) + "}"
