from __future__ import annotations

from config_samples import MemoryFiles, Stor

from photoncloud.config import load
from photoncloud.config.mode import Decision
from photoncloud.config.origin import DEFAULT, Leaf, Origin
from photoncloud.config.promotion import MODE, with_mode

ENV = Origin("env", "CHAINFIRE_ENDPOINT")


def test_a_detected_mode_is_written_into_the_leaves() -> None:
    assert with_mode({MODE: Leaf(None, DEFAULT)}, Decision("standalone", "default"))[MODE] == Leaf(
        "standalone", DEFAULT
    )
    said = Leaf("hybrid", Origin("env", "PHOTON_MODE"))
    assert with_mode({MODE: said}, Decision("hybrid", "env PHOTON_MODE")) == {MODE: said}


def test_promotion_leaves_nothing_of_a_hybrid_half() -> None:
    file = (
        "photon.mode = 'standalone'\n[photon.hybrid]\nauth_backend = 'integrated'\nauth_endpoint = 'http://a:1'\n"
        "chainfire_endpoints = ['http://other:1']\n"
    )
    files = MemoryFiles({"/etc/photon/photon.toml": file})
    resolved = load("lightningstor", Stor, [], {"CHAINFIRE_ENDPOINT": "http://cf:1"}, files=files)
    assert resolved.backends == {"metadata": "chainfire", "auth": "local", "events": "none", "registry": "chainfire"}
    assert resolved.integrated.chainfire == ("http://cf:1",)
    assert (resolved.mode, resolved.stage) == ("hybrid", "S1")
    assert resolved.origin("photon.hybrid.auth_backend") == ENV
    assert resolved.effective[MODE].overridden[0][0] == "standalone"
    assert "mode_promoted" in {note.event for note in resolved.notes}
