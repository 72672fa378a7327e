"""What `photonctl up` tells a person: addresses, changes, and commands that run exactly as printed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from photoncloud.deploy.core.run_plan import Program, RunPlan


def addresses(program: Program) -> str:
    """`s3 127.0.0.1:9001, ops 127.0.0.1:9003`; udp and tcp of one port are one entry."""
    named = dict.fromkeys(f"{listener.port} {listener.address}" for listener in program.listeners)
    return ", ".join(named)


def difference(answer: Mapping[str, Any]) -> str:
    """What a second `up` changed, one line each."""
    verbs = {"added": "started", "removed": "stopped", "restarted": "restarted", "reloaded": "reloaded"}
    reasons = answer.get("reasons") or {}
    lines = []
    for key, verb in verbs.items():
        for name in answer.get(key) or ():
            because = f" ({', '.join(reasons[name])})" if name in reasons else ""
            lines.append(f"{verb}: {name}{because}")
    return "\n".join(lines) or "nothing has changed; it runs as it should"


def how_to_use(plan: RunPlan, data_dir: str, aws: str) -> str:
    """Where credentials are, and commands to try. `aws`: the word that starts the AWS CLI here, "" without one."""
    lines = [f"credentials: {data_dir}/secrets"]
    for program in plan.programs:
        lines += _commands(program, data_dir, aws)
    return "\n".join(lines)


def _commands(program: Program, data_dir: str, aws: str) -> list[str]:
    """By what a program listens on, not by its name: an `s3` port is used the same way whoever serves it."""
    ports = {listener.port: listener.address for listener in program.listeners}
    lines = [f"try {program.name}:"]
    if "s3" in ports:
        credentials = shlex.quote(f"{data_dir}/secrets/aws-credentials")
        if not aws:
            lines.append("  pip install awscli")
        # A flag and not AWS_ENDPOINT_URL: an aws older than 2.13 ignores the variable and talks to Amazon.
        s3 = f"{shlex.quote(aws or 'aws')} --endpoint-url http://{ports['s3']} s3"
        lines += [
            f"  export AWS_SHARED_CREDENTIALS_FILE={credentials}",
            f"  {s3} mb s3://demo",
            f"  echo hello | {s3} cp - s3://demo/hello.txt",
            f"  {s3} cp s3://demo/hello.txt -",
        ]
    if program.health_address:
        lines.append(f"  curl http://{program.health_address}/health")
    return lines if len(lines) > 1 else []
