"""One table of codes: nothing is raised that is not in it."""

from __future__ import annotations

import ast
from pathlib import Path

import photoncloud.backends.auth.iam as iam
import photoncloud.lightningstor as package
from photoncloud.lightningstor.core.error_table import ERRORS

RAISERS = {"S3Error", "SigV4Error"}
OF_OTHER_APIS = {"query_api_errors.py"}
"""Files of the shared IAM package that speak the IAM and STS query APIs, not S3's."""


def raised_codes(root: Path) -> dict[str, str]:
    """Code → file, for every literal first argument of an error's constructor below `root`."""
    found = {}
    for file in root.rglob("*.py"):
        if file.name in OF_OTHER_APIS:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if name in RAISERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found[first.value] = file.name
            if name in RAISERS and isinstance(first, ast.IfExp):
                for branch in (first.body, first.orelse):
                    if isinstance(branch, ast.Constant):
                        found[str(branch.value)] = file.name
    return found


def test_every_raised_code_is_in_the_table() -> None:
    codes = raised_codes(Path(package.__file__).parent) | raised_codes(Path(iam.__file__).parent)
    assert len(codes) > 50
    assert {code: file for code, file in codes.items() if code not in ERRORS} == {}


def test_statuses_and_messages_are_s3s() -> None:
    for code, entry in ERRORS.items():
        assert entry.status in (304, 400, 403, 404, 405, 409, 411, 412, 416, 500, 501, 503, 507), code
        assert entry.message, code
    assert ERRORS["MalformedXML"].message.endswith("published schema")
    assert "could not be found.  The part" in ERRORS["InvalidPart"].message
    assert ERRORS["NoSuchBucket"].fields == ("BucketName",)
