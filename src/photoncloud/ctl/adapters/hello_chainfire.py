"""chainfire: the etcd gateway's maintenance status, and whether an alarm is raised."""

from __future__ import annotations

from photoncloud.ctl.adapters.connection import http
from photoncloud.ctl.adapters.hello import Hello, Target, date_of
from photoncloud.ctl.adapters.hello_http import document


def hello(target: Target) -> Hello:
    try:
        status = http(target.route, target.host, "/v3/maintenance/status", method="POST", body=b"{}")
        alarms = http(target.route, target.host, "/v3/maintenance/alarm", method="POST", body=b'{"action": "GET"}')
    except (OSError, ValueError) as error:
        return Hello(f"no answer of the key-value gateway: {error}")
    said = document(status)
    header = said.get("header")
    if status.status != 200 or not isinstance(header, dict):
        return Hello(f"maintenance status answered {status.status}")
    leader = said.get("leader")
    if not leader or str(leader) == "0":
        return Hello("there is no leader")
    raised = document(alarms).get("alarms") or []
    if raised:
        return Hello(f"alarm {', '.join(str(alarm.get('alarm', alarm)) for alarm in raised)}")
    short = f"{int(leader):x}"[:8] if str(leader).isdigit() else str(leader)[:8]
    revision = header.get("revision", "?")
    return Hello(detail=f"leader {short}, revision {revision}, no alarm", time_sec=date_of(status.headers))
