"""The workload: 300 settings in 30 tables, three files of 200 settings each, 40 variables."""

from __future__ import annotations

from pathlib import Path

TABLES = 30
KEYS = 10
VARIABLES = 40
FILES = ("base.toml", "site.toml", "local.toml")
# Kinds of values in turn: name of the key, value in a file (layer n), value of a variable, default.
KINDS = ("port", "name", "enabled", "ratio", "items", "limit", "path", "mode", "wait_sec", "size_mb")


def literal(kind: str, layer: int) -> str:
    """The TOML text of one kind of value in one layer."""
    return {
        "port": str(8000 + layer),
        "name": f'"name-{layer}"',
        "enabled": "true" if layer % 2 else "false",
        "ratio": f"0.{layer + 1}",
        "items": f'["a{layer}", "b{layer}", "c{layer}"]',
        "limit": str(100 * (layer + 1)),
        "path": f'"/var/lib/x/{layer}"',
        "mode": '"fast"' if layer % 2 else '"safe"',
        "wait_sec": str(30 + layer),
        "size_mb": str(256 + layer),
    }[kind]


def write_files(folder: Path) -> list[Path]:
    """Three files; each sets 20 of the 30 tables, so that most settings stand in two of them."""
    written = []
    for layer, name in enumerate(FILES):
        lines = ["# written for the benchmark"]
        for table in range(layer * 5, layer * 5 + 20):
            lines.append(f"\n[standalone.t{table:02d}]")
            lines += [f"{kind} = {literal(kind, layer)}  # layer {layer}" for kind in KINDS]
        path = folder / name
        path.write_text("\n".join(lines) + "\n")
        written.append(path)
    return written


def variables(prefix: str) -> dict[str, str]:
    """40 variables, `PREFIX__STANDALONE__T03__PORT` and so on."""
    text = {"port": "9000", "name": "from-env", "enabled": "true", "ratio": "0.75", "limit": "7"}
    pairs = [(table, kind) for kind in text for table in range(8)]
    return {f"{prefix}__STANDALONE__T{table:02d}__{kind.upper()}": text[kind] for table, kind in pairs[:VARIABLES]}
