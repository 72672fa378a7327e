"""Write `core/operations_data.py` from botocore's model of the S3 API.

botocore is the list of operations and shapes that clients are generated from; it is needed at build time only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

OUTPUT = Path("src/photoncloud/lightningstor/core/operations_data.py")
DOCSTRING = '''"""Generated: operations of Amazon S3, by tools/gen_s3_operations.py from botocore's service model.

Row: name, method, level (`service`, `bucket`, `object`), sub-resource, kind of request body (``, `xml`, `text`,
`bytes`), success status.
"""
'''


def generate(root: Path) -> list[Path]:
    """Write the data file below `root`; returns the files written."""
    from botocore.loaders import Loader

    model = Loader().load_service_model("s3", "service-2")
    rows = sorted(_row(operation, model["shapes"]) for operation in model["operations"].values())
    lines = [DOCSTRING, "OPERATIONS: tuple[tuple[str, str, str, str, str, int], ...] = ("]
    lines += [f"    {_literal(row)}," for row in rows]
    lines += [")", ""]
    target = root / OUTPUT
    target.write_text("\n".join(lines), encoding="utf-8")
    return [target]


def _row(operation: dict[str, Any], shapes: dict[str, Any]) -> tuple[str, str, str, str, str, int]:
    http = operation["http"]
    path, _, query = http["requestUri"].partition("?")
    level = "object" if "{Key" in path else "bucket" if "{Bucket}" in path else "service"
    subresource = "" if query.startswith("list-type") else query.partition("&")[0]
    body = _body_kind(operation, shapes)
    return operation["name"], http["method"], level, subresource, body, http.get("responseCode", 200)


def _body_kind(operation: dict[str, Any], shapes: dict[str, Any]) -> str:
    shape = shapes.get(operation.get("input", {}).get("shape", ""), {})
    payload = shape.get("payload")
    if payload is None:
        return ""
    kind = shapes[shape["members"][payload]["shape"]]["type"]
    return {"structure": "xml", "string": "text", "blob": "bytes"}[kind]


def _literal(row: tuple[str, str, str, str, str, int]) -> str:
    return "(" + ", ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in row) + ")"
