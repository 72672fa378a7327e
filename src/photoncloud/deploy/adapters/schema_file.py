"""Validate a document against a JSON Schema file the user names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from photoncloud.deploy.errors import ExtraMissing

# Enough to see what is wrong; a document of another kind breaks everywhere.
ERRORS_MAX = 20


def errors(document: Any, schema_path: Path) -> list[str]:
    """`path: message` of each violation, at most 20. Raises ExtraMissing, OSError, ValueError."""
    try:
        from jsonschema import Draft7Validator
        from jsonschema.validators import validator_for
    except ModuleNotFoundError as error:
        message = 'checking a schema needs a package that is not installed: pip install "photoncloud[deploy]"'
        raise ExtraMissing(message) from error
    schema = json.loads(schema_path.read_text())
    validator = validator_for(schema, default=Draft7Validator)(schema)
    found = sorted(validator.iter_errors(document), key=lambda error: [str(part) for part in error.absolute_path])
    return [_line([str(part) for part in error.absolute_path], error.message) for error in found[:ERRORS_MAX]]


def _line(path: list[str], message: str) -> str:
    return f"{'.'.join(path) or '(document)'}: {message[:200]}"
