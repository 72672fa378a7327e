"""XML that clients send: hardened parsing into elements without namespaces, and typed access to them.

Any document type declaration is refused before anything else is looked at (entity bombs, XXE); unknown elements are
ignored; what is required and absent is `MalformedXML`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from photoncloud.lightningstor.errors import S3Error

DOCUMENT_LIMIT_BYTES = 1024 * 1024
"""S3's bound for configuration documents."""
DELETE_DOCUMENT_LIMIT_BYTES = 2 * 1024 * 1024
"""1,000 keys of 1,024 bytes with their tags and escapes."""
_DEPTH_LIMIT = 32
"""No document of S3 nests deeper than 10; deeper ones only exist to exhaust a stack."""


class Element:
    """One element, names without namespace. Equality and order are the document's."""

    __slots__ = ("_node",)

    def __init__(self, node: Any) -> None:
        self._node = node

    @property
    def name(self) -> str:
        return _local_name(self._node)

    @property
    def text(self) -> str:
        """Character data directly inside, as sent (blanks kept)."""
        return self._node.text or ""

    def attribute(self, name: str) -> str | None:
        """The attribute with this local name (`type` finds `xsi:type`)."""
        for key, value in self._node.attrib.items():
            if key.rpartition("}")[2] == name:
                return str(value)
        return None

    def __iter__(self) -> Iterator[Element]:
        return (Element(child) for child in self._node if isinstance(child.tag, str))

    def all(self, name: str) -> list[Element]:
        """Children of this name in document order."""
        return [child for child in self if child.name == name]

    def child(self, name: str) -> Element | None:
        """The first child of this name, or None."""
        return next((child for child in self if child.name == name), None)

    def required(self, name: str) -> Element:
        """The first child of this name. Raises S3Error MalformedXML."""
        found = self.child(name)
        if found is None:
            raise S3Error("MalformedXML")
        return found

    def only(self, name: str) -> Element | None:
        """The one child of this name, or None. Raises S3Error MalformedXML when there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise S3Error("MalformedXML")
        return found[0] if found else None

    def text_of(self, name: str) -> str | None:
        """Text of the first child of this name without surrounding blanks, or None."""
        found = self.child(name)
        return None if found is None else found.text.strip()

    def required_text(self, name: str) -> str:
        """As `text_of`. Raises S3Error MalformedXML when the child is missing."""
        return self.required(name).text.strip()

    def integer_of(self, name: str) -> int | None:
        """A child's decimal integer, or None. Raises S3Error MalformedXML for anything else."""
        return None if (text := self.text_of(name)) is None else _integer(text)

    def boolean_of(self, name: str) -> bool | None:
        """A child's `true`/`false` (also `1`/`0`, any letter case), or None. Raises S3Error MalformedXML."""
        text = self.text_of(name)
        if text is None:
            return None
        value = {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
        if value is None:
            raise S3Error("MalformedXML")
        return value


def parse(data: bytes, root: str | tuple[str, ...], limit: int = DOCUMENT_LIMIT_BYTES) -> Element:
    """The root element of a request document, whose local name must be `root` (or one of them).

    Raises S3Error MissingRequestBodyError for an empty body; MalformedXML for anything that is not well-formed, is
    longer than `limit`, declares a DTD, nests too deeply or has another root.
    """
    if not data:
        raise S3Error("MissingRequestBodyError")
    if len(data) > limit or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise S3Error("MalformedXML")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        node = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise S3Error("MalformedXML") from error
    if node.getroottree().docinfo.internalDTD is not None or _too_deep(node):
        raise S3Error("MalformedXML")
    if _local_name(node) not in ((root,) if isinstance(root, str) else root):
        raise S3Error("MalformedXML")
    return Element(node)


def _local_name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _integer(text: str) -> int:
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise S3Error("MalformedXML")
    return int(text)


def _too_deep(root: Any) -> bool:
    """Whether elements nest deeper than the limit; walks without recursion."""
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _DEPTH_LIMIT:
            return True
    return False
