"""Reading request documents and sending reply documents: the shapes every configuration handler shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from photoncloud.lightningstor.core import xml_out
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.service.call import Call

ReadDocument = Callable[[Call], Awaitable[bytes]]
"""The whole verified body of an XML or JSON request (at most 1 MiB): payload hash, Content-MD5, checksum."""


def xml_reply(body: bytes, status: int = 200) -> Reply:
    """A reply that carries a document."""
    return Reply(status, [xml_out.CONTENT_TYPE], body)
