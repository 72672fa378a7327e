"""Every way to end has its exit status, is logged once, and is told to whoever looks at standard error."""

import errno
from typing import Any

import pytest

from photoncloud.config import ConfigurationError, Problem
from photoncloud.runtime.errors import FatalError, PhotonError
from photoncloud.runtime.failure import report, status_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FatalError("x", exit_status=77), 77),
        (PhotonError("x"), 1),
        (ConfigurationError([Problem("missing-key", "a", "m")]), 78),
        (OSError(errno.ENOSPC, "full"), 74),
        (OSError(errno.EIO, "bad disk"), 74),
        (OSError(errno.EROFS, "read only"), 74),
        (OSError(errno.EMFILE, "too many"), 71),
        (ModuleNotFoundError("No module named 'nats'", name="nats"), 69),
        (ModuleNotFoundError("No module named 'photoncloud.x'", name="photoncloud.x"), 70),
        (KeyError("x"), 70),
    ],
)
def test_status(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_a_defect_has_its_stack_in_the_log(captured: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert report("demo", KeyError("x")) == 70
    assert capsys.readouterr().err == "demo: 'x'\n"
    assert captured[0]["event"] == "failed"
    assert captured[0]["exit_status"] == 70
    assert isinstance(captured[0]["exc_info"], KeyError)


def test_an_expected_failure_has_fields_and_no_stack(captured: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    error = FatalError("address-in-use", "listen on", "127.0.0.1:1", "held by pid 7\x1b", exit_status=71)
    assert report("demo", error) == 71
    assert capsys.readouterr().err == "demo: address-in-use: listen on 127.0.0.1:1: held by pid 7\\x1b\n"
    assert captured[0]["code"] == "address-in-use"
    assert "exc_info" not in captured[0]
