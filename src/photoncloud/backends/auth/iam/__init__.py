"""Pure identity and access rules: bytes, documents and `now_ns` come in; answers and refusals go out.

Map, lower first:
- `errors`             `AuthError` and its kinds: code, message, status, fields
- `principal`          `Account`, `Principal`, `Credential`, account and canonical ids
- `access_keys`        the one format of access key ids and secrets
- `arn`                the six fields of an ARN, account ARNs
- `canonical_request`  the canonical form SigV4 signs (profiles `s3` and `generic`)
- `sigv4_errors`       every refusal of SigV4 with the exact words clients match
- `sigv4_scope`        credential scope and its refusals
- `sigv4`              parse, derive, verify
- `chunk_signature`    the signature chain of aws-chunked bodies and their trailers
- `post_signature`     signatures of browser form uploads
- `photon_token`       the HMAC token of the administrative gRPC APIs
- `json_document`      JSON without duplicate members, with bounded depth
- `matching`           globs, action patterns, resource patterns
- `context_keys`       the registry of condition keys and who may set them
- `variables`          `${key}` in resources and condition values
- `conditions`         condition operators
- `statements`         parsed policies: `PolicyDocument`, `Statement`, `BrokenPolicy`
- `policy`             strict parsing of identity policies, exact messages
- `bucket_policy`      strict parsing of S3 bucket policies, exact messages
- `principals`         which principals a `Principal` element names
- `evaluation`         the decision: layers, guardrails, same account and across accounts
- `canned_policies`    admin, readwrite, readonly, writeonly

Nothing here does I/O, reads a clock, draws randomness, logs or waits.
"""
