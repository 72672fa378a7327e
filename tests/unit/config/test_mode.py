"""The table of config.md §4.11, row by row."""

from __future__ import annotations

import itertools

import pytest

from photoncloud.config.mode import ProbeAnswer, decide
from photoncloud.config.origin import DEFAULT, Leaf, Origin

ENV, FLAG = Origin("env", "PHOTON_MODE"), Origin("flag", "--mode")
FILE = Origin("file", path="/f.toml", line=2, column=1)
CHAINFIRE_ENV = Leaf(("http://cf:1",), Origin("env", "CHAINFIRE_ENDPOINT"))
CHAINFIRE_FLAG = Leaf(("http://cf:1",), Origin("flag", "--set photon.integrated.chainfire_endpoints"))
CHAINFIRE_FILE = Leaf(("http://cf:1",), FILE)
NO_CHAINFIRE = Leaf((), DEFAULT)
UNSAID = Leaf(None, DEFAULT)
URL = "http://cp:8080"


def never(url: str) -> ProbeAnswer:
    raise AssertionError(url)


@pytest.mark.parametrize(("origin", "reason"), [(ENV, "env PHOTON_MODE"), (FLAG, "flag --mode"), (FILE, "/f.toml:2")])
@pytest.mark.parametrize("mode", ["standalone", "hybrid", "integrated"])
def test_an_explicit_mode_counts_without_a_probe(mode: str, origin: Origin, reason: str) -> None:
    for control_plane, chainfire in itertools.product(("", URL), (NO_CHAINFIRE, CHAINFIRE_FILE)):
        decision = decide(Leaf(mode, origin), control_plane, chainfire, never)
        assert (decision.mode, decision.reason, decision.promoted_by) == (mode, reason, None)


def test_nothing_said_and_nothing_known() -> None:
    assert decide(UNSAID, "", NO_CHAINFIRE, never).reason == "default"
    assert decide(UNSAID, "", NO_CHAINFIRE, never).mode == "standalone"


@pytest.mark.parametrize("chainfire", [NO_CHAINFIRE, CHAINFIRE_ENV, CHAINFIRE_FILE])
def test_a_control_plane_that_named_itself(chainfire: Leaf) -> None:
    decision = decide(UNSAID, URL, chainfire, lambda _url: ProbeAnswer(named="resource-manager 1.2"))
    assert (decision.mode, decision.reason) == ("integrated", f"probe {URL}/health: resource-manager 1.2")


def test_a_probe_that_failed() -> None:
    decision = decide(UNSAID, URL, NO_CHAINFIRE, lambda _url: ProbeAnswer(cause="status 503"))
    assert (decision.mode, decision.reason) == ("standalone", f"probe {URL}/health failed: status 503")


@pytest.mark.parametrize("chainfire", [CHAINFIRE_ENV, CHAINFIRE_FLAG])
@pytest.mark.parametrize("said", [UNSAID, Leaf("standalone", ENV), Leaf("standalone", FILE)])
def test_standalone_with_an_endpoint_by_hand_is_promoted(said: Leaf, chainfire: Leaf) -> None:
    for control_plane in ("", URL):
        decision = decide(said, control_plane, chainfire, lambda _url: ProbeAnswer(cause="x"))
        assert decision.mode == "hybrid"
        assert decision.reason == f"standalone promoted by {chainfire.origin.describe()}"
        assert decision.promoted_by == chainfire.origin


@pytest.mark.parametrize("said", [UNSAID, Leaf("standalone", ENV), Leaf("standalone", FILE)])
def test_an_endpoint_in_a_file_promotes_nothing(said: Leaf) -> None:
    assert decide(said, "", CHAINFIRE_FILE, never).mode == "standalone"


@pytest.mark.parametrize("mode", ["hybrid", "integrated"])
def test_only_standalone_is_promoted(mode: str) -> None:
    assert decide(Leaf(mode, ENV), "", CHAINFIRE_ENV, never).promoted_by is None
