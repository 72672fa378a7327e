"""The dependency graph of a level as dot or mermaid."""

from __future__ import annotations

import json

from photoncloud.deploy.core.graph import Graph

FORMS = ("dot", "mermaid")


def render(graph: Graph, form: str) -> str:
    """`needs` point from who needs to what is needed; a dashed line waits for the start only."""
    return _dot(graph) if form == "dot" else _mermaid(graph)


def _dot(graph: Graph) -> str:
    lines = [f"digraph {json.dumps(f'level {graph.level}')} {{", "  rankdir=BT;"]
    lines += [f"  {json.dumps(node.name)};" for node in graph.nodes]
    for node in graph.nodes:
        for need, condition in node.needs.items():
            style = "" if condition == "healthy" else " [style=dashed]"
            lines.append(f"  {json.dumps(node.name)} -> {json.dumps(need)}{style};")
    return "\n".join([*lines, "}"])


def _mermaid(graph: Graph) -> str:
    lines = ["flowchart BT"]
    lines += [f'  {_id(node.name)}["{node.name}"]' for node in graph.nodes]
    for node in graph.nodes:
        for need, condition in node.needs.items():
            arrow = "-->" if condition == "healthy" else "-.->"
            lines.append(f"  {_id(node.name)} {arrow} {_id(need)}")
    return "\n".join(lines)


def _id(name: str) -> str:
    return name.replace("-", "_")
