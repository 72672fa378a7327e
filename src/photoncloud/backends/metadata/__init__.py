"""Metadata port: one ordered key-value contract for every component.

Map: `port` the contract (values, protocols, errors) · `prefixes` ranges and the shared key space · `registry` backend
name to adapter · `memory` the reference · `rocksdb` lightningstor's engine · `sqlite` the embedded engine with history
and leases · `list_then_watch` snapshot followed by changes · `mvcc` the pure rules all adapters share.
"""
