"""flashdns: authoritative DNS server.

Map, from the rules outwards: `core` (names, records, master files, zones, the lookup, compiled images, transfers,
signing: bytes in, bytes and decisions out), `ports` (what the server needs from the outside, in its own words),
`errors`. Servers, adapters and the composition root stand on these.

Invariants, each held by a test that names it:

1. `core.answer` defines every answer; a compiled image answers octet for octet like it.
2. No message, text or image raises anything but a `FlashdnsError`; the packet function raises nothing at all.
3. A zone is refused or served whole, by one rule book for files, transfers and changes.
4. A transfer is applied whole or not at all.
5. A served serial never goes back under the `increment` and `unixtime` policies.
6. A signed answer never loses its proofs: what does not fit sets TC.
"""
