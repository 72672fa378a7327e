"""The settings and what the configuration refuses; §3 of the component's page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from photoncloud.config import ConfigurationError, load
from photoncloud.config.command_line import serve_arguments
from photoncloud.lightningstor.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[4] / "shared" / "design" / "examples" / "lightningstor-standalone.toml"
KEYS = '[standalone.auth]\naccess_key = "AKIAKEYKEYKEYKEYKEYK"\nsecret_key = "{}"\n'.format("s" * 40)


def loaded(tmp_path: Path, text: str, *argv: str) -> Any:
    file = tmp_path / "lightningstor.toml"
    file.write_text(text)
    return load("lightningstor", Settings, ["--config", str(file), *argv], {})


def problems(tmp_path: Path, text: str, *argv: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, text, *argv)
    return "\n".join(str(problem) for problem in refused.value.problems)


def test_defaults_are_those_of_the_page(tmp_path: Path) -> None:
    settings = loaded(tmp_path, KEYS, "--set", "photon.mode=standalone").settings
    assert settings.server.s3_addr == "0.0.0.0:9001"
    assert settings.server.domains == ("localhost",)
    assert settings.storage.durability == "group"
    assert settings.storage.inline_max_bytes == 65536
    assert settings.storage.min_free_bytes == 1 << 30
    assert settings.metadata.cache_size_mb == 256
    assert settings.features.versioning is False
    assert settings.features.object_lock is True
    assert settings.buckets.max_per_account == 1000
    assert settings.events.max_outbox_rows == 1_000_000


def test_a_component_alone_uses_nobody(tmp_path: Path) -> None:
    backends = loaded(tmp_path, KEYS, "--set", "photon.mode=standalone").backends
    assert backends == {"metadata": "rocksdb", "auth": "local", "events": "none", "registry": "none"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no access key is configured"),
        ('[standalone.auth]\naccess_key = "AKIAKEYKEYKEYKEYKEYK"\n', "go together"),
        (KEYS + "[standalone.features]\nreplication = true\n", "replication is not available"),
        (KEYS + "[standalone.features]\nversionning = true\n", "versioning"),
        (KEYS + '[standalone.server]\ns3_tls_addr = "127.0.0.1:0"\n', "needs server.tls_cert_file"),
        (KEYS + '[standalone.server]\ntls_cert_file = "a"\n', "go together"),
        (KEYS + '[standalone.server]\ntrusted_proxies = ["10.0.0.1/8"]\n', "is not a network"),
        (KEYS + '[standalone.server]\ns3_addr = "nowhere"\n', "host:port"),
        (KEYS + '[standalone.storage]\ndurability = "sometimes"\n', "durability"),
        (KEYS + "[standalone.storage]\ninline_max_bytes = 262145\n", "inline_max_bytes"),
        (KEYS + '[standalone.storage]\ncommit_max_ops = "many"\n', "commit_max_ops"),
    ],
)
def test_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in problems(tmp_path, "[photon]\nmode = 'standalone'\n" + text)


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the design's examples are not beside the project")
def test_the_designs_example_loads_verbatim() -> None:
    out, err = io.StringIO(), io.StringIO()
    arguments = ["--config", str(EXAMPLE)]
    assert serve_arguments("lightningstor", Settings, arguments, {}, out, err) == 78
    assert "example-credentials" in err.getvalue()
    resolved = serve_arguments("lightningstor", Settings, [*arguments, "--allow-example-credentials"], {}, out, err)
    assert not isinstance(resolved, int)
    assert resolved.settings.storage.data_dir == "/var/lib/lightningstor/data"
    assert resolved.photon.logging.level == "info"


def test_flags_set_what_they_say(tmp_path: Path) -> None:
    resolved = loaded(tmp_path, KEYS, "--set", "photon.mode=standalone", "--s3-addr", "127.0.0.1:1", "--region", "eu-1")
    assert (resolved.settings.server.s3_addr, resolved.settings.server.region) == ("127.0.0.1:1", "eu-1")


def test_the_key_pair_is_a_secret(tmp_path: Path) -> None:
    resolved = loaded(tmp_path, KEYS, "--set", "photon.mode=standalone")
    assert "s" * 40 not in repr(resolved.settings)
    assert "standalone.auth.secret_key" not in resolved.document()


def test_a_backend_that_does_not_exist_yet_is_refused_before_the_start(tmp_path: Path) -> None:
    """The check and the start must agree: a mode whose adapters come later is a configuration problem."""
    endpoints = '[photon]\nmode = "integrated"\n[photon.integrated]\nchainfire_endpoints = ["http://127.0.0.1:2379"]\n'
    told = problems(tmp_path, endpoints + KEYS)
    assert "unsupported-backend" in told
    assert "this version has no adapter 'chainfire' for metadata; it has rocksdb, memory" in told
