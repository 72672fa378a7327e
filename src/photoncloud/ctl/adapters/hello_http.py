"""Components that speak HTTP: the path that tells each kind from any other web server."""

from __future__ import annotations

import json
from typing import Any

from photoncloud.ctl.adapters.connection import HttpAnswer, http
from photoncloud.ctl.adapters.hello import Hello, Speaker, Target, date_of

# kind -> (path, what must be in the JSON answer; "" when any 200 is enough)
PATHS = {
    "photonauth": ("/.well-known/openid-configuration", "issuer"),
    "nightlight": ("/-/ready", ""),
    "resource-manager": ("/version", "gitVersion"),
    "api-gateway": ("/version", "gitVersion"),
}


def hello(target: Target) -> Hello:
    """Any HTTP answer below 500."""
    try:
        answer = http(target.route, target.host, f"/{target.path}")
    except (OSError, ValueError) as error:
        return Hello(f"no HTTP answer: {error}")
    if answer.status >= 500:
        return Hello(f"HTTP {answer.status}")
    server = answer.headers.get("server", "")
    return Hello(detail=f"HTTP {answer.status}{f' from {server}' if server else ''}", time_sec=date_of(answer.headers))


def speaker(kind: str) -> Speaker:
    """The hello of one of our components, or plain HTTP for a kind without a path of its own."""
    if kind not in PATHS:
        return hello
    path, key = PATHS[kind]

    def specific(target: Target) -> Hello:
        try:
            answer = http(target.route, target.host, path)
        except (OSError, ValueError) as error:
            return Hello(f"no answer to GET {path}: {error}")
        if answer.status != 200 or (key and key not in document(answer)):
            return Hello(f"GET {path} answered {answer.status}, which is not what {kind} says")
        return Hello(detail=f"GET {path} 200", time_sec=date_of(answer.headers))

    return specific


def document(answer: HttpAnswer) -> dict[str, Any]:
    """The JSON object of an answer, {} when it is none."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
