"""Table: every error code this server may answer, with its status, its usual message and its usual extra fields.

Codes, messages and element names are those S3 clients match on. A code that is not here may not be raised
(`S3Error` carries a code; a test walks the sources). Messages of a code that has several texts are given by whoever
raises it; the text here is the one used when none is given. `fields` names the elements that usually stand between
`Message` and `RequestId`; it documents, it does not restrict.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One row: HTTP status, default message, names of the usual extra elements."""

    status: int
    message: str
    fields: tuple[str, ...] = ()


_MALFORMED_XML = "The XML you provided was not well-formed or did not validate against our published schema"
_IDLE_SOCKET = (
    "Your socket connection to the server was not read from or written to within the timeout period."
    " Idle connections will be closed."
)
_BUCKET_NAME_TAKEN = (
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
    " Please select a different name and try again."
)
_NO_SUCH_UPLOAD = (
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or"
    " completed."
)
_INVALID_PART = (
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified"
    " entity tag may not match the part's entity tag."
)
_PART_ORDER = "The list of parts was not in ascending order. The parts list must be specified in order by part number."
_PAYLOAD_HASH = "The provided 'x-amz-content-sha256' header does not match what was computed."
_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_HEADER_SECTION = (
    "Your request header and the query parameters used to make the request exceed the maximum allowed size."
)
_CONDITIONAL_CONFLICT = "The conditional request cannot succeed due to a conflicting operation against this resource."
_OPERATION_ABORTED = (
    "A conflicting conditional operation is currently in progress against this resource. Please try again."
)
_TRAILER = "The request contained trailing data that was not well-formed or did not conform to our published schema."
_OWNERSHIP_ACLS = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
_SIZE_COUNTS = ("NumberBytesExpected", "NumberBytesProvided")
_PART_FIELDS = ("UploadId", "PartNumber", "ETag")
_SIGNATURE_FIELDS = (
    "AWSAccessKeyId",
    "StringToSign",
    "SignatureProvided",
    "StringToSignBytes",
    "CanonicalRequest",
    "CanonicalRequestBytes",
)

ERRORS: dict[str, ErrorEntry] = {
    # 304: no document, the status alone speaks
    "NotModified": ErrorEntry(304, "Not Modified"),
    # 400
    "AccessControlListNotSupported": ErrorEntry(400, "The bucket does not allow ACLs"),
    "AuthorizationHeaderMalformed": ErrorEntry(400, "The authorization header is malformed.", ("Region",)),
    "AuthorizationQueryParametersError": ErrorEntry(
        400,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature,"
        " X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ("Region",),
    ),
    "BadDigest": ErrorEntry(
        400,
        "The Content-MD5 you specified did not match what we received.",
        ("ExpectedDigest", "CalculatedDigest"),
    ),
    "BadRequest": ErrorEntry(400, "An error occurred when parsing the HTTP request."),
    "EntityTooLarge": ErrorEntry(
        400, "Your proposed upload exceeds the maximum allowed size", ("ProposedSize", "MaxSizeAllowed")
    ),
    "EntityTooSmall": ErrorEntry(
        400,
        "Your proposed upload is smaller than the minimum allowed size",
        ("ProposedSize", "MinSizeAllowed", "PartNumber", "ETag"),
    ),
    "ExpiredToken": ErrorEntry(400, "The provided token has expired.", ("Token-0",)),
    "IllegalLocationConstraintException": ErrorEntry(
        400,
        "The unspecified location constraint is incompatible for the region specific endpoint this request was"
        " sent to.",
    ),
    "IncompleteBody": ErrorEntry(400, "The request body terminated unexpectedly", _SIZE_COUNTS),
    "IncorrectNumberOfFilesInPostRequest": ErrorEntry(400, "POST requires exactly one file upload per request."),
    "InvalidArgument": ErrorEntry(400, "Invalid Argument", ("ArgumentName", "ArgumentValue")),
    "InvalidBucketAclWithObjectOwnership": ErrorEntry(400, _OWNERSHIP_ACLS),
    "InvalidBucketName": ErrorEntry(400, "The specified bucket is not valid.", ("BucketName",)),
    "InvalidBucketOwnerAWSAccountID": ErrorEntry(
        400, "The value of the expected bucket owner parameter must be an AWS account ID", ("ArgumentValue",)
    ),
    "InvalidDigest": ErrorEntry(400, "The Content-MD5 you specified was invalid.", ("Content-MD5",)),
    "InvalidEncryptionAlgorithmError": ErrorEntry(
        400, "The encryption request you specified is not valid. The valid value is AES256."
    ),
    "InvalidHostHeader": ErrorEntry(400, "The host headers provided in the request used the incorrect style."),
    "InvalidPart": ErrorEntry(400, _INVALID_PART, _PART_FIELDS),
    "InvalidPartOrder": ErrorEntry(400, _PART_ORDER, ("UploadId",)),
    "InvalidPolicyDocument": ErrorEntry(
        400, "The content of the form does not meet the conditions specified in the policy document."
    ),
    "InvalidRedirectLocation": ErrorEntry(
        400, "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
    ),
    "InvalidRequest": ErrorEntry(400, "Invalid Request"),
    "InvalidStorageClass": ErrorEntry(400, "The storage class you specified is not valid", ("StorageClassRequested",)),
    "InvalidTag": ErrorEntry(400, "The tag provided was not a valid tag.", ("TagKey", "TagValue")),
    "InvalidToken": ErrorEntry(400, "The provided token is malformed or otherwise invalid.", ("Token-0",)),
    "InvalidURI": ErrorEntry(400, "Couldn't parse the specified URI.", ("URI",)),
    "KeyTooLongError": ErrorEntry(400, "Your key is too long", ("Size", "MaxSizeAllowed")),
    "MalformedACLError": ErrorEntry(400, _MALFORMED_XML),
    "MalformedPOSTRequest": ErrorEntry(400, "The body of your POST request is not well-formed multipart/form-data."),
    "MalformedPolicy": ErrorEntry(400, "Policies must be valid JSON and the first byte must be '{'"),
    "MalformedTrailerError": ErrorEntry(400, _TRAILER),
    "MalformedXML": ErrorEntry(400, _MALFORMED_XML),
    "MaxPostPreDataLengthExceededError": ErrorEntry(
        400, "Your POST request fields preceding the upload file were too large."
    ),
    "MetadataTooLarge": ErrorEntry(
        400, "Your metadata headers exceed the maximum allowed metadata size", ("Size", "MaxSizeAllowed")
    ),
    "MissingRequestBodyError": ErrorEntry(400, "Request body is empty."),
    "QuotaExceeded": ErrorEntry(400, "The quota of the bucket or account would be exceeded."),
    "RequestHeaderSectionTooLarge": ErrorEntry(400, _HEADER_SECTION, ("MaxSizeAllowed",)),
    "RequestTimeout": ErrorEntry(400, _IDLE_SOCKET),
    "TooManyBuckets": ErrorEntry(400, "You have attempted to create more buckets than allowed"),
    "UnexpectedContent": ErrorEntry(400, "This request does not support content"),
    "UnresolvableGrantByEmailAddress": ErrorEntry(
        400, "The e-mail address you provided does not match any account on record.", ("email",)
    ),
    "XAmzContentSHA256Mismatch": ErrorEntry(
        400, _PAYLOAD_HASH, ("ClientComputedContentSHA256", "S3ComputedContentSHA256")
    ),
    # 403
    "AccessDenied": ErrorEntry(403, "Access Denied", ("HeadersNotSigned", "X-Amz-Expires", "Expires", "ServerTime")),
    "AccessForbidden": ErrorEntry(
        403, "CORSResponse: CORS is not enabled for this bucket.", ("Method", "ResourceType")
    ),
    "InvalidAccessKeyId": ErrorEntry(
        403, "The AWS Access Key Id you provided does not exist in our records.", ("AWSAccessKeyId",)
    ),
    "InvalidChunkSizeError": ErrorEntry(
        403, "Only the last chunk is allowed to have a size less than 8192 bytes", ("Chunk", "BadChunkSize")
    ),
    "InvalidObjectState": ErrorEntry(
        403, "Restore is not allowed for the object's current storage class", ("StorageClass",)
    ),
    "RequestTimeTooSkewed": ErrorEntry(
        403,
        "The difference between the request time and the current time is too large.",
        ("RequestTime", "ServerTime", "MaxAllowedSkewMilliseconds"),
    ),
    "SignatureDoesNotMatch": ErrorEntry(403, _SIGNATURE, _SIGNATURE_FIELDS),
    # 404
    "MetadataConfigurationNotFound": ErrorEntry(404, "The metadata configuration was not found", ("BucketName",)),
    "NoSuchBucket": ErrorEntry(404, "The specified bucket does not exist", ("BucketName",)),
    "NoSuchBucketPolicy": ErrorEntry(404, "The bucket policy does not exist", ("BucketName",)),
    "NoSuchCORSConfiguration": ErrorEntry(404, "The CORS configuration does not exist", ("BucketName",)),
    "NoSuchConfiguration": ErrorEntry(404, "The specified configuration does not exist.", ("BucketName",)),
    "NoSuchKey": ErrorEntry(404, "The specified key does not exist.", ("Key",)),
    "NoSuchLifecycleConfiguration": ErrorEntry(404, "The lifecycle configuration does not exist", ("BucketName",)),
    "NoSuchObjectLockConfiguration": ErrorEntry(
        404, "The specified object does not have a ObjectLock configuration", ("Key",)
    ),
    "NoSuchPublicAccessBlockConfiguration": ErrorEntry(
        404, "The public access block configuration was not found", ("BucketName",)
    ),
    "NoSuchTagSet": ErrorEntry(404, "The TagSet does not exist", ("BucketName",)),
    "NoSuchUpload": ErrorEntry(404, _NO_SUCH_UPLOAD, ("UploadId",)),
    "NoSuchVersion": ErrorEntry(404, "The specified version does not exist.", ("Key", "VersionId")),
    "NoSuchWebsiteConfiguration": ErrorEntry(
        404, "The specified bucket does not have a website configuration", ("BucketName",)
    ),
    "ObjectLockConfigurationNotFoundError": ErrorEntry(
        404, "Object Lock configuration does not exist for this bucket", ("BucketName",)
    ),
    "OwnershipControlsNotFoundError": ErrorEntry(404, "The bucket ownership controls were not found", ("BucketName",)),
    "ReplicationConfigurationNotFoundError": ErrorEntry(
        404, "The replication configuration was not found", ("BucketName",)
    ),
    "ServerSideEncryptionConfigurationNotFoundError": ErrorEntry(
        404, "The server side encryption configuration was not found", ("BucketName",)
    ),
    # 405
    "MethodNotAllowed": ErrorEntry(
        405, "The specified method is not allowed against this resource.", ("Method", "ResourceType")
    ),
    # 409
    "BucketAlreadyExists": ErrorEntry(409, _BUCKET_NAME_TAKEN, ("BucketName",)),
    "BucketAlreadyOwnedByYou": ErrorEntry(
        409, "Your previous request to create the named bucket succeeded and you already own it.", ("BucketName",)
    ),
    "BucketNotEmpty": ErrorEntry(409, "The bucket you tried to delete is not empty", ("BucketName",)),
    "ConditionalRequestConflict": ErrorEntry(409, _CONDITIONAL_CONFLICT, ("Condition", "Key")),
    "InvalidBucketState": ErrorEntry(
        409, "The request is not valid for the current state of the bucket.", ("BucketName",)
    ),
    "OperationAborted": ErrorEntry(409, _OPERATION_ABORTED),
    # 411, 412, 416
    "MissingContentLength": ErrorEntry(411, "You must provide the Content-Length HTTP header."),
    "PreconditionFailed": ErrorEntry(
        412, "At least one of the pre-conditions you specified did not hold", ("Condition",)
    ),
    "InvalidPartNumber": ErrorEntry(
        416, "The requested partnumber is not satisfiable", ("PartNumberRequested", "ActualPartCount")
    ),
    "InvalidRange": ErrorEntry(416, "The requested range is not satisfiable", ("RangeRequested", "ActualObjectSize")),
    # 5xx
    "InternalError": ErrorEntry(500, "We encountered an internal error. Please try again."),
    "NotImplemented": ErrorEntry(
        501, "A header you provided implies functionality that is not implemented", ("Header",)
    ),
    "ServiceUnavailable": ErrorEntry(503, "Reduce your request rate."),
    "SlowDown": ErrorEntry(503, "Please reduce your request rate."),
    "InsufficientStorage": ErrorEntry(507, "The server has not enough free space to store the object."),
}
"""Code → row. `ServiceUnavailable` is for a dependency that is away, `SlowDown` for too much work."""
