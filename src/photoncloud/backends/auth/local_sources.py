"""Where the `local` adapter's keys stand: settings, a credentials file, the key store. Reads files, once a (re)load."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from photoncloud.backends.auth.credentials_file import CredentialEntry, parse_credentials, refuse_file
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.iam.policy import load_policy, parse_identity_policy
from photoncloud.backends.auth.iam.statements import PolicyDocument
from photoncloud.backends.auth.key_store import StoredKey
from photoncloud.backends.auth.local_facts import KeySource
from photoncloud.config import Secret
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError, describe

FILE_BYTES_MAX = 1_048_576  # some ten thousand users; a larger file is not a credentials file or a policy
NamedPolicies = Mapping[str, PolicyDocument]


@dataclass(frozen=True, slots=True)
class LocalAuthSettings:
    """`access_key`, `secret_key`: root of the account `default`; both or neither. `credentials_file` may be empty."""

    access_key: str = ""
    secret_key: Secret = field(default_factory=lambda: Secret(""), repr=False)
    credentials_file: str = ""


def fixed_sources(settings: LocalAuthSettings, policies: NamedPolicies) -> Iterator[KeySource]:
    """The keys of settings and file, root first; blocks on the file. FatalError 78 for what cannot be used."""
    if bool(settings.access_key) is not bool(settings.secret_key):
        cause = "auth.access_key and auth.secret_key go together"
        raise FatalError("incomplete-key", "load credentials", "", cause, exit_status=exit_status.CONFIGURATION)
    if settings.access_key:
        yield KeySource(settings.access_key, settings.secret_key, "auth.access_key")
    if settings.credentials_file:
        path = Path(settings.credentials_file)
        for entry in parse_credentials(_read_text(path, stat.S_IRWXO, "credentials-readable-by-others"), str(path)):
            yield _from_file(entry, path, policies)


def stored_source(key: StoredKey, policies: NamedPolicies) -> KeySource:
    """A created key; a policy that no longer parses becomes one that denies."""
    named = policies.get(key.policy)
    policy = named or load_policy(key.policy, parse_identity_policy, f"key/{key.access_key_id}")
    return KeySource(
        access_key_id=key.access_key_id,
        secret=key.secret,
        origin="the created keys",
        user=key.user,
        account=key.account,
        policy=policy,
        is_enabled=key.is_enabled,
        display_name=key.display_name,
        email=key.email,
    )


def _from_file(entry: CredentialEntry, path: Path, policies: NamedPolicies) -> KeySource:
    return KeySource(
        access_key_id=entry.access_key_id,
        secret=entry.secret,
        origin=f"[{entry.user}] of {path}",
        user=entry.user,
        account=entry.account,
        policy=policies.get(entry.policy) or _read_policy(entry, path, policies),
        display_name=entry.display_name,
        email=entry.email,
    )


def _read_policy(entry: CredentialEntry, credentials_path: Path, policies: NamedPolicies) -> PolicyDocument:
    """A policy named by its path, relative to the credentials file."""
    path = credentials_path.parent / entry.policy
    if not path.exists():
        cause = f"[{entry.user}] policy = {entry.policy} is no file"
        hint = f"a path, or one of {', '.join(policies)}"
        raise refuse_file("credentials-unknown-policy", str(credentials_path), cause, hint)
    text = _read_text(path, stat.S_IWOTH, "policy-writable-by-others")
    try:
        return parse_identity_policy(text, str(path))
    except PolicyError as fault:
        raise refuse_file("credentials-bad-policy", str(path), fault.message) from None


def _read_text(path: Path, forbidden_mode: int, code: str) -> str:
    """The file as UTF-8; its mode is looked at on the opened file, so that it cannot be exchanged in between."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & forbidden_mode:
                raise refuse_file(code, str(path), f"its mode is {mode:04o}", f"chmod o= {path}")
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise refuse_file("credentials-unreadable", str(path), describe(fault)) from fault
    if len(content) > FILE_BYTES_MAX:
        raise refuse_file("credentials-too-large", str(path), f"more than {FILE_BYTES_MAX} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise refuse_file("credentials-not-utf8", str(path), "the file is not UTF-8") from None
