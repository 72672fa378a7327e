"""`lightningstor-server selftest`: does an S3 endpoint do what S3 does? In a bucket of its own that goes afterwards."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from photoncloud.api.s3_client import S3Client
from photoncloud.config.problem import printable
from photoncloud.lightningstor.offline.command_line import Invocation, Option, Tool, invocation
from photoncloud.lightningstor.offline.progress import ProgressLine
from photoncloud.lightningstor.offline.s3_probe import Case, CaseFailed, CaseSkipped, Probe, probing
from photoncloud.lightningstor.offline.selftest_cases import (
    access,
    bucket_settings,
    conditions,
    integrity,
    listings,
    multipart,
    objects,
    versions,
)
from photoncloud.runtime import exit_status

PASSED, FAILED, SKIPPED = "pass", "fail", "skip"
GROUPS = {
    "objects": objects.CASES,
    "conditions": conditions.CASES,
    "integrity": integrity.CASES,
    "listings": listings.CASES,
    "multipart": multipart.CASES,
    "access": access.CASES,
    "buckets": bucket_settings.CASES,
    "versions": versions.CASES,
}
_NEEDED = ("--endpoint", "--access-key", "--secret-key-file")

TOOL = Tool(
    name="selftest",
    summary="Ask an S3 endpoint what every client relies on, and compare it with another one if you like.",
    options=(
        Option("--endpoint", "URL", "the endpoint that is tested"),
        Option("--access-key", "ID", "access key; it must be allowed to create buckets"),
        Option("--secret-key-file", "FILE", "its secret, alone in a file"),
        Option("--region", "NAME", "region in signatures (us-east-1)"),
        Option("--ca-file", "FILE", "certificate authority of an https endpoint"),
        Option("--compare", "URL", "a second endpoint with the same keys, shown beside the first"),
    ),
    statuses={0: "everything passes", 1: "something fails", exit_status.USAGE: "the command line is wrong"},
    examples=(
        "lightningstor-server selftest --endpoint http://127.0.0.1:9001 --access-key K --secret-key-file secret",
        "lightningstor-server selftest --endpoint http://127.0.0.1:9001 --access-key K --secret-key-file secret"
        " --compare http://127.0.0.1:8333 -o json",
    ),
    takes_configuration=False,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`detail` says what was wanted and what came, or why the case was skipped."""

    group: str
    case: str
    result: str
    detail: str
    milliseconds: int


def run(argv: Sequence[str], stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Do what the arguments say; returns the exit status."""
    call = invocation(TOOL, argv, stdout or sys.stdout, stderr or sys.stderr)
    if isinstance(call, int):
        return call
    missing = [option for option in _NEEDED if not call.has(option)]
    if missing:
        return _wrong(call, f"{' and '.join(missing)} must be given")
    endpoints = [call.options["--endpoint"], *([call.options["--compare"]] if call.has("--compare") else [])]
    try:
        secret = Path(call.options["--secret-key-file"]).read_text("utf-8").strip()
        clients = [_client(call, endpoint, secret) for endpoint in endpoints]
    except (OSError, ValueError) as error:
        return _wrong(call, str(error))
    outcomes = [_examine(client, call.stderr) for client in clients]
    (_tell_json if call.is_json else _tell_table)(call, endpoints, outcomes)
    return 1 if any(outcome.result == FAILED for outcome in outcomes[0]) else 0


def _wrong(call: Invocation, reason: str) -> int:
    call.stderr.write(f"lightningstor-server selftest: {reason}\n")
    return exit_status.USAGE


def _client(call: Invocation, endpoint: str, secret: str) -> S3Client:
    region = call.options.get("--region", "us-east-1")
    return S3Client(endpoint, call.options["--access-key"], secret, region, call.options.get("--ca-file", ""))


def _examine(client: S3Client, stderr: TextIO) -> list[Outcome]:
    """Every case on one endpoint. An endpoint without answer is one failed case."""
    progress = ProgressLine(TOOL.name, stderr)
    outcomes: list[Outcome] = []
    began = time.monotonic()
    try:
        with client, probing(client) as probe:
            for group, cases in GROUPS.items():
                for name, case in cases:
                    progress(f"cases of {client.endpoint}", len(outcomes))
                    outcomes.append(_ask(probe, group, name, case))
    except (CaseFailed, OSError, http.client.HTTPException) as error:
        outcomes.append(Outcome("endpoint", "a bucket of its own", FAILED, str(error), _since(began)))
    progress.close()
    return outcomes


def _ask(probe: Probe, group: str, name: str, case: Case) -> Outcome:
    began = time.monotonic()
    result, detail = PASSED, ""
    try:
        case(probe)
    except CaseFailed as failure:
        result, detail = FAILED, str(failure)
    except CaseSkipped as skip:
        result, detail = SKIPPED, str(skip)
    except (OSError, http.client.HTTPException) as error:
        result, detail = FAILED, f"{type(error).__name__}: {error}"
    except KeyError as error:
        result, detail = FAILED, f"header {error} is missing"
    return Outcome(group, name, result, detail, _since(began))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _tell_json(call: Invocation, endpoints: Sequence[str], outcomes: Sequence[Sequence[Outcome]]) -> None:
    runs = [
        {"endpoint": endpoint, **_counts(found), "cases": [asdict(outcome) for outcome in found]}
        for endpoint, found in zip(endpoints, outcomes, strict=True)
    ]
    call.stdout.write(json.dumps({"runs": runs}, indent=2, ensure_ascii=False) + "\n")


def _tell_table(call: Invocation, endpoints: Sequence[str], outcomes: Sequence[Sequence[Outcome]]) -> None:
    results = [{(o.group, o.case): o for o in found} for found in outcomes]
    names = list(dict.fromkeys(name for found in results for name in found))
    width = max(len(f"{group}: {case}") for group, case in names)
    for group, case in names:
        found = [run.get((group, case)) for run in results]
        cells = "  ".join(outcome.result if outcome else "-   " for outcome in found)
        details = " | ".join(outcome.detail for outcome in found if outcome and outcome.detail)
        call.stdout.write(printable(f"{f'{group}: {case}':{width}}  {cells}  {details}".rstrip()) + "\n")
    for endpoint, found_outcomes in zip(endpoints, outcomes, strict=True):
        counts = _counts(found_outcomes)
        call.stdout.write(f"{endpoint}: {counts['passed']} pass, {counts['failed']} fail, {counts['skipped']} skip\n")


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    found = [outcome.result for outcome in outcomes]
    return {"passed": found.count(PASSED), "failed": found.count(FAILED), "skipped": found.count(SKIPPED)}
