"""Client of lightningstor's administration: tokens, channels, and the error a person can act on.

with AdminClient("127.0.0.1:9000", access_key, secret_key) as admin:
    print(admin.call("GetInfo", admin_pb2.GetInfoRequest()).version)
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc

from photoncloud.api.photon.lightningstor.v1 import admin_pb2_grpc

SERVICE = "photon.lightningstor.v1.Admin"
DEADLINE_SEC = 30.0
"""A unary call that takes longer has failed; jobs run in the background and are asked about."""


class AdminError(Exception):
    """A call failed. `code` is gRPC's status name (`UNAVAILABLE`, `PERMISSION_DENIED`, …)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def photon_token(access_key: str, secret_key: str, full_method: str, now_sec: int) -> str:
    """`photon1.<key>.<unix seconds>.<hex HMAC-SHA256>`, bound to one method and valid for 15 minutes."""
    text = f"photon1\n{access_key}\n{now_sec}\n{full_method}"
    signature = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"photon1.{access_key}.{now_sec}.{signature}"


class AdminClient:
    """One channel to one server. `ca_file` empty: plaintext."""

    def __init__(self, address: str, access_key: str, secret_key: str, ca_file: str = "") -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        if ca_file:
            credentials = grpc.ssl_channel_credentials(Path(ca_file).read_bytes())
            self._channel = grpc.secure_channel(address, credentials)
        else:
            self._channel = grpc.insecure_channel(address)
        self._stub: Any = admin_pb2_grpc.AdminStub(self._channel)  # type: ignore[no-untyped-call]

    def __enter__(self) -> AdminClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def call(self, method: str, request: Any) -> Any:
        """One reply. Raises AdminError."""
        try:
            return getattr(self._stub, method)(request, metadata=self._metadata(method), timeout=DEADLINE_SEC)
        except grpc.RpcError as error:
            raise _told(error) from error

    def stream(self, method: str, request: Any) -> Iterator[Any]:
        """Replies as they come. Raises AdminError."""
        try:
            yield from getattr(self._stub, method)(request, metadata=self._metadata(method))
        except grpc.RpcError as error:
            raise _told(error) from error

    def _metadata(self, method: str) -> tuple[tuple[str, str], ...]:
        token = photon_token(self._access_key, self._secret_key, f"/{SERVICE}/{method}", int(time.time()))
        return (("x-photon-token", token),)


def _told(error: Any) -> AdminError:
    return AdminError(error.code().name, error.details() or "")
