"""Every refusal of nightlight's core. `code` is stable and, for queries, is the API's `errorType`."""

from __future__ import annotations


class NightlightError(Exception):
    """Base of all refusals; `code` never changes its meaning."""

    code = "internal"


class InvalidPattern(NightlightError):
    """A regular expression that RE2 rejects; the text is RE2's reason."""

    code = "bad_data"


class InvalidDuration(NightlightError):
    """A text that is no duration in Prometheus' notation, or one beyond int64 milliseconds."""

    code = "bad_data"


class InvalidRelabelling(NightlightError):
    """A relabel rule with missing, surplus or wrong fields."""

    code = "bad_data"


class InvalidExposition(NightlightError):
    """A metrics page that its format forbids. `line` counts from 1; 0 = the page as a whole."""

    code = "bad_data"

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line


class InvalidNotation(NightlightError):
    """A series in the notation of PromQL unit tests that cannot be read."""

    code = "bad_data"


class ParseError(NightlightError):
    """A query that is no PromQL. `str()` is what clients see: `<line:col>: parse error: <text>`."""

    code = "bad_data"

    def __init__(self, text: str, position: str) -> None:
        super().__init__(f"{position}: parse error: {text}")
        self.text = text
        self.position = position


class QueryError(NightlightError):
    """A query that cannot be answered. Subclasses name the API's `errorType`."""

    code = "execution"


class InvalidQuery(QueryError):
    """A well-formed query that may not be asked in this way (wrong type for a range query, bad parameter)."""

    code = "bad_data"


class QueryTimedOut(QueryError):
    """The query ran longer than it was allowed to."""

    code = "timeout"


class QueryCanceled(QueryError):
    """The client or an operator withdrew the query."""

    code = "canceled"


class StorageUnavailable(QueryError):
    """Storage cannot answer now; nothing was read."""

    code = "unavailable"


class DamagedRecord(NightlightError):
    """Bytes that are not what was written: checksum, length or codec do not fit."""

    code = "internal"
