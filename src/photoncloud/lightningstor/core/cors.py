"""Cross-origin resource sharing: the configuration document, preflight answers and fields of actual replies.

Rules: S3 user guide, "Using cross-origin resource sharing", and the Fetch standard's names.
"""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

RULE_LIMIT = 100
METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
RULE_ID_LIMIT = 255
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method"
    " / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS"
    " spec."
)


@dataclass(frozen=True, slots=True)
class CorsRule:
    """One rule. Origins and headers may hold one `*` each; header patterns are lower-case."""

    id: str
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age_sec: int | None


def parse(body: bytes) -> tuple[CorsRule, ...]:
    """The rules of a `CORSConfiguration`. Raises S3Error MalformedXML, InvalidRequest."""
    rules = xml_in.parse(body, "CORSConfiguration").all("CORSRule")
    if not rules or len(rules) > RULE_LIMIT:
        raise S3Error("MalformedXML")
    return tuple(_rule(element) for element in rules)


def _rule(element: Element) -> CorsRule:
    origins = tuple(child.text.strip() for child in element.all("AllowedOrigin"))
    methods = tuple(child.text.strip() for child in element.all("AllowedMethod"))
    headers = tuple(child.text.strip() for child in element.all("AllowedHeader"))
    exposed = tuple(child.text.strip() for child in element.all("ExposeHeader"))
    identifier = element.text_of("ID") or ""
    if not origins or not methods or len(identifier) > RULE_ID_LIMIT:
        raise S3Error("MalformedXML")
    for method in methods:
        if method not in METHODS:
            message = f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            raise S3Error("InvalidRequest", message)
    for origin in origins:
        if origin.count("*") > 1:
            raise S3Error("InvalidRequest", f'AllowedOrigin "{origin}" can not have more than one wildcard.')
    for header in headers:
        if header.count("*") > 1:
            raise S3Error("InvalidRequest", f'AllowedHeader "{header}" can not have more than one wildcard.')
    for header in exposed:
        if "*" in header:
            message = (
                f'ExposeHeader "{header}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
            )
            raise S3Error("InvalidRequest", message)
    age = element.integer_of("MaxAgeSeconds")
    if age is not None and age < 0:
        raise S3Error("MalformedXML")
    lowered = tuple(header.lower() for header in headers)
    return CorsRule(identifier, origins, methods, lowered, exposed, age)


def to_xml(rules: tuple[CorsRule, ...]) -> bytes:
    """The document of GetBucketCors."""
    return xml_out.document("CORSConfiguration", [_rule_xml(rule) for rule in rules])


def _rule_xml(rule: CorsRule) -> bytes:
    fragments = [xml_out.optional("ID", rule.id)]
    fragments += [xml_out.element("AllowedMethod", method) for method in rule.methods]
    fragments += [xml_out.element("AllowedOrigin", origin) for origin in rule.origins]
    fragments += [xml_out.element("AllowedHeader", header) for header in rule.headers]
    fragments += [xml_out.element("ExposeHeader", header) for header in rule.exposed]
    if rule.max_age_sec is not None:
        fragments.append(xml_out.element("MaxAgeSeconds", rule.max_age_sec))
    return xml_out.wrap("CORSRule", *fragments)


def _matches(pattern: str, text: str) -> bool:
    """A pattern with at most one `*`."""
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)


def find(rules: tuple[CorsRule, ...], origin: str, method: str, headers: tuple[str, ...] = ()) -> CorsRule | None:
    """The first rule that admits the origin, the method and every asked-for header (lower-case)."""
    for rule in rules:
        if (
            method in rule.methods
            and any(_matches(pattern, origin) for pattern in rule.origins)
            and all(any(_matches(pattern, header) for pattern in rule.headers) for header in headers)
        ):
            return rule
    return None


def preflight(
    rules: tuple[CorsRule, ...] | None, origin: str | None, method: str | None, headers: str | None
) -> list[tuple[str, str]]:
    """Fields of the 200 reply to a preflight request. `rules` is None when the bucket has no configuration.

    `method` and `headers` are the values of `Access-Control-Request-*`. Raises S3Error BadRequest, AccessForbidden.
    """
    if not origin:
        raise S3Error("BadRequest", "Insufficient information. Origin request header needed.")
    if method not in METHODS:
        raise S3Error("BadRequest", f"Invalid Access-Control-Request-Method: {method or 'null'}")
    if rules is None:
        raise S3Error("AccessForbidden", NOT_ENABLED, fields={"Method": method, "ResourceType": "BUCKET"})
    asked = tuple(name.strip().lower() for name in (headers or "").split(",") if name.strip())
    rule = find(rules, origin, method, asked)
    if rule is None:
        raise S3Error("AccessForbidden", NOT_ALLOWED, fields={"Method": method, "ResourceType": "OBJECT"})
    fields = _allow_fields(rule, origin)
    if asked:
        fields.append(("access-control-allow-headers", ", ".join(asked)))
    return fields


def actual(rules: tuple[CorsRule, ...], origin: str, method: str) -> list[tuple[str, str]]:
    """Fields added to the reply, error or not, of an actual request with an `Origin`; empty when no rule admits it."""
    rule = find(rules, origin, method)
    return [] if rule is None else _allow_fields(rule, origin)


def _allow_fields(rule: CorsRule, origin: str) -> list[tuple[str, str]]:
    """`*` is answered as `*` and never with credentials; any other pattern as the origin itself, with credentials."""
    matched = next(pattern for pattern in rule.origins if _matches(pattern, origin))
    if matched == "*":
        fields = [("access-control-allow-origin", "*")]
    else:
        fields = [("access-control-allow-origin", origin), ("access-control-allow-credentials", "true")]
    fields.append(("access-control-allow-methods", ", ".join(rule.methods)))
    if rule.exposed:
        fields.append(("access-control-expose-headers", ", ".join(rule.exposed)))
    if rule.max_age_sec is not None:
        fields.append(("access-control-max-age", str(rule.max_age_sec)))
    fields.append(("vary", VARY))
    return fields
