"""A report counts everything and keeps a bounded list."""

from photoncloud.lightningstor.service import check_report
from photoncloud.lightningstor.service.check_report import REPAIRABLE, CheckReport, Finding, FindingKind


def test_findings_are_counted_beyond_those_kept(monkeypatch):
    monkeypatch.setattr(check_report, "FINDINGS_KEPT", 3)
    report = CheckReport()
    for number in range(10):
        report.note(Finding(FindingKind.ORPHAN_BLOB, str(number), "", repaired=number % 2 == 0))
    assert (report.repaired, report.left, len(report.findings)) == (5, 5, 3)


def test_nothing_that_holds_data_is_repairable():
    data = {FindingKind.UNREADABLE, FindingKind.MISSING_BYTES, FindingKind.DAMAGED_BYTES, FindingKind.TWO_HEADS}
    assert not REPAIRABLE & (data | {FindingKind.UNKNOWN_BUCKET})
