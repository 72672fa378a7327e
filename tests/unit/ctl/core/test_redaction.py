"""Twenty planted secrets, in the ways they get into logs and files."""

from __future__ import annotations

import pytest

from photoncloud.ctl.core.redaction import leaks, redacted

SECRET = "s3cr3t-VALUE-0123456789"
PLANTED = [
    f'secret_key = "{SECRET}"',
    f"aws_secret_access_key = {SECRET}",
    f"AWS_SECRET_ACCESS_KEY={SECRET}",
    f'{{"password": "{SECRET}", "x": 1}}',
    f'{{"db_password":"{SECRET}"}}',
    f"token: {SECRET}",
    f"x-photon-token: {SECRET}",
    f"'api_token': '{SECRET}'",
    f"Authorization: Bearer {SECRET}",
    f"cookie={SECRET}; path=/",
    f"postgresql://admin:{SECRET}@db:5432/x",
    f"http://user:{SECRET}@127.0.0.1/",
    f"bearer {SECRET}",
    f"Basic {SECRET}",
    f"GET /x?X-Amz-Signature={SECRET}&a=b",
    f"X-Amz-Security-Token={SECRET}",
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
    f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}",
    f'private_key="{SECRET}"',
    f"credential={SECRET}",
]


@pytest.mark.parametrize("text", PLANTED)
def test_it_is_gone(text: str) -> None:
    assert SECRET not in redacted(text)
    assert leaks(text, [SECRET])


@pytest.mark.parametrize("text", ["key AKIAIOSFODNN7EXAMPLE used", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"])
def test_shapes_are_recognised_without_a_name(text: str) -> None:
    assert "***" in redacted(text)


@pytest.mark.parametrize(
    "text",
    ['credentials_file = "x"', "keys = 3", "http://127.0.0.1:9001/a@b", "the secret of success is work", "bucket=demo"],
)
def test_ordinary_text_stays_readable(text: str) -> None:
    assert redacted(text).split(" =")[0] == text.split(" =")[0]


def test_known_values_go_wherever_they_stand() -> None:
    assert redacted(f"odd place {SECRET}!", [SECRET, "short"]) == "odd place ***!"
    assert leaks("nothing here", [SECRET]) == []
