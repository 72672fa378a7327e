"""`auth.credentials_file`: an INI file, one section for each user (lightningstor.md §3).

    [alice]
    aws_access_key_id = AKIA...
    aws_secret_access_key = ...
    account = default          ; optional, as are the following
    display_name = Alice
    email = alice@example.com
    policy = readwrite         ; admin, readwrite, readonly, writeonly, or the path of an IAM policy in JSON

Parsing here touches no disk. Every fault is a `FatalError` with exit status 78.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass, field

from photoncloud.backends.auth.iam.access_keys import FOREIGN_ID_MAX, FOREIGN_ID_MIN, is_importable_id
from photoncloud.backends.auth.iam.canned_policies import DEFAULT_POLICY
from photoncloud.config import Secret
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError

DEFAULT_ACCOUNT = "default"
NAME_MAX = 64  # IAM's limit for user names
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-")
_REQUIRED = ("aws_access_key_id", "aws_secret_access_key")
_OPTIONAL = ("account", "display_name", "email", "policy")
_NO_DEFAULT_SECTION = "\0"  # configparser gives the options of [DEFAULT] to every user; here it is a user like others


@dataclass(frozen=True, slots=True)
class CredentialEntry:
    """One user. `policy` is a canned name or a path as written."""

    user: str
    access_key_id: str
    secret: Secret = field(repr=False)
    account: str = DEFAULT_ACCOUNT
    display_name: str = ""
    email: str = ""
    policy: str = DEFAULT_POLICY


def refuse_file(code: str, path: str, cause: str, hint: str = "") -> FatalError:
    """A fault of the credentials file or of what it names; the process does not start."""
    return FatalError(code, "load credentials", path, cause, hint, exit_status=exit_status.CONFIGURATION)


def parse_credentials(text: str, path: str) -> list[CredentialEntry]:
    """The users in order. `path` only names the file in errors; nothing of a secret is ever shown."""
    parser = configparser.ConfigParser(
        default_section=_NO_DEFAULT_SECTION,
        interpolation=None,
        delimiters=("=",),
        comment_prefixes=("#", ";"),
        inline_comment_prefixes=None,
        empty_lines_in_values=False,
        strict=True,
    )
    try:
        parser.read_string(text)
    except configparser.DuplicateSectionError as fault:
        cause = f"[{fault.section}] again in line {fault.lineno}"
        raise refuse_file("credentials-duplicate-user", path, cause) from None
    except configparser.DuplicateOptionError as fault:
        cause = f"{fault.option} again in [{fault.section}], line {fault.lineno}"
        raise refuse_file("credentials-duplicate-option", path, cause) from None
    except configparser.MissingSectionHeaderError as fault:
        raise refuse_file("credentials-syntax", path, f"line {fault.lineno} stands before any [user]") from None
    except configparser.ParsingError as fault:
        lines = ", ".join(str(line) for line, _ in fault.errors)
        raise refuse_file("credentials-syntax", path, f"cannot read line {lines}") from None
    return [_entry(user, dict(parser.items(user)), path) for user in parser.sections()]


def _entry(user: str, options: dict[str, str], path: str) -> CredentialEntry:
    unknown = sorted(options.keys() - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        known = ", ".join((*_REQUIRED, *_OPTIONAL))
        raise refuse_file("credentials-unknown-option", path, f"[{user}] {unknown[0]}", f"known: {known}")
    for name in _REQUIRED:
        if not options.get(name):
            raise refuse_file("credentials-incomplete", path, f"[{user}] has no {name}")
    for name, value in options.items():
        if "\n" in value:
            raise refuse_file("credentials-syntax", path, f"[{user}] {name} goes over several lines")
    access_key_id = options["aws_access_key_id"]
    if not is_importable_id(access_key_id):
        cause = f"[{user}] aws_access_key_id is not {FOREIGN_ID_MIN}-{FOREIGN_ID_MAX} of A-Za-z0-9_+.-"
        raise refuse_file("credentials-bad-key-id", path, cause)
    account = options.get("account") or DEFAULT_ACCOUNT
    for kind, name in (("user", user), ("account", account)):
        if not is_iam_name(name):
            cause = f"[{user}] the {kind} name is not 1-{NAME_MAX} of A-Za-z0-9_+=,.@-"
            raise refuse_file("credentials-bad-name", path, cause)
    return CredentialEntry(
        user=user,
        access_key_id=access_key_id,
        secret=Secret(options["aws_secret_access_key"]),
        account=account,
        display_name=options.get("display_name", ""),
        email=options.get("email", ""),
        policy=options.get("policy") or DEFAULT_POLICY,
    )


def is_iam_name(name: str) -> bool:
    return 0 < len(name) <= NAME_MAX and _NAME_CHARACTERS.issuperset(name)
