"""Static websites: the configuration document and the decisions of a website request.

Rules: S3 user guide, "Hosting a static website using Amazon S3". A request becomes a key; what was found there becomes
an answer to serve, a redirect, or an error page. Nothing here touches a bucket: the caller looks keys up and asks on.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

ROUTING_RULE_LIMIT = 50
DEFAULT_REDIRECT_STATUS = 301
SLASH_REDIRECT_STATUS = 302
EMPTY_CONDITION = (
    "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be"
    " present."
)
INVALID_PROTOCOL = (
    "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically."
)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a rule sends the client; empty fields keep what the request has."""

    protocol: str = ""
    host: str = ""
    replace_key: str | None = None
    replace_prefix: str | None = None
    status: int = DEFAULT_REDIRECT_STATUS


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """`key_prefix` and `error_code` are None when the condition is absent."""

    redirect: Redirect
    key_prefix: str | None = None
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class Website:
    """One bucket's configuration. With `redirect_all` the rest is empty."""

    index_suffix: str = ""
    error_key: str = ""
    rules: tuple[RoutingRule, ...] = ()
    redirect_all: tuple[str, str] | None = None
    """Host name and protocol (may be empty)."""


def parse(body: bytes) -> Website:
    """A `WebsiteConfiguration`. Raises S3Error MalformedXML, InvalidArgument, InvalidRequest."""
    root = xml_in.parse(body, "WebsiteConfiguration")
    everything = root.only("RedirectAllRequestsTo")
    index, error, rules = root.only("IndexDocument"), root.only("ErrorDocument"), root.only("RoutingRules")
    if everything is not None:
        if index or error or rules:
            raise S3Error(
                "InvalidRequest", "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            )
        return Website(redirect_all=(_text(everything, "HostName"), _protocol(everything)))
    if index is None:
        message = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        fields = {"ArgumentName": "IndexDocument", "ArgumentValue": "null"}
        raise S3Error("InvalidArgument", message, fields=fields)
    suffix = index.text_of("Suffix") or ""
    if not suffix or "/" in suffix:
        fields = {"ArgumentName": "IndexDocument", "ArgumentValue": suffix}
        raise S3Error("InvalidArgument", "The IndexDocument Suffix is not well formed", fields=fields)
    error_key = ""
    if error is not None:
        error_key = error.text_of("Key") or ""
        if not error_key:
            fields = {"ArgumentName": "ErrorDocument", "ArgumentValue": error_key}
            raise S3Error("InvalidArgument", "The ErrorDocument Key is not well formed", fields=fields)
    return Website(suffix, error_key, _rules(rules))


def _rules(element: Element | None) -> tuple[RoutingRule, ...]:
    if element is None:
        return ()
    listed = element.all("RoutingRule")
    if len(listed) > ROUTING_RULE_LIMIT:
        message = (
            f"{len(listed)} routing rules provided, the number of routing rules is limited to {ROUTING_RULE_LIMIT}."
        )
        raise S3Error("InvalidRequest", message)
    return tuple(_rule(item) for item in listed)


def _rule(element: Element) -> RoutingRule:
    redirect = element.required("Redirect")
    replace_key, replace_prefix = redirect.text_of("ReplaceKeyWith"), redirect.text_of("ReplaceKeyPrefixWith")
    if replace_key is not None and replace_prefix is not None:
        raise S3Error("InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    prefix, code = None, None
    condition = element.only("Condition")
    if condition is not None:
        prefix = condition.text_of("KeyPrefixEquals")
        code = condition.integer_of("HttpErrorCodeReturnedEquals")
        if prefix is None and code is None:
            raise S3Error("InvalidRequest", EMPTY_CONDITION)
        if code is not None and not 400 <= code <= 599:
            raise S3Error(
                "InvalidRequest", f"The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX."
            )
    target = Redirect(
        _protocol(redirect),
        _safe(redirect.text_of("HostName") or ""),
        _safe(replace_key) if replace_key is not None else None,
        _safe(replace_prefix) if replace_prefix is not None else None,
        _status(redirect.text_of("HttpRedirectCode")),
    )
    return RoutingRule(target, prefix, code)


def _status(text: str | None) -> int:
    if text is None:
        return DEFAULT_REDIRECT_STATUS
    if not (text.isascii() and text.isdigit() and 301 <= int(text) <= 399):
        message = f"The provided HTTP redirect code ({text}) is not valid. Valid codes are 3XX except 300."
        raise S3Error("InvalidRequest", message)
    return int(text)


def _protocol(element: Element) -> str:
    protocol = element.text_of("Protocol") or ""
    if protocol not in ("", "http", "https"):
        raise S3Error("InvalidRequest", INVALID_PROTOCOL)
    return protocol


def _text(element: Element, name: str) -> str:
    text = element.text_of(name)
    if not text:
        raise S3Error("MalformedXML")
    return _safe(text)


def _safe(text: str) -> str:
    """Text that may stand in a `Location`. Raises S3Error InvalidRequest when it could split the header."""
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise S3Error("InvalidRequest", "A redirect may not contain control characters.")
    return text


# Decisions of a request.


def index_key(site: Website, key: str) -> str:
    """The key that a request for `key` looks at first: directories get the index suffix."""
    return key + site.index_suffix if not key or key.endswith("/") else key


def slash_candidate(site: Website, key: str) -> str | None:
    """The index of the "directory" a missing `key` may have meant, or None."""
    return f"{key}/{site.index_suffix}" if key and not key.endswith("/") else None


def first_rule(site: Website, key: str) -> RoutingRule | None:
    """The first rule that needs no error to apply: by prefix only, or without condition."""
    for rule in site.rules:
        if rule.error_code is None and (rule.key_prefix is None or key.startswith(rule.key_prefix)):
            return rule
    return None


def error_rule(site: Website, key: str, status: int) -> RoutingRule | None:
    """The first rule for this error code (and prefix, when it has one)."""
    for rule in site.rules:
        if rule.error_code == status and (rule.key_prefix is None or key.startswith(rule.key_prefix)):
            return rule
    return None


def location(rule: RoutingRule, key: str, scheme: str, host: str) -> str:
    """The `Location` a rule gives for a request of `key` at `scheme`://`host` (host with its port)."""
    redirect = rule.redirect
    if redirect.replace_key is not None:
        target = _written(redirect.replace_key)
    elif redirect.replace_prefix is not None:
        target = _written(redirect.replace_prefix) + _encoded(key[len(rule.key_prefix or "") :])
    else:
        target = _encoded(key)
    return f"{redirect.protocol or scheme}://{redirect.host or host}/{target}"


def location_of_all(site: Website, path_and_query: str, scheme: str) -> str:
    """The `Location` under RedirectAllRequestsTo; `path_and_query` is the raw target, which keeps its encoding."""
    assert site.redirect_all is not None
    host, protocol = site.redirect_all
    return f"{protocol or scheme}://{host}{path_and_query}"


def slash_location(key: str) -> str:
    return f"/{_encoded(key)}/"


def _encoded(key: str) -> str:
    """A key as a path: following it leads to that key again."""
    return quote(key, safe="/~-._!$&'()*+,;=:@")


def _written(text: str) -> str:
    """What an operator wrote into a rule: it may have a query, a fragment, and be encoded already."""
    return quote(text, safe="/~-._!$&'()*+,;=:@#?%")


# Error pages.


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an HTML error page tells. `details` are further lines such as `Key`, in order."""

    status: int
    reason: str
    code: str
    message: str
    details: tuple[tuple[str, str], ...] = ()
    document_code: str = ""
    """Code of the error met while fetching the custom error document; empty when none was tried."""
    document_message: str = ""
    document_key: str = ""


def error_html(page: ErrorPage, request_id: str, host_id: str) -> bytes:
    """The page S3 shows when there is no error document, or when it could not be fetched."""
    title = xml_out.escape(f"{page.status} {page.reason}")
    items = [
        ("Code", page.code),
        ("Message", page.message),
        *page.details,
        ("RequestId", request_id),
        ("HostId", host_id),
    ]
    extra = b""
    if page.document_code:
        document = [("Code", page.document_code), ("Message", page.document_message), ("Key", page.document_key)]
        heading = b"<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n"
        extra = heading + _list(document)
    return (
        b"<html>\n<head><title>"
        + title
        + b"</title></head>\n<body>\n<h1>"
        + title
        + b"</h1>\n"
        + _list(items)
        + extra
        + b"<hr/>\n</body>\n</html>\n"
    )


def _list(items: list[tuple[str, str]]) -> bytes:
    lines = b"".join(b"<li>%b: %b</li>\n" % (xml_out.escape(name), xml_out.escape(text)) for name, text in items)
    return b"<ul>\n" + lines + b"</ul>\n"


# Hosts.


def bucket_of_host(host: str, hosts: dict[str, str], domain: str) -> tuple[str, ...]:
    """Bucket names to try for a `Host` field, in order: configured host, exact name, label below the domain."""
    name = strip_host(host)
    candidates = [hosts[name]] if name in hosts else [name]
    suffix = f".{domain.lower()}" if domain else ""
    if suffix and name.endswith(suffix) and len(name) > len(suffix):
        candidates.append(name[: -len(suffix)])
    return tuple(candidates)


def strip_host(host: str) -> str:
    """Lower-case host name without port and trailing dot; IPv6 literals keep their brackets."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].rstrip(".")
