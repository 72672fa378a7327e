"""What `up` says, so that it runs exactly as printed."""

from __future__ import annotations

import shlex
from pathlib import Path

from photoncloud.ctl.core.up_report import difference, how_to_use
from photoncloud.deploy.service.resolve import Host, Request, resolve

HOST = Host(frozenset(), may_bind_low=True, has_program=lambda name: True)


def test_the_commands_of_level_0a() -> None:
    plan = resolve(Request(level="0a"), HOST, Path("/srv/my data"), "0.1.0").plan
    lines = [line.strip() for line in how_to_use(plan, "/srv/my data", "aws").splitlines()]
    export = next(line for line in lines if line.startswith("export"))
    assert shlex.split(export) == ["export", "AWS_SHARED_CREDENTIALS_FILE=/srv/my data/secrets/aws-credentials"]
    assert "aws --endpoint-url http://127.0.0.1:9001 s3 mb s3://demo" in lines
    assert "curl http://127.0.0.1:9003/health" in lines
    assert "pip install awscli" not in lines


def test_an_aws_that_is_not_on_the_path_or_not_there_at_all() -> None:
    plan = resolve(Request(level="0a"), HOST, Path("/d"), "0.1.0").plan
    beside = how_to_use(plan, "/d", "/opt/our cloud/bin/aws")
    assert "  '/opt/our cloud/bin/aws' --endpoint-url http://127.0.0.1:9001 s3 mb s3://demo" in beside.splitlines()
    assert "  pip install awscli" in how_to_use(plan, "/d", "").splitlines()


def test_differences_in_words() -> None:
    answer = {"added": ["a"], "restarted": ["b"], "reloaded": [], "removed": ["c"], "reasons": {"b": ["x.y"]}}
    assert difference(answer) == "started: a\nstopped: c\nrestarted: b (x.y)"
    assert "nothing has changed" in difference({"unchanged": ["a"]})
