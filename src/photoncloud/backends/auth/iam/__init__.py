"""Pure identity and access rules: bytes, documents and `now_ns` come in; answers and refusals go out.

Map, lower first:
- `errors`             `AuthError` and its kinds: code, message, status, fields
- `timestamps`         dates of requests, to and from Unix seconds
- `principal`          `Account`, `Principal`, `Credential`, account and canonical ids
- `decision`           `Decision`, `Verdict`, `Layer`, `Resource`
- `access_keys`        the one format of access key ids and secrets
- `arn`                the six fields of an ARN, account ARNs
- `canonical_request`  the canonical form SigV4 signs (profiles `s3` and `generic`)
- `sigv4_errors`       every refusal of SigV4 with the exact words clients match
- `query_api_errors`   the same in the words of IAM and STS
- `payload_hash`       what `x-amz-content-sha256` may say
- `sigv4_scope`        `SigV4Rules`; the credential scope and its refusals
- `signing_key`        derived keys and the bounded cache of them
- `sigv4`              parse, then verify
- `chunk_signature`    the signature chain of aws-chunked bodies and their trailers
- `post_signature`     signatures of browser form uploads
- `photon_token`       the HMAC token of the administrative gRPC APIs
- `json_document`      JSON without duplicate members, with bounded depth
- `matching`           globs, action patterns, resource patterns
- `context_keys`       the registry of condition keys and who may set them
- `variables`          `${key}` in resources and condition values
- `condition_values`   numbers, dates, addresses of conditions
- `conditions`         condition operators
- `principals`         which principals a `Principal` element names
- `statements`         parsed policies: `PolicyDocument`, `Statement`, `BrokenPolicy`
- `document_syntax`    the shape every policy document has
- `policy_dates` `policy_resources`   what IAM accepts when a policy is written
- `policy`             strict parsing of identity, trust and resource policies, exact messages
- `bucket_policy`      strict parsing of S3 bucket policies, exact messages
- `evaluation`         the decision: layers, guardrails, same account and across accounts
- `canned_policies`    admin, readwrite, readonly, writeonly

Nothing here does I/O, reads a clock, draws randomness, logs or waits.
"""
