"""lightningstor: S3-compatible object storage that keeps what it acknowledged.

Map, from the wire inwards: `servers` (HTTP/1.1, S3, websites, gRPC) drive `service` (one use case a file),
which decides with `core` (pure rules of S3) and acts through `ports` that `adapters` implement (blobs on the
filesystem, the index over the shared metadata port, hashing, encryption). `bootstrap` builds it all.

Invariants, each held by a test that names it:

1. A reference without bytes cannot exist: bytes are on disk before the index commit that names them.
2. What is acknowledged survives power loss (durability `group` and `fsync`); what is not acknowledged is
   never observable.
3. Nothing becomes visible when any check of the payload fails.
4. A handler runs only with an `Authorised` value, which only the authoriser constructs.
5. Keys live only in the index; paths on disk say nothing about them.
6. A version under retention or legal hold is removed by nobody.
7. Memory does not grow with the size of an object.
"""
