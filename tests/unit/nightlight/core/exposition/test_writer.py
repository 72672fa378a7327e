"""What we write, we read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.exposition.escaping import Escaping
from photoncloud.nightlight.core.exposition.openmetrics import parse_openmetrics
from photoncloud.nightlight.core.exposition.page import Exemplar, ExposedSample, Family, MetricType, Page
from photoncloud.nightlight.core.exposition.strict import check_openmetrics
from photoncloud.nightlight.core.exposition.text import parse_text
from photoncloud.nightlight.core.exposition.writer import openmetrics_page, text_page
from photoncloud.nightlight.core.labels import Labels

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
NAMES = st.one_of(st.sampled_from(["a", "b_total", "c:d", "e.f", "é"]))
SAMPLES = st.builds(
    lambda name, labels, value, time: ExposedSample(Labels.of({"__name__": name, **labels}), value, time),
    NAMES,
    st.dictionaries(st.sampled_from(["x", "y", "z.w"]), TEXT, max_size=3),
    st.floats(allow_nan=False),
    st.one_of(st.none(), st.integers(-(10**12), 10**12)),
)


@given(st.lists(SAMPLES, max_size=5))
def test_text_round_trip(samples: list[ExposedSample]) -> None:
    page = Page(samples, {"a": Family(MetricType.GAUGE, 'help "x"\n\\')})
    read = parse_text(text_page(page, Escaping.NONE))
    assert read.samples == samples
    if any(own.labels.metric_name == "a" for own in samples):
        assert read.families["a"].help == 'help "x"\n\\'


@given(st.lists(SAMPLES, max_size=5))
def test_openmetrics_round_trip(samples: list[ExposedSample]) -> None:
    assert parse_openmetrics(openmetrics_page(samples, Page())).samples == samples


def test_families_and_exemplars_are_strict_openmetrics() -> None:
    page = Page(families={"a_seconds": Family(MetricType.COUNTER, "what", "seconds")})
    exemplar = Exemplar(Labels.of({"trace": "x"}), 0.5, 1500)
    sample = ExposedSample(Labels.of({"__name__": "a_seconds_total"}), 1, 2000, exemplar)
    body = openmetrics_page([sample], page)
    check_openmetrics(body)
    assert body.decode() == (
        "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds what\n"
        'a_seconds_total 1 2 # {trace="x"} 0.5 1.5\n# EOF\n'
    )


def test_old_readers_get_escaped_names() -> None:
    page = Page([ExposedSample(Labels.of({"__name__": "a.b", "c.d": "e"}), 1)])
    assert text_page(page) == b'# TYPE a_b untyped\na_b{c_d="e"} 1\n'
