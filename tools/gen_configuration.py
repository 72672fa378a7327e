"""Write the configuration reference: the common part, and each component's own in three forms."""

from __future__ import annotations

from pathlib import Path

from photoncloud.config.export import export
from photoncloud.config.marks import ConfigModel
from photoncloud.config.reference import write_reference
from photoncloud.lightningstor.settings import Settings as Lightningstor

COMPONENTS: dict[str, type[ConfigModel]] = {"lightningstor": Lightningstor}
FORMS = {"markdown": "md", "toml": "toml", "json": "schema.json"}


def generate(root: Path) -> list[Path]:
    folder = root / "docs" / "reference"
    written = write_reference(folder)
    for component, model in COMPONENTS.items():
        for form, suffix in FORMS.items():
            path = folder / f"configuration-{component}.{suffix}"
            path.write_text(export(model, form), encoding="utf-8")
            written.append(path)
    return written
