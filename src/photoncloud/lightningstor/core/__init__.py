"""The rules of S3, pure: bytes, records, `now_ns` and random bytes come in; answers and transactions go out.

One rule family a file; every refusal is an `S3Error`. No I/O, clock, randomness, threads or logging here.
"""
