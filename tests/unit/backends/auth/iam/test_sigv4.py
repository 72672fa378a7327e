"""Every refusal of a signature: code, status, words and fields as S3 gives them."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import canonical_request as canonical
from photoncloud.backends.auth.iam import sigv4
from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.principal import Credential, Principal, PrincipalKind
from photoncloud.backends.auth.iam.signing_key import derive_signing_key

AKID = "AKIDEXAMPLE"
SECRET = "secret/of+forty+characters/0123456789ABC"
NOW_SEC = int(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp())
NOW_NS = NOW_SEC * 10**9
STAMP = "20260304T050607Z"
SCOPE = "20260304/us-east-1/s3/aws4_request"
KEY = derive_signing_key(SECRET, "20260304", "us-east-1", "s3")
RULES = sigv4.SigV4Rules()
EMPTY = hashlib.sha256(b"").hexdigest()
Fields = list[tuple[str, str]]


def request(
    fields: Fields, query: str = "", method: str = "GET", path: str = "/bucket/key", body_sha256: str = EMPTY
) -> sigv4.SignedRequest:
    headers = [(name.encode(), value.encode()) for name, value in fields]
    return sigv4.SignedRequest(method.encode(), path.encode(), query.encode(), headers, body_sha256.encode())


BASE: Fields = [("host", "h"), ("x-amz-date", STAMP), ("x-amz-content-sha256", EMPTY)]


def authorization(
    credential: str = f"{AKID}/{SCOPE}",
    signed: str = "host;x-amz-content-sha256;x-amz-date",
    signature: str = "0" * 64,
) -> str:
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"


def with_authorization(value: str, base: Fields = BASE, query: str = "") -> sigv4.SignedRequest:
    return request([*base, ("authorization", value)], query)


def replaced(name: str, value: str | None) -> Fields:
    kept = [(known, old) for known, old in BASE if known != name]
    return kept if value is None else [*kept, (name, value)]


def signed_header(base: Fields = BASE, **parts: str) -> sigv4.SignedRequest:
    """A request with the right signature over whatever it claims to sign."""
    unsigned = with_authorization(authorization(**parts), base)
    parsed = sigv4.parse(unsigned, RULES, NOW_NS)
    assert parsed is not None
    return with_authorization(authorization(**parts, signature=sign(parsed)), base)


def sign(parsed: sigv4.ParsedSignature) -> str:
    return hmac.digest(KEY, parsed.string_to_sign, "sha256").hex()


def sign_text(made: sigv4.SignedRequest) -> str:
    parsed = sigv4.parse(made, RULES, NOW_NS)
    assert parsed is not None
    return sign(parsed)


def presigned(headers: Fields | None = None, **changes: str | None) -> sigv4.SignedRequest:
    parameters: dict[str, str | None] = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{AKID}/{SCOPE}",
        "X-Amz-Date": STAMP,
        "X-Amz-Expires": "300",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    parameters |= {name.replace("_", "-"): value for name, value in changes.items()}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value is not None)
    return request(headers or [("host", "h")], query)


def refusal(made: sigv4.SignedRequest, rules: sigv4.SigV4Rules = RULES, now_ns: int = NOW_NS) -> SigV4Error:
    with pytest.raises(SigV4Error) as caught:
        verified(made, rules, now_ns)
    return caught.value


def verified(made: sigv4.SignedRequest, rules: sigv4.SigV4Rules, now_ns: int) -> None:
    parsed = sigv4.parse(made, rules, now_ns)
    assert parsed is not None, "taken as anonymous"
    sigv4.verify(parsed, KEY)


HEADER = "The authorization header is malformed; "
QUERY = "Error parsing the X-Amz-Credential parameter; "
MALFORMED = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
COMPONENTS = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
PARAMETERS = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
WEEK = (
    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
    "604800 seconds"
)
ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
    "the Authorization header should be specified"
)
NOT_SIGNED = "There were headers present in the request which were not signed"
NO_DATE = "AWS authentication requires a valid Date or x-amz-date header"
V2 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
Case = tuple[Callable[[], sigv4.SignedRequest], str, int, str]
ERRORS: dict[str, Case] = {
    "header and query": (
        lambda: with_authorization(authorization(), query="X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        "InvalidArgument",
        400,
        ONE_MECHANISM,
    ),
    "header and V2 query": (
        lambda: with_authorization(authorization(), query="Signature=x"),
        "InvalidArgument",
        400,
        ONE_MECHANISM,
    ),
    "V4 and V2 query": (
        lambda: request(BASE, "X-Amz-Signature=x&AWSAccessKeyId=y"),
        "InvalidArgument",
        400,
        ONE_MECHANISM,
    ),
    "V2 header": (lambda: with_authorization("AWS AKID:c2ln"), "InvalidRequest", 400, V2),
    "V2 query": (lambda: request(BASE, "AWSAccessKeyId=a&Signature=b&Expires=1"), "InvalidRequest", 400, V2),
    "V2 query by its signature alone": (lambda: request(BASE, "Signature=b"), "InvalidRequest", 400, V2),
    "basic": (lambda: with_authorization("Basic eDp5"), "InvalidArgument", 400, "Unsupported Authorization Type"),
    "empty": (lambda: with_authorization(""), "InvalidArgument", 400, "Unsupported Authorization Type"),
    "longer algorithm": (
        lambda: with_authorization(authorization().replace("SHA256 ", "SHA2567 ")),
        "InvalidArgument",
        400,
        "Unsupported Authorization Type",
    ),
    "header given twice": (
        lambda: request([*BASE, ("authorization", authorization()), ("authorization", authorization())]),
        "InvalidRequest",
        400,
        "The authorization header must be given only once.",
    ),
    "date given twice": (
        lambda: with_authorization(authorization(), [*BASE, ("x-amz-date", STAMP)]),
        "InvalidRequest",
        400,
        "The x-amz-date header must be given only once.",
    ),
    "no components": (
        lambda: with_authorization("AWS4-HMAC-SHA256"),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + COMPONENTS,
    ),
    "no signature": (
        lambda: with_authorization(authorization().rpartition(",")[0]),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + COMPONENTS,
    ),
    "signature twice": (
        lambda: with_authorization(authorization() + ",Signature=0"),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + COMPONENTS,
    ),
    "credential in place of the signed headers": (
        lambda: with_authorization(authorization().replace("SignedHeaders", "Credential")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + COMPONENTS,
    ),
    "credential without scope": (
        lambda: with_authorization(authorization(AKID)),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + MALFORMED,
    ),
    "credential without id": (
        lambda: with_authorization(authorization("/" + SCOPE)),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + MALFORMED,
    ),
    "wrong region": (
        lambda: with_authorization(authorization(f"{AKID}/20260304/eu-west-1/s3/aws4_request")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + "the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    ),
    "wrong service": (
        lambda: with_authorization(authorization(f"{AKID}/20260304/us-east-1/iam/aws4_request")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + 'incorrect service "iam". This endpoint belongs to "s3".',
    ),
    "wrong terminal": (
        lambda: with_authorization(authorization(f"{AKID}/20260304/us-east-1/s3/aws5_request")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + 'incorrect terminal "aws5_request". This endpoint uses "aws4_request".',
    ),
    "date that is none": (
        lambda: with_authorization(authorization(f"{AKID}/2026-3-4/us-east-1/s3/aws4_request")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + 'incorrect date format "2026-3-4". This date in the credential must be in the format "yyyyMMdd".',
    ),
    "date of another day": (
        lambda: with_authorization(authorization(f"{AKID}/20260303/us-east-1/s3/aws4_request")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + 'Invalid credential date "20260303". This date is not the same as X-Amz-Date: "20260304".',
    ),
    "no payload hash": (
        lambda: with_authorization(authorization(), replaced("x-amz-content-sha256", None)),
        "InvalidRequest",
        400,
        "Missing required header for this request: x-amz-content-sha256",
    ),
    "payload hash in the wrong case": (
        lambda: with_authorization(authorization(), replaced("x-amz-content-sha256", "unsigned-payload")),
        "InvalidArgument",
        400,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid "
        "sha256 value.",
    ),
    "no date": (
        lambda: with_authorization(authorization(), replaced("x-amz-date", None)),
        "AccessDenied",
        403,
        NO_DATE,
    ),
    "bad date": (
        lambda: with_authorization(authorization(), replaced("x-amz-date", "2026-03-04")),
        "AccessDenied",
        403,
        NO_DATE,
    ),
    "a month that does not exist": (
        lambda: with_authorization(authorization(), replaced("x-amz-date", "20261304T050607Z")),
        "AccessDenied",
        403,
        NO_DATE,
    ),
    "signed headers unsorted": (
        lambda: with_authorization(authorization(signed="x-amz-date;x-amz-content-sha256;host")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + "SignedHeaders must be sorted, lower-case names without duplicates, joined by ;",
    ),
    "signed headers twice": (
        lambda: with_authorization(authorization(signed="host;host;x-amz-content-sha256;x-amz-date")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + "SignedHeaders must be sorted, lower-case names without duplicates, joined by ;",
    ),
    "signed headers in upper case": (
        lambda: with_authorization(authorization(signed="Host;x-amz-content-sha256;x-amz-date")),
        "AuthorizationHeaderMalformed",
        400,
        HEADER + "SignedHeaders must be sorted, lower-case names without duplicates, joined by ;",
    ),
    "host unsigned": (
        lambda: with_authorization(authorization(signed="x-amz-content-sha256;x-amz-date")),
        "AccessDenied",
        403,
        NOT_SIGNED,
    ),
    "x-amz header unsigned": (
        lambda: with_authorization(authorization(), [*BASE, ("x-amz-acl", "public-read")]),
        "AccessDenied",
        403,
        NOT_SIGNED,
    ),
    "content-md5 unsigned": (
        lambda: with_authorization(authorization(), [*BASE, ("content-md5", "x")]),
        "AccessDenied",
        403,
        NOT_SIGNED,
    ),
    "token unsigned": (
        lambda: with_authorization(authorization(), [*BASE, ("x-amz-security-token", "x")]),
        "AccessDenied",
        403,
        NOT_SIGNED,
    ),
    "wrong signature": (
        lambda: with_authorization(authorization()),
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method.",
    ),
    "signature in upper case": (
        lambda: with_authorization(authorization(signature=sign_text(signed_header()).upper())),
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method.",
    ),
    "query without algorithm": (
        lambda: presigned(X_Amz_Algorithm=None),
        "AuthorizationQueryParametersError",
        400,
        PARAMETERS,
    ),
    "credential alone": (
        lambda: request(BASE, f"X-Amz-Credential={AKID}"),
        "AuthorizationQueryParametersError",
        400,
        PARAMETERS,
    ),
    "credential alone, its name encoded": (
        lambda: request(BASE, f"%58-Amz-Credential={AKID}"),
        "AuthorizationQueryParametersError",
        400,
        PARAMETERS,
    ),
    "query without signature": (
        lambda: presigned(X_Amz_Signature=None),
        "AuthorizationQueryParametersError",
        400,
        PARAMETERS,
    ),
    "query with an empty date": (
        lambda: presigned(X_Amz_Date=""),
        "AuthorizationQueryParametersError",
        400,
        PARAMETERS,
    ),
    "query without expiry": (
        lambda: presigned(X_Amz_Expires=None),
        "AuthorizationQueryParametersError",
        400,
        PARAMETERS,
    ),
    "query with a second credential": (
        lambda: presigned()._replace(query=presigned().query + b"&X-Amz-Credential=x"),
        "AuthorizationQueryParametersError",
        400,
        "X-Amz-Credential must be given only once",
    ),
    "query algorithm": (
        lambda: presigned(X_Amz_Algorithm="AWS4-HMAC-SHA1"),
        "AuthorizationQueryParametersError",
        400,
        'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
    ),
    "query credential": (
        lambda: presigned(X_Amz_Credential=AKID),
        "AuthorizationQueryParametersError",
        400,
        QUERY + MALFORMED,
    ),
    "query region": (
        lambda: presigned(X_Amz_Credential=f"{AKID}/20260304/eu-west-1/s3/aws4_request"),
        "AuthorizationQueryParametersError",
        400,
        QUERY + "the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    ),
    "query service": (
        lambda: presigned(X_Amz_Credential=f"{AKID}/20260304/us-east-1/iam/aws4_request"),
        "AuthorizationQueryParametersError",
        400,
        QUERY + 'incorrect service "iam". This endpoint belongs to "s3".',
    ),
    "query date of another day": (
        lambda: presigned(X_Amz_Credential=f"{AKID}/20260303/us-east-1/s3/aws4_request"),
        "AuthorizationQueryParametersError",
        400,
        'Invalid credential date "20260303". This date is not the same as X-Amz-Date: "20260304".',
    ),
    "query date format": (
        lambda: presigned(X_Amz_Date="2026-03-04T05:06:07Z"),
        "AuthorizationQueryParametersError",
        400,
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    ),
    "expiry not a number": (
        lambda: presigned(X_Amz_Expires="soon"),
        "AuthorizationQueryParametersError",
        400,
        "X-Amz-Expires should be a number",
    ),
    "expiry negative": (
        lambda: presigned(X_Amz_Expires="-1"),
        "AuthorizationQueryParametersError",
        400,
        "X-Amz-Expires must be non-negative",
    ),
    "expiry with a plus sign": (
        lambda: presigned(X_Amz_Expires="+300"),
        "AuthorizationQueryParametersError",
        400,
        "X-Amz-Expires should be a number",
    ),
    "expiry of no time": (lambda: presigned(X_Amz_Expires="0"), "AccessDenied", 403, "Request has expired"),
    "expiry over a week": (
        lambda: presigned(X_Amz_Expires="604801"),
        "AuthorizationQueryParametersError",
        400,
        WEEK,
    ),
    "expiry without end": (
        lambda: presigned(X_Amz_Expires="9" * 5000),
        "AuthorizationQueryParametersError",
        400,
        WEEK,
    ),
    "presigned, x-amz header unsigned": (
        lambda: presigned([("host", "h"), ("x-amz-meta-a", "1")]),
        "AccessDenied",
        403,
        NOT_SIGNED,
    ),
    "presigned, wrong signature": (
        lambda: presigned(),
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method.",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_refusals(name: str) -> None:
    make, code, status, message = ERRORS[name]
    error = refusal(make())
    assert (error.code, error.status, error.message) == (code, status, message)


def test_a_right_signature_is_accepted() -> None:
    parsed = sigv4.parse(signed_header(), RULES, NOW_NS)
    assert parsed is not None
    assert sigv4.verify(parsed, KEY) is KEY
    assert (parsed.mechanism, parsed.access_key_id, parsed.scope) == (sigv4.Mechanism.HEADER, AKID, SCOPE)


def test_components_come_in_any_order_with_or_without_spaces() -> None:
    value = signed_header().headers[-1][1].decode()
    scheme, _, rest = value.partition(" ")
    turned = f"{scheme} " + ",".join(reversed([part.strip() for part in rest.split(",")]))
    parsed = sigv4.parse(with_authorization(turned), RULES, NOW_NS)
    assert parsed is not None
    sigv4.verify(parsed, KEY)


def test_nothing_is_anonymous() -> None:
    assert sigv4.parse(request([("host", "h")], "list-type=2&X-Amz-Meta=1"), RULES, NOW_NS) is None


def test_skew() -> None:
    made = signed_header()
    for skew_sec in (-900, 900):
        assert sigv4.parse(made, RULES, NOW_NS + skew_sec * 10**9) is not None
    for skew_sec in (-901, 901):
        error = refusal(made, now_ns=NOW_NS + skew_sec * 10**9)
        assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
        assert error.message == "The difference between the request time and the current time is too large."
        assert error.fields["RequestTime"] == STAMP
        assert error.fields["MaxAllowedSkewMilliseconds"] == "900000"
    assert refusal(made, now_ns=NOW_NS + 901 * 10**9).fields["ServerTime"] == "2026-03-04T05:21:08Z"


def test_presigned_lifetime() -> None:
    made = presigned()
    assert sigv4.parse(made, RULES, NOW_NS + 300 * 10**9) is not None
    assert sigv4.parse(made, RULES, NOW_NS - 900 * 10**9) is not None
    late = refusal(made, now_ns=NOW_NS + 301 * 10**9)
    assert (late.code, late.status, late.message) == ("AccessDenied", 403, "Request has expired")
    assert dict(late.fields) == {
        "X-Amz-Expires": "300",
        "Expires": "2026-03-04T05:11:07Z",
        "ServerTime": "2026-03-04T05:11:08Z",
    }
    early = refusal(made, now_ns=NOW_NS - 901 * 10**9)
    assert (early.code, early.message) == ("AccessDenied", "Request is not valid yet")


def test_fields_of_refusals() -> None:
    region = refusal(ERRORS["wrong region"][0]())
    assert dict(region.fields) == {"Region": "us-east-1"}
    unsigned = refusal(ERRORS["x-amz header unsigned"][0]())
    assert dict(unsigned.fields) == {"HeadersNotSigned": "x-amz-acl"}
    content = refusal(ERRORS["payload hash in the wrong case"][0]())
    assert dict(content.fields) == {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": "unsigned-payload"}
    mismatch = refusal(ERRORS["wrong signature"][0]())
    assert list(mismatch.fields) == [
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    ]
    assert mismatch.fields["StringToSign"].startswith(f"AWS4-HMAC-SHA256\n{STAMP}\n{SCOPE}\n")
    assert mismatch.fields["CanonicalRequest"].startswith("GET\n/bucket/key\n\nhost:h\n")
    assert bytes.fromhex(mismatch.fields["CanonicalRequestBytes"]).decode() == mismatch.fields["CanonicalRequest"]
    parsed = sigv4.parse(with_authorization(authorization()), RULES, NOW_NS)
    assert parsed is not None
    assert sign(parsed) not in str(dict(mismatch.fields))


def test_unknown_keys_are_named_and_cost_a_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[tuple[str, str, str]] = []

    def dummy(*scope: str) -> bytes:
        derived.append(scope)
        return b"k" * 32

    monkeypatch.setattr(sigv4, "dummy_signing_key", dummy)
    parsed = sigv4.parse(signed_header(), RULES, NOW_NS)
    assert parsed is not None
    with pytest.raises(SigV4Error) as caught:
        sigv4.verify(parsed, None)
    assert (caught.value.code, caught.value.status) == ("InvalidAccessKeyId", 403)
    assert dict(caught.value.fields) == {"AWSAccessKeyId": AKID}
    assert derived == [("20260304", "us-east-1", "s3")]


def test_further_regions() -> None:
    made = with_authorization(authorization(f"{AKID}/20260304/eu-west-1/s3/aws4_request"))
    for accepted in ({"eu-west-1"}, {"*"}):
        parsed = sigv4.parse(made, sigv4.SigV4Rules(accept_regions=frozenset(accepted)), NOW_NS)
        assert parsed is not None
        assert parsed.region == "eu-west-1"


@pytest.mark.parametrize("date", ["Wed, 04 Mar 2026 05:06:07 GMT", "20260304T050607Z"])
def test_the_date_header_stands_in_for_x_amz_date(date: str) -> None:
    base = [("host", "h"), ("date", date), ("x-amz-content-sha256", EMPTY)]
    parsed = sigv4.parse(signed_header(base, signed="host;x-amz-content-sha256"), RULES, NOW_NS)
    assert parsed is not None
    assert parsed.timestamp == STAMP
    sigv4.verify(parsed, KEY)


def test_payload_hash_of_presigned_requests() -> None:
    in_query = sigv4.parse(presigned(X_Amz_Content_Sha256="abc"), RULES, NOW_NS)
    in_header = sigv4.parse(
        presigned([("host", "h"), ("x-amz-content-sha256", "def")], X_Amz_SignedHeaders="host;x-amz-content-sha256"),
        RULES,
        NOW_NS,
    )
    assert in_query is not None
    assert in_header is not None
    assert (in_query.payload_hash, in_header.payload_hash) == (b"abc", b"def")


def test_generic_services_take_no_payload_keywords() -> None:
    rules = sigv4.SigV4Rules(service="iam")
    scope = f"{AKID}/20260304/us-east-1/iam/aws4_request"
    made = with_authorization(authorization(scope), replaced("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
    assert refusal(made, rules).code == "InvalidRequest"
    other = with_authorization(authorization(scope), replaced("x-amz-content-sha256", "a" * 64))
    assert refusal(other, rules).code == "XAmzContentSHA256Mismatch"


def test_a_token_outside_the_signature_needs_the_profile_of_the_published_vectors() -> None:
    lenient = sigv4.SigV4Rules(allow_unsigned_token=True)
    made = with_authorization(authorization(), [*BASE, ("x-amz-security-token", "tok")])
    parsed = sigv4.parse(made, lenient, NOW_NS)
    assert parsed is not None
    assert parsed.security_token == b"tok"
    plain = sigv4.parse(presigned(), RULES, NOW_NS)
    assert plain is not None
    late = presigned(X_Amz_Signature=sign(plain), X_Amz_Security_Token="tok")
    assert refusal(late).code == "SignatureDoesNotMatch"
    parsed = sigv4.parse(late, lenient, NOW_NS)
    assert parsed is not None
    sigv4.verify(parsed, KEY)


def credential(*, token: str = "", expires_at_ns: int | None = None) -> Credential:
    owner = Principal(PrincipalKind.USER, "1" * 12, "a", "arn:aws:iam::111111111111:user/u", "c", "u")
    return Credential(AKID, owner, True, bool(token), token, expires_at_ns)


@pytest.mark.parametrize(
    ("token", "known", "code"),
    [
        (None, credential(), None),
        (b"t", credential(), "InvalidToken"),
        (b"t", credential(token="t"), None),
        (b"t", credential(token="t", expires_at_ns=NOW_NS + 1), None),
        (None, credential(token="t"), "InvalidToken"),
        (b"u", credential(token="t"), "InvalidToken"),
        (b"\xff", credential(token="t"), "InvalidToken"),
        (b"t", credential(token="t", expires_at_ns=NOW_NS), "ExpiredToken"),
    ],
)
def test_security_tokens(token: bytes | None, known: Credential, code: str | None) -> None:
    """A token is needed exactly when the key is temporary, and must be the one issued with it."""
    parsed = sigv4.parse(signed_header(), RULES, NOW_NS)
    assert parsed is not None
    presented = parsed._replace(security_token=token)
    if code is None:
        sigv4.check_credential(presented, known, NOW_NS)
        return
    with pytest.raises(SigV4Error) as caught:
        sigv4.check_credential(presented, known, NOW_NS)
    assert (caught.value.code, caught.value.status) == (code, 400)


hostile = st.binary(max_size=40) | st.sampled_from(
    [b"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x", authorization().encode(), b"AWS a:b"]
)


@settings(max_examples=400, deadline=None)
@given(
    authorization_value=hostile,
    query=hostile | st.just(presigned().query),
    path=st.binary(max_size=30),
    fields=st.lists(st.tuples(st.binary(max_size=12).map(bytes.lower), st.binary(max_size=20)), max_size=5),
    date=st.binary(max_size=20) | st.just(STAMP.encode()),
    service=st.sampled_from(["s3", "iam"]),
)
def test_hostile_requests_only_ever_raise_the_documented_error(
    authorization_value: bytes,
    query: bytes,
    path: bytes,
    fields: list[tuple[bytes, bytes]],
    date: bytes,
    service: str,
) -> None:
    headers = [*fields, (b"host", b"h"), (b"x-amz-date", date), (b"authorization", authorization_value)]
    made = sigv4.SignedRequest(b"GET", path, query, headers if authorization_value else headers[:-1])
    with contextlib.suppress(SigV4Error):
        parsed = sigv4.parse(made, sigv4.SigV4Rules(service=service), NOW_NS)
        if parsed is not None:
            sigv4.verify(parsed, KEY)


def test_the_canonical_text_is_what_is_hashed() -> None:
    parsed = sigv4.parse(signed_header(), RULES, NOW_NS)
    assert parsed is not None
    digest = hashlib.sha256(parsed.canonical_request).hexdigest().encode()
    assert parsed.string_to_sign.endswith(digest)
    assert canonical.s3_path(b"") == b"/"
