"""TLS contexts that follow their files: a certificate is rotated by replacing it on disk.

A context is built completely from the new files before it takes over; a broken pair keeps the old one and says why in
`problem`. Connections that stand are not touched.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from photoncloud.runtime import exit_status
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.errors import FatalError, PhotonError
from photoncloud.runtime.logging import get_logger

log = get_logger(__name__)

VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
CIPHERS_TLS12: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Forward secrecy and authenticated encryption only; TLS 1.3 suites are all of that kind."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths, empty where there is none. cert_file: the chain, leaf first. ca_file: who is trusted."""

    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    min_version: str = "1.2"

    def paths(self) -> list[Path]:
        return [Path(path) for path in (self.cert_file, self.key_file, self.ca_file) if path]


class FollowingContext:
    """The newest good context of some files."""

    def __init__(self, files: TlsFiles, build: Callable[[TlsFiles], ssl.SSLContext]) -> None:
        """Raises FatalError `tls-files` (78) when the files give no context."""
        self.files = files
        self.problem = ""
        self._build = build
        self._fingerprint = b""
        self._context = self._built()

    def _built(self) -> ssl.SSLContext:
        try:
            self._fingerprint = fingerprint(self.files)
            return self._build(self.files)
        except (OSError, ValueError) as error:
            raise _refusal(self.files, error) from error

    @property
    def current(self) -> ssl.SSLContext:
        """The context of the newest good files: ask again for every connection."""
        return self._context

    def prepare(self, files: TlsFiles) -> Callable[[], None]:
        """Build from `files`; the returned function takes over and cannot fail. Raises FatalError `tls-files`."""
        try:
            found, context = fingerprint(files), self._build(files)
        except (OSError, ValueError) as error:
            raise _refusal(files, error) from error

        def take_over() -> None:
            changed = found != self._fingerprint or files != self.files
            self._context, self._fingerprint, self.files, self.problem = context, found, files, ""
            if changed:
                log.info("tls_reloaded", cert_file=files.cert_file, ca_file=files.ca_file)

        return take_over

    def refresh(self) -> None:
        """Take over what changed on disk; a broken pair keeps the old context and sets `problem`. Blocks on files."""
        try:
            if fingerprint(self.files) != self._fingerprint or self.problem:
                self.prepare(self.files)()
        except OSError as error:
            self._keep_old(_refusal(self.files, error))
        except PhotonError as error:
            self._keep_old(error)

    def _keep_old(self, error: PhotonError) -> None:
        if self.problem != str(error):
            log.warning("tls_reload_failed", **error.fields())
        self.problem = str(error)

    async def follow(self, interval_sec: Callable[[], float], clock: Clock, report: Callable[[str], None]) -> None:
        """`refresh` every `interval_sec()` until cancelled; `report(problem)` after each, empty when all is well."""
        while True:
            await clock.sleep(interval_sec())
            await asyncio.to_thread(self.refresh)
            report(self.problem)


class ServerContext(FollowingContext):
    """For listeners. With `ca_file`, clients must show a certificate it vouches for.

    `ssl_context` is given to servers once and stays the same object: each handshake is moved to the newest context.
    """

    def __init__(self, files: TlsFiles, *, alpn: tuple[str, ...] = ()) -> None:
        super().__init__(files, lambda wanted: server_context(wanted, alpn))
        self.ssl_context = server_context(files, alpn)
        self.ssl_context.sni_callback = self._move

    def _move(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._context


class ClientContext(FollowingContext):
    """For outgoing connections: `current` trusts `ca_file` (or the system's) and shows our certificate, if any."""

    def __init__(self, files: TlsFiles) -> None:
        super().__init__(files, client_context)


def server_context(files: TlsFiles, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Raises OSError (ssl.SSLError included) or ValueError when the files do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context, files)
    context.load_cert_chain(files.cert_file, files.key_file)
    if files.ca_file:
        context.load_verify_locations(files.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Raises OSError (ssl.SSLError included) or ValueError when the files do not fit."""
    context = ssl.create_default_context(cafile=files.ca_file or None)
    _harden(context, files)
    if files.cert_file:
        context.load_cert_chain(files.cert_file, files.key_file)
    return context


def _harden(context: ssl.SSLContext, files: TlsFiles) -> None:
    context.minimum_version = VERSIONS[files.min_version]
    context.set_ciphers(CIPHERS_TLS12)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION


def fingerprint(files: TlsFiles) -> bytes:
    """Changes when the content of any of the files does. Raises OSError."""
    digest = hashlib.sha256()
    for path in files.paths():
        content = path.read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()


def _refusal(files: TlsFiles, error: Exception) -> FatalError:
    paths = ", ".join(str(path) for path in files.paths())
    return FatalError("tls-files", "load", paths, error, exit_status=exit_status.CONFIGURATION)
