"""Who is who, for access control lists: accounts by address and by canonical id, from the auth backend."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from photoncloud.backends.auth.iam.bucket_policy import CODE, INVALID_PRINCIPAL, parse_bucket_policy
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.port import AccountKey, AuthBackend
from photoncloud.lightningstor.core.actions import KNOWN_ACTIONS
from photoncloud.lightningstor.errors import S3Error

Answer = TypeVar("Answer")


class Accounts:
    """Answers at once, as rules of access control lists need it; only a backend that holds accounts in memory can."""

    def __init__(self, auth: AuthBackend) -> None:
        self._auth = auth

    def find_email(self, address: str) -> tuple[str, str] | None:
        """(canonical id, display name) of the account with this address."""
        account = _at_once(self._auth.find_account(AccountKey.EMAIL, address))
        return None if account is None else (account.canonical_id, account.display_name)

    def find_id(self, canonical_id: str) -> str | None:
        """Display name of the account with this canonical id."""
        account = _at_once(self._auth.find_account(AccountKey.CANONICAL_ID, canonical_id))
        return None if account is None else account.display_name

    def check_policy(self, policy: bytes, bucket: str) -> None:
        """Validate a bucket policy: its words, and that everybody it names exists. Raises S3Error MalformedPolicy."""
        try:
            document = parse_bucket_policy(policy, bucket, known_actions=KNOWN_ACTIONS)
        except PolicyError as error:
            raise S3Error(error.code, error.message) from error
        for element in document.principals():
            for arn in element.arns:
                if not _at_once(self._auth.has_principal(arn)):
                    raise S3Error(CODE, INVALID_PRINCIPAL)
            for account in element.accounts:
                if not _at_once(self._auth.has_principal(f"arn:aws:iam::{account}:root")):
                    raise S3Error(CODE, INVALID_PRINCIPAL)
            for canonical_id in element.canonical_ids:
                if self.find_id(canonical_id) is None:
                    raise S3Error(CODE, INVALID_PRINCIPAL)


def _at_once(answer: Coroutine[Any, Any, Answer]) -> Answer:
    """The result of a call that does not suspend. Raises S3Error ServiceUnavailable when it would have to."""
    try:
        answer.send(None)
    except StopIteration as done:
        result: Answer = done.value
        return result
    answer.close()
    raise S3Error("ServiceUnavailable")
