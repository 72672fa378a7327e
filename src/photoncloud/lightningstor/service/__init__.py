"""Use cases: one file each, holding no protocol bytes and no technology, calling `core` to decide and ports to act.

A handler is `async def name(self, call: Call) -> Reply`, registered under S3's operation name in `bootstrap`.
"""
