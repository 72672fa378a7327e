"""How the self test judges an endpoint that answers wrongly; real endpoints are asked in the integration tests."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from photoncloud.api.s3_client import S3Answer, S3Client
from photoncloud.lightningstor.offline import selftest
from photoncloud.lightningstor.offline.s3_probe import CaseFailed, CaseSkipped, Probe


def error(status: int, code: str) -> S3Answer:
    return S3Answer(status, {}, f"<Error><Code>{code}</Code><Message>why</Message></Error>".encode())


@pytest.fixture
def probe() -> Probe:
    return Probe(S3Client("http://127.0.0.1:1", "key", "secret"))


def test_what_was_wanted_is_given_back(probe: Probe) -> None:
    answer = S3Answer(200, {}, b"")
    assert probe.want(200, answer) is answer
    assert probe.want(404, error(404, "NoSuchKey"), "NoSuchKey").status == 404
    assert probe.want(404, S3Answer(404, {}, b""), "NoSuchKey").body == b"", "HEAD has no code"


@pytest.mark.parametrize(
    ("status", "answer", "code", "message"),
    [
        (200, error(403, "AccessDenied"), "", "wanted 200, got 403 AccessDenied"),
        (404, error(404, "NoSuchBucket"), "NoSuchKey", "wanted 404 NoSuchKey, got 404 NoSuchBucket"),
        (400, S3Answer(200, {}, b"fine"), "BadDigest", "wanted 400 BadDigest, got 200 fine"),
        (400, S3Answer(400, {}, b"<html>"), "BadDigest", "a body without one"),
    ],
)
def test_what_was_not_wanted(probe: Probe, status: int, answer: S3Answer, code: str, message: str) -> None:
    with pytest.raises(CaseFailed, match=message):
        probe.want(status, answer, code)


def test_what_is_not_offered_is_skipped(probe: Probe) -> None:
    with pytest.raises(CaseSkipped, match="why"):
        probe.want(200, error(501, "NotImplemented"))
    assert probe.want(501, error(501, "NotImplemented")).status == 501


def test_long_values_are_shortened(probe: Probe) -> None:
    with pytest.raises(CaseFailed) as failed:
        probe.equal("body", b"x" * 10_000, b"y")
    assert len(str(failed.value)) < 500


def test_every_case_has_its_own_name() -> None:
    names = [(group, name) for group, cases in selftest.GROUPS.items() for name, _ in cases]
    assert len(names) == len(set(names)) >= 45


class Endpoint:
    """Stands in for a client: the bucket can be made, every case is decided by the test."""

    endpoint = "http://endpoint.example"

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def request(self, method: str, *_: Any, **__: Any) -> S3Answer:
        return S3Answer(200 if method == "PUT" else 404, {}, b"")


def case(outcome: Exception | None) -> Any:
    def run(probe: Probe) -> None:
        if outcome is not None:
            raise outcome

    return run


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text("secret\n")
    return file


def arguments(secret: Path, *more: str) -> list[str]:
    return ["--endpoint", "http://endpoint.example", "--access-key", "K", "--secret-key-file", str(secret), *more]


def test_outcomes_of_all_kinds(monkeypatch: pytest.MonkeyPatch, secret: Path) -> None:
    cases = (
        ("passes", case(None)),
        ("fails", case(CaseFailed("wanted 200, got 500"))),
        ("is skipped", case(CaseSkipped("off"))),
        ("breaks", case(ConnectionResetError("gone"))),
        ("lacks a header", case(KeyError("etag"))),
    )
    monkeypatch.setattr(selftest, "GROUPS", {"group": cases})
    monkeypatch.setattr(selftest, "_client", lambda *_: Endpoint())
    out = io.StringIO()
    assert selftest.run(arguments(secret, "-o", "json"), out, io.StringIO()) == 1
    (run,) = json.loads(out.getvalue())["runs"]
    assert (run["passed"], run["failed"], run["skipped"]) == (1, 3, 1)
    assert [each["result"] for each in run["cases"]] == ["pass", "fail", "skip", "fail", "fail"]
    assert run["cases"][4]["detail"] == "header 'etag' is missing"
    table = io.StringIO()
    selftest.run(arguments(secret, "--compare", "http://other.example"), table, io.StringIO())
    assert "group: passes          pass  pass" in table.getvalue()


def test_the_first_endpoint_decides_the_status(monkeypatch: pytest.MonkeyPatch, secret: Path) -> None:
    monkeypatch.setattr(selftest, "GROUPS", {"group": (("passes", case(None)),)})
    monkeypatch.setattr(selftest, "_client", lambda *_: Endpoint())
    assert selftest.run(arguments(secret), io.StringIO(), io.StringIO()) == 0


@pytest.mark.parametrize("missing", ["--endpoint", "--access-key", "--secret-key-file"])
def test_what_must_be_given(secret: Path, missing: str) -> None:
    words = arguments(secret)
    at = words.index(missing)
    err = io.StringIO()
    assert selftest.run(words[:at] + words[at + 2 :], io.StringIO(), err) == 64
    assert missing in err.getvalue()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    err = io.StringIO()
    assert selftest.run(arguments(tmp_path / "absent"), io.StringIO(), err) == 64
    assert "absent" in err.getvalue()
