"""gRPC: the standard health service (grpc.health.v1.Health/Check)."""

from __future__ import annotations

from pathlib import Path

from photoncloud.ctl.adapters.hello import Hello, Target
from photoncloud.ctl.adapters.tls_probe import TlsFiles

TIMEOUT_SEC = 3.0


def hello(target: Target, files: TlsFiles, has_tls: bool) -> Hello:
    """grpcio is imported here, and only when a gRPC endpoint is asked about."""
    try:
        import grpc
        from grpc_health.v1 import health_pb2, health_pb2_grpc
    except ModuleNotFoundError as error:
        return Hello(f'asking gRPC needs {error.name}: pip install "photoncloud[server]"')
    host, port = target.route.address
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if has_tls:
        names = (("grpc.ssl_target_name_override", target.route.server_name),)
        channel = grpc.secure_channel(address, _credentials(grpc, files), options=names)
    else:
        channel = grpc.insecure_channel(address)
    with channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_SEC)
        except grpc.RpcError as error:
            code = error.code()
            if code is grpc.StatusCode.UNIMPLEMENTED:
                return Hello(detail="gRPC answers; it has no health service")
            return Hello(f"health check: {code.name}: {error.details()}")
    status = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return Hello(detail=status) if status == "SERVING" else Hello(f"health check: {status}")


def _credentials(grpc: object, files: TlsFiles) -> object:
    def read(path: str) -> bytes | None:
        return Path(path).read_bytes() if path else None

    return grpc.ssl_channel_credentials(read(files.ca_file), read(files.key_file), read(files.cert_file))  # type: ignore[attr-defined]
