"""YAML in: the safe subset, bounded, duplicate keys refused."""

from __future__ import annotations

from typing import Any

from photoncloud.deploy.errors import ExtraMissing, RenderingUnreadable

YAML_BYTES_MAX = 16 * 1024 * 1024


def parse(text: str) -> Any:
    """The document as plain mappings and lists. Raises RenderingUnreadable, ExtraMissing."""
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
    except ModuleNotFoundError as error:
        message = 'reading compose files needs a package that is not installed: pip install "photoncloud[deploy]"'
        raise ExtraMissing(message) from error
    if len(text) > YAML_BYTES_MAX:
        raise RenderingUnreadable(f"larger than {YAML_BYTES_MAX >> 20} MiB")
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise RenderingUnreadable(f"not YAML: {' '.join(str(error).split())}") from error
