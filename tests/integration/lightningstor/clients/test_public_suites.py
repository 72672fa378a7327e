"""Public suites that other stores are judged by, run unmodified from their source distributions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ACCESS_KEY = "AKIATESTTESTTESTTEST"
OTHER_KEYS = ("AKIASECONDSECONDSEC2", "AKIATHIRDTHIRDTHIRD2")
SECRET_KEY = "clientTestsSecretKey0123456789abcdefABCD"
ROOT = Path(__file__).resolve().parents[4]
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
SUITES = ROOT / ".cache" / "suites"
SWIFT, MINIO = SUITES / "swift-2.38.3", SUITES / "minio-7.2.20"
SUITE_LIMIT_SEC = 600
MINIMUM_SHARE = 0.98

EXPECTED_SWIFT_FAILURES: dict[str, str] = {}
"""Cases that cannot pass here: test id → reason. A case that starts to pass must leave this list."""

MINIO_LEFT_OUT = {
    "test_select_object_content": "S3 Select is never served",
    "test_upload_snowball_objects": "extraction of archives on upload is a later tier",
    "test_upload_snowball_objects_with_staging": "extraction of archives on upload is a later tier",
}


@pytest.mark.slow
@pytest.mark.timeout(SUITE_LIMIT_SEC + 60)
@pytest.mark.skipif(not SWIFT.exists(), reason="Swift's source distribution was not fetched")
def test_swift_s3api(store: Any, tmp_path: Path) -> None:
    """OpenStack Swift's cross-compatibility tests for the S3 API, without the classes for signature version 2."""
    total, failed, output = run_swift("test/s3api", store.http, store, tmp_path)
    unexpected = sorted(set(failed) - set(EXPECTED_SWIFT_FAILURES))
    mended = sorted(set(EXPECTED_SWIFT_FAILURES) - set(failed))
    assert total >= 374, output[-3000:]
    assert not unexpected, "\n".join(f"{name}: {failed[name]}" for name in unexpected)
    assert not mended, f"these pass now, take them off the list: {mended}"
    assert (total - len(failed)) / total >= MINIMUM_SHARE


@pytest.mark.skipif(not SWIFT.exists(), reason="Swift's source distribution was not fetched")
def test_swift_absolute_request_targets_over_tls(store: Any, tmp_path: Path) -> None:
    """The one case that the suite runs over HTTPS only."""
    total, failed, output = run_swift("test/s3api/test_request_target_style.py", store.https, store, tmp_path)
    assert (total, failed) == (1, {}), output[-3000:]


def run_swift(path: str, endpoint: str, store: Any, folder: Path) -> tuple[int, dict[str, str], str]:
    """(cases that ran, failures, output) of a part of Swift's suite, with three accounts."""
    config, report = folder / "swift.conf", folder / "report.xml"
    lines = ["[s3api_test]", f"endpoint = {endpoint}", "region = us-east-1", f"ca_cert = {store.authority_file}"]
    for number, key in enumerate((ACCESS_KEY, *OTHER_KEYS), 1):
        lines += [f"access_key{number} = {key}", f"secret_key{number} = {SECRET_KEY}"]
    config.write_text("\n".join(lines) + "\n")
    command = [str(PEERS_PYTHON), "-m", "pytest", path, "-k", "not V2", "-q", "-p", "no:cacheprovider"]
    authority = {"REQUESTS_CA_BUNDLE": str(store.authority_file), "AWS_CA_BUNDLE": str(store.authority_file)}
    environment = {**os.environ, **authority, "SWIFT_TEST_CONFIG_FILE": str(config), "PYTHONPATH": str(SWIFT)}
    result = subprocess.run(
        [*command, f"--junitxml={report}"],
        cwd=SWIFT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SUITE_LIMIT_SEC,
        check=False,
    )
    total, failed = judge(report)
    return total, failed, result.stdout


def judge(report: Path) -> tuple[int, dict[str, str]]:
    """(cases that ran, failed case → first line of why) of a JUnit file."""
    text = report.read_text()
    total, failed = 0, {}
    for case in re.findall(r"<testcase .*?(?:/>|</testcase>)", text, re.DOTALL):
        if "<skipped" in case:
            continue
        total += 1
        if "<failure" in case or "<error" in case:
            names = re.search(r'classname="([^"]*)" name="([^"]*)"', case)
            message = re.search(r'message="([^"]{0,300})', case)
            assert names is not None
            failed[f"{names[1].rpartition('.')[2]}::{names[2]}"] = message[1] if message else ""
    return total, failed


@pytest.mark.slow
@pytest.mark.timeout(SUITE_LIMIT_SEC + 60)
@pytest.mark.skipif(not MINIO.exists(), reason="minio-py's source distribution was not fetched")
def test_minio_py(endpoint: str, store: Any, tmp_path: Path) -> None:
    """minio-py's functional tests in full mode; over TLS they use customer keys too."""
    source = (MINIO / "tests" / "functional" / "tests.py").read_text()
    script = tmp_path / "functional.py"
    script.write_text(without_tests(source))
    scheme, _, address = endpoint.partition("://")
    environment = {
        **os.environ,
        "SERVER_ENDPOINT": address,
        "SSL_CERT_FILE": str(store.authority_file),
        "ACCESS_KEY": ACCESS_KEY,
        "SECRET_KEY": SECRET_KEY,
        "ENABLE_HTTPS": "1" if scheme == "https" else "0",
        "MINT_MODE": "full",
    }
    result = subprocess.run(
        [str(PEERS_PYTHON), str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SUITE_LIMIT_SEC,
        check=False,
    )
    failures = [line for line in result.stdout.splitlines() if '"status": "FAIL"' in line]
    passes = [line for line in result.stdout.splitlines() if '"status": "PASS"' in line]
    assert not failures, "\n".join(failures)[:4000]
    assert result.returncode == 0, result.stderr[-3000:]
    assert len(passes) >= 45, f"only {len(passes)} cases ran\n{result.stdout[-2000:]}"


def without_tests(source: str) -> str:
    """The suite with the left-out tests taken from its own list of tests."""
    for name in MINIO_LEFT_OUT:
        source = re.sub(rf"^\s+{name}: .*?,\n", "", source, flags=re.MULTILINE)
    return source


def test_the_suite_interpreter_is_not_ours() -> None:
    """Peers live in an environment of their own, or their dependencies would be tested instead of ours."""
    assert str(PEERS_PYTHON) != sys.executable
