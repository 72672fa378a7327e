"""The port's own words: nothing secret is shown, and `local` fits both protocols."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth import port
from photoncloud.backends.auth.local import LocalAuth
from photoncloud.backends.auth.port import (
    ANONYMOUS,
    Authentication,
    BearerToken,
    GatewayIdentity,
    ImmediateAuth,
    PhotonToken,
    WorkloadCertificate,
)


@pytest.mark.parametrize(
    "evidence",
    [
        BearerToken("SECRET"),
        PhotonToken("SECRET", "/a/b"),
        GatewayIdentity("SECRET", b"", b"SECRET"),
        WorkloadCertificate((b"SECRET",)),
        Authentication(ANONYMOUS, None, b"SECRET"),
    ],
)
def test_secrets_are_not_shown(evidence: object) -> None:
    assert "SECRET" not in repr(evidence)


def test_local_fits() -> None:
    assert issubclass(LocalAuth, ImmediateAuth)


def test_every_exported_name_is_there() -> None:
    assert all(hasattr(port, name) for name in port.__all__)
