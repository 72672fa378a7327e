"""The website listeners: pages for anybody behind the same HTTP connections as S3, with HTML where S3 has XML."""

from __future__ import annotations

from http import HTTPStatus

from photoncloud.lightningstor.core import website
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.errors import S3Error, StoreDamaged
from photoncloud.lightningstor.servers.s3_server import RequestIds
from photoncloud.lightningstor.service.website import Websites
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.lightningstor.website")

_HTML = (b"content-type", b"text/html; charset=utf-8")


class WebsiteApplication:
    """Implements `http1_connection.Application`."""

    def __init__(self, websites: Websites, request_ids: RequestIds, host_id: str) -> None:
        self._websites = websites
        self._request_ids = request_ids
        self._host_id = host_id
        self._id_lines = f"\r\nx-amz-id-2: {host_id}\r\n".encode()

    async def handle(self, request: Request) -> Reply:
        try:
            return await self._websites.handle(request)
        except StoreDamaged as damage:
            log.error("damaged_object", request_id=request.request_id, what=damage.what, where=damage.where)
            return self.render_error(S3Error("InternalError"), request.request_id)

    def new_request_id(self) -> str:
        return self._request_ids.next()

    def render_error(self, error: S3Error, request_id: str) -> Reply:
        """The page of a request that was refused before it reached a website."""
        entry = ERRORS[error.code]
        message = error.message if error.message is not None else entry.message
        details = tuple(error.fields.items())
        page = website.ErrorPage(entry.status, HTTPStatus(entry.status).phrase, error.code, message, details)
        return Reply(entry.status, [_HTML], website.error_html(page, request_id, self._host_id), close=error.close)

    def reply_fields(self, request_id: str) -> bytes:
        return b"x-amz-request-id: " + request_id.encode() + self._id_lines

    def report_failure(self, request_id: str, error: BaseException) -> None:
        log.error("request_failed", request_id=request_id, exc_info=error)
