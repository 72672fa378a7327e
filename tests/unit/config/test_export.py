from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from config_samples import COMPONENTS, MemoryFiles, Stor

from photoncloud.config import load
from photoncloud.config.export import example_toml, export, markdown, reference
from photoncloud.config.tree import leaves_below, schema_of


@pytest.mark.parametrize("model", COMPONENTS.values())
def test_the_example_loads_to_the_defaults(model: Any) -> None:
    component = model.declaration.component
    text = example_toml(schema_of(model))
    files = MemoryFiles({"/f": text})
    argv = ["--config", "/f"]
    assert load(component, model, argv, {}, files=files).hash == load(component, model, [], {}, files=files).hash
    tomllib.loads(text)


@pytest.mark.parametrize("model", COMPONENTS.values())
def test_every_key_is_in_every_form(model: Any) -> None:
    schema = schema_of(model)
    page, example = markdown(schema), example_toml(schema)
    for path, _leaf in leaves_below(schema.root):
        assert f"`{path[-1]}`" in page or f"`[{'.'.join(path)}[]]`" in page
        assert path[-1] in example
    json.loads(export(model, "json"))


def test_the_page_lists_variables_and_second_names() -> None:
    page = markdown(schema_of(Stor))
    assert "| `PHOTON_MODE` | `photon.mode` |" in page
    assert "| `standalone.server.log_level` | `photon.logging.level` |" in page
    assert "LIGHTNINGSTOR__STANDALONE__AUTH__SECRET_KEY" in page


def test_reference_is_about_no_component() -> None:
    texts = reference()
    assert set(texts) == {"configuration-photon.md", "configuration-photon.schema.json", "configuration-photon.toml"}
    assert all("lightningstor" not in text for text in texts.values())
