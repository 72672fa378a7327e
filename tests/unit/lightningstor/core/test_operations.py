from __future__ import annotations

from pathlib import Path

from photoncloud.lightningstor.core import operations
from photoncloud.lightningstor.core.operations_data import OPERATIONS

ROOT = Path(__file__).resolve().parents[4]


def test_the_model_has_as_many_operations_as_the_specification_says() -> None:
    assert len(OPERATIONS) == 116


def test_doublets_are_gone_and_forms_are_there() -> None:
    assert "GetBucketLifecycle" not in operations.BY_NAME
    assert {"PostObject", "Preflight", "GetBucketLifecycleConfiguration"} <= set(operations.BY_NAME)


def test_sets_speak_of_known_operations() -> None:
    assert set(operations.BY_NAME) >= operations.NOT_IMPLEMENTED
    assert not operations.SERVED & operations.NOT_IMPLEMENTED
    assert len(operations.SERVED) + len(operations.NOT_IMPLEMENTED) + 2 == len(operations.BY_NAME)


def test_the_committed_data_is_what_the_generator_writes(tmp_path: Path) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("gen_s3_operations", ROOT / "tools" / "gen_s3_operations.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    (tmp_path / generator.OUTPUT).parent.mkdir(parents=True)
    [written] = generator.generate(tmp_path)
    assert written.read_text() == (ROOT / generator.OUTPUT).read_text()
