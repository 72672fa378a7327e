"""Where an object store answers, and with which keys: flags, then the local installation, then what AWS tools know.

Keys belong to the address: a store named by a flag is asked with the keys of flags or of the AWS environment, the
store of `photonctl up` with the keys that were made for it.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.service.components import data_dir

COMPONENT = "lightningstor"
DEFAULT_GRPC, DEFAULT_S3, DEFAULT_WEBSITE = "127.0.0.1:9000", "127.0.0.1:9001", "127.0.0.1:9002"
LOCAL_KEYS = "aws-credentials"
LOCAL_AUTHORITY = "ca.pem"


@dataclass(frozen=True, slots=True)
class Given:
    """Flags of the command line; empty: not given."""

    endpoint: str = ""
    s3: str = ""
    website: str = ""
    credentials: Path | None = None
    profile: str = "default"
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class StorageTarget:
    """One store. Addresses are `HOST:PORT`; `ca_file` empty: plaintext."""

    grpc: str
    s3: str
    website: str
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    ca_file: str = ""

    @property
    def s3_url(self) -> str:
        return self.s3 if "://" in self.s3 else f"http://{self.s3}"


def find_target(given: Given, environ: Mapping[str, str]) -> StorageTarget:
    """Where to go and with which keys. Raises CommandFailed (77) when no keys are found."""
    local = _local(data_dir(None, environ))
    named = bool(given.endpoint or given.s3)
    base = local if local is not None and not named else StorageTarget(DEFAULT_GRPC, DEFAULT_S3, DEFAULT_WEBSITE)
    target = replace(
        base,
        grpc=given.endpoint or base.grpc,
        s3=given.s3 or base.s3,
        website=given.website or base.website,
        ca_file=given.ca_file or base.ca_file,
    )
    if given.credentials is not None:
        keys = read_keys(given.credentials, given.profile)
    elif target.access_key:
        return target
    else:
        keys = _keys_of_environment(environ, given.profile)
    return replace(target, access_key=keys[0], secret_key=keys[1])


def read_keys(file: Path, profile: str) -> tuple[str, str]:
    """A profile of an AWS credentials file. Raises UsageWrong."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text("utf-8"))
        section = parser[profile]
        return section["aws_access_key_id"], section["aws_secret_access_key"]
    except OSError as error:
        raise UsageWrong(f"{file}: {error.strerror or error}") from error
    except (configparser.Error, UnicodeDecodeError) as error:
        raise UsageWrong(f"{file} is no credentials file") from error
    except KeyError as error:
        hint = f"it has the profiles {', '.join(parser.sections()) or '(none)'}"
        raise UsageWrong(f"{file}: profile {profile!r} has no {error.args[0]}", hint) from error


def _local(folder: Path) -> StorageTarget | None:
    """The store of the local installation, from what was rendered for it; None when there is none."""
    try:
        document = tomllib.loads((folder / "config" / f"{COMPONENT}.toml").read_text("utf-8"))
        keys = read_keys(folder / "secrets" / LOCAL_KEYS, "default")
    except (OSError, ValueError, UsageWrong):
        return None
    server: dict[str, Any] = document.get("standalone", {}).get("server", {})
    ca_file = str(folder / "secrets" / LOCAL_AUTHORITY) if server.get("tls_cert_file") else ""
    return StorageTarget(
        grpc=reachable(str(server.get("grpc_addr", DEFAULT_GRPC))),
        s3=reachable(str(server.get("s3_addr", DEFAULT_S3))),
        website=reachable(str(server.get("website_addr", DEFAULT_WEBSITE))),
        access_key=keys[0],
        secret_key=keys[1],
        ca_file=ca_file,
    )


def reachable(address: str) -> str:
    """Listening on every address means answering on loopback."""
    host, _, port = address.rpartition(":")
    return f"127.0.0.1:{port}" if host in ("", "0.0.0.0", "[::]") else address


def _keys_of_environment(environ: Mapping[str, str], profile: str) -> tuple[str, str]:
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
    if access_key and secret_key:
        return access_key, secret_key
    shared = environ.get("AWS_SHARED_CREDENTIALS_FILE")
    file = Path(shared) if shared else Path(environ.get("HOME", "/")) / ".aws" / "credentials"
    if file.exists():
        return read_keys(file, environ.get("AWS_PROFILE") or profile)
    hint = "--credentials FILE, AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials"
    raise CommandFailed("no access key for the store is known", hint, exit_status.NO_PERMISSION)
