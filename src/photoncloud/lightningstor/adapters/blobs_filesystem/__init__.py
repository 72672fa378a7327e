"""`BlobStore` on a local file system: `data/blobs/<8 hex directory>/<24 hex>`, bytes from offset 0, then a footer.

Map: `store` (open, delete, list, verify, quarantine, free space) · `writer` (temporary file, pwrite, footer, publish) ·
`reader` (verified ranges, slices for sendfile) · `open_blobs` (descriptors and verified chunks kept for hot blobs) ·
`directories` (which directory is active, shared directory fsync) · `disk_errors` (errno → the port's exceptions).
"""

from photoncloud.lightningstor.adapters.blobs_filesystem.store import FilesystemBlobs

__all__ = ["FilesystemBlobs"]
