"""The policy of a browser upload (§4.12): what the form may say, until when, and how large the file may be.

The document is the base64 `policy` field; its signature was verified before. Every field must be covered by a
condition, so that nothing the signer did not think of can be added.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from photoncloud.lightningstor.errors import S3Error

UNCOVERED_FIELDS = frozenset({"policy", "file", "x-amz-signature"})
"""Fields no condition needs to name; `x-ignore-…` fields are free as well."""
IGNORED_PREFIX = "x-ignore-"
MAX_CONDITIONS = 1000
"""A policy fits into 20 KiB of form fields; this only bounds the work on `[[],[],…]`."""
_RANGE = "content-length-range"


@dataclass(frozen=True, slots=True)
class Condition:
    """One demand on a field (lower-case name without `$`)."""

    operator: Literal["eq", "starts-with"]
    field: str
    value: str
    shown: str
    """The condition as the document has it, in list form, for the refusal."""

    def holds(self, value: str) -> bool:
        return value == self.value if self.operator == "eq" else value.startswith(self.value)


@dataclass(frozen=True, slots=True)
class PostPolicy:
    """A parsed policy. `size_range` is None when the document does not limit the file."""

    expires_ms: int
    conditions: tuple[Condition, ...]
    size_range: tuple[int, int] | None

    def check(self, fields: Mapping[str, str], now_ms: int) -> None:
        """`fields`: every form field (lower-case name) plus `bucket`, with `${filename}` already replaced in `key`.

        Raises S3Error AccessDenied: expired, a condition failed, or a field that no condition covers.
        """
        if now_ms >= self.expires_ms:
            raise _denied("Policy expired.")
        covered = set()
        for condition in self.conditions:
            covered.add(condition.field)
            if not condition.holds(fields.get(condition.field, "")):
                raise _denied(f"Policy Condition failed: {condition.shown}")
        for name in fields:
            is_free = name in UNCOVERED_FIELDS or name == "bucket" or name.startswith(IGNORED_PREFIX)
            if not is_free and name not in covered:
                raise _denied(f"Extra input fields: {name}")

    def check_size(self, size: int) -> None:
        """Raises S3Error EntityTooSmall, EntityTooLarge."""
        if self.size_range is None:
            return
        smallest, largest = self.size_range
        if size > largest:
            raise S3Error("EntityTooLarge", fields={"ProposedSize": str(size), "MaxSizeAllowed": str(largest)})
        if size < smallest:
            raise S3Error("EntityTooSmall", fields={"ProposedSize": str(size), "MinSizeAllowed": str(smallest)})


def parse_policy(encoded: str) -> PostPolicy:
    """Raises S3Error InvalidPolicyDocument for anything that is not a policy."""
    try:
        document = json.loads(base64.b64decode(encoded, validate=True).decode("utf-8"))
    except (binascii.Error, ValueError, RecursionError):
        raise _invalid("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    expiration, conditions = document.get("expiration"), document.get("conditions")
    if not isinstance(expiration, str):
        raise _invalid("Policy missing expiration.")
    if not isinstance(conditions, list) or len(conditions) > MAX_CONDITIONS:
        raise _invalid("Policy missing conditions.")
    parsed: list[Condition] = []
    size_range = None
    for condition in conditions:
        if isinstance(condition, list) and condition and str(condition[0]).lower() == _RANGE:
            size_range = _narrowed(size_range, _size_range(condition))
        else:
            parsed += _conditions(condition)
    return PostPolicy(_expiration_ms(expiration), tuple(parsed), size_range)


def _expiration_ms(text: str) -> int:
    for form in ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return int(moment.timestamp() * 1000)
    raise _invalid(f"Invalid 'expiration' value: '{text}'")


def _conditions(condition: object) -> list[Condition]:
    if isinstance(condition, dict):
        return [_condition("eq", f"${name}", value) for name, value in condition.items()]
    if isinstance(condition, list) and len(condition) == 3 and all(isinstance(item, str) for item in condition):
        return [_condition(condition[0].lower(), condition[1], condition[2])]
    raise _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")


def _condition(operator: str, name: str, value: object) -> Condition:
    if not name.startswith("$") or not isinstance(value, str):
        raise _invalid("Invalid Condition: the name must begin with '$' and the value must be a string.")
    shown = f'["{operator}", "{name}", "{value}"]'
    if operator == "eq":
        return Condition("eq", name[1:].lower(), value, shown)
    if operator == "starts-with":
        return Condition("starts-with", name[1:].lower(), value, shown)
    raise _invalid(f"Invalid Condition: unknown operation '{operator}'.")


def _size_range(condition: list[object]) -> tuple[int, int]:
    numbers = [_whole_number(item) for item in condition[1:]]
    if len(numbers) != 2 or None in numbers:
        raise _invalid("Invalid content-length-range: two whole numbers are needed.")
    smallest, largest = numbers[0] or 0, numbers[1] or 0
    return smallest, largest


def _whole_number(item: object) -> int | None:
    if isinstance(item, bool):
        return None
    if isinstance(item, int) and item >= 0:
        return item
    if isinstance(item, str) and item.isascii() and item.isdigit() and len(item) < 20:
        return int(item)
    return None


def _narrowed(known: tuple[int, int] | None, added: tuple[int, int]) -> tuple[int, int]:
    return added if known is None else (max(known[0], added[0]), min(known[1], added[1]))


def _denied(reason: str) -> S3Error:
    return S3Error("AccessDenied", f"Invalid according to Policy: {reason}")


def _invalid(reason: str) -> S3Error:
    return S3Error("InvalidPolicyDocument", f"Invalid Policy: {reason}")
