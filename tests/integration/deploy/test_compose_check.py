"""`deploy check` over the compose files of the design, laid out, and over broken ones (deploy.md §9.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.deploy.errors import RenderingUnreadable
from photoncloud.deploy.service import check
from photoncloud.deploy.service.render import Options, rendered, write
from photoncloud.deploy.service.resolve import Request, topology

SCHEMA = Path(__file__).parents[4] / "shared" / "conformance" / "compose" / "compose-spec.json"

STORAGE = """
version: '3'
services:
  lightningstor:
    image: photoncloud/lightningstor:latest
    environment:
      PHOTON_MODE: standalone
    volumes:
      - ./lightningstor.toml:/etc/lightningstor/config.toml
      - lightningstor-data:/var/lib/lightningstor
    ports:
      - "9000:9000"
      - "9001:9001"
"""
DNS = """
services:
  flashdns:
    image: photoncloud/flashdns:latest
    environment:
      PHOTON_MODE: standalone
    volumes:
      - ./zones:/etc/flashdns/zones
    ports:
      - "53:53/udp"
      - "53:53/tcp"
"""
BALANCER = """
services:
  fiberlb:
    image: photoncloud/fiberlb:latest
    environment:
      PHOTON_MODE: standalone
    volumes:
      - ./fiberlb.toml:/etc/fiberlb/config.toml
    network_mode: host
"""
STATIC = """
services:
  lightningstor:
    image: photoncloud/lightningstor:latest
    environment:
      PHOTON_MODE: standalone
    volumes:
      - lightningstor-data:/var/lib/lightningstor
    ports:
      - "9000:9000"
  flashdns:
    image: photoncloud/flashdns:latest
    environment:
      PHOTON_MODE: standalone
    volumes:
      - ./zones:/etc/flashdns/zones
    ports:
      - "53:53/udp"
      - "53:53/tcp"
"""
TENANTS = """
services:
  chainfire:
    image: photoncloud/chainfire:latest
    command: --cluster-mode
  photonauth:
    image: photoncloud/photonauth:latest
    environment:
      PHOTON_MODE: integrated
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
  photonnet:
    image: photoncloud/photonnet:latest
    environment:
      PHOTON_MODE: integrated
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
      AUTH_ENDPOINT: http://photonauth:50051
  lightningstor:
    image: photoncloud/lightningstor:latest
    environment:
      PHOTON_MODE: integrated
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
      AUTH_ENDPOINT: http://photonauth:50051
"""
WEB = """
services:
  chainfire:
    image: photoncloud/chainfire:latest
    volumes:
      - chainfire-data:/var/lib/chainfire
  lightningstor:
    image: photoncloud/lightningstor:latest
    environment:
      PHOTON_MODE: standalone
      CHAINFIRE_ENDPOINT: http://chainfire:2379
    depends_on:
      - chainfire
  flashdns:
    image: photoncloud/flashdns:latest
    environment:
      PHOTON_MODE: standalone
      CHAINFIRE_ENDPOINT: http://chainfire:2379
    depends_on:
      - chainfire
  fiberlb:
    image: photoncloud/fiberlb:latest
    environment:
      PHOTON_MODE: standalone
    network_mode: host
"""
CLOUD = """
services:
  chainfire:
    image: photoncloud/chainfire:latest
    command: --cluster-mode --bootstrap-cluster
  eventbus:
    image: nats:latest
  photonauth:
    image: photoncloud/photonauth:latest
    environment:
      PHOTON_MODE: integrated
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
  photonnet:
    image: photoncloud/photonnet:latest
    environment:
      PHOTON_MODE: integrated
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
      AUTH_ENDPOINT: http://photonauth:50051
  resource-manager:
    image: photoncloud/resource-manager:latest
    environment:
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
      EVENT_BUS: http://eventbus:4222
  scheduler:
    image: photoncloud/scheduler:latest
    environment:
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
      RESOURCE_MANAGER: http://resource-manager:8080
  api-gateway:
    image: photoncloud/api-gateway:latest
    environment:
      CHAINFIRE_ENDPOINTS: http://chainfire:2379
      AUTH_ENDPOINT: http://photonauth:50051
      RESOURCE_MANAGER: http://resource-manager:8080
    ports:
      - "8080:8080"
"""
STORE_TOML = '[photon]\nmode = "standalone"\n[standalone.auth]\ncredentials_file = "credentials"\n'
CREDENTIALS = "[admin]\naws_access_key_id = AKIAAAAAAAAAABCDEFGH\naws_secret_access_key = " + "x" * 40 + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lightningstor.toml").write_text(STORE_TOML)
    (tmp_path / "fiberlb.toml").write_text("")
    (tmp_path / "credentials").write_text(CREDENTIALS)
    (tmp_path / "credentials").chmod(0o600)
    return tmp_path


def checked(folder: Path, text: str) -> check.Report:
    file = folder / "compose.yaml"
    file.write_text(text)
    return check.compose_file(file, SCHEMA if SCHEMA.exists() else None)


FILES = [
    pytest.param(STORAGE, id="storage"),
    pytest.param(DNS, id="dns"),
    pytest.param(BALANCER, id="balancer"),
    pytest.param(CLOUD, id="cloud"),
]


@pytest.mark.parametrize("text", FILES)
def test_the_designs_files_pass(folder: Path, text: str) -> None:
    report = checked(folder, text)
    assert report.problems == ()
    assert report.exit_status == 0
    assert any("names no version" in note for note in report.notes)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("PHOTON_MODE: standalone", "PHOTON_MODE: standalon", 'did you mean "standalone"'),
        ("PHOTON_MODE: standalone", "PHOTON_MOED: standalone", "PHOTON_MODE"),
        ("./lightningstor.toml", "./missing.toml", "is no file"),
        ("image:", "imagee:", "neither image nor build"),
    ],
)
def test_a_service_that_would_not_start_is_invalid(folder: Path, old: str, new: str, words: str) -> None:
    report = checked(folder, STORAGE.replace(old, new))
    assert report.exit_status == 78
    assert any(words in problem for problem in report.problems), report.problems


def test_components_that_are_not_installed_are_checked_as_far_as_all_are_alike(folder: Path) -> None:
    report = checked(folder, DNS.replace("PHOTON_MODE: standalone", "PHOTON_MODE: integrated"))
    assert report.exit_status == 78
    assert any("missing-endpoint" in problem for problem in report.problems), report.problems


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n"])
def test_what_is_no_yaml_is_refused(folder: Path, text: str) -> None:
    file = folder / "x.yaml"
    file.write_text(text)
    with pytest.raises(RenderingUnreadable):
        check.compose_file(file)


def test_a_document_that_contains_itself_is_invalid(folder: Path) -> None:
    assert checked(folder, "services: &a [*a, *a]\n").exit_status == 78


def test_levels_and_units_are_compared(tmp_path: Path) -> None:
    level = topology(Request(level="0a"))
    assert check.level(level).exit_status == 0
    write(rendered(level, "systemd", Options()), tmp_path)
    assert check.units(tmp_path, level).exit_status == 0
    unit = tmp_path / "photon-lightningstor.service"
    unit.write_text(unit.read_text().replace("TimeoutStopSec=35", "TimeoutStopSec=36"))
    report = check.units(tmp_path, level)
    assert report.exit_status == 2
    assert report.differences == ("lightningstor.stop_timeout_sec: 36 instead of 35",)
    unit.unlink()
    assert check.units(tmp_path, level).exit_status == 78


@pytest.mark.parametrize("text", [pytest.param(STATIC, id="static"), pytest.param(WEB, id="web")])
def test_a_store_without_any_key_is_told_so(folder: Path, text: str) -> None:
    """Levels 1 and 2 of the design give lightningstor no key, and it has none of its own: a start ends with 78."""
    report = checked(folder, text)
    assert any("no access key is configured" in problem for problem in report.problems), report.problems


def test_a_level_whose_partners_do_not_exist_yet_is_told_so(folder: Path) -> None:
    """Level 3 of the design names chainfire and photonauth; when their adapters come it passes like the others."""
    report = checked(folder, TENANTS)
    assert report.problems
    assert all("unsupported-backend" in problem for problem in report.problems)
