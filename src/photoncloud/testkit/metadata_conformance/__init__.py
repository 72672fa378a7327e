"""Conformance suite of the metadata port: the same tests on every adapter and on the reference.

An adapter's test module subclasses the suites and provides the fixture `subject`, a `Subject`:

    class TestMemory(MetadataSuite, HistorySuite, LeaseSuite, LocalSuite):
        @pytest.fixture
        def subject(self): return Subject(open=..., advance=..., compact=...)

What a store cannot do it must refuse with `Unsupported`; suites of capabilities it lacks are left out.
`comparison` runs random calls on two stores and compares values, revisions, events and errors.
"""

from photoncloud.testkit.metadata_conformance.history import HistorySuite, LeaseSuite
from photoncloud.testkit.metadata_conformance.local import LocalSuite
from photoncloud.testkit.metadata_conformance.subject import Subject
from photoncloud.testkit.metadata_conformance.transactions import TransactionSuite
from photoncloud.testkit.metadata_conformance.watching import WatchSuite
from photoncloud.testkit.metadata_conformance.writing import WritingSuite

__all__ = ["HistorySuite", "LeaseSuite", "LocalSuite", "MetadataSuite", "Subject"]


class MetadataSuite(WritingSuite, TransactionSuite, WatchSuite):
    """What every adapter does."""
