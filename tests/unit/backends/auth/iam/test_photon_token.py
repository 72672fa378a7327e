"""Tokens of the administrative gRPC APIs."""

from __future__ import annotations

import contextlib
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import photon_token
from photoncloud.backends.auth.iam.errors import AuthError

NOW_SEC = 1_800_000_000
NOW_NS = NOW_SEC * 10**9
METHOD = "/photon.lightningstor.v1.Admin/GetInfo"


def test_the_documented_text() -> None:
    text = f"photon1\nAK.1\n{NOW_SEC}\n{METHOD}".encode()
    mac = hmac.new(b"secret", text, hashlib.sha256).hexdigest()
    assert photon_token.make_photon_token("AK.1", "secret", NOW_SEC, METHOD) == f"photon1.AK.1.{NOW_SEC}.{mac}"


def test_round_trip() -> None:
    token = photon_token.make_photon_token("AK.1", "secret", NOW_SEC, METHOD)
    parsed = photon_token.parse_photon_token(token, NOW_NS)
    assert (parsed.access_key_id, parsed.unix_sec) == ("AK.1", NOW_SEC)
    photon_token.verify_photon_token(parsed, "secret", METHOD)


@pytest.mark.parametrize(("secret", "method"), [("other", METHOD), ("secret", METHOD + "2"), (None, METHOD)])
def test_refused(secret: str | None, method: str) -> None:
    token = photon_token.make_photon_token("AK", "secret", NOW_SEC, METHOD)
    with pytest.raises(AuthError) as caught:
        photon_token.verify_photon_token(photon_token.parse_photon_token(token, NOW_NS), secret, method)
    assert (caught.value.code, caught.value.status) == ("InvalidToken", 401)


@pytest.mark.parametrize("skew_sec", [-901, 901])
def test_time(skew_sec: int) -> None:
    token = photon_token.make_photon_token("AK", "secret", NOW_SEC + skew_sec, METHOD)
    with pytest.raises(AuthError) as caught:
        photon_token.parse_photon_token(token, NOW_NS)
    assert caught.value.code == "RequestTimeTooSkewed"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "photon1",
        "photon2.AK.1.ab",
        "photon1.AK.1",
        "photon1..1.ab",
        "photon1.AK.x.ab",
        "photon1.AK.-1.ab",
        "photon1.AK." + "9" * 13 + ".ab",
        "photon1.AK.1800000000.é",
        "photon1." + "a" * 600 + ".1800000000.ab",
    ],
)
def test_malformed(token: str) -> None:
    with pytest.raises(AuthError) as caught:
        photon_token.parse_photon_token(token, NOW_NS)
    assert caught.value.code == "InvalidToken"


@given(st.text(max_size=60))
def test_hostile_tokens(token: str) -> None:
    with contextlib.suppress(AuthError):
        parsed = photon_token.parse_photon_token("photon1." + token, NOW_NS)
        photon_token.verify_photon_token(parsed, "secret", METHOD)
