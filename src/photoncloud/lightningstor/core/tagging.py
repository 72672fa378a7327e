"""Tags of objects and buckets: the header form, the XML form, and S3's rules for names and values."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes

from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.core.xml_out import element, wrap
from photoncloud.lightningstor.errors import S3Error

OBJECT_TAGS = 10
BUCKET_TAGS = 50
KEY_CHARACTERS = 128
VALUE_CHARACTERS = 256

_EXTRA_CHARACTERS = frozenset(" _.:/=+-@")
_HEADER_FORM = (
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name"
    " duplicates."
)


def parse_header(value: str) -> dict[str, str]:
    """`x-amz-tagging`: a URL-encoded query. Raises S3Error InvalidArgument, InvalidTag, BadRequest."""
    pairs = [_decode_pair(item, value) for item in value.split("&")] if value else []
    if len({key for key, _ in pairs}) != len(pairs):
        raise _bad_header(value)
    return _checked(pairs, OBJECT_TAGS)


def _decode_pair(item: str, header: str) -> tuple[str, str]:
    key, _, value = item.partition("=")
    try:
        decoded = tuple(
            unquote_to_bytes(part.replace("+", " ").encode("latin-1")).decode("utf-8") for part in (key, value)
        )
    except UnicodeError as error:
        raise _bad_header(header) from error
    if not decoded[0]:
        raise _bad_header(header)
    return decoded[0], decoded[1]


def _bad_header(value: str) -> S3Error:
    return S3Error("InvalidArgument", _HEADER_FORM, fields={"ArgumentName": "x-amz-tagging", "ArgumentValue": value})


def parse_xml(root: Element, limit: int) -> dict[str, str]:
    """A `Tagging` document. Raises S3Error MalformedXML, InvalidTag, BadRequest."""
    pairs: list[tuple[str, str]] = []
    for tag in root.required("TagSet").all("Tag"):
        pairs.append((tag.required("Key").text, tag.required("Value").text))
    return _checked(pairs, limit)


def _checked(pairs: Sequence[tuple[str, str]], limit: int) -> dict[str, str]:
    if len(pairs) > limit:
        kind = "Object tags" if limit == OBJECT_TAGS else "Bucket tag count"
        raise S3Error("BadRequest", f"{kind} cannot be greater than {limit}")
    tags: dict[str, str] = {}
    for key, value in pairs:
        _check_tag(key, value)
        if key in tags:
            raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key", fields={"TagKey": key})
        tags[key] = value
    return tags


def _check_tag(key: str, value: str) -> None:
    if key.lower().startswith("aws:"):
        raise S3Error("InvalidTag", "System tags cannot be added/updated by requester")
    if not 1 <= len(key) <= KEY_CHARACTERS or not _is_allowed(key):
        raise S3Error("InvalidTag", "The TagKey you have provided is invalid", fields={"TagKey": key})
    if len(value) > VALUE_CHARACTERS or not _is_allowed(value):
        fields = {"TagKey": key, "TagValue": value}
        raise S3Error("InvalidTag", "The TagValue you have provided is invalid", fields=fields)


def _is_allowed(text: str) -> bool:
    return all(character in _EXTRA_CHARACTERS or unicodedata.category(character)[0] in "LNZM" for character in text)


def tag_set(tags: Mapping[str, str]) -> bytes:
    """`<TagSet>` in the order the tags were given."""
    return wrap("TagSet", *(wrap("Tag", element("Key", key), element("Value", tags[key])) for key in tags))
