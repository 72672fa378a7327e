"""The rules of revisions, transactions, leases and watches, shared by all adapters.

Pure: bytes, numbers and time come in as arguments; no I/O, clock, randomness, threads or asyncio.

Map: `request` shape and size of a call · `transaction` path, check, execute · `keyspace` what a transaction sees, and
the in-memory key space with full history · `leases` time to live · `watchers` who gets which event.
"""
