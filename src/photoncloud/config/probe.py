"""The one HTTP call of a start without a mode: does a control plane answer and name itself?

The whole call, name resolution included, has a hard limit; the thread that makes it is left behind when it hangs.
"""

from __future__ import annotations

import json
import threading
from typing import Any, Protocol
from urllib.parse import urlsplit

from photoncloud.config.mode import ProbeAnswer

DEADLINE_SEC = 2.0
# A health document is a few hundred bytes; whoever sends more is not a control plane.
BODY_BYTES_MAX = 64 * 1024
CONTROL_PLANES = ("resource-manager", "api-gateway")
VERSION_CHARACTERS_MAX = 64


class Probe(Protocol):
    """Asks a URL once. Never raises; anything but a control plane that names itself is a cause in words."""

    def __call__(self, url: str) -> ProbeAnswer: ...


class HttpProbe:
    """`Probe` over HTTP or HTTPS with the standard library. `ca_file`: trusted certificates ("" = the system's)."""

    def __init__(self, ca_file: str = "", deadline_sec: float = DEADLINE_SEC) -> None:
        self.ca_file = ca_file
        self.deadline_sec = deadline_sec

    def __call__(self, url: str) -> ProbeAnswer:
        answers: list[ProbeAnswer] = []
        thread = threading.Thread(target=lambda: answers.append(self._ask(url)), name="config-probe", daemon=True)
        thread.start()
        thread.join(self.deadline_sec)
        return answers[0] if answers else ProbeAnswer(cause=f"no answer within {self.deadline_sec:g} s")

    def _ask(self, url: str) -> ProbeAnswer:
        import http.client

        try:
            return self._get(url)
        except TimeoutError:
            return ProbeAnswer(cause=f"no answer within {self.deadline_sec:g} s")
        except (OSError, http.client.HTTPException, ValueError) as error:
            text = error.strerror if isinstance(error, OSError) else str(error)
            return ProbeAnswer(cause=(text or type(error).__name__).lower())

    def _get(self, url: str) -> ProbeAnswer:
        parts = urlsplit(url)
        if not parts.hostname:
            return ProbeAnswer(cause="the URL names no host")
        connection = self._connection(parts)
        try:
            connection.request("GET", parts.path, headers={"Accept": "application/json", "Connection": "close"})
            response = connection.getresponse()
            if response.status != 200:
                return ProbeAnswer(cause=f"status {response.status}")
            body = response.read(BODY_BYTES_MAX + 1)
        finally:
            connection.close()
        return judge(body)

    def _connection(self, parts: Any) -> Any:
        import http.client

        if parts.scheme != "https":
            return http.client.HTTPConnection(parts.hostname, parts.port, timeout=self.deadline_sec)
        import ssl

        context = ssl.create_default_context(cafile=self.ca_file or None)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=self.deadline_sec, context=context)


def judge(body: bytes) -> ProbeAnswer:
    """Whether a health document names a PhotonCloud control plane."""
    if len(body) > BODY_BYTES_MAX:
        return ProbeAnswer(cause=f"answer larger than {BODY_BYTES_MAX} bytes")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ProbeAnswer(cause="answer is not JSON")
    component = document.get("component") if isinstance(document, dict) else None
    if component not in CONTROL_PLANES:
        return ProbeAnswer(cause="answer does not name a PhotonCloud control plane")
    version = str(document.get("version", "")).strip()[:VERSION_CHARACTERS_MAX]
    return ProbeAnswer(named=f"{component} {version}".strip())
