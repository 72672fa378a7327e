from __future__ import annotations

from pathlib import Path

from photoncloud.config.export import reference
from photoncloud.config.reference import write_reference

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "reference"


def test_the_committed_reference_is_what_would_be_generated() -> None:
    """Regenerate with `python -m photoncloud.config.reference docs/reference`."""
    assert {name: (COMMITTED / name).read_text(encoding="utf-8") for name in reference()} == reference()


def test_writing(tmp_path: Path) -> None:
    written = write_reference(tmp_path / "new")
    assert {path.name for path in written} == set(reference())
    assert written[0].read_text(encoding="utf-8") == reference()[written[0].name]
