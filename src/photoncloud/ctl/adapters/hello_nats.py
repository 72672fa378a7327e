"""NATS: the INFO line a server speaks first, and whether JetStream is there."""

from __future__ import annotations

import json

from photoncloud.ctl.adapters.connection import BODY_BYTES_MAX, Route
from photoncloud.ctl.adapters.hello import Hello, Target


def hello(target: Target) -> Hello:
    # The INFO line comes before TLS, whatever the scheme says.
    plain = Route(target.route.address, target.route.family, target.route.server_name)
    try:
        with plain.connect() as connection:
            line = connection.makefile("rb").readline(BODY_BYTES_MAX)
    except OSError as error:
        return Hello(f"no INFO line: {error}")
    if not line.startswith(b"INFO "):
        return Hello("the first line is not INFO")
    try:
        info = json.loads(line[5:])
    except ValueError:
        return Hello("the INFO line is no JSON")
    if not info.get("jetstream"):
        return Hello("JetStream is off")
    return Hello(detail=f"NATS {info.get('version', '?')}, JetStream on")
