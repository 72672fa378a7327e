"""Ports shared by at least three components, and their adapters.

Map: `metadata` ordered key-value store with revisions · `auth` who is it and may it · `events` CloudEvents published
and subscribed to · `registry` who is there. Each has `port` (the contract), `registry` (backend name to adapter) and
one file per adapter; one conformance suite per port in `testkit` runs on every adapter.
"""
