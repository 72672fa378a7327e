"""Named limits. Every queue, buffer, body, page, retry and wait has one, with the reason beside it."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.runtime.errors import PhotonError


class LimitExceeded(PhotonError):
    """More than a named limit allows; code `limit-exceeded`."""

    def __init__(self, limit: Limit, amount: float, operation: str = "", object: str = "") -> None:
        self.limit = limit
        self.amount = amount
        cause = f"{amount:g} {limit.unit} is more than {limit.name} = {limit.value:g} {limit.unit}"
        super().__init__("limit-exceeded", operation, object, cause)


@dataclass(frozen=True, slots=True)
class Limit:
    """`value` in `unit`, and why it is that much.

    >>> Limit("ops_body_bytes", 65536, "bytes", "no ops request needs a body").exceeded(70000)
    True
    """

    name: str
    value: float
    unit: str
    reason: str

    def exceeded(self, amount: float) -> bool:
        return amount > self.value

    def require(self, amount: float, operation: str = "", object: str = "") -> None:
        """Raise LimitExceeded when `amount` is more than the limit."""
        if amount > self.value:
            raise LimitExceeded(self, amount, operation, object)


START_STEP_SEC = Limit("start_step_sec", 300, "s", "recovery of a large log takes minutes; a hang must still end")
CLOSE_STEP_SEC = Limit("close_step_sec", 10, "s", "one stuck close must not hold up the others for long")
CHECK_INTERVAL_SEC = Limit("check_interval_sec", 5, "s", "GET /health must not be older than this")
CHECK_REASON_CHARACTERS = Limit("check_reason_characters", 200, "characters", "a reason is one line on one screen")
STOP_ACCEPTING_SEC = Limit("stop_accepting_sec", 2, "s", "closing a listening socket does no I/O")
TASK_CANCEL_SEC = Limit("task_cancel_sec", 5, "s", "a task that ignores cancellation must not hold the process")
LOG_VALUE_CHARACTERS = Limit("log_value_characters", 8192, "characters", "one value must not flood the log")
LOG_DEPTH = Limit("log_depth", 6, "levels", "redaction walks nested values; deeper ones are printed as text")
