"""ARNs of accounts and principals."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth.iam import arn

ACCOUNT = "123456789012"


def test_forms() -> None:
    assert arn.account_root(ACCOUNT) == "arn:aws:iam::123456789012:root"
    assert arn.user_arn(ACCOUNT, "u") == "arn:aws:iam::123456789012:user/u"
    assert arn.user_arn(ACCOUNT, "u", "/a/b/") == "arn:aws:iam::123456789012:user/a/b/u"
    assert arn.role_arn(ACCOUNT, "r", "/a/") == "arn:aws:iam::123456789012:role/a/r"
    assert arn.role_session_arn(ACCOUNT, "r", "s") == "arn:aws:sts::123456789012:assumed-role/r/s"
    assert arn.federated_user_arn(ACCOUNT, "f") == "arn:aws:sts::123456789012:federated-user/f"


def test_partitions_compare_equal() -> None:
    assert arn.normalize_partition("arn:photon:iam::1:root") == "arn:aws:iam::1:root"
    assert arn.normalize_partition("arn:aws-cn:iam::1:root") == "arn:aws-cn:iam::1:root"


@pytest.mark.parametrize(
    ("text", "expected"), [(ACCOUNT, True), (ACCOUNT[:-1], False), ("１" * 12, False), ("x" * 12, False)]
)
def test_account_ids(text: str, expected: bool) -> None:
    assert arn.is_account_id(text) is expected
