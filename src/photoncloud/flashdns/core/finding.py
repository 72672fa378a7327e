"""What the checker says about a zone (flashdns.md §4.12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["fatal", "error", "warning"]

_ERRORS = frozenset(
    {"ns_missing_at_apex", "below_dname", "apex_ns_no_address", "ns_to_cname", "nsec3_iterations",
     "denial_chain_broken"}
)  # fmt: skip
_WARNINGS = frozenset(
    {"duplicate_record", "ttl_mismatch", "ttl_too_large", "bom", "no_final_newline", "out_of_zone", "ns_below_cut",
     "occluded_by_cut", "glue_missing", "sibling_glue_missing", "ns_target_missing", "mx_to_cname", "srv_to_cname",
     "mx_is_address", "mx_target_missing", "owner_not_hostname", "dname_and_ns", "wildcard_dname", "wildcard_ns",
     "ds_at_apex", "ds_without_ns", "svcb_alias_params", "rrsig_without_rrset", "signature_expired",
     "serial_unchanged", "serial_backwards"}
)  # fmt: skip
_ORDER: dict[Severity, int] = {"fatal": 0, "error": 1, "warning": 2}


def severity_of(code: str) -> Severity:
    """Every code that is neither an error nor a warning is fatal."""
    if code in _WARNINGS:
        return "warning"
    return "error" if code in _ERRORS else "fatal"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one place. `owner` and `rtype` are presentation text, `line` is 0 when unknown."""

    code: str
    message: str
    owner: str = ""
    rtype: str = ""
    file: str = ""
    line: int = 0

    @property
    def severity(self) -> Severity:
        return severity_of(self.code)

    def __str__(self) -> str:
        what = " ".join(part for part in (self.owner, self.rtype) if part)
        return ": ".join(part for part in (f"{self.file}:{self.line}", what, self.code, self.message) if part)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Stable order by severity, then as found."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


def refuses(findings: Iterable[Finding], *, strict: bool) -> bool:
    """Whether a zone with these findings is refused: `fatal` always, `error` when strict."""
    return any(finding.severity == "fatal" or (strict and finding.severity == "error") for finding in findings)
