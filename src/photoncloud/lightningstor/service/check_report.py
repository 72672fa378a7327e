"""What a check of the store found, and which of it book-keeping alone can mend."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

FINDINGS_KEPT = 10_000
"""Findings kept for the report; all are counted."""


class FindingKind(StrEnum):
    UNREADABLE = "unreadable-record"
    UNKNOWN_BUCKET = "unknown-bucket"
    MISSING_BYTES = "missing-bytes"
    DAMAGED_BYTES = "damaged-bytes"
    TWO_HEADS = "two-heads"
    MISSING_REFERENCE = "missing-reference"
    DANGLING_REFERENCE = "dangling-reference"
    WRONG_NULL_POINTER = "wrong-null-pointer"
    MISSING_LIVES = "missing-lives-row"
    LEFTOVER_PARTS = "leftover-parts"
    ORPHAN_BLOB = "orphan-blob"


REPAIRABLE = frozenset(
    {
        FindingKind.MISSING_REFERENCE,
        FindingKind.DANGLING_REFERENCE,
        FindingKind.WRONG_NULL_POINTER,
        FindingKind.MISSING_LIVES,
        FindingKind.LEFTOVER_PARTS,
        FindingKind.ORPHAN_BLOB,
    }
)
"""Rows that follow from intact records, and files nobody refers to. Records and bytes are never touched."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` names bucket and key, or the file; `repaired` whether this run mended it."""

    kind: FindingKind
    where: str
    detail: str
    repaired: bool


@dataclass(slots=True)
class CheckReport:
    """What was walked and what was found. `left` counts findings that are still there."""

    buckets: int = 0
    versions: int = 0
    uploads: int = 0
    blobs: int = 0
    bytes: int = 0
    repaired: int = 0
    left: int = 0
    findings: list[Finding] = field(default_factory=list)

    def note(self, finding: Finding) -> None:
        if finding.repaired:
            self.repaired += 1
        else:
            self.left += 1
        if len(self.findings) < FINDINGS_KEPT:
            self.findings.append(finding)
