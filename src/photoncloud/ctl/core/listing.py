"""What a command has to show, and its forms: table, wide, json, yaml, name, jsonpath, custom-columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from photoncloud.ctl.core import custom_columns, jsonpath, table
from photoncloud.deploy.core import yaml_text

API_VERSION = "photonctl/v1"
PLAIN_FORMS = ("table", "wide", "json", "yaml", "name")
TEMPLATE_FORMS = ("jsonpath", "custom-columns")


class FormUnknown(ValueError):
    """`-o` names no form."""


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is the item's key, or a function of the item."""

    header: str
    key: str | Callable[[Mapping[str, Any]], Any]

    def text(self, item: Mapping[str, Any]) -> str:
        value = item.get(self.key) if isinstance(self.key, str) else self.key(item)
        if value is None or value == "":
            return table.ABSENT
        if isinstance(value, (list, tuple)):
            return ",".join(str(part) for part in value) or table.ABSENT
        return str(value)


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of one command. `items` are JSON data; `name` is the key whose value `-o name` prints after the kind.

    `extra` joins the top level of the JSON object; `is_array` prints the bare array instead (only `status`).
    """

    kind: str
    items: Sequence[Mapping[str, Any]]
    columns: Sequence[Column]
    wide: Sequence[Column] = ()
    name: str = "name"
    extra: Mapping[str, Any] | None = None
    is_array: bool = False

    def document(self) -> Any:
        if self.is_array:
            return [dict(item) for item in self.items]
        return {
            "apiVersion": API_VERSION,
            "kind": self.kind,
            **(self.extra or {}),
            "items": [dict(i) for i in self.items],
        }

    def sorted_by(self, path: str) -> Listing:
        """The same rows in the order of the values at a JSONPath; rows without one come last. Raises JsonPathWrong."""

        def order(item: Mapping[str, Any]) -> tuple[bool, bool, Any]:
            found = next(iter(jsonpath.find(path, item)), None)
            is_number = isinstance(found, (int, float))
            return found is None, not is_number, found if is_number else jsonpath.as_text(found)

        return replace(self, items=sorted(self.items, key=order))


def check_form(form: str) -> None:
    """Raises FormUnknown for what `-o` does not know."""
    head, equals, _ = form.partition("=")
    if form in PLAIN_FORMS or (head in TEMPLATE_FORMS and equals):
        return
    known = ", ".join((*PLAIN_FORMS, *(f"{name}=…" for name in TEMPLATE_FORMS)))
    raise FormUnknown(f"{form!r} is no output form (known: {known})")


def render(listing: Listing, form: str = "table", *, show_headers: bool = True) -> str:
    """Text without a line end at its end. Raises FormUnknown, JsonPathWrong."""
    check_form(form)
    head, _, template = form.partition("=")
    if head == "json":
        return json.dumps(listing.document(), indent=2, ensure_ascii=False)
    if head == "yaml":
        return yaml_text.dumps_any(listing.document()).rstrip("\n")
    if head == "name":
        return "\n".join(f"{listing.kind.lower()}/{item.get(listing.name)}" for item in listing.items)
    if head == "jsonpath":
        return jsonpath.evaluate(template, listing.document())
    if head == "custom-columns":
        return custom_columns.render(template, list(listing.items), show_headers=show_headers)
    columns = [*listing.columns, *(listing.wide if head == "wide" else ())]
    rows = [[column.text(item) for column in columns] for item in listing.items]
    return table.render([column.header for column in columns], rows, show_headers=show_headers)
