"""The secrets of one installation, made once, in `<data-dir>/secrets` (0700, files 0600).

They reach components as paths in configuration, never as variables or arguments, and are never printed.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from photoncloud.backends.auth.iam import access_keys
from photoncloud.backends.auth.iam.access_keys import KeyKind
from photoncloud.deploy.adapters import certificates
from photoncloud.deploy.adapters.certificates import Pair
from photoncloud.deploy.errors import DataDirectoryUnusable, TopologyInvalid
from photoncloud.runtime.files import make_directory, replace_atomically

AUTHORITY_CERTIFICATE = "ca.pem"
AUTHORITY_KEY = "ca.key"
ADMIN_TOKEN = "admin-token"
S3_CREDENTIALS = "s3-credentials"
AWS_CREDENTIALS = "aws-credentials"
TOKEN_BYTES = 32
DEFAULT_REGION = "us-east-1"


class SecretStore:
    def __init__(self, data_dir: Path, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.folder = data_dir / "secrets"
        self._random_bytes = random_bytes

    def prepare(self, components: Iterable[str], wanted: Iterable[str], now: datetime.datetime) -> list[str]:
        """Make what is missing and renew what is due; the names that were made. Raises DeployError."""
        try:
            make_directory(self.folder)
            if self.folder.stat().st_mode & 0o077:
                raise DataDirectoryUnusable(f"{self.folder} is open to others", f"chmod 700 {self.folder}")
            made = [*self._authority(now), *self._certificates(components, now), *self._token()]
            wanted = set(wanted)
            made += self._keys() if wanted & {S3_CREDENTIALS, AWS_CREDENTIALS} else []
        except OSError as error:
            raise DataDirectoryUnusable(f"{self.folder}: {error.strerror or error}") from error
        absent = sorted(name for name in wanted if not (self.folder / name).is_file())
        if absent:
            raise TopologyInvalid([f"secret {absent[0]!r} is not one we make: put it into {self.folder}"])
        return made

    def path(self, name: str) -> Path:
        return self.folder / name

    def _authority(self, now: datetime.datetime) -> list[str]:
        if (self.folder / AUTHORITY_CERTIFICATE).exists() and (self.folder / AUTHORITY_KEY).exists():
            return []
        pair = certificates.authority(now)
        self._write(AUTHORITY_KEY, pair.key)
        self._write(AUTHORITY_CERTIFICATE, pair.certificate)
        return [AUTHORITY_CERTIFICATE]

    def _certificates(self, components: Iterable[str], now: datetime.datetime) -> list[str]:
        signer = Pair(self.path(AUTHORITY_CERTIFICATE).read_bytes(), self.path(AUTHORITY_KEY).read_bytes())
        made = []
        for component in components:
            certificate, key = self.path(f"{component}.pem"), self.path(f"{component}.key")
            is_made = key.exists() and certificate.exists()
            if is_made and not certificates.is_due(certificate.read_bytes(), signer.certificate, now):
                continue
            pair = certificates.issue(signer, component, now)
            self._write(key.name, pair.key)
            self._write(certificate.name, pair.certificate)
            made.append(certificate.name)
        return made

    def _token(self) -> list[str]:
        if self.path(ADMIN_TOKEN).exists():
            return []
        self._write(ADMIN_TOKEN, self._random_bytes(TOKEN_BYTES).hex().encode() + b"\n")
        return [ADMIN_TOKEN]

    def _keys(self) -> list[str]:
        """One key pair in two files: as lightningstor reads its users, and as AWS clients read a profile."""
        if self.path(S3_CREDENTIALS).exists() and self.path(AWS_CREDENTIALS).exists():
            return []
        key_id, secret = self._key_pair()
        pair = f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
        self._write(AWS_CREDENTIALS, f"[default]\n{pair}region = {DEFAULT_REGION}\n".encode())
        self._write(S3_CREDENTIALS, f"[admin]\n{pair}policy = admin\n".encode())
        return [S3_CREDENTIALS, AWS_CREDENTIALS]

    def _key_pair(self) -> tuple[str, str]:
        key_id = access_keys.make_access_key_id(KeyKind.LONG_LIVED, self._random_bytes(access_keys.RANDOM_BYTES))
        return key_id, access_keys.make_secret(self._random_bytes(access_keys.SECRET_BYTES))

    def _write(self, name: str, data: bytes) -> None:
        replace_atomically(self.path(name), data)
