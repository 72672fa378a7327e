"""What the self test asks, one group a file: each case is a function of a probe that raises when S3 would do otherwise.

Groups: `objects`, `conditions` (conditional reads and writes), `integrity` (digests and checksums), `listings`,
`multipart`, `access` (signatures, policies, CORS), `bucket_settings`, `versions`.
"""
